package quicklist

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkPush(b *testing.B) {
	elem := []byte("element:0123456")
	for _, end := range []string{"back", "front"} {
		b.Run(end, func(b *testing.B) {
			b.ReportAllocs()
			l := New(-2)
			for range b.N {
				if end == "back" {
					l.PushBack(elem)
				} else {
					l.PushFront(elem)
				}
			}
			b.ReportMetric(float64(l.MemBytes())/float64(l.Len()), "B/element")
		})
	}
}

func BenchmarkQueue(b *testing.B) {
	elem := []byte("element:0123456")
	l := New(-2)
	for range 100000 {
		l.PushBack(elem)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		l.PushFront(elem)
		l.RemoveRange(l.Len()-1, 1)
	}
}

func BenchmarkIndex(b *testing.B) {
	l := New(-2)
	for i := range 1 << 20 {
		l.PushBack(fmt.Appendf(nil, "element:%07d", i))
	}
	r := rand.New(rand.NewPCG(1, 2))
	b.ResetTimer()
	for range b.N {
		it := l.At(r.IntN(l.Len()))
		it.Value()
	}
}
