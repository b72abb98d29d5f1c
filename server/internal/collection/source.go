package collection

import "redline/server/internal/keyspace"

// Scored is what ZUNION and its kin draw from: a sorted set, a set whose members all have the score 1, or nothing.
type Scored struct {
	it   keyspace.Item
	zset ZSet
	set  Set
}

// OpenScored returns a key's members and scores. it is a sorted set, a set or the zero Item.
func OpenScored(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) Scored {
	s := Scored{it: it}
	switch {
	case !it.OK():
	case it.Type() == keyspace.ZSet:
		s.zset = OpenZSet(db, k, it, ZSetLimits{})
	default:
		s.set = OpenSet(db, k, it, 0)
	}
	return s
}

// Len returns the number of members.
func (s *Scored) Len() int {
	switch {
	case !s.it.OK():
		return 0
	case s.it.Type() == keyspace.ZSet:
		return s.zset.Len()
	default:
		return s.set.Len()
	}
}

// Score returns a member's score.
func (s *Scored) Score(member []byte) (score float64, ok bool) {
	switch {
	case !s.it.OK():
		return 0, false
	case s.it.Type() == keyspace.ZSet:
		return s.zset.Score(member)
	default:
		return 1, s.set.Has(member)
	}
}

// Each passes all members, which are views, until fn returns false.
func (s *Scored) Each(fn func(member []byte, score float64) bool) {
	switch {
	case !s.it.OK():
	case s.it.Type() == keyspace.ZSet:
		s.zset.All()(fn)
	default:
		var scratch [20]byte
		s.set.Each(func(v Value) bool { return fn(v.Bytes(scratch[:0]), 1) })
	}
}
