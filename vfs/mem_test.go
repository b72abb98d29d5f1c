package vfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func create(t testing.TB, fsys FS, name, content string) File {
	t.Helper()
	f, err := fsys.Create(name)
	must(t, err)
	_, err = f.Write([]byte(content))
	must(t, err)
	return f
}

func content(t testing.TB, fsys FS, name string) string {
	t.Helper()
	b, err := ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return "(none)"
	}
	must(t, err)
	return string(b)
}

// crashes collects what a name holds over many crashes of one moment.
func crashes(t *testing.T, m *Mem, runs int, look func(*Mem) string) map[string]int {
	t.Helper()
	got := map[string]int{}
	for seed := range runs {
		got[look(m.Crash(rand.New(rand.NewPCG(uint64(seed), 1))))]++
	}
	return got
}

func wantOutcomes(t *testing.T, got map[string]int, want ...string) {
	t.Helper()
	for _, w := range want {
		if got[w] == 0 {
			t.Errorf("no crash left %q", w)
		}
		delete(got, w)
	}
	for g, n := range got {
		t.Errorf("%d crashes left %q, which cannot be", n, g)
	}
}

// Both file systems do the same where no power is lost.
func TestSameAsOS(t *testing.T) {
	osRoot := t.TempDir()
	m := NewMem()
	must(t, m.MkdirAll(osRoot))
	rng := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "d/a", "d/b", "d/e/c", "d", "none/x"}
	say := func(n int64, err error) string {
		for _, known := range []error{fs.ErrNotExist, fs.ErrExist, ErrIsDir, syscall.ENOTEMPTY, io.EOF} {
			if errors.Is(err, known) {
				return fmt.Sprint(n, " ", known)
			}
		}
		return fmt.Sprint(n, " ", err != nil)
	}
	step := func(fsys FS, op int, a, b string, off int64, data []byte) string {
		switch op {
		case 0, 1, 2:
			f, err := fsys.OpenRW(a)
			if op == 0 || err != nil {
				if err == nil {
					_ = f.Close()
				}
				f, err = fsys.Create(a)
			}
			if err != nil {
				return "no file"
			}
			defer f.Close()
			n, err := f.WriteAt(data, off)
			out := say(int64(n), err)
			if op == 2 {
				out += say(0, f.Truncate(off/2))
			}
			n, err = f.Read(data)
			out += say(int64(n), err) + string(data[:n])
			n2, err := f.Size()
			return out + say(n2, err) + say(0, f.Sync())
		case 3:
			return say(0, fsys.Rename(a, b))
		case 4:
			return say(0, fsys.Remove(a))
		case 5:
			return say(0, fsys.MkdirAll(filepath.Join(osRoot, "d/e")))
		case 6:
			l, err := fsys.ReadDir(filepath.Dir(a))
			return fmt.Sprint(l, err != nil)
		case 7:
			return say(fsys.Stat(a))
		default:
			bs, err := ReadFile(fsys, a)
			return say(0, err) + string(bs)
		}
	}
	for i := range 3000 {
		a := filepath.Join(osRoot, names[rng.IntN(len(names))])
		b := filepath.Join(osRoot, names[rng.IntN(len(names))])
		op, off := rng.IntN(9), int64(rng.IntN(3*pageSize))
		if op == 3 && (filepath.Base(a) == "d" || filepath.Base(b) == "d") {
			continue // renaming directories onto others differs between systems
		}
		data := bytes.Repeat([]byte{byte(rng.IntN(3))}, rng.IntN(2*pageSize))
		want := step(OS(), op, a, b, off, slices.Clone(data))
		if got := step(m, op, a, b, off, slices.Clone(data)); got != want {
			t.Fatalf("step %d op %d %s %s: mem %.80q, os %.80q", i, op, a, b, got, want)
		}
	}
}

func TestUnsyncedDataMayBeLostOrTorn(t *testing.T) {
	m := NewMem()
	f := create(t, m, "a", "")
	must(t, m.SyncDir("/"))
	_, err := f.Write([]byte("xyz"))
	must(t, err)
	wantOutcomes(t, crashes(t, m, 400, func(m *Mem) string { return content(t, m, "a") }),
		"", "x", "xy", "xyz", "\x00", "\x00\x00", "\x00\x00\x00")
}

func TestSyncedDataStays(t *testing.T) {
	m := NewMem()
	f := create(t, m, "a", "synced")
	must(t, f.Sync())
	must(t, m.SyncDir("/"))
	_, err := f.WriteAt([]byte("N"), 5)
	must(t, err)
	wantOutcomes(t, crashes(t, m, 100, func(m *Mem) string { return content(t, m, "a") }), "synced", "synceN")
}

func TestNameNeedsSyncDir(t *testing.T) {
	m := NewMem()
	must(t, create(t, m, "a", "data").Sync())
	wantOutcomes(t, crashes(t, m, 100, func(m *Mem) string { return content(t, m, "a") }), "(none)", "data")

	must(t, m.SyncDir("/"))
	must(t, create(t, m, "b", "new").Sync())
	must(t, m.Rename("b", "a"))
	wantOutcomes(t, crashes(t, m, 200, func(m *Mem) string { return content(t, m, "a") + " " + content(t, m, "b") }),
		"data (none)", "data new", "new (none)")

	must(t, m.SyncDir("/"))
	wantOutcomes(t, crashes(t, m, 50, func(m *Mem) string { return content(t, m, "a") }), "new")

	must(t, m.Remove("a"))
	wantOutcomes(t, crashes(t, m, 50, func(m *Mem) string { return content(t, m, "a") }), "new", "(none)")
}

func TestNewDirectoryNeedsSyncOfItsParent(t *testing.T) {
	m := NewMem()
	must(t, m.MkdirAll("d"))
	must(t, create(t, m, "d/a", "x").Sync())
	must(t, m.SyncDir("d"))
	wantOutcomes(t, crashes(t, m, 50, func(m *Mem) string { return content(t, m, "d/a") }), "(none)", "x")
	must(t, m.SyncDir("/"))
	wantOutcomes(t, crashes(t, m, 50, func(m *Mem) string { return content(t, m, "d/a") }), "x")
}

func TestRenameAcrossDirectoriesIsOne(t *testing.T) {
	m := NewMem()
	must(t, m.MkdirAll("d"))
	must(t, m.MkdirAll("e"))
	must(t, m.SyncDir("/"))
	must(t, create(t, m, "d/a", "x").Sync())
	must(t, m.Rename("d/a", "e/a"))
	must(t, m.SyncDir("e"))
	wantOutcomes(t, crashes(t, m, 50, func(m *Mem) string { return content(t, m, "d/a") + content(t, m, "e/a") }), "(none)x")
}

func TestPagesReachTheDiskInAnyOrder(t *testing.T) {
	m := NewMem()
	f := create(t, m, "a", string(bytes.Repeat([]byte("o"), 2*pageSize)))
	must(t, f.Sync())
	must(t, m.SyncDir("/"))
	_, err := f.WriteAt([]byte("1"), 0)
	must(t, err)
	_, err = f.WriteAt([]byte("2"), pageSize)
	must(t, err)
	wantOutcomes(t, crashes(t, m, 200, func(m *Mem) string {
		c := content(t, m, "a")
		return c[:1] + c[pageSize:pageSize+1]
	}), "oo", "1o", "o2", "12")
}

func TestSectorsTear(t *testing.T) {
	m := NewMem()
	f := create(t, m, "a", string(bytes.Repeat([]byte("o"), pageSize)))
	must(t, f.Sync())
	must(t, m.SyncDir("/"))
	_, err := f.WriteAt(bytes.Repeat([]byte("n"), pageSize), 0)
	must(t, err)
	_, err = f.WriteAt([]byte("m"), pageSize-1)
	must(t, err)
	torn := crashes(t, m, 200, func(m *Mem) string {
		c := content(t, m, "a")
		return fmt.Sprint(c[0] == 'n', c[2*sectorSize] == 'n')
	})
	wantOutcomes(t, torn, "true true", "false false", "true false", "false true")
}

func TestTruncate(t *testing.T) {
	m := NewMem()
	f := create(t, m, "a", "abcdef")
	must(t, f.Sync())
	must(t, m.SyncDir("/"))
	must(t, f.Truncate(2))
	must(t, f.Truncate(4))
	if got := content(t, m, "a"); got != "ab\x00\x00" {
		t.Errorf("got %q", got)
	}
	must(t, f.Sync())
	wantOutcomes(t, crashes(t, m, 50, func(m *Mem) string { return content(t, m, "a") }), "ab\x00\x00")
	must(t, f.Truncate(0))
	must(t, f.Truncate(2*pageSize))
	must(t, f.Sync())
	wantOutcomes(t, crashes(t, m, 50, func(m *Mem) string { return content(t, m, "a") }), string(make([]byte, 2*pageSize)))
}

func TestFailedSyncLosesPages(t *testing.T) {
	m := NewMem()
	fail := true
	fsys := Inject(m, func(op Op) error {
		if op.Kind == OpSync && fail {
			return syscall.EIO
		}
		return nil
	})
	f := create(t, fsys, "a", "x")
	must(t, m.SyncDir("/"))
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("got %v", err)
	}
	fail = false
	must(t, f.Sync()) // succeeds, and yet
	wantOutcomes(t, crashes(t, m, 50, func(m *Mem) string { return content(t, m, "a") }), "\x00")
	_, err := f.WriteAt([]byte("y"), 0)
	must(t, err)
	must(t, f.Sync())
	wantOutcomes(t, crashes(t, m, 50, func(m *Mem) string { return content(t, m, "a") }), "y")
}

func TestFull(t *testing.T) {
	m := NewMem()
	m.SetLimit(2 * pageSize)
	f := create(t, m, "a", "x")
	n, err := f.WriteAt(make([]byte, 3*pageSize), 0)
	if n != 2*pageSize || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("wrote %d, %v", n, err)
	}
	if _, err = f.WriteAt(bytes.Repeat([]byte("x"), 2*pageSize), 0); err != nil {
		t.Errorf("overwriting needs no room: %v", err)
	}
	must(t, f.Close())
	must(t, m.Remove("a"))
	if m.Used() != 0 {
		t.Errorf("%d bytes used by nothing", m.Used())
	}
	must(t, create(t, m, "b", "x").Close())
}

func TestPowerOff(t *testing.T) {
	m := NewMem()
	f := create(t, m, "a", "x")
	_, err := m.Lock("lock")
	must(t, err)
	if _, err := m.Lock("lock"); !errors.Is(err, ErrLocked) {
		t.Errorf("second lock: %v", err)
	}
	m.PowerOff()
	if err := f.Sync(); !errors.Is(err, ErrCrashed) {
		t.Errorf("sync without power: %v", err)
	}
	if _, err := m.Crash(rand.New(rand.NewPCG(1, 1))).Lock("lock"); err != nil {
		t.Errorf("the lock outlived its process: %v", err)
	}
}

func TestKill(t *testing.T) {
	m := NewMem()
	must(t, m.MkdirAll("d"))
	f := create(t, m, "d/a", "written")
	_, err := m.Lock("d/lock")
	must(t, err)
	k := m.Kill()
	_, err = f.Write([]byte(" by a ghost"))
	must(t, err)
	if got := content(t, k, "d/a"); got != "written" {
		t.Errorf("after the kill: %q", got)
	}
	if _, err := k.Lock("d/lock"); err != nil {
		t.Errorf("the lock outlived its process: %v", err)
	}
	must(t, k.SyncDir("/"))
	must(t, k.SyncDir("d"))
	if got := crashes(t, k, 100, func(m *Mem) string { return content(t, m, "d/a") }); got["written"] == 0 || got[""] == 0 {
		t.Errorf("a power loss after the kill: %v", got)
	}
	w := k.Kill()
	w.WriteBack()
	wantOutcomes(t, crashes(t, w, 50, func(m *Mem) string { return content(t, m, "d/a") }), "written")
	g, err := k.OpenRW("d/a")
	must(t, err)
	must(t, g.Sync())
	wantOutcomes(t, crashes(t, k, 50, func(m *Mem) string { return content(t, m, "d/a") }), "written")
	if k.Used() != pageSize {
		t.Errorf("%d bytes used", k.Used())
	}
}

func TestPowerOffAt(t *testing.T) {
	for n := 1; n <= 6; n++ {
		m := NewMem()
		m.PowerOffAt(n)
		steps := 0
		_ = func() error { // create, write, sync, rename, syncdir
			f, err := m.Create("a")
			if err != nil {
				return err
			}
			steps++
			if _, err = f.Write([]byte("x")); err != nil {
				return err
			}
			steps++
			if err = f.Sync(); err != nil {
				return err
			}
			steps++
			if err = m.Rename("a", "b"); err != nil {
				return err
			}
			steps++
			if err = m.SyncDir("/"); err == nil {
				steps++
			}
			return err
		}()
		down := false
		select {
		case <-m.Down():
			down = true
		default:
		}
		if steps != n-1 || down != (n < 6) {
			t.Errorf("off at %d: %d steps done, down %v", n, steps, down)
		}
		want := "xxx"[:min(max(0, n-1), 1)] // the write counts though its caller was told nothing
		if n == 2 {
			want = "x"
		}
		name := "a"
		if n >= 4 {
			name = "b"
		}
		if got := content(t, m.Kill(), name); got != want {
			t.Errorf("off at %d: killed, it holds %q, want %q", n, got, want)
		}
	}
}

// One seed, one outcome; and the file system goes on after a crash has been looked at.
func TestCrashIsDeterministic(t *testing.T) {
	m := NewMem()
	for i := range 20 {
		f := create(t, m, fmt.Sprint(i), "")
		for j := range 10 {
			_, err := f.WriteAt(bytes.Repeat([]byte{byte(j)}, 5000), int64(j)*3000)
			must(t, err)
		}
	}
	look := func() string {
		c := m.Crash(rand.New(rand.NewPCG(7, 7)))
		names, err := c.ReadDir("/")
		must(t, err)
		out := fmt.Sprint(names)
		for _, n := range names {
			out += content(t, c, n)
		}
		return out
	}
	if first, second := look(), look(); first != second {
		t.Error("two crashes of one seed differ")
	}
	c := m.Crash(rand.New(rand.NewPCG(7, 7)))
	must(t, WriteFile(c, "0", []byte("after")))
	if content(t, c, "0") != "after" || content(t, m, "0") == "after" {
		t.Error("a crash shares bytes with what it is made of")
	}
}
