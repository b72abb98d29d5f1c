package hashcmd

import (
	"math"
	"strconv"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
)

// hset is HSET and HMSET, which answer differently.
func hset(c *command.Call) {
	if len(c.Args)%2 != 0 {
		c.WrongArity()
		return
	}
	h, ok := open(c)
	if !ok {
		return
	}
	c.DropDue(c.Key(1), &h, c.Args[2:], 2)
	created := 0
	for i := 2; i < len(c.Args); i += 2 {
		if h.Set(c.Args[i], c.Args[i+1]) {
			created++
		}
	}
	c.Dirty += int64(len(c.Args)-2) / 2
	c.Notify(command.EventHash, "hset", c.Args[1])
	if c.Spec.Name == "hset" {
		c.Reply.Int(int64(created))
	} else {
		c.Reply.OK()
	}
}

func hsetnx(c *command.Call) {
	h, ok := open(c)
	if !ok {
		return
	}
	c.DropDue(c.Key(1), &h, c.Args[2:3], 1)
	if h.Has(c.Args[2]) {
		c.Reply.Int(0)
		return
	}
	h.Set(c.Args[2], c.Args[3])
	c.Dirty++
	c.Notify(command.EventHash, "hset", c.Args[1])
	c.Reply.Int(1)
}

func hdel(c *command.Call) {
	h, ok := open(c)
	if !ok {
		return
	}
	c.DropDue(c.Key(1), &h, c.Args[2:], 1)
	deleted := 0
	for i := 2; i < len(c.Args) && h.OK(); i++ {
		if h.Delete(c.Args[i]) {
			deleted++
		}
	}
	if deleted > 0 {
		c.Dirty += int64(deleted)
		c.Notify(command.EventHash, "hdel", c.Args[1])
		if !h.OK() {
			c.Notify(command.EventGeneric, "del", c.Args[1])
		}
	}
	c.Reply.Int(int64(deleted))
}

func hincrby(c *command.Call) {
	n, ok := resp.ParseInt(c.Args[3])
	if !ok {
		c.Reply.Error(command.ErrNotInt)
		return
	}
	h, ok := open(c)
	if !ok {
		return
	}
	c.DropDue(c.Key(1), &h, c.Args[2:3], 1)
	var old int64
	if v, found := h.Get(c.Args[2]); found {
		if old = v.Int; !v.IsInt() {
			if old, ok = resp.ParseInt(v.Str); !ok {
				c.Reply.Error("ERR hash value is not an integer")
				return
			}
		}
	}
	if n < 0 && old < math.MinInt64-n || n > 0 && old > math.MaxInt64-n {
		c.Reply.Error(command.ErrOverflow)
		return
	}
	var text [20]byte
	h.Change(c.Args[2], strconv.AppendInt(text[:0], old+n, 10))
	c.Dirty++
	c.Notify(command.EventHash, "hincrby", c.Args[1])
	c.Reply.Int(old + n)
}

func hincrbyfloat(c *command.Call) {
	n, ok := resp.ParseLongDouble(c.Args[3])
	if !ok {
		c.Reply.Error(command.ErrNotFloat)
		return
	}
	if n.IsInf() {
		c.Reply.Error("ERR value is NaN or Infinity")
		return
	}
	h, ok := open(c)
	if !ok {
		return
	}
	c.DropDue(c.Key(1), &h, c.Args[2:3], 1)
	sum := n
	if v, found := h.Get(c.Args[2]); found {
		old := resp.LongDoubleFromInt(v.Int)
		if !v.IsInt() {
			if old, ok = resp.ParseLongDouble(v.Str); !ok {
				c.Reply.Error("ERR hash value is not a float")
				return
			}
		}
		if sum, ok = old.Add(n); !ok || sum.IsInf() {
			c.Reply.Error("ERR increment would produce NaN or Infinity")
			return
		}
	}
	text := sum.AppendHuman(nil)
	h.Change(c.Args[2], text)
	c.Dirty++
	c.Notify(command.EventHash, "hincrbyfloat", c.Args[1])
	// The sum itself is logged: it must not depend on who adds.
	c.Rewrite([]byte("HSET"), c.Args[1], c.Args[2], text)
	if at, _ := h.Time(c.Args[2]); at != collection.NoTime { // which HSET takes away
		c.Rewrite(expireEffect(c.Args[1], at, c.Args[2:3])...)
	}
	c.Reply.Bulk(text)
}
