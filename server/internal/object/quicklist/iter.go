package quicklist

import "redline/server/internal/object/listpack"

// Iter is a place in a list, or in a bare listpack. It is valid until the list changes. The zero Iter stands nowhere.
type Iter struct {
	l     *List // nil: a bare listpack
	node  place
	lp    []byte
	pos   int  // 0: nowhere, unless plain
	plain bool // at the element of a plain node
}

// At returns the place of the element with the given index; it stands nowhere if there is none.
func (l *List) At(i int) Iter {
	if i < 0 || i >= l.n {
		return Iter{}
	}
	p, off := l.find(i)
	it := Iter{l: l, node: p, lp: l.at(p).buf()}
	if l.at(p).plain {
		it.plain = true
	} else {
		it.pos = listpack.Seek(it.lp, off)
	}
	return it
}

// Over returns the place of the element with the given index in a listpack; it stands nowhere if there is none.
func Over(lp []byte, i int) Iter {
	if i < 0 {
		return Iter{}
	}
	return Iter{lp: lp, pos: listpack.Seek(lp, i)}
}

// OK says whether there is an element at the place.
func (it *Iter) OK() bool { return it.pos != 0 || it.plain }

// Value returns the element at the place: a view that is valid until the list changes.
func (it *Iter) Value() listpack.Value {
	if it.plain {
		return listpack.Value{Str: it.lp}
	}
	return listpack.Get(it.lp, it.pos)
}

// Next goes to the next element, or nowhere.
func (it *Iter) Next() {
	if !it.plain {
		if it.pos = listpack.Next(it.lp, it.pos); it.pos != 0 {
			return
		}
	}
	it.plain = false
	if it.l == nil {
		return
	}
	it.node.i++
	if it.node.i == len(it.l.segs[it.node.seg].nodes) {
		it.node = place{it.node.seg + 1, 0}
		if it.node.seg == len(it.l.segs) {
			return
		}
	}
	if it.enter(); !it.plain {
		it.pos = listpack.First(it.lp)
	}
}

// Prev goes to the element before, or nowhere.
func (it *Iter) Prev() {
	if !it.plain {
		if it.pos = listpack.Prev(it.lp, it.pos); it.pos != 0 {
			return
		}
	}
	it.plain = false
	if it.l == nil {
		return
	}
	p, ok := it.l.before(it.node)
	if !ok {
		return
	}
	it.node = p
	if it.enter(); !it.plain {
		it.pos = listpack.Last(it.lp)
	}
}

// enter takes up the node at the place.
func (it *Iter) enter() {
	nd := it.l.at(it.node)
	it.lp, it.plain, it.pos = nd.buf(), nd.plain, 0
}
