package quicklist

import "redline/server/internal/object/listpack"

// Iter is a place in a list, or in a bare listpack. It is valid until the list changes. The zero Iter stands nowhere.
type Iter struct {
	l    *List // nil: a bare listpack
	node place
	buf  []byte
	pos  int // in buf
	form form
}

// At returns the place of the element with the given index; it stands nowhere if there is none.
func (l *List) At(i int) Iter {
	if i < 0 || i >= l.n {
		return Iter{}
	}
	p, off := l.find(i)
	it := Iter{l: l, node: p}
	it.enter()
	switch it.form {
	case open:
		it.pos = listpack.Seek(it.buf, off)
	case packed:
		pos := 0
		for ; off > 0; off-- {
			pos = listpack.PackedNext(it.buf, pos)
		}
		it.pos = pos
	}
	return it
}

// Over returns the place of the element with the given index in a listpack; it stands nowhere if there is none.
func Over(lp []byte, i int) Iter {
	if i < 0 {
		return Iter{}
	}
	it := Iter{buf: lp}
	it.stand(listpack.Seek(lp, i))
	return it
}

// stand goes to a position in a listpack, or nowhere with 0.
func (it *Iter) stand(pos int) (ok bool) {
	it.pos, it.form = pos, open
	if pos == 0 {
		it.form = nowhere
	}
	return pos != 0
}

// OK says whether there is an element at the place.
func (it *Iter) OK() bool { return it.form != nowhere }

// Value returns the element at the place: a view that is valid until the list changes.
func (it *Iter) Value() listpack.Value {
	if it.form == plain {
		return listpack.Value{Str: it.buf}
	}
	return listpack.Get(it.buf, it.pos)
}

// Next goes to the next element, or nowhere.
func (it *Iter) Next() {
	switch it.form {
	case open:
		if it.stand(listpack.Next(it.buf, it.pos)) {
			return
		}
	case packed:
		if it.pos = listpack.PackedNext(it.buf, it.pos); it.pos < len(it.buf) {
			return
		}
	}
	it.form = nowhere
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
	if it.enter(); it.form == open {
		it.pos = listpack.First(it.buf)
	}
}

// Prev goes to the element before, or nowhere. What is packed cannot be walked backwards: a copy is.
func (it *Iter) Prev() {
	switch it.form {
	case packed:
		it.unpack()
		fallthrough
	case open:
		if it.stand(listpack.Prev(it.buf, it.pos)) {
			return
		}
	}
	it.form = nowhere
	if it.l == nil {
		return
	}
	p, ok := it.l.before(it.node)
	if !ok {
		return
	}
	it.node = p
	switch it.enter(); it.form {
	case packed:
		it.buf = it.l.at(p).opened(nil)
		fallthrough
	case open:
		it.stand(listpack.Last(it.buf))
	}
}

// enter takes up the node at the place, before or at its first element.
func (it *Iter) enter() {
	nd := it.l.at(it.node)
	it.buf, it.form, it.pos = nd.buf(), nd.form, 0
}

// unpack goes on at the same element in a copy that is a listpack.
func (it *Iter) unpack() {
	index := 0
	for p := 0; p < it.pos; p = listpack.PackedNext(it.buf, p) {
		index++
	}
	it.buf = it.l.at(it.node).opened(nil)
	it.stand(listpack.Seek(it.buf, index))
}
