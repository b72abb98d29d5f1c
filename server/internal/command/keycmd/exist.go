package keycmd

import (
	"redline/server/internal/command"
)

// del is DEL and UNLINK.
func del(c *command.Call) {
	n := int64(0)
	for i := range c.Keys() {
		k, _ := c.KeyAt(i)
		if c.DBOf(k).Delete(k) {
			n++
			c.Notify(command.EventGeneric, "del", k.Name)
		}
	}
	c.Dirty += n
	c.Reply.Int(n)
}

// exists is EXISTS and TOUCH: a key that is named twice counts twice.
func exists(c *command.Call) { count(c, false) }
func touch(c *command.Call)  { count(c, true) }

// count answers with how many of the keys exist.
func count(c *command.Call, access bool) {
	n := int64(0)
	for i := range c.Keys() {
		k, _ := c.KeyAt(i)
		if access && c.FindKey(k).OK() || !access && c.PeekKey(k).OK() {
			n++
		}
	}
	c.Reply.Int(n)
}

func typeOf(c *command.Call) {
	k := c.Key(1)
	it := c.PeekKey(k)
	if !it.OK() {
		c.Reply.SimpleString("none")
		return
	}
	c.Reply.SimpleString(it.Type().String())
}
