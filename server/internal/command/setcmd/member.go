package setcmd

import (
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func sadd(c *command.Call) {
	s, ok := open(c, 1)
	if !ok {
		return
	}
	added := 0
	for _, m := range c.Args[2:] {
		if s.Add(m) {
			added++
		}
	}
	if added > 0 {
		c.Dirty += int64(added)
		c.Notify(command.EventSet, "sadd", c.Args[1])
	}
	c.Reply.Int(int64(added))
}

func srem(c *command.Call) {
	s, ok := open(c, 1)
	if !ok {
		return
	}
	removed := 0
	for i := 2; i < len(c.Args) && s.OK(); i++ {
		if s.Remove(c.Args[i]) {
			removed++
		}
	}
	if removed > 0 {
		c.Dirty += int64(removed)
		c.Notify(command.EventSet, "srem", c.Args[1])
		notifyGone(c, &s)
	}
	c.Reply.Int(int64(removed))
}

// notifyGone tells that the key at argument 1 went with its last member, if it did.
func notifyGone(c *command.Call, s *collection.Set) {
	if !s.OK() {
		c.Notify(command.EventGeneric, "del", c.Args[1])
	}
}

func smove(c *command.Call) {
	from := c.Find(1)
	to := c.Find(2)
	switch {
	case !from.OK():
		c.Reply.Int(0)
		return
	case from.Type() != keyspace.Set || to.OK() && to.Type() != keyspace.Set:
		c.Reply.Error(command.ErrWrongType)
		return
	}
	m := c.Args[3]
	src := view(c, c.Key(1), from)
	if string(c.Args[1]) == string(c.Args[2]) {
		flag(c, src.Has(m))
		return
	}
	if !src.Remove(m) {
		c.Reply.Int(0)
		return
	}
	c.Dirty++
	c.Notify(command.EventSet, "srem", c.Args[1])
	notifyGone(c, &src)
	k := c.Key(2)
	dst := view(c, k, c.DBOf(k).Peek(k)) // again: the removal may have changed its shard
	if dst.Add(m) {
		c.Dirty++
		c.Notify(command.EventSet, "sadd", c.Args[2])
	}
	c.Reply.Int(1)
}

func sismember(c *command.Call) {
	if s, ok := open(c, 1); ok {
		flag(c, s.Has(c.Args[2]))
	}
}

func smismember(c *command.Call) {
	s, ok := open(c, 1)
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, m := range c.Args[2:] {
		flag(c, s.Has(m))
	}
}

func scard(c *command.Call) {
	if s, ok := open(c, 1); ok {
		c.Reply.Int(int64(s.Len()))
	}
}

func smembers(c *command.Call) {
	if s, ok := open(c, 1); ok {
		all(c, &s)
	}
}

// all answers with all members.
func all(c *command.Call, s interface {
	Len() int
	Each(func(collection.Value) bool)
}) {
	c.Reply.Set(s.Len())
	s.Each(func(v collection.Value) bool {
		bulk(c, v)
		return true
	})
}

func sscan(c *command.Call) {
	cursor, ok := c.ScanCursor(2)
	if !ok {
		return
	}
	s, ok := open(c, 1)
	if !ok {
		return
	}
	if !s.OK() {
		c.ScanReply(0, 0, nil)
		return
	}
	var scratch [20]byte
	c.ScanCollection(cursor, func(cursor uint64, emit func(name, with []byte)) uint64 {
		return s.Scan(cursor, func(v collection.Value) { emit(v.Bytes(scratch[:]), nil) })
	})
}
