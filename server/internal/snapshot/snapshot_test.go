package snapshot

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"redline/server/internal/collection"
	"redline/server/internal/keyspace"
	"redline/server/internal/rdb"
	"redline/vfs"
)

var testLimits = rdb.Limits{List: -2, Hash: collection.HashLimits{Entries: 128, Value: 64}, SetIntset: 512, ZSet: collection.ZSetLimits{Entries: 128, Value: 64}}

const testNow = int64(1_800_000_000_000)

func clock() time.Time { return time.UnixMilli(testNow) }

func newSpace(t *testing.T, shards int) *keyspace.Space {
	sp := keyspace.New(keyspace.Options{Shards: shards, Databases: 16, Seed: uint64(shards) * 77})
	t.Cleanup(sp.Close)
	return sp
}

// fill stores keys of all types, small and large, in several databases. It returns how many.
func fill(sp *keyspace.Space, now int64) (n int) {
	each := func(db int, name string, fn func(db *keyspace.DB, k *keyspace.Key)) {
		var k keyspace.Key
		sp.Locate([]byte(name), &k)
		sh := sp.Shard(int(k.Shard))
		sh.Lock()
		defer sh.Unlock()
		sh.Enter(now, nil)
		fn(sh.DB(db), &k)
		if n++; n%3 == 0 {
			sh.DB(db).SetExpire(sh.DB(db).Stored(&k), now+int64(n)*1000)
		}
	}
	for i := range 400 {
		db := i % 5 * 3
		each(db, fmt.Sprint("s", i), func(db *keyspace.DB, k *keyspace.Key) {
			it := db.Write(k, keyspace.Item{}, keyspace.String, keyspace.Raw, 20*i, false)
			for j := range it.Value() {
				it.Value()[j] = byte(j * j >> 3)
			}
		})
		each(db, fmt.Sprint("i", i), func(db *keyspace.DB, k *keyspace.Key) { db.WriteInt(k, keyspace.Item{}, int64(i)*1e15, false) })
	}
	for i := range 11 {
		size := 1 << i
		name := func(kind string) string { return fmt.Sprint(kind, i) }
		member := func(j int) []byte { return fmt.Appendf(nil, "%d:%s", j, strings.Repeat("ab", j%40)) }
		each(i, name("l"), func(db *keyspace.DB, k *keyspace.Key) {
			l := collection.OpenList(db, k, keyspace.Item{}, -2)
			for j := range size {
				l.Push(false, member(j))
			}
		})
		each(i, name("h"), func(db *keyspace.DB, k *keyspace.Key) {
			h := collection.OpenHash(db, k, keyspace.Item{}, testLimits.Hash)
			for j := range size {
				h.Set(member(j), member(j+1))
			}
		})
		each(i, name("z"), func(db *keyspace.DB, k *keyspace.Key) {
			z := collection.OpenZSet(db, k, keyspace.Item{}, testLimits.ZSet)
			for j := range size {
				z.Set(member(j), float64(j)/7)
			}
		})
		each(i, name("t"), func(db *keyspace.DB, k *keyspace.Key) {
			s := collection.OpenSet(db, k, keyspace.Item{}, 512)
			for j := range size {
				s.Add(member(j))
			}
		})
	}
	return n
}

// dump returns every key of a keyspace with its database, deadline and value in DUMP form, sorted within collections as they are stored.
func dump(sp *keyspace.Space, now int64) map[string]string {
	all := make(map[string]string)
	for i := range sp.Shards() {
		sh := sp.Shard(i)
		sh.Lock()
		sh.Enter(now, nil)
		for n := range sp.Databases() {
			sh.DB(n).Each(func(it keyspace.Item) {
				k := keyspace.Key{Name: it.Key()}
				all[fmt.Sprint(n, " ", string(k.Name))] = fmt.Sprint(it.ExpireAt(), " ", content(sh.DB(n), &k, it))
			})
		}
		sh.Unlock()
	}
	return all
}

func content(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) string {
	var b strings.Builder
	switch it.Type() {
	case keyspace.Set, keyspace.Hash:
		parts := make(map[string]string)
		if it.Type() == keyspace.Set {
			s := collection.OpenSet(db, k, it, 0)
			s.Each(func(v collection.Value) bool { parts[string(v.Bytes(nil))] = ""; return true })
		} else {
			h := collection.OpenHash(db, k, it, collection.HashLimits{})
			h.Each(func(f, v collection.Value) bool { parts[string(f.Bytes(nil))] = string(v.Bytes(nil)); return true })
		}
		return it.Type().String() + fmt.Sprint(parts) // fmt sorts maps
	case keyspace.List:
		l := collection.OpenList(db, k, it, 0)
		for e := l.At(0); e.OK(); e.Next() {
			fmt.Fprintf(&b, "%q ", e.Value().Bytes(nil))
		}
	default:
		var w rdb.Writer
		w.Value(db, k, it)
		return string(w.Buf)
	}
	return it.Type().String() + b.String()
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, v := range want {
		if got[name] != v {
			t.Errorf("%q is %.100q, want %.100q", name, got[name], v)
		}
	}
	for name, v := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%q is there, but should not be: %.100q", name, v)
		}
	}
}

func options(sp *keyspace.Space, fs vfs.FS, path string) Options {
	return Options{Space: sp, FS: fs, Path: path, Compress: true, Checksum: true, Access: Idle, Now: clock,
		OnPoint: func() []Aux { return []Aux{{"redis-ver", "7.0.15"}, {"ctime", "1700000000"}} }}
}

func TestWriteAndLoad(t *testing.T) {
	now := testNow
	sp := newSpace(t, 8)
	n := fill(sp, now)
	path := filepath.Join(t.TempDir(), "dump.rdb")
	for _, compress := range []bool{true, false} {
		o := options(sp, vfs.OS(), path)
		o.Compress = compress
		res, err := Write(context.Background(), o)
		if err != nil || res.Keys != int64(n) {
			t.Fatalf("%d keys of %d: %v", res.Keys, n, err)
		}
		if check, err := exec.LookPath("redis-check-rdb"); err == nil {
			if out, err := exec.Command(check, path).CombinedOutput(); err != nil {
				t.Fatalf("redis-check-rdb: %v\n%s", err, out)
			}
		}
		want := dump(sp, now)
		if len(want) != n {
			t.Fatalf("%d keys, want %d", len(want), n)
		}
		back := newSpace(t, 2) // other shards, another seed
		lr, err := LoadFile(context.Background(), vfs.OS(), path, LoadOptions{Space: back, Limits: testLimits, Now: clock})
		if err != nil || lr.Keys != int64(n) || lr.Bytes != res.Bytes || lr.Facts["ctime"] != "1700000000" {
			t.Fatalf("%+v, %v", lr, err)
		}
		same(t, dump(back, now), want)
	}
	if sp.Saving() {
		t.Error("the save did not end")
	}
}

func TestLoadRefuses(t *testing.T) {
	now := testNow
	sp := newSpace(t, 4)
	fill(sp, now)
	mem := vfs.NewMem()
	if _, err := Write(context.Background(), options(sp, mem, "a.rdb")); err != nil {
		t.Fatal(err)
	}
	small := keyspace.New(keyspace.Options{Shards: 1, Databases: 3, Seed: 1})
	defer small.Close()
	_, err := LoadFile(context.Background(), mem, "a.rdb", LoadOptions{Space: small, Limits: testLimits, Now: clock})
	if err == nil || !strings.Contains(err.Error(), "set 'databases' to") {
		t.Errorf("too few databases: %v", err)
	}
	o := LoadOptions{Space: sp, Limits: testLimits, Now: clock}
	if _, err = LoadFile(context.Background(), mem, "a.rdb", o); !errors.Is(err, rdb.ErrCorrupt) {
		t.Errorf("keys that are there: %v", err)
	}
	want := dump(sp, now)
	o.Replace = true
	if _, err = LoadFile(context.Background(), mem, "a.rdb", o); err != nil {
		t.Error(err)
	}
	same(t, dump(sp, now), want)
	o.Now = func() time.Time { return clock().Add(100 * time.Hour) }
	o.Space = newSpace(t, 4)
	if res, err := LoadFile(context.Background(), mem, "a.rdb", o); err != nil || res.Expired == 0 || res.Keys+res.Expired != int64(len(want)) {
		t.Errorf("keys whose deadline has passed: %+v %v", res, err)
	}
}

// TestSliceGivesWay: a visit that a command waits for is a short one.
func TestSliceGivesWay(t *testing.T) {
	sp := newSpace(t, 1)
	sh := sp.Shard(0)
	for i := range 4 * sliceKeys {
		var k keyspace.Key
		sp.Locate(fmt.Append(nil, i), &k)
		sh.Lock()
		sh.Enter(testNow, nil)
		sh.DB(0).WriteInt(&k, keyspace.Item{}, int64(i), false)
		sh.Unlock()
	}
	r := &run{o: Options{Space: sp, Now: clock, Progress: new(Progress)}, parts: make([]part, 1), slice: sliceKeys}
	var head rdb.Writer
	if !r.begin(&head) {
		t.Fatal("a save is under way")
	}
	p := &r.parts[0]
	step := func() int64 {
		from := p.keys
		if !p.step() {
			t.Fatal("nothing is left")
		}
		return p.keys - from
	}
	r.lock(p)
	alone := step()
	waits := make(chan struct{})
	go func() {
		defer close(waits)
		sh.Await(func() bool { return false })
		sh.Unlock()
	}()
	for !sh.Wanted() {
		runtime.Gosched()
	}
	wanted := step()
	r.unlock(p)
	<-waits
	r.end(true)
	// A step goes on to the end of the bucket that it is in.
	if alone < sliceKeys || wanted < sliceShort || wanted > sliceShort+sliceShort/2 {
		t.Errorf("%d keys, and %d while somebody waits; want %d and %d", alone, wanted, sliceKeys, sliceShort)
	}
}
