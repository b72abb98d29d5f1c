package vfs

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// OS returns the operating system's file system.
func OS() FS { return osFS{} }

type osFS struct{}

// Modes: what a database holds is its user's alone; a directory is as the umask leaves it, like Redis'.
const (
	fileMode = 0o644
	dirMode  = 0o755
)

func dirOf(name string) string { return filepath.Dir(name) }

func (osFS) Open(name string) (File, error)   { return openOS(name, os.O_RDONLY) }
func (osFS) OpenRW(name string) (File, error) { return openOS(name, os.O_RDWR) }
func (osFS) Create(name string) (File, error) {
	return openOS(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
}
func (osFS) Rename(old, new string) error { return os.Rename(old, new) }
func (osFS) Remove(name string) error     { return os.Remove(name) }
func (osFS) MkdirAll(dir string) error    { return os.MkdirAll(dir, dirMode) }

func (osFS) ReadDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (osFS) Stat(name string) (int64, error) {
	st, err := os.Stat(name)
	if err != nil {
		return 0, err
	}
	if st.IsDir() {
		return 0, pathError("stat", name, ErrIsDir)
	}
	return st.Size(), nil
}

func (osFS) SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // a directory cannot be synced there; NTFS journals names
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

func (osFS) Lock(name string) (io.Closer, error) { return lockFile(name) }

// osFile adds what *os.File lacks; Sync becomes fdatasync where there is one.
type osFile struct{ *os.File }

func openOS(name string, flag int) (File, error) {
	f, err := os.OpenFile(name, flag, fileMode)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (f osFile) Sync() error { return datasync(f.File) }

func (f osFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if st.IsDir() {
		return 0, pathError("stat", f.Name(), ErrIsDir)
	}
	return st.Size(), nil
}
