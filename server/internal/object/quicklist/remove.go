package quicklist

import (
	"redline/resp"
	"redline/server/internal/object/listpack"
)

// Needle is an element to look for.
type Needle struct {
	s     []byte
	v     int64
	isInt bool
}

// NewNeedle prepares the search for s, of which it keeps a view.
func NewNeedle(s []byte) Needle {
	n := Needle{s: s}
	n.v, n.isInt = resp.ParseInt(s)
	return n
}

// Match says whether a value is the element.
func (n *Needle) Match(v listpack.Value) bool {
	if v.IsInt() {
		return n.isInt && v.Int == n.v
	}
	return string(v.Str) == string(n.s)
}

// in says whether a node that is packed has the element.
func (n *Needle) in(nd *node) bool {
	b := nd.buf()
	for p := 0; p < len(b); p = listpack.PackedNext(b, p) {
		if n.Match(listpack.Get(b, p)) {
			return true
		}
	}
	return false
}

// Remove takes out elements equal to s: the first count of them, for a negative count the last -count, for 0 all. It
// returns how many there were.
func (l *List) Remove(s []byte, count int) (removed int) {
	needle := NewNeedle(s)
	if count < 0 {
		removed = l.removeBackward(&needle, -count) // the least integer stays negative: it is no limit
	} else {
		removed = l.removeForward(&needle, count)
	}
	if removed > 0 {
		l.joinAll()
	}
	return removed
}

func (l *List) removeForward(needle *Needle, count int) (removed int) {
	for p := (place{}); p.seg < len(l.segs); {
		segs := len(l.segs)
		k, gone := l.removeIn(p, needle, count, count-removed, false)
		removed += k
		if count > 0 && removed == count {
			break
		}
		if gone && len(l.segs) < segs {
			continue // the next segment moved here
		}
		if !gone {
			p.i++
		}
		if p.i == len(l.segs[p.seg].nodes) {
			p = place{p.seg + 1, 0}
		}
	}
	return removed
}

func (l *List) removeBackward(needle *Needle, count int) (removed int) {
	for p := l.end(); ; {
		q, ok := l.before(p)
		if !ok {
			return removed
		}
		k, _ := l.removeIn(q, needle, count, count-removed, true)
		if removed += k; count > 0 && removed == count {
			return removed
		}
		p = q // whatever became of q, what is before it is before it still
	}
}

// removeIn takes matching elements out of one node: at most limit, if count is positive; with back the last ones. gone
// says that the node went as well.
func (l *List) removeIn(p place, needle *Needle, count, limit int, back bool) (k int, gone bool) {
	nd := l.at(p)
	switch nd.form {
	case plain:
		if string(nd.buf()) != string(needle.s) {
			return 0, false
		}
		l.removeNode(p)
		return 1, true
	case packed:
		if !needle.in(nd) {
			return 0, false
		}
		l.unpack(p)
	}
	if count <= 0 {
		limit = 0
	}
	lp, k := cutMatches(nd.buf(), needle, limit, back)
	if k == nd.len() {
		l.removeNode(p)
		return k, true
	}
	if k > 0 {
		l.shrunk(p, lp, k)
	}
	return k, false
}

// RemoveFrom is Remove for a bare listpack, which it changes in place.
func RemoveFrom(lp, s []byte, count int) (rest []byte, removed int) {
	needle := NewNeedle(s)
	if count < 0 {
		return cutMatches(lp, &needle, -count, true)
	}
	return cutMatches(lp, &needle, count, false)
}

// cutMatches removes matching elements from a listpack: at most limit, if that is positive; with back the last ones.
func cutMatches(lp []byte, needle *Needle, limit int, back bool) (rest []byte, k int) {
	at := 0
	if back {
		at = listpack.Last(lp)
	} else {
		at = listpack.First(lp)
	}
	for at != 0 && (limit <= 0 || k < limit) {
		hit := needle.Match(listpack.Get(lp, at))
		if hit {
			lp = listpack.Delete(lp, at)
			k++
		}
		switch {
		case back:
			at = listpack.Prev(lp, at)
		case !hit:
			at = listpack.Next(lp, at)
		case at == listpack.End(lp):
			at = 0
		}
	}
	return lp, k
}

// joinAll joins sparse nodes everywhere.
func (l *List) joinAll() {
	for s := range l.segs {
		for i := 0; i < len(l.segs[s].nodes); {
			if !l.join(place{s, i}) {
				i++
			}
		}
	}
}
