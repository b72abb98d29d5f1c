package listcmd

import (
	"math"

	"redline/resp"
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

// mpopArgs reads what follows numkeys, which is argument at.
func mpopArgs(c *command.Call, at int) (e end, count int64, ok bool) {
	n, ok := c.RangeArg(at, 1, math.MaxInt64, "ERR numkeys should be greater than 0")
	if !ok {
		return left, 0, false
	}
	if n >= int64(len(c.Args)-at-1) {
		c.Reply.Error(command.ErrSyntax)
		return left, 0, false
	}
	i := at + int(n) + 1
	if e, ok = endArg(c.Args[i]); !ok {
		c.Reply.Error(command.ErrSyntax)
		return left, 0, false
	}
	for i++; i < len(c.Args); i += 2 {
		if count != 0 || !command.Is(c.Args[i], "count") || i+1 == len(c.Args) {
			c.Reply.Error(command.ErrSyntax)
			return left, 0, false
		}
		if count, ok = c.RangeArg(i+1, 1, math.MaxInt64, "ERR count should be greater than 0"); !ok {
			return left, 0, false
		}
	}
	return e, max(count, 1), true
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

// popFirst calls pop for the first of the call's keys that exists. If there is none, the call waits until deadline, or
// answers at once if it may not wait.
func popFirst(c *command.Call, pop func(l *collection.List, key []byte), deadline int64, wait bool) {
	for i := range c.Keys() {
		k, _ := c.KeyAt(i)
		if c.Retried() && string(k.Name) != c.Woken() {
			continue
		}
		it := c.FindKey(k)
		if !it.OK() {
			continue
		}
		if it.Type() != keyspace.List {
			if c.Retried() {
				continue // who waits for a list does not mind what else is there
			}
			c.Reply.Error(command.ErrWrongType)
			return
		}
		l := collection.OpenList(c.DBOf(k), k, it, c.Conf.ListMaxListpackSize)
		pop(&l, k.Name)
		return
	}
	if !wait || c.NoBlock {
		c.Reply.NullArray()
		return
	}
	c.Block(deadline, (*resp.Writer).NullArray)
}
