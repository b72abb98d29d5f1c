//go:build unix

package keyspace

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// fillSpace stores n keys of 16 bytes with values of 64.
func fillSpace(tb testing.TB, n int) *Space {
	s := newSpace(tb, 16, 1)
	var k Key
	name := make([]byte, 0, 16)
	for i := range n {
		name = fmt.Appendf(name[:0], "key:%012d", i)
		s.Locate(name, &k)
		sh := s.Shard(int(k.Shard))
		sh.Lock()
		sh.Enter(1, nil)
		it := sh.DB(0).Write(&k, Item{}, String, Raw, 64, false)
		clear(it.Value())
		sh.Unlock()
	}
	return s
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFullGC measures a forced full collection with a million keys in place: the collector must find nothing in
// them.
func BenchmarkFullGC(b *testing.B) {
	s := fillSpace(b, 1_000_000)
	runtime.GC()
	before := cpuTime()
	for b.Loop() {
		runtime.GC()
	}
	b.ReportMetric(float64(cpuTime()-before)/float64(b.N)/1e6, "cpu-ms/op")
	runtime.KeepAlive(s)
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := fillSpace(b, n)
			names := make([][]byte, 1<<16)
			for i := range names {
				names[i] = fmt.Appendf(nil, "key:%012d", i*7919%n)
			}
			var k Key
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Locate(names[i&(len(names)-1)], &k)
				sh := s.Shard(int(k.Shard))
				sh.Lock()
				sh.Enter(1, nil)
				if !sh.DB(0).Find(&k).OK() {
					b.Fatal("absent")
				}
				sh.Unlock()
			}
		})
	}
}

func BenchmarkSlotOf(b *testing.B) {
	name := []byte("key:000000012345")
	for b.Loop() {
		SlotOf(name)
	}
}
