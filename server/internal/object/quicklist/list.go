package quicklist

import (
	"bytes"
	"slices"
	"unsafe"

	"redline/server/internal/object/listpack"
	"redline/server/internal/slab"
)

// segMax is the most nodes of a segment: finding a node among them costs as little as finding an element in one. It is
// what a slice of them has room for once it has grown beyond 16, so that full segments have none left over.
const segMax = 35

// List is a large list. The zero value is not usable: see New. Dropping the last reference frees it, whatever its size,
// unless it has adopted an arena: then Release has to be called before.
type List struct {
	arena *slab.Arena // nil: all nodes are on the Go heap
	segs  []*segment
	n     int
	mem   int64
	limit Limit
}

type segment struct {
	nodes []node
	n     int // elements
}

// node holds elements, at the end of its memory: mem()[head:].
type node struct {
	data  *byte
	size  uint32 // bytes of the memory in use
	room  uint32 // bytes of the memory
	count uint32 // elements
	head  uint16 // free bytes before the listpack, for what is pushed at the front
	form  form
	block slab.Handle // of the arena, in which the memory lies; 0: it is on the Go heap
}

// form is how elements are kept.
type form uint8

const (
	nowhere form = iota // no elements: a place outside of any list
	open                // a listpack
	packed              // its entries without what changing them needs, in the arena: see listpack.Pack
	plain               // one huge element as it is
)

// unpacked is the form of a node that has been changed.
func (f form) unpacked() form {
	if f == packed {
		return open
	}
	return f
}

// newNodeOf makes a node of memory on the Go heap.
func newNodeOf(mem []byte, count int, f form) node {
	nd := node{count: uint32(count), form: f}
	nd.setMem(mem)
	return nd
}

// mem is the node's memory. It is kept in 16 bytes instead of a slice's 24: no element is longer than 512 MB.
func (nd *node) mem() []byte { return unsafe.Slice(nd.data, nd.room)[:nd.size] }

func (nd *node) setMem(b []byte) {
	nd.data, nd.size, nd.room = unsafe.SliceData(b), uint32(len(b)), uint32(cap(b))
}

// buf returns what is kept, in the node's form.
func (nd *node) buf() []byte { return nd.mem()[nd.head:] }

// opened returns the listpack, or the plain element. If it is packed, it is unpacked into the memory of scratch, which must
// be empty.
func (nd *node) opened(scratch []byte) []byte {
	if nd.form != packed {
		return nd.buf()
	}
	return listpack.Unpack(slices.Grow(scratch, listpack.UnpackedLen(nd.buf())), nd.buf())
}

// least returns how long the listpack is at least, without unpacking it.
func (nd *node) least() int {
	if nd.form != packed {
		return len(nd.buf())
	}
	return listpack.EmptyLen + int(nd.size) + nd.len()
}

// slack returns how much of the node's memory is not used.
func (nd *node) slack() int { return int(nd.room-nd.size) + int(nd.head) }

// len returns the number of elements.
func (nd *node) len() int { return int(nd.count) }

const (
	baseBytes    = int64(unsafe.Sizeof(List{}))
	segmentBytes = int64(unsafe.Sizeof(segment{})) + 8
	nodeBytes    = int64(unsafe.Sizeof(node{}))
)

// New makes an empty list.
func New(limit Limit) *List { return &List{limit: limit, mem: baseBytes} }

// Len returns the number of elements.
func (l *List) Len() int { return l.n }

// Limit returns the limit of the list's nodes.
func (l *List) Limit() Limit { return l.limit }

// MemBytes returns the memory that the list takes, in constant time.
func (l *List) MemBytes() int64 { return l.mem }

// Clone returns a copy that shares nothing with the list.
func (l *List) Clone() *List {
	c := New(l.limit)
	for _, s := range l.segs {
		for i := range s.nodes {
			nd := &s.nodes[i]
			mem := nd.opened(nil)
			if nd.form != packed {
				mem = bytes.Clone(mem)
			}
			c.insertNode(c.end(), newNodeOf(mem, nd.len(), nd.form.unpacked()))
		}
	}
	return c
}

// AppendListpack adds all elements of a listpack at the end as one node, without regard to the limit, and keeps lp.
func (l *List) AppendListpack(lp []byte) {
	if n := listpack.Len(lp); n > 0 {
		l.insertNode(l.end(), newNodeOf(lp, n, open))
	}
}

// Nodes passes the nodes in order: a listpack each, or with plain a single element; valid until fn returns.
func (l *List) Nodes(fn func(buf []byte, plain bool) bool) {
	var scratch []byte
	for _, s := range l.segs {
		for i := range s.nodes {
			nd := &s.nodes[i]
			buf := nd.opened(scratch[:0])
			if nd.form == packed {
				scratch = buf
			}
			if !fn(buf, nd.form == plain) {
				return
			}
		}
	}
}

// NodeCount returns how many nodes there are.
func (l *List) NodeCount() (n int) {
	for _, s := range l.segs {
		n += len(s.nodes)
	}
	return n
}

// place is a node's place: of segment seg the node at i. Both may be one beyond the last.
type place struct{ seg, i int }

func (l *List) at(p place) *node { return &l.segs[p.seg].nodes[p.i] }

// end is the place behind the last node.
func (l *List) end() place {
	if len(l.segs) == 0 {
		return place{}
	}
	s := len(l.segs) - 1
	return place{s, len(l.segs[s].nodes)}
}

// find returns the node of the element with the given index, and its index there.
func (l *List) find(i int) (p place, off int) {
	if i > l.n/2 {
		i = l.n - i // from behind
		p.seg = len(l.segs) - 1
		for ; i > l.segs[p.seg].n; p.seg-- {
			i -= l.segs[p.seg].n
		}
		i = l.segs[p.seg].n - i
	} else {
		for ; i >= l.segs[p.seg].n; p.seg++ {
			i -= l.segs[p.seg].n
		}
	}
	nodes := l.segs[p.seg].nodes
	for i >= nodes[p.i].len() {
		i -= nodes[p.i].len()
		p.i++
	}
	return p, i
}

// insertNode puts a node before the one at p and returns its place.
func (l *List) insertNode(p place, nd node) place {
	l.n += nd.len()
	l.mem += int64(nd.room)
	if len(l.segs) == 0 {
		l.segs = append(l.segs, &segment{})
		l.mem += segmentBytes
	}
	if len(l.segs[p.seg].nodes) == segMax {
		p = l.splitSegment(p)
	}
	s := l.segs[p.seg]
	before := cap(s.nodes)
	s.nodes = slices.Insert(s.nodes, p.i, nd)
	s.n += nd.len()
	l.mem += int64(cap(s.nodes)-before) * nodeBytes
	return p
}

// splitSegment divides the full segment of p and returns where p is now. Elements that are pushed at an end leave full
// segments behind.
func (l *List) splitSegment(p place) place {
	s, at := l.segs[p.seg], segMax/2
	switch p.i {
	case 0:
		l.segs = slices.Insert(l.segs, p.seg, &segment{})
		l.mem += segmentBytes
		return p
	case segMax:
		l.segs = slices.Insert(l.segs, p.seg+1, &segment{})
		l.mem += segmentBytes
		return place{p.seg + 1, 0}
	}
	right := &segment{nodes: slices.Clone(s.nodes[at:])}
	for i := range right.nodes {
		right.n += right.nodes[i].len()
	}
	s.n -= right.n
	clear(s.nodes[at:])
	s.nodes = s.nodes[:at]
	l.segs = slices.Insert(l.segs, p.seg+1, right)
	l.mem += segmentBytes + int64(cap(right.nodes))*nodeBytes
	if p.i > at {
		return place{p.seg + 1, p.i - at}
	}
	return p
}

// removeNode takes a node out.
func (l *List) removeNode(p place) {
	s := l.segs[p.seg]
	nd := &s.nodes[p.i]
	l.n -= nd.len()
	s.n -= nd.len()
	l.mem -= int64(nd.room)
	if nd.block != 0 {
		l.arena.Free(nd.block)
	}
	s.nodes = slices.Delete(s.nodes, p.i, p.i+1)
	if len(s.nodes) == 0 {
		l.mem -= segmentBytes + int64(cap(s.nodes))*nodeBytes
		l.segs = slices.Delete(l.segs, p.seg, p.seg+1)
	}
}

// edited puts a changed listpack into a node; added is the change of its number of elements. If it was changed in place,
// what is free before it stays with it.
func (l *List) edited(p place, buf []byte, added int) {
	nd := l.at(p)
	nd.form = nd.form.unpacked()
	switch {
	case nd.head > 0 && &buf[0] == &nd.mem()[nd.head]:
		nd.size = uint32(int(nd.head) + len(buf))
	case nd.block != 0 && unsafe.SliceData(buf) != nd.data:
		l.settle(nd, buf, cap(buf))
	default:
		l.mem += int64(cap(buf)) - int64(nd.room)
		nd.setMem(buf)
		nd.head = 0
	}
	l.counted(p, added)
}

// counted changes the number of elements of a node.
func (l *List) counted(p place, added int) {
	nd := l.at(p)
	nd.count = uint32(nd.len() + added)
	l.segs[p.seg].n += added
	l.n += added
}
