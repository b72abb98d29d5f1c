package vfs

import (
	"iter"
	"math/rand/v2"
)

// Crash returns the file system as it may be after the power went off at this moment; m itself goes on unchanged, so that
// many crashes can be had of one moment. rng decides:
//
//   - Names: of the changes since the directory's SyncDir, none, all, those up to some moment (as a journal keeps them), or
//     any (as POSIX allows). A rename is kept or lost as one.
//   - Bytes: each block of a file is as of its last Sync or as after any of the writes since that touch it, whatever its
//     neighbours are; a block is a page or, as a disk that stops in the middle of one has it, a sector. The last write may
//     end at any byte.
//   - Size: as after any of these changes, whatever became of the bytes; what is not there reads as zeros.
//
// One crash in eight loses everything that was not certain, one in eight nothing, since these are the corners.
func (m *Mem) Crash(rng *rand.Rand) *Mem {
	c := crash{rng: rng, block: pageSize, seen: map[*node]*node{}}
	switch rng.IntN(8) {
	case 0:
		c.all, c.none = false, true
	case 1:
		c.all, c.none = true, false
	case 2, 3:
		c.block = sectorSize
	}
	return m.after(c)
}

func (m *Mem) after(c crash) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := NewMem()
	out.limit = m.limit
	out.root = c.dir(m.root, c.names(m.pending))
	for _, n := range c.seen {
		if n.dir == nil {
			out.pages += n.allocated()
		}
	}
	return out
}

// sectorSize is the least that disks write at once.
const sectorSize = 512

type crash struct {
	rng       *rand.Rand
	all, none bool
	block     int
	seen      map[*node]*node // what became of each node
}

// names decides which changes of names are kept, and groups their edits by directory.
func (c *crash) names(pending []dirOp) map[*dirNode][]edit {
	upTo, any := len(pending), false
	switch {
	case c.none:
		upTo = 0
	case c.all:
	case c.rng.IntN(2) == 0:
		upTo = c.rng.IntN(len(pending) + 1)
	default:
		any = true
	}
	kept := map[*dirNode][]edit{}
	for i, op := range pending {
		if i >= upTo || any && c.rng.IntN(2) == 0 {
			continue
		}
		for _, e := range op.edits {
			kept[e.dir] = append(kept[e.dir], e)
		}
	}
	return kept
}

// dir copies a directory and what can be reached through it. A node with two names, as when the first half of two renames is
// lost, stays one.
func (c *crash) dir(n *node, kept map[*dirNode][]edit) *node {
	out := newDir()
	c.seen[n] = out
	names := make(map[string]*node, len(n.dir.durable))
	for name, to := range n.dir.durable {
		names[name] = to
	}
	for _, e := range kept[n.dir] {
		apply(names, e)
	}
	for name, to := range sorted(names) {
		made := c.seen[to]
		switch {
		case made != nil && to.dir != nil:
			continue // a directory has one name
		case made != nil:
		case to.dir != nil:
			made = c.dir(to, kept)
		default:
			made = c.file(&to.fileNode)
			c.seen[to] = made
		}
		made.links++
		out.dir.entries[name], out.dir.durable[name] = made, made
	}
	return out
}

// file decides what a file holds.
func (c *crash) file(n *fileNode) *node {
	ops := n.ops
	if c.none {
		ops = nil
	}
	if len(ops) > 0 && !c.all && c.rng.IntN(2) == 0 {
		if last := ops[len(ops)-1]; !last.truncate { // torn
			ops = append(ops[:len(ops)-1:len(ops)-1], fileOp{off: last.off, data: last.data[:c.rng.IntN(len(last.data))]})
		}
	}
	out := &node{}
	out.size = n.sizeAfter(ops[:c.upTo(len(ops))])
	out.resize(out.size)
	copy(out.pages, n.durable)
	for i, touching := range touched(ops, len(n.durable)) {
		if i < len(out.pages) {
			out.pages[i] = c.page(i, out.pages[i], touching)
		}
	}
	if in := out.size % pageSize; in != 0 && out.pages[out.size/pageSize] != nil {
		clear(out.writable(int(out.size / pageSize))[in:])
	}
	out.settle()
	return out
}

// settle makes a file that has just been put together certain as it is.
func (n *fileNode) settle() {
	for i := range n.dirty {
		n.dirty[i] = true
	}
	n.sync()
}

// upTo picks how many of n changes are kept.
func (c *crash) upTo(n int) int {
	if c.all {
		return n
	}
	return c.rng.IntN(n + 1)
}

func (n *fileNode) sizeAfter(ops []fileOp) int64 {
	size := n.durableSize
	for _, op := range ops {
		if op.truncate {
			size = op.off
		} else {
			size = max(size, op.off+int64(len(op.data)))
		}
	}
	return size
}

// touched lists, for each page that any of ops writes or cuts, those that do, in order. Pages come in ascending order. The
// file had so many pages before.
func touched(ops []fileOp, had int) iter.Seq2[int, []fileOp] {
	pages := map[int][]fileOp{}
	last := had - 1
	for _, op := range ops {
		if !op.truncate && len(op.data) > 0 {
			last = max(last, int((op.off+int64(len(op.data))-1)/pageSize))
		}
	}
	for _, op := range ops {
		from, to := int(op.off/pageSize), last
		if !op.truncate {
			to = int((op.off + int64(len(op.data)) - 1) / pageSize)
		}
		for i := from; i <= to && (op.truncate || len(op.data) > 0); i++ {
			pages[i] = append(pages[i], op)
		}
	}
	return sorted(pages)
}

// page puts a page together from blocks, each as it was after some of the changes.
func (c *crash) page(i int, base *page, ops []fileOp) *page {
	out := new(page)
	if base != nil {
		*out = *base
	}
	start := int64(i) * pageSize
	for b := 0; b < pageSize; b += c.block {
		for _, op := range ops[:c.upTo(len(ops))] {
			op.onto(out[b:b+c.block], start+int64(b))
		}
	}
	return out
}

// onto does the part of a change that falls into b, which lies at off in the file.
func (op fileOp) onto(b []byte, off int64) {
	from := op.off - off
	if op.truncate {
		if from < int64(len(b)) {
			clear(b[max(from, 0):])
		}
		return
	}
	if from < 0 {
		if -from < int64(len(op.data)) {
			copy(b, op.data[-from:])
		}
	} else if from < int64(len(b)) {
		copy(b[from:], op.data)
	}
}
