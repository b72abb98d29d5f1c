package strcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func mget(c *command.Call) {
	c.Reply.Array(c.Keys())
	for i := range c.Keys() {
		k, _ := c.KeyAt(i)
		if it := c.FindKey(k); it.OK() && it.Type() == keyspace.String {
			reply(c, it)
		} else {
			c.Reply.Null()
		}
	}
}

func mset(c *command.Call) {
	if len(c.Args)%2 == 0 {
		c.WrongArity()
		return
	}
	storeAll(c)
	c.Reply.OK()
}

func msetnx(c *command.Call) {
	if len(c.Args)%2 == 0 {
		c.WrongArity()
		return
	}
	for i := range c.Keys() {
		if k, _ := c.KeyAt(i); c.DBOf(k).Peek(k).OK() {
			c.Reply.Int(0)
			return
		}
	}
	storeAll(c)
	c.Reply.Int(1)
}

func storeAll(c *command.Call) {
	for i := range c.Keys() {
		k, at := c.KeyAt(i)
		db := c.DBOf(k)
		Store(db, k, db.Peek(k), c.Args[at+1], false)
		c.Notify(command.EventString, "set", k.Name)
		c.Dirty++
	}
}
