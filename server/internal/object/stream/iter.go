package stream

import "redline/server/internal/object/listpack"

// Iter goes over the live entries from one ID to another, both included, in either direction. It and what it returns are
// valid until the stream is changed.
type Iter struct {
	s          *Stream
	from, to   ID
	rev        bool
	tombstones bool // pass deleted entries too

	node place
	m    master
	next int // position of the next entry to look at; 0: the node is done
	done bool

	e     entry
	read  bool // e stands for the entry at next
	field int  // position of e's next field
	value int  // position of e's next value
	left  int  // fields of e that were not read
}

// Range returns an Iter over the entries from one ID to another; with rev from the last to the first.
func (s *Stream) Range(from, to ID, rev bool) Iter {
	it := Iter{s: s, from: from, to: to, rev: rev}
	edge := from
	if rev {
		edge = to
	}
	p, ok := s.nodes.floor(edge)
	switch {
	case ok:
		it.open(p)
		if !rev && p.c == len(s.nodes.chunks)-1 && p.i == len(s.nodes.chunks[p.c].ids)-1 {
			it.nearEnd()
		}
	case rev || s.nodes.n == 0:
		it.done = true
	default:
		it.open(place{})
	}
	return it
}

func (it *Iter) open(p place) {
	it.node = p
	it.m = openNode(it.s.nodes.id(p), it.s.lp(p))
	it.next = it.m.entries
	if it.rev {
		it.next = it.m.before(listpack.End(it.m.lp))
	}
}

// nearMax is how many entries nearEnd looks at: a small part of the hundred in a node, which it costs in vain if the ID
// is not near the end.
const nearMax = 8

// nearEnd begins at an ID that is near the end of the last node without going through all of that: who follows a stream
// asks for what was added last.
func (it *Iter) nearEnd() {
	p := it.m.before(listpack.End(it.m.lp))
	for range nearMax {
		if p == 0 {
			return
		}
		e := it.m.read(p)
		if !e.deleted() && e.id.Less(it.from) { // deleted ones may be out of order
			it.next = it.m.after(&e)
			return
		}
		p = it.m.before(p)
	}
}

// Next goes to the next entry and says whether there is one.
func (it *Iter) Next() bool {
	for !it.done {
		it.step()
		if it.next == 0 {
			it.openNext()
			continue
		}
		it.e, it.read = it.m.read(it.next), true
		it.field, it.value, it.left = it.e.body, it.e.body, it.e.fields
		if it.e.sameFields() {
			it.field = it.m.names
		}
		if it.e.deleted() && !it.tombstones {
			continue // and no end either: XSETID may have gone back behind it, and what follows is before it
		}
		before, behind := it.e.id.Less(it.from), it.to.Less(it.e.id)
		switch {
		case !before && !behind:
			return true
		case it.rev && before || !it.rev && behind:
			it.done = true
		}
	}
	return false
}

// step leaves the current entry.
func (it *Iter) step() {
	switch {
	case !it.read:
		return
	case it.rev:
		it.next = it.m.before(it.e.at)
	case it.left == 0: // fast path: all fields were read, so the way to the next entry has been gone
		it.next = listpack.Next(it.m.lp, it.value)
	default:
		it.next = it.m.after(&it.e)
	}
	it.read = false
}

func (it *Iter) openNext() {
	if it.rev {
		p, ok := it.s.nodes.prev(it.node)
		if !ok {
			it.done = true
			return
		}
		it.open(p)
		return
	}
	p := it.s.nodes.next(it.node)
	if !it.s.nodes.ok(p) {
		it.done = true
		return
	}
	it.open(p)
}

// ID returns the current entry's ID.
func (it *Iter) ID() ID { return it.e.id }

// Fields returns the current entry's number of fields.
func (it *Iter) Fields() int { return it.e.fields }

// Field returns the next field of the current entry and its value. It may be called Fields times for each.
func (it *Iter) Field() (field, value listpack.Value) {
	lp := it.m.lp
	it.left--
	field = listpack.Get(lp, it.field)
	it.field = listpack.Next(lp, it.field)
	if !it.e.sameFields() {
		it.value = it.field
	}
	value = listpack.Get(lp, it.value)
	it.value = listpack.Next(lp, it.value)
	if !it.e.sameFields() {
		it.field = it.value
	}
	return field, value
}
