//go:build unix

package keyspace

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"redline/server/internal/evict"
)

// fillSpace stores n keys of 16 bytes with values of 64, and a deadline or NoExpiry.
func fillSpace(tb testing.TB, n int, deadline int64) *Space {
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
		sh.DB(0).SetExpire(it, deadline)
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
	s := fillSpace(b, 1_000_000, NoExpiry)
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
			s := fillSpace(b, n, NoExpiry)
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

// BenchmarkEvict measures one eviction among a million keys and the SET that fills its place.
func BenchmarkEvict(b *testing.B) {
	for _, name := range []string{"allkeys-lru", "allkeys-lfu", "allkeys-random", "allkeys-s3fifo"} {
		b.Run(name, func(b *testing.B) {
			p, _ := evict.Parse(name)
			s := fillSpace(b, 1_000_000, NoExpiry)
			for i := range s.Shards() {
				s.Shard(i).SetPolicy(p, 10, 1)
			}
			var k Key
			key := make([]byte, 0, 16)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				sh := s.Shard(i % s.Shards())
				sh.Lock()
				sh.Enter(int64(i), nil)
				sh.EvictStep(p, 5)
				sh.Unlock()
				key = fmt.Appendf(key[:0], "new:%012d", i)
				s.Locate(key, &k)
				sh = s.Shard(int(k.Shard))
				sh.Lock()
				sh.Enter(int64(i), nil)
				clear(sh.DB(0).Write(&k, Item{}, String, Raw, 64, false).Value())
				sh.Unlock()
			}
		})
	}
}

// nobody is told of expired keys.
type nobody struct{ recorder }

func (*nobody) Expired(*DB, []byte) {}

// BenchmarkDrain removes a million keys that are due at once, 128 a visit, as cron does.
func BenchmarkDrain(b *testing.B) {
	const n, due = 1_000_000, 5000
	for range b.N {
		b.StopTimer()
		s := fillSpace(b, n, due)
		var sink nobody
		b.StartTimer()
		for more := true; more; {
			more = false
			for i := range s.Shards() {
				sh := s.Shard(i)
				sh.Lock()
				sh.Enter(due+100, &sink)
				_, m := sh.DB(0).ExpireStep(128)
				more = more || m
				sh.Unlock()
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/key")
}
