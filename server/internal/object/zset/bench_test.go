package zset

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

const benchLen = 1 << 20

func filled(n int) (*ZSet, [][]byte) {
	r := rand.New(rand.NewPCG(1, 2))
	z, keys := New(1), make([][]byte, n)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "member:%06d", i)
		z.Set(keys[i], float64(r.IntN(1e9)))
	}
	return z, keys
}

func BenchmarkInsert(b *testing.B) {
	for _, order := range []string{"random", "ascending"} {
		b.Run(order, func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			b.ReportAllocs()
			var z *ZSet
			for i := range b.N {
				if i%benchLen == 0 {
					z = New(1)
				}
				score := float64(i)
				if order == "random" {
					score = float64(r.IntN(1e9))
				}
				z.Set(fmt.Appendf(nil, "member:%06d", i%benchLen), score)
			}
			b.ReportMetric(float64(z.MemBytes())/float64(z.Len()), "B/member")
		})
	}
}

func BenchmarkLarge(b *testing.B) {
	z, keys := filled(benchLen)
	r := rand.New(rand.NewPCG(3, 4))
	b.Run("score", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			z.Score(keys[r.IntN(len(keys))])
		}
	})
	b.Run("rank", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			z.Rank(keys[r.IntN(len(keys))])
		}
	})
	b.Run("at", func(b *testing.B) {
		for range b.N {
			z.At(r.IntN(len(keys)))
		}
	})
	b.Run("update", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			z.Set(keys[r.IntN(len(keys))], float64(r.IntN(1e9)))
		}
	})
	b.Run("scan10", func(b *testing.B) {
		cursor := uint64(0)
		for range b.N {
			cursor = z.Scan(cursor, 10, func([]byte, float64) {})
		}
	})
	b.Run("gc", func(b *testing.B) {
		for range b.N {
			runtime.GC()
		}
	})
	runtime.KeepAlive(z)
}
