package expire

import (
	"testing"

	"redline/server/internal/slab"
)

const start = 1_700_000_000_000

// BenchmarkAdd adds keys with deadlines over ten minutes.
func BenchmarkAdd(b *testing.B) {
	w := New(slab.New(slab.Options{}))
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		if i&(1<<20-1) == 0 {
			w = New(slab.New(slab.Options{}))
		}
		i++
		w.Add(start+i*7919%600_000, uint64(i), start)
	}
}

// BenchmarkFire drains keys that are due in the same millisecond.
func BenchmarkFire(b *testing.B) {
	w := New(slab.New(slab.Options{}))
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if w.Len() == 0 {
			b.StopTimer()
			for i := range uint64(1 << 20) {
				w.Add(start, i, start)
			}
			b.StartTimer()
		}
		fired, _ := w.Next(start+8, 1, func([]uint64) {}, func(uint64, uint8) {})
		n += fired
	}
}

// BenchmarkLife adds a key and lets time pass until it fires, with 100,000 keys
// a second of ten seconds to live.
func BenchmarkLife(b *testing.B) {
	w := New(slab.New(slab.Options{}))
	now := int64(start)
	deadlines := make([]int64, 1<<21)
	b.ReportAllocs()
	i, fired := uint64(0), 0
	for b.Loop() {
		i++
		at := now + 10_000
		deadlines[i&(1<<21-1)] = at
		w.Add(at, i, now)
		if i%100 == 0 {
			now++
			k, _ := w.Next(now, 1000, func([]uint64) {}, func(hash uint64, _ uint8) {
				if at := deadlines[hash&(1<<21-1)]; at > now {
					w.Add(at, hash, now)
				}
			})
			fired += k
		}
	}
	b.ReportMetric(float64(w.Bytes())/float64(max(w.Len(), 1)), "bytes/entry")
	b.ReportMetric(float64(fired)/float64(b.N), "fired/op")
}

// BenchmarkSparse fires one key in each of the buckets of all levels.
func BenchmarkSparse(b *testing.B) {
	w := New(slab.New(slab.Options{}))
	now := int64(start)
	b.ReportAllocs()
	for b.Loop() {
		if w.Len() == 0 {
			for i := range int64(250) {
				w.Add(now+i*8, uint64(i), now)
				w.Add(now+4000+i*2048, uint64(i), now)
			}
		}
		at, _ := w.NextDue()
		now = at
		w.Next(now, 1, func([]uint64) {}, func(uint64, uint8) {})
	}
}
