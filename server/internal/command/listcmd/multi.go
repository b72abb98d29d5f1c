package listcmd

import (
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func blpop(c *command.Call) { blockingPop(c, left) }
func brpop(c *command.Call) { blockingPop(c, right) }

func blockingPop(c *command.Call, e end) {
	deadline, ok := c.Timeout(len(c.Args) - 1)
	if !ok {
		return
	}
	popFirst(c, func(l *collection.List, key []byte) {
		c.Reply.Array(2)
		c.Reply.Bulk(key)
		it := l.At(e.index(l, 1))
		reply(c.Reply, it.Value())
		take(c, l, key, e, 1)
		c.Rewrite([]byte(e.popName()), key)
	}, deadline, true)
}

func lmpop(c *command.Call) {
	if e, count, ok := mpopArgs(c, 1); ok {
		mpop(c, e, count, 0, false)
	}
}

func blmpop(c *command.Call) {
	e, count, ok := mpopArgs(c, 2)
	if !ok {
		return
	}
	if deadline, ok := c.Timeout(1); ok {
		mpop(c, e, count, deadline, true)
	}
}

// mpopArgs reads the arguments from numkeys on, which is argument at.
func mpopArgs(c *command.Call, at int) (end, int64, bool) {
	first, count, ok := c.MPopArgs(at, "left", "right")
	return end(first), count, ok
}

func mpop(c *command.Call, e end, count, deadline int64, wait bool) {
	popFirst(c, func(l *collection.List, key []byte) {
		n := int(min(count, int64(l.Len())))
		c.Reply.Array(2)
		c.Reply.Bulk(key)
		replyRange(c, l, e, n)
		take(c, l, key, e, n)
		c.Rewrite([]byte(e.popName()), key, command.Decimal(int64(n)))
	}, deadline, wait)
}

// popFirst calls pop for the first of the call's keys that exists.
func popFirst(c *command.Call, pop func(l *collection.List, key []byte), deadline int64, wait bool) {
	c.PopFirst(keyspace.List, deadline, wait, func(k *keyspace.Key, it keyspace.Item) {
		l := collection.OpenList(c.DBOf(k), k, it, c.Conf.ListMaxListpackSize)
		pop(&l, k.Name)
	})
}
