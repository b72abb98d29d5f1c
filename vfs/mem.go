package vfs

import (
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// A Mem is a file system in memory that can lose power. It keeps two states: what programs see, and what is on the disk for
// certain, with everything that was done since in order. Crash picks what of that reached the disk.
//
// What is certain: a file's bytes and size as of its last Sync; a directory's names as of its last SyncDir. What is not, each
// crash decides anew; see Crash.
//
// The zero Mem is not ready; use NewMem.
type Mem struct {
	mu      sync.Mutex
	root    *node
	pending []dirOp // changes of names not yet certain, oldest first
	locks   map[*node]bool
	off     bool
	down    chan struct{} // closed when the power goes off
	left    int           // changes until it does, if positive
	pages   int64         // allocated by what is visible
	limit   int64         // pages; 0: none
}

// A node is a file or a directory. A name is nothing of it: names are entries of directories.
type node struct {
	dir *dirNode
	fileNode
}

// A dirNode maps names to nodes: as seen, and as certain.
type dirNode struct {
	entries, durable map[string]*node
}

// A dirOp is one change of names, in one or, for a rename, two directories. Either all of it reaches the disk or nothing.
type dirOp struct{ edits []edit }

type edit struct {
	dir  *dirNode
	name string
	to   *node // nil: the name goes
}

// NewMem returns an empty file system with a root directory.
func NewMem() *Mem {
	return &Mem{root: newDir(), locks: map[*node]bool{}, down: make(chan struct{})}
}

func newDir() *node {
	return &node{dir: &dirNode{entries: map[string]*node{}, durable: map[string]*node{}}}
}

// SetLimit makes the file system full at so many bytes: what would take another page beyond them fails with ENOSPC. 0 ends
// that. A write over bytes that are allocated already always has room.
func (m *Mem) SetLimit(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit = (bytes + pageSize - 1) / pageSize
}

// Used returns the bytes allocated by files that have a name or are open.
func (m *Mem) Used() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pages * pageSize
}

// PowerOff ends everything: from now on each operation fails with ErrCrashed and changes nothing. Crash says what is left.
func (m *Mem) PowerOff() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.powerOff()
}

func (m *Mem) powerOff() {
	if !m.off {
		m.off = true
		close(m.down)
	}
}

// PowerOffAt has the power go off in the nth change from now on, counted from 1: a write, a change of names or a sync. What
// it changes may reach the disk or not, like that of others before it; its caller is told ErrCrashed.
func (m *Mem) PowerOffAt(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = n
}

// Down is closed when the power goes off.
func (m *Mem) Down() <-chan struct{} { return m.down }

// split cuts a name into its parts below the root.
func split(name string) []string {
	name = filepath.ToSlash(filepath.Clean("/" + name))
	if name == "/" {
		return nil
	}
	return strings.Split(name[1:], "/")
}

// find walks to a node; nil if there is none.
func (m *Mem) find(parts []string) *node {
	n := m.root
	for _, p := range parts {
		if n == nil || n.dir == nil {
			return nil
		}
		n = n.dir.entries[p]
	}
	return n
}

// parent returns the directory that holds a name, and the base name.
func (m *Mem) parent(name string) (*dirNode, string, error) {
	parts := split(name)
	if len(parts) == 0 {
		return nil, "", ErrIsDir
	}
	n := m.find(parts[:len(parts)-1])
	if n == nil {
		return nil, "", fs.ErrNotExist
	}
	if n.dir == nil {
		return nil, "", syscall.ENOTDIR
	}
	return n.dir, parts[len(parts)-1], nil
}

// change does edits on what is seen and notes them as not certain.
func (m *Mem) change(edits ...edit) {
	for _, e := range edits {
		if e.to == nil {
			delete(e.dir.entries, e.name)
		} else {
			e.dir.entries[e.name] = e.to
		}
	}
	m.pending = append(m.pending, dirOp{edits})
}

// do runs fn under the lock, unless the power is off.
func (m *Mem) do(op, name string, fn func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := ErrCrashed
	switch {
	case m.off:
	case m.left == 1 && changes(op):
		if op != "sync" && op != "syncdir" { // one of these that is not over has no effect of its own
			_ = fn()
		}
		m.powerOff()
	default:
		if m.left > 1 && changes(op) {
			m.left--
		}
		err = fn()
	}
	if err != nil && err != io.EOF {
		return pathError(op, name, err)
	}
	return err
}

func changes(op string) bool {
	switch op {
	case "create", "rename", "remove", "mkdir", "syncdir", "write", "sync", "truncate":
		return true
	}
	return false
}

func (m *Mem) open(op, name string, write bool) (File, error) {
	var f *memFile
	err := m.do(op, name, func() error {
		n := m.find(split(name))
		if n == nil {
			return fs.ErrNotExist
		}
		if n.dir != nil && write {
			return ErrIsDir
		}
		f = m.handle(n, name, write)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (m *Mem) handle(n *node, name string, write bool) *memFile {
	n.handles++
	return &memFile{m: m, n: n, name: name, write: write}
}

// Open implements FS.
func (m *Mem) Open(name string) (File, error) { return m.open("open", name, false) }

// OpenRW implements FS.
func (m *Mem) OpenRW(name string) (File, error) { return m.open("openrw", name, true) }

// Create implements FS.
func (m *Mem) Create(name string) (File, error) {
	var f *memFile
	err := m.do("create", name, func() error {
		n, err := m.create(name)
		if err != nil {
			return err
		}
		f = m.handle(n, name, true)
		if n.size > 0 {
			return m.truncate(n, 0)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// create finds a file or makes an empty one.
func (m *Mem) create(name string) (*node, error) {
	d, base, err := m.parent(name)
	if err != nil {
		return nil, err
	}
	n := d.entries[base]
	if n == nil {
		n = &node{}
		n.links++
		m.change(edit{d, base, n})
	} else if n.dir != nil {
		return nil, ErrIsDir
	}
	return n, nil
}

// Rename implements FS.
func (m *Mem) Rename(old, new string) error {
	return m.do("rename", old, func() error {
		from, a, err := m.parent(old)
		if err != nil {
			return err
		}
		to, b, err := m.parent(new)
		if err != nil {
			return err
		}
		n, over := from.entries[a], to.entries[b]
		switch {
		case n == nil:
			return fs.ErrNotExist
		case n == over:
			return nil
		case over != nil && (over.dir != nil || n.dir != nil):
			return fs.ErrExist
		}
		m.change(edit{from, a, nil}, edit{to, b, n})
		m.unlink(over)
		return nil
	})
}

// Remove implements FS.
func (m *Mem) Remove(name string) error {
	return m.do("remove", name, func() error {
		d, base, err := m.parent(name)
		if err != nil {
			return err
		}
		n := d.entries[base]
		switch {
		case n == nil:
			return fs.ErrNotExist
		case n.dir != nil && len(n.dir.entries) > 0:
			return syscall.ENOTEMPTY
		}
		m.change(edit{d, base, nil})
		m.unlink(n)
		return nil
	})
}

func (m *Mem) unlink(n *node) {
	if n != nil && n.dir == nil {
		n.links--
		m.free(n)
	}
}

// free takes the pages of a file that nobody can reach any more off the account.
func (m *Mem) free(n *node) {
	if n.links == 0 && n.handles == 0 {
		m.pages -= n.allocated()
	}
}

// MkdirAll implements FS.
func (m *Mem) MkdirAll(dir string) error {
	return m.do("mkdir", dir, func() error {
		at := m.root
		for _, p := range split(dir) {
			next := at.dir.entries[p]
			if next == nil {
				next = newDir()
				m.change(edit{at.dir, p, next})
			} else if next.dir == nil {
				return syscall.ENOTDIR
			}
			at = next
		}
		return nil
	})
}

// ReadDir implements FS.
func (m *Mem) ReadDir(dir string) (names []string, err error) {
	err = m.do("readdir", dir, func() error {
		n := m.find(split(dir))
		if n == nil {
			return fs.ErrNotExist
		}
		if n.dir == nil {
			return syscall.ENOTDIR
		}
		for name := range n.dir.entries {
			names = append(names, name)
		}
		slices.Sort(names)
		return nil
	})
	return names, err
}

// Stat implements FS.
func (m *Mem) Stat(name string) (size int64, err error) {
	err = m.do("stat", name, func() error {
		n := m.find(split(name))
		if n == nil {
			return fs.ErrNotExist
		}
		if n.dir != nil {
			return ErrIsDir
		}
		size = n.size
		return nil
	})
	return size, err
}

// SyncDir implements FS. It makes certain what changed names in dir, and what came before in the same places: a rename out
// of another directory takes that one's earlier changes of the name with it.
func (m *Mem) SyncDir(dir string) error {
	return m.do("syncdir", dir, func() error {
		n := m.find(split(dir))
		if n == nil {
			return fs.ErrNotExist
		}
		if n.dir == nil {
			return syscall.ENOTDIR
		}
		m.syncDir(n.dir)
		return nil
	})
}

func (m *Mem) syncDir(d *dirNode) {
	type place struct {
		dir  *dirNode
		name string
	}
	taken := map[place]bool{}
	keep := make([]bool, len(m.pending))
	for i := len(m.pending) - 1; i >= 0; i-- {
		for _, e := range m.pending[i].edits {
			keep[i] = keep[i] || e.dir == d || taken[place{e.dir, e.name}]
		}
		if keep[i] {
			for _, e := range m.pending[i].edits {
				taken[place{e.dir, e.name}] = true
			}
		}
	}
	left := m.pending[:0:0]
	for i, op := range m.pending {
		if !keep[i] {
			left = append(left, op)
			continue
		}
		for _, e := range op.edits {
			apply(e.dir.durable, e)
		}
	}
	m.pending = left
}

func apply(names map[string]*node, e edit) {
	if e.to == nil {
		delete(names, e.name)
	} else {
		names[e.name] = e.to
	}
}

// Lock implements FS. The lock is this Mem's: what Crash returns has none.
func (m *Mem) Lock(name string) (io.Closer, error) {
	var l *memLock
	err := m.do("lock", name, func() error {
		n, err := m.create(name)
		if err != nil {
			return err
		}
		if m.locks[n] {
			return ErrLocked
		}
		m.locks[n] = true
		l = &memLock{m: m, n: n}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

type memLock struct {
	m    *Mem
	n    *node
	once sync.Once
}

func (l *memLock) Close() error {
	l.once.Do(func() {
		l.m.mu.Lock()
		defer l.m.mu.Unlock()
		delete(l.m.locks, l.n)
	})
	return nil
}
