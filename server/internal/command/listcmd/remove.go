package listcmd

import (
	"math"

	"redline/server/internal/command"
)

func lpop(c *command.Call) { pop(c, left) }
func rpop(c *command.Call) { pop(c, right) }

func pop(c *command.Call, e end) {
	many, count := len(c.Args) == 3, int64(0)
	if len(c.Args) > 3 {
		c.WrongArity()
		return
	}
	if many {
		var ok bool
		if count, ok = c.RangeArg(2, 0, math.MaxInt64, command.ErrNotPositive); !ok {
			return
		}
	}
	l, ok := open(c, 1)
	if !ok {
		return
	}
	switch {
	case !l.OK() && many:
		c.Reply.NullArray()
	case !l.OK():
		c.Reply.Null()
	case !many:
		it := l.At(e.index(&l, 1))
		reply(c.Reply, it.Value())
		take(c, &l, c.Args[1], e, 1)
	case count == 0:
		c.Reply.Array(0)
	default:
		n := int(min(count, int64(l.Len())))
		replyRange(c, &l, e, n)
		take(c, &l, c.Args[1], e, n)
	}
}

func ltrim(c *command.Call) {
	start, ok := c.IntArg(2)
	if !ok {
		return
	}
	stop, ok := c.IntArg(3)
	if !ok {
		return
	}
	l, ok := open(c, 1)
	if !ok {
		return
	}
	if !l.OK() {
		c.Reply.OK()
		return
	}
	n := l.Len()
	before, after := n, 0
	if from, to := clip(start, stop, n); from <= to {
		before, after = from, n-to-1
	}
	switch {
	case before == n:
		l.RemoveRange(0, n)
	case before+after == 0:
		l.Touch()
	default:
		// The end first: the indexes at the start stay.
		if after > 0 {
			l.RemoveRange(n-after, after)
		}
		if before > 0 {
			l.RemoveRange(0, before)
		}
	}
	c.Dirty += int64(before + after)
	c.Notify(command.EventList, "ltrim", c.Args[1])
	if !l.OK() {
		c.Notify(command.EventGeneric, "del", c.Args[1])
	}
	c.Reply.OK()
}

func lrem(c *command.Call) {
	count, ok := c.IntArg(2)
	if !ok {
		return
	}
	l, ok := open(c, 1)
	if !ok {
		return
	}
	if !l.OK() {
		c.Reply.Int(0)
		return
	}
	removed := l.Remove(c.Args[3], int(count))
	c.Dirty += int64(removed)
	if removed > 0 {
		c.Notify(command.EventList, "lrem", c.Args[1])
	}
	if !l.OK() {
		c.Notify(command.EventGeneric, "del", c.Args[1])
	}
	c.Reply.Int(int64(removed))
}
