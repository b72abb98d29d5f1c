package vfs

import (
	"bytes"
	"io"
	"io/fs"
	"slices"
	"syscall"
)

// pageSize is the unit in which an operating system writes a file back: what is not synced reaches the disk by pages, in any
// order.
const pageSize = 4096

// A page is never written once it is shared, that is, once it is not in own. nil is a hole and reads as zeros.
type page [pageSize]byte

// zeroPage stands for every page that was written with nothing but zeros: files written ahead of use cost little memory.
var zeroPage = new(page)

// A fileNode is the content of a file.
//
// Invariants: len(pages) and len(dirty) cover size; bytes of the last page beyond size are zero; a page that is neither dirty
// nor lost by a failed Sync is the same as in durable.
type fileNode struct {
	links, handles int

	pages []*page // as seen
	dirty []bool  // changed since the last Sync
	own   []bool  // allocated since, so nobody else refers to it
	size  int64

	durable     []*page // certain
	durableSize int64
	ops         []fileOp // since the last Sync, oldest first

}

// A fileOp is a write of data at off, or a change of size.
type fileOp struct {
	off      int64
	data     []byte
	truncate bool // off is the new size
}

func (n *fileNode) allocated() (count int64) {
	for _, p := range n.pages {
		if p != nil {
			count++
		}
	}
	return count
}

// resize makes pages and dirty cover size.
func (n *fileNode) resize(size int64) {
	want := int((size + pageSize - 1) / pageSize)
	if want <= len(n.pages) {
		n.pages, n.dirty, n.own = n.pages[:want], n.dirty[:want], n.own[:want]
		return
	}
	more := want - len(n.pages)
	n.pages = append(n.pages, make([]*page, more)...)
	n.own = append(n.own, make([]bool, more)...)
	for range more {
		n.dirty = append(n.dirty, true) // a hole where certain bytes may lie
	}
}

// writable returns page i for writing, a copy of it if others may refer to it.
func (n *fileNode) writable(i int) *page {
	if !n.own[i] {
		p := new(page)
		if n.pages[i] != nil {
			*p = *n.pages[i]
		}
		n.pages[i], n.own[i] = p, true
	}
	n.dirty[i] = true
	return n.pages[i]
}

// isZero reports whether a part of a page is all zeros.
func isZero(b []byte) bool { return bytes.Equal(b, zeroPage[:len(b)]) }

// writeAt changes what is seen, as far as there is room, and returns how many bytes it wrote.
func (m *Mem) writeAt(n *node, b []byte, off int64) (int, error) {
	done := 0
	for done < len(b) {
		at := off + int64(done)
		i, in := int(at/pageSize), int(at%pageSize)
		part := b[done:min(len(b), done+pageSize-in)]
		if i >= len(n.pages) {
			n.resize(at + 1)
		}
		if n.pages[i] == nil {
			if m.limit > 0 && m.pages >= m.limit {
				n.resize(n.size)
				break
			}
			m.pages++
		}
		switch {
		case isZero(part) && (n.pages[i] == nil || n.pages[i] == zeroPage):
			n.pages[i], n.own[i], n.dirty[i] = zeroPage, false, true
		default:
			copy(n.writable(i)[in:], part)
		}
		done += len(part)
		n.size = max(n.size, at+int64(len(part)))
	}
	if done > 0 {
		n.ops = append(n.ops, fileOp{off: off, data: slices.Clone(b[:done])})
	}
	if done < len(b) {
		return done, syscall.ENOSPC
	}
	return done, nil
}

// truncate changes the size as seen.
func (m *Mem) truncate(n *node, size int64) error {
	if size < 0 {
		return fs.ErrInvalid
	}
	before := n.allocated()
	n.resize(size)
	if in := size % pageSize; size < n.size && in != 0 && n.pages[size/pageSize] != nil {
		clear(n.writable(int(size / pageSize))[in:])
	}
	n.size = size
	m.pages += n.allocated() - before
	n.ops = append(n.ops, fileOp{off: size, truncate: true})
	return nil
}

// sync makes what is seen certain, but for pages that a failed Sync has lost.
func (n *fileNode) sync() {
	old := n.durable
	n.durable = slices.Clone(n.pages)
	for i, d := range n.dirty {
		if !d {
			n.durable[i] = nil
			if i < len(old) {
				n.durable[i] = old[i]
			}
		}
		n.dirty[i], n.own[i] = false, false
	}
	n.durableSize = n.size
	n.ops = nil
}

func (n *fileNode) read(b []byte, off int64) int {
	if off >= n.size {
		return 0
	}
	b = b[:min(int64(len(b)), n.size-off)]
	for done := 0; done < len(b); {
		at := off + int64(done)
		part := b[done:min(len(b), done+pageSize-int(at%pageSize))]
		if p := n.pages[at/pageSize]; p != nil {
			copy(part, p[at%pageSize:])
		} else {
			clear(part)
		}
		done += len(part)
	}
	return len(b)
}

// A memFile is one opening of a file.
type memFile struct {
	m      *Mem
	n      *node
	name   string
	write  bool
	pos    int64 // guarded by m.mu
	closed bool  // likewise
}

func (f *memFile) do(op string, write bool, fn func() error) error {
	return f.m.do(op, f.name, func() error {
		switch {
		case f.closed:
			return fs.ErrClosed
		case f.n.dir != nil:
			return ErrIsDir
		case write && !f.write:
			return fs.ErrPermission
		}
		return fn()
	})
}

func (f *memFile) Read(b []byte) (n int, err error) {
	err = f.do("read", false, func() error {
		n = f.n.read(b, f.pos)
		f.pos += int64(n)
		if n == 0 && len(b) > 0 {
			return io.EOF
		}
		return nil
	})
	return n, err
}

func (f *memFile) ReadAt(b []byte, off int64) (n int, err error) {
	err = f.do("read", false, func() error {
		if off < 0 {
			return fs.ErrInvalid
		}
		if n = f.n.read(b, off); n < len(b) {
			return io.EOF
		}
		return nil
	})
	return n, err
}

func (f *memFile) Write(b []byte) (n int, err error) {
	err = f.do("write", true, func() (err error) {
		n, err = f.m.writeAt(f.n, b, f.pos)
		f.pos += int64(n)
		return err
	})
	return n, err
}

func (f *memFile) WriteAt(b []byte, off int64) (n int, err error) {
	err = f.do("write", true, func() (err error) {
		if off < 0 {
			return fs.ErrInvalid
		}
		n, err = f.m.writeAt(f.n, b, off)
		return err
	})
	return n, err
}

func (f *memFile) Sync() error {
	return f.do("sync", false, func() error {
		f.n.sync()
		return nil
	})
}

// failSync is a Sync that failed as on Linux: the pages count as clean, though the disk never got them, and the next Sync
// passes over them.
func (f *memFile) failSync() {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	for i := range f.n.dirty {
		f.n.dirty[i], f.n.own[i] = false, false
	}
}

func (f *memFile) Truncate(size int64) error {
	return f.do("truncate", true, func() error { return f.m.truncate(f.n, size) })
}

func (f *memFile) Size() (size int64, err error) {
	err = f.do("size", false, func() error {
		size = f.n.size
		return nil
	})
	return size, err
}

func (f *memFile) Close() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.closed {
		return pathError("close", f.name, fs.ErrClosed)
	}
	f.closed = true
	f.n.handles--
	if f.n.dir == nil {
		f.m.free(f.n)
	}
	return nil
}
