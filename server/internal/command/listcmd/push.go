package listcmd

import "redline/server/internal/command"

func lpush(c *command.Call)  { push(c, left, false) }
func rpush(c *command.Call)  { push(c, right, false) }
func lpushx(c *command.Call) { push(c, left, true) }
func rpushx(c *command.Call) { push(c, right, true) }

func push(c *command.Call, e end, onlyExisting bool) {
	l, ok := open(c, 1)
	if !ok {
		return
	}
	if onlyExisting && !l.OK() {
		c.Reply.Int(0)
		return
	}
	elems := c.Args[2:]
	l.Push(e == left, elems...)
	c.Dirty += int64(len(elems))
	c.Notify(command.EventList, e.pushEvent(), c.Args[1])
	c.Reply.Int(int64(l.Len()))
}

func linsert(c *command.Call) {
	after := command.Is(c.Args[2], "after")
	if !after && !command.Is(c.Args[2], "before") {
		c.Reply.Error(command.ErrSyntax)
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
	i, ok := find(&l, c.Args[3])
	if !ok {
		c.Reply.Int(-1)
		return
	}
	if after {
		i++
	}
	l.Insert(i, c.Args[4])
	c.Dirty++
	c.Notify(command.EventList, "linsert", c.Args[1])
	c.Reply.Int(int64(l.Len()))
}

func lset(c *command.Call) {
	l, ok := open(c, 1)
	if !ok {
		return
	}
	if !l.OK() {
		c.Reply.Error(command.ErrNoKey)
		return
	}
	n, ok := c.IntArg(2)
	if !ok {
		return
	}
	i, ok := indexOf(n, l.Len())
	if !ok {
		c.Reply.Error(command.ErrOutOfRange)
		return
	}
	l.Set(i, c.Args[3])
	c.Dirty++
	c.Notify(command.EventList, "lset", c.Args[1])
	c.Reply.OK()
}
