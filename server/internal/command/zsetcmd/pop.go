package zsetcmd

import (
	"math"

	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

// side is an end of a sorted set.
type side bool

const (
	lowest  side = false
	highest side = true
)

func (s side) event() string {
	if s == highest {
		return "zpopmax"
	}
	return "zpopmin"
}

// name is the command that takes members out.
func (s side) name() string {
	if s == highest {
		return "ZPOPMAX"
	}
	return "ZPOPMIN"
}

// take writes n members and their scores, from the end inwards, and removes them. Nested ones are pairs in an array
// each, in either protocol.
func take(c *command.Call, z *collection.ZSet, key []byte, s side, n int, nested bool) {
	from, it := 0, z.At(0)
	if s == highest {
		from, it = z.Len()-n, z.At(z.Len()-1)
	}
	for range n {
		if nested {
			c.Reply.Array(2)
		}
		c.Reply.Bulk(it.Member())
		c.Reply.Double(it.Score())
		if s == highest {
			it.Prev()
		} else {
			it.Next()
		}
	}
	z.RemoveRange(from, from+n)
	removedFrom(c, z, key, n, s.event())
}

func zpopmin(c *command.Call) { pop(c, lowest) }
func zpopmax(c *command.Call) { pop(c, highest) }

func pop(c *command.Call, s side) {
	if len(c.Args) > 3 {
		c.Reply.Error(command.ErrSyntax)
		return
	}
	many, count := len(c.Args) == 3, int64(1)
	if many {
		var ok bool
		if count, ok = c.RangeArg(2, 0, math.MaxInt64, command.ErrNotPositive); !ok {
			return
		}
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	n := int(min(count, int64(z.Len())))
	nested := many && isStruct(c)
	if nested {
		c.Reply.Array(n)
	} else {
		c.Reply.Array(2 * n)
	}
	if n > 0 {
		take(c, &z, c.Args[1], s, n, nested)
	}
}

func bzpopmin(c *command.Call) { blockingPop(c, lowest) }
func bzpopmax(c *command.Call) { blockingPop(c, highest) }

func blockingPop(c *command.Call, s side) {
	deadline, ok := c.Timeout(len(c.Args) - 1)
	if !ok {
		return
	}
	popFirst(c, func(z *collection.ZSet, key []byte) {
		c.Reply.Array(3)
		c.Reply.Bulk(key)
		take(c, z, key, s, 1, false)
		c.Rewrite([]byte(s.name()), key)
	}, deadline, true)
}

func zmpop(c *command.Call) {
	if s, count, ok := mpopArgs(c, 1); ok {
		mpop(c, s, count, 0, false)
	}
}

func bzmpop(c *command.Call) {
	s, count, ok := mpopArgs(c, 2)
	if !ok {
		return
	}
	if deadline, ok := c.Timeout(1); ok {
		mpop(c, s, count, deadline, true)
	}
}

// mpopArgs reads the arguments from numkeys on, which is argument at.
func mpopArgs(c *command.Call, at int) (side, int64, bool) {
	first, count, ok := c.MPopArgs(at, "min", "max")
	return side(!first), count, ok
}

func mpop(c *command.Call, s side, count, deadline int64, wait bool) {
	popFirst(c, func(z *collection.ZSet, key []byte) {
		n := int(min(count, int64(z.Len())))
		c.Reply.Array(2)
		c.Reply.Bulk(key)
		c.Reply.Array(n)
		take(c, z, key, s, n, true)
		c.Rewrite([]byte(s.name()), key, command.Decimal(int64(n)))
	}, deadline, wait)
}

// popFirst calls pop for the first of the call's keys that exists.
func popFirst(c *command.Call, pop func(z *collection.ZSet, key []byte), deadline int64, wait bool) {
	c.PopFirst(keyspace.ZSet, deadline, wait, func(k *keyspace.Key, it keyspace.Item) {
		z := collection.OpenZSet(c.DBOf(k), k, it, limits(c))
		pop(&z, k.Name)
	})
}
