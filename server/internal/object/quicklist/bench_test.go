package quicklist

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"redline/server/internal/slab"
)

// sealed makes a list as the server has it.
func sealed(b *testing.B) *List {
	a := slab.NewArena()
	b.Cleanup(a.Close)
	l := New(-2)
	l.Adopt(a)
	return l
}

func BenchmarkPush(b *testing.B) {
	elem := []byte("element:0123456")
	for _, end := range []string{"back", "front"} {
		b.Run(end, func(b *testing.B) {
			b.ReportAllocs()
			l := sealed(b)
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
	l := sealed(b)
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
	l := sealed(b)
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

// BenchmarkWalk is for an element.
func BenchmarkWalk(b *testing.B) {
	l := sealed(b)
	for i := range 100_000 {
		l.PushBack(fmt.Appendf(nil, "element:%07d", i))
	}
	for name, turn := range map[string]func(){
		"forward": func() {
			for it := l.At(0); it.OK(); it.Next() {
				it.Value()
			}
		},
		"backward": func() {
			for it := l.At(l.Len() - 1); it.OK(); it.Prev() {
				it.Value()
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			for i := 0; i < b.N; i += l.Len() {
				turn()
			}
		})
	}
}
