package snapshot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"redline/vfs"
)

// TestFailuresKeepTheOldFile fails every operation of a snapshot in turn: the old file stays, nothing else is left in the
// directory, and the next snapshot is whole.
func TestFailuresKeepTheOldFile(t *testing.T) {
	sp := newSpace(t, 2)
	fill(sp, testNow)
	mem := vfs.NewMem()
	if err := vfs.WriteFile(mem, "/d.rdb", []byte("the old file")); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for n := 1; ; n++ {
		left, kind := n, vfs.OpRead
		fs := vfs.Inject(mem, func(op vfs.Op) error {
			if left--; left == 0 {
				kind = op.Kind
				return fmt.Errorf("%v: %w", op.Kind, syscall.ENOSPC)
			}
			return nil
		})
		_, err := Write(context.Background(), options(sp, fs, "/d.rdb"))
		if sp.Saving() {
			t.Fatalf("operation %d: the save did not end", n)
		}
		if left > 0 { // there was no operation n
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		b, _ := vfs.ReadFile(mem, "/d.rdb")
		switch old := string(b) == "the old file"; {
		case err != nil && errors.Is(err, syscall.ENOSPC):
			failed++
			if !old && kind != vfs.OpSyncDir { // by then it has the name
				t.Fatalf("%v failed: %v, and the old file is gone", kind, err)
			}
		case err != nil:
			t.Fatalf("operation %d: %v", n, err)
		}
		if !strings.HasPrefix(string(b), "the old") && !strings.HasPrefix(string(b), "REDIS") {
			t.Fatalf("operation %d: the file is %.20q", n, b)
		}
		if err := vfs.WriteFile(mem, "/d.rdb", []byte("the old file")); err != nil {
			t.Fatal(err)
		}
	}
	if failed < 5 {
		t.Errorf("only %d operations failed", failed)
	}
	names, _ := mem.ReadDir("/")
	if fmt.Sprint(names) != "[d.rdb]" {
		t.Errorf("left behind: %v", names)
	}
	back := newSpace(t, 1)
	if _, err := LoadFile(context.Background(), mem, "/d.rdb", LoadOptions{Space: back, Limits: testLimits, Now: clock}); err != nil {
		t.Fatal(err)
	}
	same(t, dump(back, testNow), dump(sp, testNow))
}

// TestCrash ends the power at every operation of a snapshot: afterwards the old file or the new one is there, whole.
func TestCrash(t *testing.T) {
	sp := newSpace(t, 2)
	fill(sp, testNow)
	rng := rand.New(rand.NewPCG(1, 2))
	off := errors.New("the power is off")
	for n := 1; ; n++ {
		mem := vfs.NewMem()
		if _, err := Write(context.Background(), options(newSpace(t, 1), mem, "/d.rdb")); err != nil { // an empty one
			t.Fatal(err)
		}
		left := n
		fs := vfs.Inject(mem, func(vfs.Op) error {
			if left--; left <= 0 {
				return off
			}
			return nil
		})
		_, err := Write(context.Background(), options(sp, fs, "/d.rdb"))
		after := mem.Crash(rng)
		back := newSpace(t, 1)
		res, loadErr := LoadFile(context.Background(), after, "/d.rdb", LoadOptions{Space: back, Limits: testLimits, Now: clock})
		if loadErr != nil {
			t.Fatalf("crash at operation %d: %v", n, loadErr)
		}
		if err == nil && res.Keys == 0 {
			t.Fatalf("crash at operation %d: the new file is gone", n)
		}
		if left > 0 {
			return
		}
	}
}
