package slab

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkAllocFree frees and allocates one size in a working set that fits the
// cache: the cost of the bookkeeping itself.
func BenchmarkAllocFree(b *testing.B) {
	s := New(Options{})
	defer s.Close()
	var ring [1024]Handle
	for i := range ring {
		ring[i], _ = s.Alloc(96)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Free(ring[i&1023])
		ring[i&1023], _ = s.Alloc(96)
		i++
	}
}

// BenchmarkChurn replaces random blocks of random sizes among a million: mostly
// cache misses.
func BenchmarkChurn(b *testing.B) {
	s := New(Options{})
	defer s.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	live := make([]Handle, 1<<20)
	for i := range live {
		live[i], _ = s.Alloc(64 + rng.IntN(64))
	}
	b.ReportAllocs()
	for b.Loop() {
		r := rng.Uint64()
		i := r & (1<<20 - 1)
		s.Free(live[i])
		live[i], _ = s.Alloc(64 + int(r>>32&63))
	}
	st := s.Stats()
	b.ReportMetric(float64(st.BytesResident)/float64(st.BytesInBlocks), "resident/used")
}

var sink byte

func BenchmarkBytes(b *testing.B) {
	s := New(Options{})
	defer s.Close()
	var ring [1024]Handle
	for i := range ring {
		ring[i], _ = s.Alloc(96)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		sink += s.Bytes(ring[i&1023])[0]
		i++
	}
}

// BenchmarkCompact measures the time to move one block of 96 bytes.
func BenchmarkCompact(b *testing.B) {
	moved := 0
	for b.Loop() {
		b.StopTimer()
		s := New(Options{})
		var live []Handle
		for range 100_000 {
			h, _ := s.Alloc(96)
			live = append(live, h)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for _, i := range rng.Perm(len(live))[:70_000] {
			s.Free(live[i])
		}
		b.StartTimer()
		for more := true; more; {
			var k int
			k, more = s.Compact(100, func(old, new Handle) bool { return true })
			moved += k
		}
		b.StopTimer()
		s.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(moved), "ns/block")
}
