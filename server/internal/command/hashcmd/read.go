package hashcmd

import (
	"redline/server/internal/collection"
	"redline/server/internal/command"
)

func hget(c *command.Call) {
	if h, ok := open(c); ok {
		field(c, &h, c.Args[2])
	}
}

// field answers with the value of a field, or null.
func field(c *command.Call, h *collection.Hash, name []byte) {
	if v, found := h.Get(name); found {
		bulk(c, v)
	} else {
		c.Reply.Null()
	}
}

func hmget(c *command.Call) {
	h, ok := open(c)
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, name := range c.Args[2:] {
		field(c, &h, name)
	}
}

func hlen(c *command.Call) {
	if h, ok := open(c); ok {
		c.Reply.Int(int64(h.Len()))
	}
}

func hstrlen(c *command.Call) {
	h, ok := open(c)
	if !ok {
		return
	}
	n := 0
	if v, found := h.Get(c.Args[2]); found {
		n = v.Len()
	}
	c.Reply.Int(int64(n))
}

func hexists(c *command.Call) {
	h, ok := open(c)
	if !ok {
		return
	}
	n := int64(0)
	if h.Has(c.Args[2]) {
		n = 1
	}
	c.Reply.Int(n)
}

func hkeys(c *command.Call) {
	if h, ok := open(c); ok {
		c.Reply.Array(h.Len())
		h.Each(func(f, _ collection.Value) bool {
			bulk(c, f)
			return true
		})
	}
}

func hvals(c *command.Call) {
	if h, ok := open(c); ok {
		c.Reply.Array(h.Len())
		h.Each(func(_, v collection.Value) bool {
			bulk(c, v)
			return true
		})
	}
}

func hgetall(c *command.Call) {
	if h, ok := open(c); ok {
		c.Reply.Map(h.Len())
		h.Each(func(f, v collection.Value) bool {
			bulk(c, f)
			bulk(c, v)
			return true
		})
	}
}

func hscan(c *command.Call) {
	cursor, ok := c.ScanCursor(2)
	if !ok {
		return
	}
	h, ok := open(c)
	if !ok {
		return
	}
	if !h.OK() {
		c.ScanReply(0, 0, nil)
		return
	}
	var fs, vs [20]byte
	c.ScanCollection(cursor, func(cursor uint64, emit func(name, with []byte)) uint64 {
		return h.Scan(cursor, func(f, v collection.Value) { emit(f.Bytes(fs[:]), v.Bytes(vs[:])) })
	})
}
