package vfs

import "errors"

// ErrNoMap says that a file cannot be mapped: it is not of the operating system, or not on a file system on which that is
// known to be safe.
var ErrNoMap = errors.New("the file cannot be mapped")

// Map maps the first size bytes of a file into memory, shared with the file: what is stored there is in the file at once,
// for every reader and also if the process dies, and on disk after Sync. The bytes must have been written before, so that a
// store never needs room on the disk. unmap ends it; the file may be closed before.
//
// It works for files of the operating system on Linux, on file systems that overwrite in place; on others a store could
// fail where nobody can be told of it. It also works for files of a Mem that allows it.
func Map(f File, size int64) (b []byte, unmap func() error, err error) {
	if m, ok := f.(*memFile); ok {
		return m.mapMem(size)
	}
	o, ok := f.(osFile)
	if !ok || size <= 0 {
		return nil, nil, ErrNoMap
	}
	return mapFile(o, size)
}
