package stream

// Unknown is the number of entries read when nobody knows it.
const Unknown = -1

// tombstonesFrom says whether an entry from an ID on was deleted out of the middle, as far as is known.
func (s *Stream) tombstonesFrom(id ID) bool {
	if s.length == 0 || s.maxDeletedID.IsZero() || s.maxDeletedID.Less(s.firstID) {
		return false
	}
	return !s.maxDeletedID.Less(id)
}

// Position returns how many entries were ever added up to an ID, or Unknown.
func (s *Stream) Position(id ID) int64 {
	last := id.Compare(s.lastID)
	switch {
	case s.added == 0:
		return 0
	case s.length == 0 && last <= 0:
		return s.added
	case last == 0:
		return s.added
	case last > 0:
		return Unknown
	}
	if !s.maxDeletedID.IsZero() && !s.maxDeletedID.Less(s.firstID) {
		return Unknown // something was deleted, and it may have been before the ID
	}
	switch id.Compare(s.firstID) {
	case -1:
		return s.added - s.length
	case 0:
		return s.added - s.length + 1
	default:
		return Unknown
	}
}

// Lag returns how many entries the group has not been given yet. ok is false if nobody knows.
func (g *Group) Lag() (n int64, ok bool) {
	s := g.s
	if s.added == 0 {
		return 0, true
	}
	if g.EntriesRead != Unknown && !s.tombstonesFrom(g.LastID) {
		return s.added - g.EntriesRead, true
	}
	if read := s.Position(g.LastID); read != Unknown {
		return s.added - read, true
	}
	return 0, false
}

// Advance moves the group on to an entry that it is given, if it is a new one, and says whether it was.
func (g *Group) Advance(id ID) bool {
	if !g.LastID.Less(id) {
		return false
	}
	if g.EntriesRead != Unknown && !g.s.tombstonesFrom(id) {
		g.EntriesRead++
	} else if g.s.added != 0 {
		g.EntriesRead = g.s.Position(id)
	}
	g.LastID = id
	return true
}
