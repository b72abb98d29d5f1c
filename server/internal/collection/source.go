package collection

import (
	"strconv"

	"redline/resp"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/intset"
	"redline/server/internal/object/listpack"
)

// Scored is what ZUNION and its kin draw from: a sorted set, a set whose members all have the score 1, or nothing.
type Scored struct {
	it   keyspace.Item
	zset ZSet
	set  largeSet
}

// largeSet is the large form of a set.
type largeSet interface {
	Len() int
	Has(member []byte) bool
	Each(fn func(member, value []byte) bool)
}

// OpenScored returns a key's members and scores. it is a sorted set, a set or the zero Item.
func OpenScored(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) Scored {
	s := Scored{it: it}
	switch {
	case !it.OK():
	case it.Type() == keyspace.ZSet:
		s.zset = OpenZSet(db, k, it, ZSetLimits{})
	case !it.Encoding().Inline():
		s.set = it.Object().(largeSet)
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
	case s.set != nil:
		return s.set.Len()
	case s.it.Encoding() == keyspace.Intset:
		return intset.Len(s.it.Value())
	default:
		return listpack.Len(s.it.Value())
	}
}

// Score returns a member's score.
func (s *Scored) Score(member []byte) (score float64, ok bool) {
	switch {
	case !s.it.OK():
		return 0, false
	case s.it.Type() == keyspace.ZSet:
		return s.zset.Score(member)
	case s.set != nil:
		return 1, s.set.Has(member)
	case s.it.Encoding() == keyspace.Intset:
		v, isInt := resp.ParseInt(member)
		return 1, isInt && intset.Has(s.it.Value(), v)
	default:
		lp := s.it.Value()
		return 1, listpack.Find(lp, listpack.First(lp), member, 0) != 0
	}
}

// Each passes all members, which are views, until fn returns false.
func (s *Scored) Each(fn func(member []byte, score float64) bool) {
	var scratch [20]byte
	switch {
	case !s.it.OK():
	case s.it.Type() == keyspace.ZSet:
		s.zset.All()(fn)
	case s.set != nil:
		s.set.Each(func(member, _ []byte) bool { return fn(member, 1) })
	case s.it.Encoding() == keyspace.Intset:
		is := s.it.Value()
		for i := range intset.Len(is) {
			if !fn(strconv.AppendInt(scratch[:0], intset.At(is, i), 10), 1) {
				return
			}
		}
	default:
		lp := s.it.Value()
		for p := listpack.First(lp); p != 0; p = listpack.Next(lp, p) {
			if !fn(listpack.Get(lp, p).Bytes(scratch[:0]), 1) {
				return
			}
		}
	}
}
