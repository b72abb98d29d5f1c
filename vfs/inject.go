package vfs

import "io"

// An OpKind says what an operation does.
type OpKind uint8

// The operations that Inject sees.
const (
	OpOpen OpKind = iota
	OpCreate
	OpOpenRW
	OpRename
	OpRemove
	OpMkdir
	OpReadDir
	OpStat
	OpSyncDir
	OpLock
	OpRead  // Read and ReadAt
	OpWrite // Write and WriteAt
	OpSync
	OpTruncate
	OpClose
)

var opNames = [...]string{"open", "create", "openrw", "rename", "remove", "mkdir", "readdir", "stat", "syncdir", "lock",
	"read", "write", "sync", "truncate", "close"}

func (k OpKind) String() string { return opNames[k] }

// Changes reports whether an operation of the kind can change what a crash leaves.
func (k OpKind) Changes() bool {
	switch k {
	case OpCreate, OpRename, OpRemove, OpMkdir, OpSyncDir, OpWrite, OpSync, OpTruncate:
		return true
	}
	return false
}

// An Op is one operation about to be done.
type Op struct {
	Kind OpKind
	Name string // of the file or directory as it was opened
	To   string // OpRename: the new name
	Off  int64  // OpRead, OpWrite at a given offset; -1 where the file's position counts. OpTruncate: the new size
	Len  int    // OpRead, OpWrite: bytes
}

// A Short error from Inject's function makes a write do its first N bytes before it fails with Err.
type Short struct {
	N   int
	Err error
}

func (s Short) Error() string { return s.Err.Error() }
func (s Short) Unwrap() error { return s.Err }

// Inject returns fsys with before called ahead of each operation, on the goroutine that asks for it. An error from before is
// returned wrapped in *fs.PathError, and the operation is not done, but for a Short write. A before that waits is a slow
// disk. A failed Sync also loses what was to be synced where fsys can model it, as Linux does: Mem then takes the pages for
// clean.
func Inject(fsys FS, before func(Op) error) FS { return &injected{fsys, before} }

type injected struct {
	under  FS
	before func(Op) error
}

func (i *injected) check(op Op) error {
	if err := i.before(op); err != nil {
		return pathError(op.Kind.String(), op.Name, err)
	}
	return nil
}

func (i *injected) file(op Op, open func(string) (File, error)) (File, error) {
	if err := i.check(op); err != nil {
		return nil, err
	}
	f, err := open(op.Name)
	if err != nil {
		return nil, err
	}
	return &injectedFile{f, op.Name, i}, nil
}

func (i *injected) Open(name string) (File, error) {
	return i.file(Op{Kind: OpOpen, Name: name}, i.under.Open)
}

func (i *injected) Create(name string) (File, error) {
	return i.file(Op{Kind: OpCreate, Name: name}, i.under.Create)
}

func (i *injected) OpenRW(name string) (File, error) {
	return i.file(Op{Kind: OpOpenRW, Name: name}, i.under.OpenRW)
}

func (i *injected) Rename(old, new string) error {
	if err := i.check(Op{Kind: OpRename, Name: old, To: new}); err != nil {
		return err
	}
	return i.under.Rename(old, new)
}

func (i *injected) Remove(name string) error {
	if err := i.check(Op{Kind: OpRemove, Name: name}); err != nil {
		return err
	}
	return i.under.Remove(name)
}

func (i *injected) MkdirAll(dir string) error {
	if err := i.check(Op{Kind: OpMkdir, Name: dir}); err != nil {
		return err
	}
	return i.under.MkdirAll(dir)
}

func (i *injected) ReadDir(dir string) ([]string, error) {
	if err := i.check(Op{Kind: OpReadDir, Name: dir}); err != nil {
		return nil, err
	}
	return i.under.ReadDir(dir)
}

func (i *injected) Stat(name string) (int64, error) {
	if err := i.check(Op{Kind: OpStat, Name: name}); err != nil {
		return 0, err
	}
	return i.under.Stat(name)
}

func (i *injected) SyncDir(dir string) error {
	if err := i.check(Op{Kind: OpSyncDir, Name: dir}); err != nil {
		return err
	}
	return i.under.SyncDir(dir)
}

func (i *injected) Lock(name string) (io.Closer, error) {
	if err := i.check(Op{Kind: OpLock, Name: name}); err != nil {
		return nil, err
	}
	return i.under.Lock(name)
}

type injectedFile struct {
	File
	name string
	fs   *injected
}

func (f *injectedFile) check(kind OpKind, off int64, n int) error {
	return f.fs.check(Op{Kind: kind, Name: f.name, Off: off, Len: n})
}

func (f *injectedFile) Read(b []byte) (int, error) {
	if err := f.check(OpRead, -1, len(b)); err != nil {
		return 0, err
	}
	return f.File.Read(b)
}

func (f *injectedFile) ReadAt(b []byte, off int64) (int, error) {
	if err := f.check(OpRead, off, len(b)); err != nil {
		return 0, err
	}
	return f.File.ReadAt(b, off)
}

func (f *injectedFile) Write(b []byte) (int, error) {
	return f.write(b, -1, f.File.Write)
}

func (f *injectedFile) WriteAt(b []byte, off int64) (int, error) {
	return f.write(b, off, func(b []byte) (int, error) { return f.File.WriteAt(b, off) })
}

func (f *injectedFile) write(b []byte, off int64, do func([]byte) (int, error)) (int, error) {
	err := f.fs.before(Op{Kind: OpWrite, Name: f.name, Off: off, Len: len(b)})
	if err == nil {
		return do(b)
	}
	n := 0
	if s, ok := err.(Short); ok {
		var derr error
		if n, derr = do(b[:min(s.N, len(b))]); derr != nil {
			return n, derr
		}
	}
	return n, pathError("write", f.name, err)
}

func (f *injectedFile) Sync() error {
	if err := f.check(OpSync, 0, 0); err != nil {
		if m, ok := f.File.(interface{ failSync() }); ok {
			m.failSync()
		}
		return err
	}
	return f.File.Sync()
}

func (f *injectedFile) Truncate(size int64) error {
	if err := f.check(OpTruncate, size, 0); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *injectedFile) Close() error {
	if err := f.check(OpClose, 0, 0); err != nil {
		_ = f.File.Close() // as close(2): the descriptor is gone whatever it returns
		return err
	}
	return f.File.Close()
}
