// Package vfs is the seam between Redline and the disk: everything that must survive a crash is read and written through FS.
//
//   - OS is the real thing: fdatasync, fsync of directories, a lock that dies with its process.
//   - Mem is a file system in memory that can lose power: Crash gives the file system as it may look afterwards, with what
//     was not synced lost, kept, reordered and torn as the hardware may do it. It can also be full.
//   - Inject wraps either and fails chosen operations: EIO, ENOSPC, short writes, slow disks.
//
// The contract is POSIX's at its strictest, since that is what Mem punishes: Sync makes a file's bytes and size durable but
// not its name; a name made, changed or removed is durable after SyncDir of its directory; a new directory after SyncDir of
// its parent. Errors are *fs.PathError and match fs.ErrNotExist and fs.ErrExist.
//
// The package knows nothing of what files hold.
package vfs

import (
	"errors"
	"io"
	"io/fs"
)

// An FS is what Redline needs of a file system. Names are paths as package filepath has them. It is safe for concurrent use.
type FS interface {
	// Open opens a file for reading.
	Open(name string) (File, error)
	// Create makes a file, or empties the one there is, and opens it for reading and writing.
	Create(name string) (File, error)
	// OpenRW opens a file that exists for reading and writing, at its start.
	OpenRW(name string) (File, error)
	// Rename gives a file or directory another name, taking the place of a file of that name at once.
	Rename(old, new string) error
	// Remove removes a file or an empty directory.
	Remove(name string) error
	// MkdirAll makes a directory and those above it that are missing.
	MkdirAll(dir string) error
	// ReadDir lists the base names in a directory, sorted.
	ReadDir(dir string) ([]string, error)
	// Stat returns the size of a file in bytes. A directory is an error that matches ErrIsDir.
	Stat(name string) (size int64, err error)
	// SyncDir makes the names in a directory durable.
	SyncDir(dir string) error
	// Lock takes a lock that one holder in one process can have, or fails with ErrLocked. It makes the file if there is
	// none. It ends when the Closer is closed or the process ends, however it ends; the file stays.
	Lock(name string) (io.Closer, error)
}

// A File is an open file. Read and Write go on where the last one ended; ReadAt and WriteAt leave that position alone.
// Reads and writes at given offsets may be concurrent.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.WriterAt
	io.Closer
	// Sync makes the file's bytes, and what is needed to read them back, durable. After an error, what had been written
	// since the last Sync may be lost even if a later Sync succeeds: write it again.
	Sync() error
	// Truncate sets the size in bytes; new bytes are zero.
	Truncate(size int64) error
	// Size returns the size in bytes.
	Size() (int64, error)
}

// Errors beyond those of package io/fs.
var (
	ErrLocked = errors.New("locked by another process")
	ErrIsDir  = errors.New("is a directory")
	// ErrCrashed is what every operation of a Mem returns once its power is off.
	ErrCrashed = errors.New("the power is off")
)

// ReadFile reads a whole file.
func ReadFile(fsys FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, size)
	n, err := io.ReadFull(f, b)
	if err == io.ErrUnexpectedEOF || err == io.EOF { // cut meanwhile
		err = nil
	}
	return b[:n], err
}

// WriteFile writes a file under a temporary name beside it, syncs it, gives it its name and syncs the directory: afterwards
// the file is there whole, and after a crash in between the old one is.
func WriteFile(fsys FS, name string, b []byte) error {
	tmp := name + ".tmp"
	f, err := fsys.Create(tmp)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = fsys.Rename(tmp, name)
	}
	if err != nil {
		_ = fsys.Remove(tmp) // the first error is the one to tell
		return err
	}
	return fsys.SyncDir(dirOf(name))
}

func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}
