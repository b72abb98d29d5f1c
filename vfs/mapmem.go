package vfs

import "slices"

// AllowMap lets files be mapped, as those of the operating system can be: see Map. What is stored in a mapping is seen by
// the file system whenever it looks at the file: from then on it is written and not synced, page by page, in no order. It
// is off at first, since the file system looks while programs store, as the kernel does, which the race detector reports.
func (m *Mem) AllowMap() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mappable = true
}

func (f *memFile) mapMem(size int64) (*Mapping, error) {
	var b []byte
	err := f.do("mmap", true, func() error {
		if !f.m.mappable || size > f.n.size || f.n.mapped != nil {
			return ErrNoMap
		}
		b = make([]byte, size)
		f.n.read(b, 0)
		f.n.mapped = b
		f.m.mappings = append(f.m.mappings, f.n)
		return nil
	})
	if err != nil {
		return nil, ErrNoMap
	}
	return &Mapping{Bytes: b, unmap: f.unmap}, nil
}

func (f *memFile) unmap() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if !f.m.off {
		f.m.look(f.n)
	}
	f.n.mapped = nil
	f.m.mappings = slices.DeleteFunc(f.m.mappings, func(n *node) bool { return n == f.n })
	return nil
}

// look takes over what was stored in a file's mapping.
func (m *Mem) look(n *node) {
	if n.mapped == nil || m.off {
		return
	}
	var seen page
	for off := int64(0); off < int64(len(n.mapped)) && off < n.size; off += pageSize {
		part := seen[:min(pageSize, int64(len(n.mapped))-off, n.size-off)]
		copy(part, n.mapped[off:]) // at one moment, whatever is being stored
		if p := n.pages[off/pageSize]; p == nil && !isZero(part) || p != nil && !slices.Equal(p[:len(part)], part) {
			copy(n.writable(int(off / pageSize))[:], part)
			n.ops = append(n.ops, fileOp{off: off, data: slices.Clone(part)})
		}
	}
}

// lookAll does so for all files: a moment that counts.
func (m *Mem) lookAll() {
	for _, n := range m.mappings {
		m.look(n)
	}
}

// store puts what a write has changed into the mapping as well.
func (n *node) store(b []byte, off int64) {
	if off < int64(len(n.mapped)) {
		copy(n.mapped[off:], b)
	}
}
