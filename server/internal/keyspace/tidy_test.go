package keyspace

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestTidyGivesMemoryBack fills two databases, deletes nine keys in ten at random, and expects the memory back and the
// rest unharmed.
func TestTidyGivesMemoryBack(t *testing.T) {
	const n = 100_000
	s := newSpace(t, 1, 2)
	sh := s.Shard(0)
	sh.Lock()
	defer sh.Unlock()
	sh.Enter(1000, &recorder{})
	rng := rand.New(rand.NewPCG(1, 2))
	var k Key
	name := func(i int) []byte { return fmt.Appendf(nil, "key:%d", i) }
	for i := range n {
		s.Locate(name(i), &k)
		db := sh.DB(i % 2)
		it := db.Write(&k, Item{}, String, Raw, 20+i%100, false)
		for j := range it.Value() {
			it.Value()[j] = byte(i)
		}
	}
	full := sh.Memory().Resident
	kept := map[int]bool{}
	for i := range n {
		if rng.IntN(10) == 0 {
			kept[i] = true
			continue
		}
		s.Locate(name(i), &k)
		if !sh.DB(i % 2).Delete(&k) {
			t.Fatalf("key %d is gone", i)
		}
	}
	for sh.Compact(100) > 0 {
		sh.Release()
	}
	m := sh.Memory()
	if inBlocks, between := sh.Sparse(); inBlocks != m.Blocks || between > inBlocks/3 {
		t.Errorf("%d bytes lie free between %d in blocks", between, inBlocks)
	}
	if m.Resident > m.Blocks*3/2+1<<20 {
		t.Errorf("%d bytes resident of %d before, %d in blocks", m.Resident, full, m.Blocks)
	}
	for i := range kept {
		s.Locate(name(i), &k)
		it := sh.DB(i % 2).Find(&k)
		if !it.OK() || it.ValueLen() != 20+i%100 || it.Value()[0] != byte(i) {
			t.Fatalf("key %d is harmed", i)
		}
	}
}

// TestTidyGivesWay has a client wait for a shard that is compacted: it must not wait for more than one block.
func TestTidyGivesWay(t *testing.T) {
	s := newSpace(t, 1, 1)
	sh := s.Shard(0)
	sh.Lock()
	sh.Enter(1000, &recorder{})
	var k Key
	for pass := range 2 {
		for i := range 10_000 {
			switch s.Locate(fmt.Appendf(nil, "key:%d", i), &k); {
			case pass == 0:
				sh.DB(0).Write(&k, Item{}, String, Raw, 100, false)
			case i%10 > 0:
				sh.DB(0).Delete(&k)
			}
		}
	}
	if n := sh.Compact(100); n != 100 || sh.Wanted() {
		t.Fatalf("%d blocks moved, wanted %v", n, sh.Wanted())
	}
	got := make(chan struct{})
	go func() {
		tries := 0
		sh.Await(func() bool { tries++; return tries < 100 })
		sh.Unlock()
		close(got)
	}()
	for !sh.Wanted() {
		runtime.Gosched()
	}
	if n := sh.Compact(100); n != 1 {
		t.Errorf("%d blocks moved while a client waits", n)
	}
	sh.Unlock()
	<-got
	if sh.Wanted() {
		t.Error("a shard that nobody waits for is wanted")
	}
}

// TestFlushFreesWheels flushes one of two databases with deadlines: its expiry entries, which are blocks of the shard's
// storage, go at once, and its keys in steps.
func TestFlushFreesWheels(t *testing.T) {
	s := newSpace(t, 1, 2)
	sh := s.Shard(0)
	sh.Lock()
	defer sh.Unlock()
	sh.Enter(1000, &recorder{})
	var k Key
	for i := range 20_000 {
		s.Locate(fmt.Appendf(nil, "key:%d", i), &k)
		db := sh.DB(i % 2)
		db.SetExpire(db.Write(&k, Item{}, String, Raw, 8, false), int64(2000+i))
	}
	before := sh.Memory()
	if before.Wheels < 20_000*5 || before.Wheels > before.Blocks/5 {
		t.Fatalf("wheels take %d bytes beside %d in blocks", before.Wheels, before.Blocks)
	}
	if release := sh.DB(1).Flush(); release != nil {
		t.Fatal("the whole shard was replaced")
	}
	if m := sh.Memory(); m.Wheels > before.Wheels*6/10 {
		t.Errorf("wheels take %d bytes after, %d before", m.Wheels, before.Wheels)
	}
	for sh.TrashStep(1000) {
	}
	if m := sh.Memory(); m.Blocks > before.Blocks*6/10 {
		t.Errorf("%d bytes in blocks after, %d before", m.Blocks, before.Blocks)
	}
	sh.Enter(100_000, &recorder{})
	for more := true; more; {
		_, more = sh.DB(0).ExpireStep(1000)
	}
	if n, lag := sh.DB(0).Len(), sh.Lags(); n != 0 || lag.Count() != 10_000 || lag.MaxMs() != 98_000 {
		t.Errorf("%d keys are left, %d went at most %d ms late", n, lag.Count(), lag.MaxMs())
	}
}
