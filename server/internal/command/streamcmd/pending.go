package streamcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/object/stream"
)

// pendingArgs are the arguments of XPENDING with a range.
type pendingArgs struct {
	from, to stream.ID
	count    int64
	idleMin  int64  // milliseconds
	consumer []byte // nil: of all
}

func xpending(c *command.Call) {
	var a pendingArgs
	switch n := len(c.Args); {
	case n != 3 && (n < 6 || n > 9):
		c.Reply.Error(command.ErrSyntax)
		return
	case n > 3 && !a.parse(c):
		return
	}
	_, g, ok := openGroup(c)
	switch {
	case !ok:
	case len(c.Args) == 3:
		replyPendingSummary(c, g)
	default:
		a.reply(c, g)
	}
}

func (a *pendingArgs) parse(c *command.Call) (ok bool) {
	at := 3
	if command.Is(c.Args[3], "idle") {
		if a.idleMin, ok = c.IntArg(4); !ok {
			return false
		}
		if len(c.Args) < 8 {
			c.Reply.Error(command.ErrSyntax)
			return false
		}
		at += 2
	}
	if a.count, ok = c.IntArg(at + 2); !ok {
		return false
	}
	if a.from, ok = startID(c, at); !ok {
		return false
	}
	if a.to, ok = endID(c, at+1); !ok {
		return false
	}
	if at+3 < len(c.Args) {
		a.consumer = c.Args[at+3]
	}
	return true
}

func replyPendingSummary(c *command.Call, g *stream.Group) {
	c.Reply.Array(4)
	c.Reply.Int(int64(g.Len()))
	if g.Len() == 0 {
		c.Reply.Null()
		c.Reply.Null()
		c.Reply.NullArray()
		return
	}
	first, _, _ := g.NextPending(stream.ID{})
	replyID(c.Reply, first)
	replyID(c.Reply, g.LastPending())
	mark, n := c.Reply.Begin(), 0
	for _, m := range g.Consumers() {
		if m.Len() > 0 {
			c.Reply.Array(2)
			c.Reply.BulkString(m.Name())
			c.Reply.BulkInt(int64(m.Len()))
			n++
		}
	}
	c.Reply.EndArray(mark, n)
}

func (a *pendingArgs) reply(c *command.Call, g *stream.Group) {
	mark, n := c.Reply.Begin(), 0
	each := func(id stream.ID, p *stream.Pending) bool {
		if int64(n) >= a.count || a.to.Less(id) {
			return false
		}
		idle := c.Now - p.DeliveredAt
		if a.idleMin != 0 && idle < a.idleMin {
			return true
		}
		n++
		c.Reply.Array(4)
		replyID(c.Reply, id)
		c.Reply.BulkString(g.Owner(p).Name())
		c.Reply.Int(max(idle, 0))
		c.Reply.Int(int64(p.Deliveries))
		return true
	}
	switch m := g.Consumer(a.consumer); {
	case a.consumer == nil:
		g.EachPending(a.from, each)
	case m != nil:
		g.EachOwned(m, a.from, each)
	}
	c.Reply.EndArray(mark, n)
}
