package vfs

import (
	"errors"
	"io"
	"path/filepath"
	"syscall"
	"testing"
)

func TestOSLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	l, err := OS().Lock(name)
	must(t, err)
	if _, err := OS().Lock(name); !errors.Is(err, ErrLocked) {
		t.Errorf("second lock: %v", err)
	}
	must(t, l.Close())
	l, err = OS().Lock(name)
	must(t, err)
	must(t, l.Close())
}

func TestOSSync(t *testing.T) {
	dir := t.TempDir()
	must(t, WriteFile(OS(), filepath.Join(dir, "a"), []byte("x")))
	if got := content(t, OS(), filepath.Join(dir, "a")); got != "x" {
		t.Errorf("got %q", got)
	}
	if _, err := OS().Stat(dir); !errors.Is(err, ErrIsDir) {
		t.Errorf("stat of a directory: %v", err)
	}
	if err := OS().SyncDir(filepath.Join(dir, "none")); err == nil {
		t.Error("synced a directory that is not there")
	}
}

func TestWriteFileKeepsTheOldOne(t *testing.T) {
	for _, fail := range []OpKind{OpCreate, OpWrite, OpSync, OpRename} {
		m := NewMem()
		must(t, WriteFile(m, "a", []byte("old")))
		fsys := Inject(m, func(op Op) error {
			if op.Kind == fail {
				return syscall.ENOSPC
			}
			return nil
		})
		if err := WriteFile(fsys, "a", []byte("new")); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%v: %v", fail, err)
		}
		names, _ := m.ReadDir("/")
		if content(t, m, "a") != "old" || len(names) != 1 {
			t.Errorf("%v: left %v", fail, names)
		}
	}
}

func TestInjectShortWrite(t *testing.T) {
	m := NewMem()
	fsys := Inject(m, func(op Op) error {
		if op.Kind == OpWrite {
			return Short{2, io.ErrShortWrite}
		}
		return nil
	})
	f, err := fsys.Create("a")
	must(t, err)
	if n, err := f.Write([]byte("abc")); n != 2 || !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("wrote %d, %v", n, err)
	}
	if got := content(t, m, "a"); got != "ab" {
		t.Errorf("got %q", got)
	}
}
