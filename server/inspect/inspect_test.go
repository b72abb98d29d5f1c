package inspect

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redline/resp"
	"redline/server/internal/keyspace"
	"redline/server/internal/recovery"
	"redline/server/internal/snapshot"
	"redline/server/internal/wal"
	"redline/vfs"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t testing.TB, fsys vfs.FS, name string, content []byte) {
	t.Helper()
	must(t, fsys.MkdirAll(filepath.Dir(name)))
	must(t, vfs.WriteFile(fsys, name, content))
}

// writeRDB writes a snapshot with so many strings.
func writeRDB(t testing.TB, fsys vfs.FS, path string, keys int) {
	t.Helper()
	space := keyspace.New(keyspace.Options{Shards: 1, Databases: 1})
	defer space.Close()
	sh := space.Shard(0)
	sh.Lock()
	sh.Enter(1, nil)
	for i := range keys {
		var k keyspace.Key
		space.Locate([]byte{'k', byte('a' + i%26), byte('a' + i/26)}, &k)
		text := strings.Repeat("value", i)
		copy(sh.DB(0).Write(&k, keyspace.Item{}, keyspace.String, keyspace.Raw, len(text), false).Value(), text)
	}
	sh.Unlock()
	must(t, fsys.MkdirAll(filepath.Dir(path)))
	_, err := snapshot.Write(t.Context(), snapshot.Options{Space: space, FS: fsys, Path: path, Compress: true, Checksum: true, Now: time.Now})
	must(t, err)
}

// writeLog writes a log that begins behind a base, or with base 0 behind nothing.
func writeLog(t testing.TB, fsys vfs.FS, dir string, base uint64, records int) {
	t.Helper()
	must(t, fsys.MkdirAll(dir))
	flags := wal.Start
	if base == 0 {
		flags |= wal.NoBase
	}
	l, err := wal.Open(wal.Options{FS: fsys, Dir: dir, Next: base + 1, Flags: flags, Policy: wal.Policy{Always: true}, SegmentBytes: 16 << 10})
	must(t, err)
	for i := range records {
		must(t, l.Wait(l.Commit(int64(i), []wal.Effect{{DB: 1, RESP: resp.AppendCommandStrings(nil, "SET", "k", strings.Repeat("v", 100+i))}})))
	}
	must(t, l.Close())
}

func check(t testing.TB, fsys vfs.FS, path string) *Report {
	t.Helper()
	r, err := Check(fsys, path)
	must(t, err)
	return r
}

func find(t testing.TB, r *Report, suffix string) File {
	t.Helper()
	for _, f := range r.Files {
		if strings.HasSuffix(f.Path, suffix) {
			return f
		}
	}
	t.Fatalf("no %s in %+v", suffix, r)
	return File{}
}

func TestSoundDirectory(t *testing.T) {
	m := vfs.NewMem()
	writeRDB(t, m, "d/dump.rdb", 30)
	writeRDB(t, m, "d/appendonlydir/"+recovery.BaseName(5), 3)
	writeLog(t, m, "d/appendonlydir", 5, 200)
	put(t, m, "d/appendonlydir/rewrite.tmp", []byte("x"))
	r := check(t, m, "d")
	if !r.Sound() {
		t.Errorf("%+v", r)
	}
	if f := find(t, r, "dump.rdb"); f.Keys != 30 || f.Kind != Snapshot || f.Version == 0 {
		t.Errorf("%+v", f)
	}
	if f := find(t, r, recovery.BaseName(5)); f.Keys != 3 || f.Kind != Base {
		t.Errorf("%+v", f)
	}
	records, segments := int64(0), 0
	for _, f := range r.Files {
		if f.Kind == Log {
			records += f.Records
			segments++
		}
	}
	if records != 200 || segments < 2 {
		t.Errorf("%d records in %d segments", records, segments)
	}
	for _, path := range []string{"d/appendonlydir", "d/dump.rdb", "d/appendonlydir/" + wal.SegmentName(6)} {
		if r := check(t, m, path); !r.Sound() {
			t.Errorf("%s: %+v", path, r)
		}
	}
}

func TestNothingThere(t *testing.T) {
	m := vfs.NewMem()
	put(t, m, "d/readme", nil)
	for _, path := range []string{"d", "d/readme", "none"} {
		if r, err := Check(m, path); err == nil {
			t.Errorf("%s: %+v", path, r)
		}
	}
}

// Any bit that flips in a snapshot is found, with the place at or before which it is.
func TestFlippedBitInSnapshot(t *testing.T) {
	m := vfs.NewMem()
	writeRDB(t, m, "dump.rdb", 50)
	whole, err := vfs.ReadFile(m, "dump.rdb")
	must(t, err)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 150 {
		b := append([]byte(nil), whole...)
		at := rng.IntN(len(b))
		b[at] ^= 1 << rng.IntN(8)
		put(t, m, "dump.rdb", b)
		if p := check(t, m, "dump.rdb").Files[0].Problem; p == nil || p.Offset > int64(len(b)) {
			t.Fatalf("byte %d of %d: %+v", at, len(b), p)
		}
	}
	put(t, m, "dump.rdb", append(whole, 0))
	if p := check(t, m, "dump.rdb").Files[0].Problem; p == nil || p.Offset != int64(len(whole)) {
		t.Errorf("a byte behind the end: %+v", p)
	}
}

// tear damages the last record of a log, as a crash in the middle of its write does, and returns its segment.
func tear(t testing.TB, m vfs.FS, dir string) string {
	t.Helper()
	r := check(t, m, dir)
	last := r.Files[len(r.Files)-1].Path
	b, err := vfs.ReadFile(m, last)
	must(t, err)
	end := len(b)
	for b[end-1] == 0 {
		end--
	}
	seal := strings.LastIndex(string(b), "vv\r\n") // the last record ends here; a seal follows
	clear(b[seal-10:])
	put(t, m, last, b)
	return last
}

func TestRepairTornTail(t *testing.T) {
	m := vfs.NewMem()
	writeLog(t, m, "d/appendonlydir", 0, 20)
	last := tear(t, m, "d")
	r := check(t, m, "d")
	f := find(t, r, filepath.Base(last))
	if r.Sound() || f.Problem == nil || !f.Problem.Torn || f.Records != 19 {
		t.Fatalf("%+v", f)
	}
	before, err := vfs.ReadFile(m, last)
	must(t, err)
	cuts, err := Repair(m, r)
	must(t, err)
	if len(cuts) != 1 || cuts[0].Path != last || cuts[0].Offset != f.Problem.Offset || cuts[0].Bytes != f.Bytes-f.Problem.Offset {
		t.Errorf("%+v", cuts)
	}
	kept, err := vfs.ReadFile(m, cuts[0].Copy)
	must(t, err)
	if string(kept) != string(before) {
		t.Error("the copy is not what the file was")
	}
	if r = check(t, m, "d"); !r.Sound() || find(t, r, filepath.Base(last)).Records != 19 {
		t.Errorf("after the repair: %+v", r)
	}
	if cuts, err = Repair(m, r); err != nil || len(cuts) != 0 {
		t.Errorf("a repair of what is sound: %+v, %v", cuts, err)
	}
}

func TestDamageIsNotRepaired(t *testing.T) {
	m := vfs.NewMem()
	writeLog(t, m, "d", 0, 20)
	name := "d/" + wal.SegmentName(1)
	b, err := vfs.ReadFile(m, name)
	must(t, err)
	b[700] ^= 1
	put(t, m, name, b)
	r := check(t, m, "d")
	f := find(t, r, wal.SegmentName(1))
	if f.Problem == nil || f.Problem.Torn || f.Problem.Offset > 700 {
		t.Fatalf("%+v", f)
	}
	if cuts, err := Repair(m, r); err == nil || len(cuts) > 0 || !strings.Contains(err.Error(), "damage") {
		t.Errorf("%+v, %v", cuts, err)
	}
}

func TestRedisDirectory(t *testing.T) {
	m := vfs.NewMem()
	writeRDB(t, m, "d/a/x.1.base.rdb", 3)
	set := string(resp.AppendCommandStrings(nil, "SET", "a", "1"))
	put(t, m, "d/a/x.1.incr.aof", []byte(set))
	put(t, m, "d/a/x.2.incr.aof", []byte(set+"*3\r\n$3\r\nSE"))
	put(t, m, "d/a/x.manifest", []byte("file x.1.base.rdb seq 1 type b\nfile x.1.incr.aof seq 1 type i\nfile x.2.incr.aof seq 2 type i\n"))
	r := check(t, m, "d")
	if f := find(t, r, "x.1.base.rdb"); f.Keys != 3 || f.Problem != nil {
		t.Errorf("%+v", f)
	}
	last := find(t, r, "x.2.incr.aof")
	if last.Problem == nil || !last.Problem.Torn || last.Problem.Offset != int64(len(set)) {
		t.Fatalf("%+v", last)
	}
	if _, err := Repair(m, r); err != nil {
		t.Fatal(err)
	}
	if r = check(t, m, "d"); !r.Sound() {
		t.Errorf("after the repair: %+v", r)
	}
	put(t, m, "d/a/x.1.incr.aof", []byte(set[:9]))
	if f := find(t, check(t, m, "d/a"), "x.1.incr.aof"); f.Problem == nil || f.Problem.Torn {
		t.Errorf("a cut that is not at the end: %+v", f)
	}
	put(t, m, "d/a/x.manifest", []byte("file"))
	if r := check(t, m, "d"); r.Sound() || r.Files[0].Kind != Manifest {
		t.Errorf("%+v", r)
	}
	put(t, m, "d/a/x.manifest", []byte("file none seq 1 type b"))
	if r := check(t, m, "d"); r.Sound() {
		t.Errorf("%+v", r)
	}
}
