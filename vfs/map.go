package vfs

import "errors"

// ErrNoMap says that a file cannot be mapped: it is not of the operating system, or not on a file system on which that is
// known to be safe.
var ErrNoMap = errors.New("the file cannot be mapped")

// Mapping is the beginning of a file in memory.
type Mapping struct {
	// Bytes are the file's, which store into it until Unmap.
	Bytes []byte

	unmap  func() error
	forget func(b []byte) // nil: nothing to do
}

// Map maps the first size bytes of a file into memory, shared with the file: what is stored there is in the file at once,
// for every reader and also if the process dies, and on disk after Sync. The bytes must have been written before, so that a
// store never needs room on the disk. The file may be closed before the mapping ends.
//
// It works for files of the operating system on Linux, on file systems that overwrite in place; on others a store could
// fail where nobody can be told of it. It also works for files of a Mem that allows it.
func Map(f File, size int64) (*Mapping, error) {
	if m, ok := f.(*memFile); ok {
		return m.mapMem(size)
	}
	o, ok := f.(osFile)
	if !ok || size <= 0 {
		return nil, ErrNoMap
	}
	return mapFile(o, size)
}

// Unmap ends the mapping.
func (m *Mapping) Unmap() error { return m.unmap() }

// Done says that the whole pages among the bytes of an interval will hardly be stored to again. The content stays, and a
// store is still allowed, but a Sync has less to do: a page in the process's page tables is protected first, one after the
// other, and for each of them all processors that run the process are interrupted. Done takes many out at once.
func (m *Mapping) Done(from, to int64) {
	from, to = (from+mapPage-1)/mapPage*mapPage, to/mapPage*mapPage
	if m.forget != nil && from < to {
		m.forget(m.Bytes[from:to])
	}
}
