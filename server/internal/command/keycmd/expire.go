package keycmd

import (
	"math"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func expireSeconds(c *command.Call)   { expire(c, 1000, true) }
func expireMillis(c *command.Call)    { expire(c, 1, true) }
func expireAtSeconds(c *command.Call) { expire(c, 1000, false) }
func expireAtMillis(c *command.Call)  { expire(c, 1, false) }

// condition is what NX, XX, GT and LT demand of the present deadline.
type condition struct{ nx, xx, gt, lt bool }

// expire is the EXPIRE family: unit is the argument's in milliseconds.
func expire(c *command.Call, unit int64, relative bool) {
	cond, ok := parseCondition(c)
	if !ok {
		return
	}
	at, ok := resp.ParseInt(c.Args[2])
	if !ok {
		c.Reply.Error(command.ErrNotInt)
		return
	}
	if at > math.MaxInt64/unit || at < math.MinInt64/unit {
		c.InvalidExpire()
		return
	}
	at *= unit
	if relative {
		if at > math.MaxInt64-c.Now {
			c.InvalidExpire()
			return
		}
		at += c.Now
	}
	k := c.Key(1)
	db := c.DBOf(k)
	it := db.Find(k)
	if !it.OK() || !cond.holds(it.ExpireAt(), at) {
		c.Reply.Int(0)
		return
	}
	c.Dirty++
	c.Reply.Int(1)
	if at <= c.Now {
		db.Delete(k)
		c.Notify(command.EventGeneric, "del", k.Name)
		c.Rewrite([]byte("DEL"), k.Name)
		return
	}
	db.SetExpire(it, at)
	c.Notify(command.EventGeneric, "expire", k.Name)
	c.Rewrite([]byte("PEXPIREAT"), k.Name, command.Decimal(at))
}

func parseCondition(c *command.Call) (o condition, ok bool) {
	for _, a := range c.Args[3:] {
		switch {
		case command.Is(a, "nx"):
			o.nx = true
		case command.Is(a, "xx"):
			o.xx = true
		case command.Is(a, "gt"):
			o.gt = true
		case command.Is(a, "lt"):
			o.lt = true
		default:
			c.Reply.Error("ERR Unsupported option " + string(a))
			return o, false
		}
	}
	switch {
	case o.nx && (o.xx || o.gt || o.lt):
		c.Reply.Error("ERR NX and XX, GT or LT options at the same time are not compatible")
		return o, false
	case o.gt && o.lt:
		c.Reply.Error("ERR GT and LT options at the same time are not compatible")
		return o, false
	}
	return o, true
}

// holds: a key without a deadline counts as one that expires never, so GT never holds for it and LT always does.
func (o condition) holds(old, at int64) bool {
	has := old != keyspace.NoExpiry
	switch {
	case o.nx && has, o.xx && !has:
		return false
	case o.gt && (!has || at <= old):
		return false
	case o.lt && has && at >= old:
		return false
	}
	return true
}

func ttl(c *command.Call)         { remaining(c, 1000, true) }
func pttl(c *command.Call)        { remaining(c, 1, true) }
func expiretime(c *command.Call)  { remaining(c, 1000, false) }
func pexpiretime(c *command.Call) { remaining(c, 1, false) }

// remaining answers with a deadline in the given unit (ms), -1 where there is none, -2 for no key.
func remaining(c *command.Call, unit int64, relative bool) {
	it := c.PeekKey(c.Key(1))
	if !it.OK() {
		c.Reply.Int(-2)
		return
	}
	at := it.ExpireAt()
	if at == keyspace.NoExpiry {
		c.Reply.Int(-1)
		return
	}
	if relative {
		at = max(at-c.Now, 0)
	}
	if unit == 1000 {
		at = at/1000 + (at%1000+500)/1000 // rounded; the sum cannot overflow
	}
	c.Reply.Int(at)
}

func persist(c *command.Call) {
	k := c.Key(1)
	db := c.DBOf(k)
	it := db.Find(k)
	if !it.OK() || it.ExpireAt() == keyspace.NoExpiry {
		c.Reply.Int(0)
		return
	}
	db.SetExpire(it, keyspace.NoExpiry)
	c.Dirty++
	c.Notify(command.EventGeneric, "persist", k.Name)
	c.Reply.Int(1)
}
