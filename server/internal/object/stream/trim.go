package stream

import "redline/server/internal/object/listpack"

// Trim says which entries are to go from the start of a stream.
type Trim struct {
	ByID   bool  // those before MinID go; else so many that Len of them stay
	Len    int64 // not negative
	MinID  ID
	Approx bool  // only whole nodes go
	Limit  int64 // no more than so many go; 0: no limit. Only with Approx.
}

// Trim takes entries out from the start and returns how many.
func (s *Stream) Trim(t Trim) (removed int64) {
	for s.nodes.n > 0 {
		if !t.ByID && s.length <= t.Len {
			break
		}
		lp := s.lp(place{})
		n := live(lp)
		if t.Limit != 0 && removed+n > t.Limit {
			break
		}
		if !s.goesWhole(&t, lp, n) {
			if !t.Approx {
				removed += s.trimFirst(&t)
			}
			break
		}
		s.removeNode(place{})
		s.length -= n
		removed += n
	}
	if removed > 0 || s.length == 0 {
		s.resetFirst()
	}
	return removed
}

// goesWhole says whether all n live entries of the first node are to go.
func (s *Stream) goesWhole(t *Trim, lp []byte, n int64) bool {
	if !t.ByID {
		return s.length-n >= t.Len
	}
	m := openNode(s.nodes.id(place{}), lp)
	return m.lastID().Less(t.MinID)
}

// trimFirst marks entries of the first node as deleted and returns how many.
func (s *Stream) trimFirst(t *Trim) (removed int64) {
	m := openNode(s.nodes.id(place{}), s.lp(place{}))
	for p := m.entries; p != 0; {
		e := m.read(p)
		if t.ByID && !e.id.Less(t.MinID) || !t.ByID && s.length-removed <= t.Len {
			break
		}
		if !e.deleted() {
			m.lp = listpack.ReplaceInt(m.lp, p, e.flags|flagDeleted) // in place: both are small
			removed++
		}
		p = m.after(&e)
	}
	s.length -= removed
	s.setNode(place{}, count(m.lp, -removed, removed))
	return removed
}

// Delete takes out the entry with an ID and says whether there was one.
func (s *Stream) Delete(id ID) bool {
	it := s.Range(id, id, false)
	if !it.Next() {
		return false
	}
	s.mark(it.node, &it.m, &it.e)
	return true
}

// mark marks an entry as deleted, or removes its node if it was the last that lived there.
func (s *Stream) mark(p place, m *master, e *entry) {
	if live(m.lp) == 1 {
		s.removeNode(p)
	} else {
		s.setNode(p, count(listpack.ReplaceInt(m.lp, e.at, e.flags|flagDeleted), -1, 1))
	}
	s.length--
	if s.maxDeletedID.Less(e.id) {
		s.maxDeletedID = e.id
	}
	if s.length == 0 || e.id == s.firstID {
		s.resetFirst()
	}
}
