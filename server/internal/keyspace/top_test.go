package keyspace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"redline/server/internal/evict"
)

// visitAt runs fn on the shard of a key at a point in time.
func visitAt(s *Space, now int64, name string, fn func(db *DB, k *Key)) {
	var k Key
	s.Locate([]byte(name), &k)
	sh := s.Shard(int(k.Shard))
	sh.Lock()
	sh.Enter(now, &recorder{})
	fn(sh.DB(0), &k)
	sh.Unlock()
}

func hotKeys(s *Space, now int64) []HotKey {
	var all []HotKey
	for i := range s.Shards() {
		sh := s.Shard(i)
		sh.Lock()
		sh.Enter(now, nil)
		all = sh.HotKeys(all)
		sh.Unlock()
	}
	slices.SortFunc(all, func(a, b HotKey) int { return int(b.PerSecond - a.PerSecond) })
	return all
}

// TestHotKeys looks a few keys up often among many others and expects them in front with about their rates, also when
// other keys have become popular, and none when nothing happens any more.
func TestHotKeys(t *testing.T) {
	s := newSpace(t, 4, 1)
	rng := rand.New(rand.NewPCG(1, 1))
	visitAt(s, 1, "hot0", func(db *DB, k *Key) { db.WriteInt(k, Item{}, 1, false) })
	us := int64(1_700_000_000_000_000)
	look := func(n int, prefix string) { // 5,000 lookups a second, of which a tenth goes to each of three keys
		for range n {
			us += 200
			name := fmt.Sprint("key", rng.IntN(50_000))
			if i := rng.IntN(10); i < 3 {
				name = fmt.Sprint(prefix, i)
			}
			visitAt(s, us/1000, name, func(db *DB, k *Key) { db.Find(k) })
		}
	}
	expect := func(prefix string) {
		t.Helper()
		list := hotKeys(s, us/1000)
		if len(list) < 3 {
			t.Fatal("too few keys")
		}
		for _, k := range list[:3] {
			if string(k.Name[:3]) != prefix || math.Abs(k.PerSecond-500) > 175 {
				t.Errorf("%s: %.0f lookups a second", k.Name, k.PerSecond)
			}
			if k.Exists != (string(k.Name) == "hot0") || k.DB != 0 {
				t.Errorf("%+v", k)
			}
		}
	}
	look(50_000, "hot")
	expect("hot")
	look(200_000, "new")
	expect("new")
	if list := hotKeys(s, us/1000+3600_000); len(list) != 0 {
		t.Errorf("after an hour without lookups: %+v", list)
	}
	if list := hotKeys(s, 5); len(list) != 0 { // the clock was put back
		t.Errorf("%+v", list)
	}
}

// walkAll has the walk pass all keys once.
func walkAll(t *testing.T, s *Space, now int64, members func(Item) int64) {
	t.Helper()
	for i := range s.Shards() {
		sh := s.Shard(i)
		before, _ := sh.Walked()
		for steps := 0; ; steps++ {
			sh.Lock()
			sh.Enter(now, nil)
			if n := sh.WalkStep(64, members); n > 64+64 {
				t.Fatalf("one step looked at %d keys", n)
			}
			sh.Unlock()
			if n, _ := sh.Walked(); n > before {
				break
			}
			if steps > 3000 {
				t.Fatal("the walk does not end")
			}
		}
	}
}

// TestBigKeys compares what the walk knows with all keys.
func TestBigKeys(t *testing.T) {
	s := newSpace(t, 2, 2)
	rng := rand.New(rand.NewPCG(1, 1))
	now := int64(1_700_000_000_000)
	size := map[string]int64{}
	for i := range 3000 {
		name := fmt.Sprint("key", i)
		n := int(math.Exp(rng.Float64() * 9))
		visitAt(s, now, name, func(db *DB, k *Key) {
			db.sh.dbs[i%2].Write(k, Item{}, String, Raw, n, false)
		})
		size[name] = int64(n)
	}
	members := func(it Item) int64 { return int64(it.ValueLen()) }
	walk := func() {
		walkAll(t, s, now, members)
		now += walkPauseMs
	}
	known := func() (list []BigKey) {
		for i := range s.Shards() {
			sh := s.Shard(i)
			sh.Lock()
			sh.Enter(now, nil)
			list = sh.BigKeys(list, members)
			sh.Unlock()
		}
		slices.SortFunc(list, func(a, b BigKey) int { return int(b.Members - a.Members) })
		return list
	}
	check := func() {
		t.Helper()
		var want []int64
		for _, n := range size {
			want = append(want, n)
		}
		slices.Sort(want)
		slices.Reverse(want)
		for i, k := range known()[:10] {
			if k.Members != want[i] || size[string(k.Name)] != want[i] || k.Type != String || k.Bytes < k.Members {
				t.Errorf("number %d is %+v, want a length of %d", i, k, want[i])
			}
		}
	}
	walk()
	check()
	var total TypeTotals
	for i := range s.Shards() {
		x := s.Shard(i).TypeTotals(String)
		total.Keys, total.Members = total.Keys+x.Keys, total.Members+x.Members
	}
	sum := int64(0)
	for _, n := range size {
		sum += n
	}
	if total.Keys != 3000 || total.Members != sum {
		t.Errorf("%+v, want 3000 keys of %d bytes", total, sum)
	}
	for _, k := range known()[:5] { // what has gone is not told, what comes is found by the next pass
		visitAt(s, now, string(k.Name), func(db *DB, key *Key) { db.sh.dbs[k.DB].Delete(key) })
		delete(size, string(k.Name))
	}
	check()
	visitAt(s, now, "late", func(db *DB, k *Key) { db.Write(k, Item{}, String, Raw, 50_000, false) })
	size["late"] = 50_000
	walk()
	check()
}

// TestS3TicksGoRound leaves a key alone for longer than the ticks can tell and expects it to look old all the time,
// as the walk sees to it.
func TestS3TicksGoRound(t *testing.T) {
	s := newSpace(t, 1, 1)
	sh := s.Shard(0)
	p, _ := evict.Parse("allkeys-s3fifo")
	sh.SetPolicy(p, 10, 1)
	now := int64(1_700_000_000_000)
	visitAt(s, now, "old", func(db *DB, k *Key) { db.WriteInt(k, Item{}, 1, false) })
	const half = tickMask / 2 << tickShift
	for hour := range 100 {
		now += 3600_000
		sh.Lock()
		sh.Enter(now, nil)
		sh.WalkStep(10, func(Item) int64 { return 0 })
		sh.Unlock()
		visitAt(s, now, "old", func(db *DB, k *Key) {
			want := min(int64(hour+1)*3600_000, half) / 1000
			if got := db.Peek(k).IdleSeconds(); got < want-1 || got > want+3600 {
				t.Errorf("after %d hours: idle for %d s, want %d", hour+1, got, want)
			}
		})
	}
	visitAt(s, now, "old", func(db *DB, k *Key) {
		it := db.Peek(k)
		it.SetIdleSeconds(100)
		if got := it.IdleSeconds(); got != 100 {
			t.Errorf("idle for %d s, set to 100", got)
		}
		it.SetIdleSeconds(1 << 40)
		if got := it.IdleSeconds(); got < half/1000-1 {
			t.Errorf("idle for %d s, set to very long", got)
		}
		db.Find(k)
		if got := db.Peek(k).IdleSeconds(); got != 0 {
			t.Errorf("idle for %d s after a lookup", got)
		}
	})
}
