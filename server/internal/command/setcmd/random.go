package setcmd

import (
	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
)

func srandmember(c *command.Call) {
	if len(c.Args) > 3 {
		c.Reply.Error(command.ErrSyntax)
		return
	}
	if len(c.Args) == 2 {
		s, ok := open(c, 1)
		switch {
		case !ok:
		case !s.OK():
			c.Reply.Null()
		default:
			bulk(c, s.Random(c.Random()))
		}
		return
	}
	n, ok := c.RandomCount(2)
	if !ok {
		return
	}
	s, ok := open(c, 1)
	switch {
	case !ok:
	case n == 0 || !s.OK():
		c.Reply.Array(0)
	case n < 0:
		mark := c.Reply.Begin()
		c.Reply.Array(int(-n))
		s.Repeat(-n, c.Random, func(v collection.Value) bool {
			bulk(c, v)
			return c.Fits(mark)
		})
	default:
		size := int(min(n, int64(s.Len())))
		c.Reply.Array(size)
		s.Sample(size, c.Random, func(v collection.Value) { bulk(c, v) })
	}
}

func spop(c *command.Call) {
	switch len(c.Args) {
	case 2:
		popOne(c)
	case 3:
		popCount(c)
	default:
		c.Reply.Error(command.ErrSyntax)
	}
}

func popOne(c *command.Call) {
	s, ok := open(c, 1)
	if !ok {
		return
	}
	if !s.OK() {
		c.Reply.Null()
		return
	}
	c.Dirty++
	take(c, &s)
	c.Notify(command.EventSet, "spop", c.Args[1])
	notifyGone(c, &s)
}

// take answers with a random member, removes it and logs that.
func take(c *command.Call, s *collection.Set) {
	var scratch [64]byte
	m := s.Random(c.Random()).Append(scratch[:0]) // a copy: it goes from the set while it is needed
	s.Remove(m)
	c.Reply.Bulk(m)
	c.Rewrite([]byte("SREM"), c.Args[1], m)
}

// spopMove is how many times more members must be taken than stay for the set to be made anew of the latter, as in Redis.
const spopMove = 5

func popCount(c *command.Call) {
	n, ok := resp.ParseInt(c.Args[2])
	if !ok || n < 0 {
		c.Reply.Error("ERR value is out of range, must be positive")
		return
	}
	s, ok := open(c, 1)
	if !ok {
		return
	}
	if n == 0 || !s.OK() {
		c.Reply.Set(0)
		return
	}
	size := s.Len()
	n = min(n, int64(size))
	c.Dirty += n
	c.Notify(command.EventSet, "spop", c.Args[1])
	switch count := int(n); {
	case count == size:
		all(c, &s)
		k := c.Key(1)
		c.DBOf(k).Delete(k)
		c.Notify(command.EventGeneric, "del", c.Args[1])
		c.Rewrite([]byte("DEL"), c.Args[1])
	case (size-count)*spopMove > count:
		c.Reply.Set(count)
		for range count {
			take(c, &s)
		}
	default:
		popMost(c, &s, count)
	}
}

// popMost takes all members but a few: the set is made anew of those.
func popMost(c *command.Call, s *collection.Set, count int) {
	k := c.Key(1)
	stay := collection.NewSetBuilder(k, c.Conf.SetMaxIntsetEntries)
	s.Sample(s.Len()-count, c.Random, func(v collection.Value) { stay.AddValue(v) })
	c.Reply.Set(count)
	var scratch [20]byte
	s.Each(func(v collection.Value) bool {
		if !stay.HasValue(v) {
			bulk(c, v)
			c.Rewrite([]byte("SREM"), c.Args[1], v.Bytes(scratch[:]))
		}
		return true
	})
	stay.Replace(c.DBOf(k), s.Item())
}
