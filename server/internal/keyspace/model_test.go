package keyspace

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// recorder is a Sink that remembers what it was told.
type recorder struct {
	expired []string
	ready   []string
	evicted []string
	created []string
}

func (r *recorder) Created(_ *DB, name []byte) { r.created = append(r.created, string(name)) }
func (r *recorder) Expired(_ *DB, name []byte) { r.expired = append(r.expired, string(name)) }
func (r *recorder) Evicted(_ *DB, name []byte) { r.evicted = append(r.evicted, string(name)) }
func (r *recorder) Ready(_ *DB, name string)   { r.ready = append(r.ready, name) }
func newSpace(t testing.TB, shards, dbs int) *Space {
	s := New(Options{Shards: shards, Databases: dbs, Seed: 7})
	t.Cleanup(s.Close)
	return s
}

type modelValue struct {
	val []byte
	at  int64
}

// machine runs the same operations on a Space and on a map.
type machine struct {
	s    *Space
	m    map[string]modelValue
	now  int64
	sink recorder
}

func (x *machine) visit(name string, fn func(db *DB, k *Key)) {
	var k Key
	x.s.Locate([]byte(name), &k)
	sh := x.s.Shard(int(k.Shard))
	sh.Lock()
	sh.Enter(x.now, &x.sink)
	fn(sh.DB(0), &k)
	sh.Unlock()
}

// drop removes what has expired from the model.
func (x *machine) drop() {
	for name, v := range x.m {
		if v.at != NoExpiry && v.at <= x.now {
			delete(x.m, name)
		}
	}
}

func nameGen() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		name := "k" + strconv.Itoa(rapid.IntRange(0, 40).Draw(t, "n"))
		if rapid.IntRange(0, 5).Draw(t, "long") == 0 {
			name += string(bytes.Repeat([]byte("x"), 300))
		}
		return name
	})
}

// value makes a value from its length and its fill, so that a failure prints short.
func value(t *rapid.T) []byte {
	n := rapid.SampledFrom([]int{0, 1, 7, 44, 64, 255, 256, 300, 5000, 70000}).Draw(t, "len")
	return bytes.Repeat([]byte{byte(rapid.IntRange(0, 255).Draw(t, "fill"))}, n)
}

// deadlines of every form: short, long (before the base and far ahead), close by.
func (x *machine) deadline(t *rapid.T) int64 {
	return rapid.SampledFrom([]int64{x.now + 5, x.now + 100, x.now + 5000, x.now + 1e9, deadlineShortMax, deadlineShortMax + 1, 1 << 61}).Draw(t, "at")
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(Options{Shards: 4, Databases: 2, Seed: 1})
		defer s.Close()
		x := &machine{s: s, m: map[string]modelValue{}, now: deadlineBase + 1000}
		t.Repeat(map[string]func(*rapid.T){
			"write":  x.write,
			"resize": x.resize,
			"expire": x.expire,
			"delete": x.delete,
			"time":   x.time,
			"":       x.check,
		})
	})
}

func (x *machine) write(t *rapid.T) {
	name, val := nameGen().Draw(t, "key"), value(t)
	keep := rapid.Bool().Draw(t, "keep")
	x.drop()
	x.visit(name, func(db *DB, k *Key) {
		it := db.Write(k, db.Find(k), String, Raw, len(val), keep)
		copy(it.Value(), val)
		at := NoExpiry
		if old, ok := x.m[name]; ok && keep {
			at = old.at
		}
		x.m[name] = modelValue{val, at}
	})
}

func (x *machine) resize(t *rapid.T) {
	name, n := nameGen().Draw(t, "key"), rapid.IntRange(0, 600).Draw(t, "n")
	reserve := rapid.SampledFrom([]int{0, 10, 1000}).Draw(t, "reserve")
	x.drop()
	x.visit(name, func(db *DB, k *Key) {
		it := db.Find(k)
		old, ok := x.m[name]
		if it.OK() != ok {
			t.Fatalf("%q: found %v, model %v", name, it.OK(), ok)
		}
		if ok {
			db.Resize(it, n, reserve)
			val := make([]byte, n)
			copy(val, old.val)
			x.m[name] = modelValue{val, old.at}
		}
	})
}

func (x *machine) expire(t *rapid.T) {
	name, at := nameGen().Draw(t, "key"), x.deadline(t)
	if rapid.IntRange(0, 4).Draw(t, "persist") == 0 {
		at = NoExpiry
	}
	x.drop()
	x.visit(name, func(db *DB, k *Key) {
		if it := db.Find(k); it.OK() {
			it = db.SetExpire(it, at)
			if it.ExpireAt() != at {
				t.Fatalf("deadline %d, want %d", it.ExpireAt(), at)
			}
			x.m[name] = modelValue{x.m[name].val, at}
		}
	})
}

func (x *machine) delete(t *rapid.T) {
	name := nameGen().Draw(t, "key")
	x.drop()
	x.visit(name, func(db *DB, k *Key) {
		_, want := x.m[name]
		if got := db.Delete(k); got != want {
			t.Fatalf("delete %q: %v, want %v", name, got, want)
		}
		delete(x.m, name)
	})
}

// time lets time pass and runs the active expiry to its end.
func (x *machine) time(t *rapid.T) {
	x.now += rapid.SampledFrom([]int64{1, 8, 50, 3000, 1e8}).Draw(t, "ms")
	for i := range x.s.Shards() {
		sh := x.s.Shard(i)
		sh.Lock()
		sh.Enter(x.now, &x.sink)
		for more := true; more; {
			_, more = sh.DB(0).ExpireStep(3)
		}
		sh.Unlock()
	}
}

func (x *machine) check(t *rapid.T) {
	x.drop()
	seen := map[string]bool{}
	expires := 0
	for i := range x.s.Shards() {
		sh := x.s.Shard(i)
		sh.Lock()
		sh.Enter(x.now, nil)
		sh.DB(0).Each(func(it Item) {
			name := string(it.Key())
			want, ok := x.m[name]
			if !ok || seen[name] {
				t.Fatalf("scan gave %.20q: in model %v, seen %v", name, ok, seen[name])
			}
			seen[name] = true
			if !bytes.Equal(it.Value(), want.val) || it.ExpireAt() != want.at {
				t.Fatalf("%.20q: %d bytes until %d, want %d until %d", name, it.ValueLen(), it.ExpireAt(), len(want.val), want.at)
			}
		})
		expires += sh.DB(0).Expires()
		sh.Unlock()
	}
	if len(seen) != len(x.m) {
		t.Fatalf("scan gave %d keys, model has %d", len(seen), len(x.m))
	}
	want := 0
	for _, v := range x.m {
		if v.at != NoExpiry {
			want++
		}
	}
	if expires < want {
		t.Fatalf("%d keys with a deadline, model has %d", expires, want)
	}
}

func TestSlotOf(t *testing.T) {
	// Figures from the Redis Cluster specification and CLUSTER KEYSLOT of redis-server.
	for name, want := range map[string]uint16{
		"": 0, "foo": 12182, "123456789": 0x31C3 & 0x3FFF, "{user1000}.following": 3443, "{user1000}.followers": 3443,
		"foo{}{bar}": 8363, "foo{{bar}}zap": 4015, "foo{bar}{zap}": 5061,
	} {
		if got := SlotOf([]byte(name)); got != want {
			t.Errorf("slot of %q: %d, want %d", name, got, want)
		}
	}
}

func TestFlushAndTrash(t *testing.T) {
	s := newSpace(t, 1, 2)
	sh := s.Shard(0)
	sh.Lock()
	defer sh.Unlock()
	sh.Enter(1000, nil)
	fill := func(db *DB, n int) {
		var k Key
		for i := range n {
			s.Locate(fmt.Appendf(nil, "key:%d", i), &k)
			db.Write(&k, Item{}, String, Raw, 10, false)
		}
	}
	fill(sh.DB(0), 1000)
	fill(sh.DB(1), 10)
	if release := sh.DB(0).Flush(); release != nil {
		t.Fatal("the storage of a shard that holds another database must stay")
	}
	steps := 0
	for sh.TrashStep(100) {
		steps++
	}
	if steps == 0 || sh.DB(0).Len() != 0 || sh.DB(1).Len() != 10 {
		t.Fatalf("steps %d, keys %d and %d", steps, sh.DB(0).Len(), sh.DB(1).Len())
	}
	release := sh.DB(1).Flush()
	if release == nil {
		t.Fatal("the storage of an empty shard must go at once")
	}
	release()
	if m := sh.Memory(); m.Blocks != 0 {
		t.Fatalf("%d bytes left", m.Blocks)
	}
	fill(sh.DB(0), 5)
}

func TestWatchAndWait(t *testing.T) {
	s := newSpace(t, 1, 2)
	sh := s.Shard(0)
	sh.Lock()
	defer sh.Unlock()
	var rec recorder
	sh.Enter(1000, &rec)
	db := sh.DB(0)
	var k Key
	s.Locate([]byte("k"), &k)
	w := &Watch{}
	db.Watch("k", w)
	db.Wait("k", waiter(1))
	db.Wait("k", waiter(2))
	db.Write(&k, Item{}, String, Raw, 1, false)
	if !w.Dirty() || len(rec.ready) != 1 {
		t.Fatalf("dirty %v, ready %v", w.Dirty(), rec.ready)
	}
	if q := db.Waiters("k"); len(q) != 2 || q[0] != Waiter(waiter(1)) {
		t.Fatalf("queue %v", q)
	}
	db.Unwait("k", waiter(1))
	db.Unwait("k", waiter(2))
	db.Unwatch("k", w)
	if db.observed != 0 || len(db.waiters) != 0 || len(db.watchers) != 0 {
		t.Fatal("something stayed behind")
	}
}

type waiter int

func (waiter) Waits() {}
