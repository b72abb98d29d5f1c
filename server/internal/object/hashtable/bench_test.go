package hashtable

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

func filled(n int, val string) (*Table, [][]byte) {
	tb := New(1)
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "field:%012d", i)
		tb.Set(keys[i], []byte(val))
	}
	return tb, keys
}

func BenchmarkGet(b *testing.B) {
	for _, n := range []int{1000, 1000000} {
		tb, keys := filled(n, "value-of-20-bytes-ab")
		rng := rand.New(rand.NewPCG(1, 1))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := tb.Get(keys[rng.IntN(n)]); !ok {
					b.Fatal("missing")
				}
			}
		})
	}
}

func BenchmarkSetExisting(b *testing.B) {
	tb, keys := filled(1000000, "value-of-20-bytes-ab")
	rng := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		tb.Set(keys[rng.IntN(len(keys))], []byte("value-of-20-bytes-xy"))
	}
}

func BenchmarkDeleteAndAdd(b *testing.B) {
	tb, keys := filled(1000000, "value-of-20-bytes-ab")
	rng := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		k := keys[rng.IntN(len(keys))]
		tb.Delete(k)
		tb.Set(k, []byte("value-of-20-bytes-xy"))
	}
}

func BenchmarkRandom(b *testing.B) {
	tb, _ := filled(1000000, "")
	rng := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		tb.Random(rng.Uint64())
	}
}

// BenchmarkFill reports, for a set and a hash of a million, the bytes beside the data, the slowest single insertion
// and deletion, and what a full collection costs meanwhile.
func BenchmarkFill(b *testing.B) {
	const n = 1000000
	for _, c := range []struct{ name, val string }{{"set", ""}, {"hash", "value-of-20-bytes-ab"}} {
		b.Run(c.name, func(b *testing.B) {
			keys := make([][]byte, n)
			for i := range keys {
				keys[i] = fmt.Appendf(nil, "field:%012d", i)
			}
			val := []byte(c.val)
			for b.Loop() {
				runtime.GC()
				start := time.Now()
				runtime.GC()
				base := time.Since(start)
				tb := New(1)
				var setMax, delMax time.Duration
				start = time.Now()
				for _, k := range keys {
					t0 := time.Now()
					tb.Set(k, val)
					setMax = max(setMax, time.Since(t0))
				}
				b.ReportMetric(float64(time.Since(start))/n, "set-ns/op")
				b.ReportMetric(float64(tb.MemBytes())/n-float64(len(keys[0])+len(val)), "overhead-B/member")
				start = time.Now()
				runtime.GC()
				b.ReportMetric(float64(time.Since(start)-base)/1e6, "gc-ms")
				start = time.Now()
				for _, k := range keys {
					t0 := time.Now()
					tb.Delete(k)
					delMax = max(delMax, time.Since(t0))
				}
				b.ReportMetric(float64(time.Since(start))/n, "del-ns/op")
				b.ReportMetric(float64(setMax)/1e3, "set-max-us")
				b.ReportMetric(float64(delMax)/1e3, "del-max-us")
			}
		})
	}
}
