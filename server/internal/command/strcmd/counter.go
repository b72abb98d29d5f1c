package strcmd

import (
	"math"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func incr(c *command.Call) { add(c, 1) }
func decr(c *command.Call) { add(c, -1) }

func incrby(c *command.Call) {
	n, ok := resp.ParseInt(c.Args[2])
	if !ok {
		c.Reply.Error(command.ErrNotInt)
		return
	}
	add(c, n)
}

func decrby(c *command.Call) {
	n, ok := resp.ParseInt(c.Args[2])
	if !ok {
		c.Reply.Error(command.ErrNotInt)
		return
	}
	if n == math.MinInt64 {
		c.Reply.Error("ERR decrement would overflow")
		return
	}
	add(c, -n)
}

// add changes the integer value of the call's key.
func add(c *command.Call, n int64) {
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	var v int64
	switch {
	case !it.OK():
	case it.Encoding() == keyspace.Int:
		v = it.Int()
	default:
		if v, ok = resp.ParseInt(it.Value()); !ok {
			c.Reply.Error(command.ErrNotInt)
			return
		}
	}
	if n < 0 && v < math.MinInt64-n || n > 0 && v > math.MaxInt64-n {
		c.Reply.Error(command.ErrOverflow)
		return
	}
	k := c.Key(1)
	c.DBOf(k).WriteInt(k, it, v+n, true)
	c.Dirty++
	c.Notify(command.EventString, "incrby", k.Name)
	c.Reply.Int(v + n)
}

func incrbyfloat(c *command.Call) {
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	var scratch [20]byte
	old := []byte("0")
	if it.OK() {
		old = it.Text(scratch[:])
	}
	v, err := resp.IncrByFloat(old, c.Args[2])
	if err != nil {
		c.Reply.Error(err.Error())
		return
	}
	k := c.Key(1)
	e := keyspace.Raw
	if len(v) <= keyspace.EmbstrMax {
		e = keyspace.Embstr
	}
	it = c.DBOf(k).Write(k, it, keyspace.String, e, len(v), true)
	copy(it.Value(), v)
	c.Dirty++
	c.Notify(command.EventString, "incrbyfloat", k.Name)
	c.Rewrite([]byte("SET"), k.Name, v, []byte("KEEPTTL"))
	c.Reply.Bulk(v)
}
