package listcmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func lmove(c *command.Call) {
	if from, to, ok := ends(c); ok && move(c, from, to) == absent {
		c.Reply.Null()
	}
}

func rpoplpush(c *command.Call) {
	if move(c, right, left) == absent {
		c.Reply.Null()
	}
}

// ends reads the two directions of LMOVE and BLMOVE.
func ends(c *command.Call) (from, to end, ok bool) {
	if from, ok = endArg(c.Args[3]); ok {
		to, ok = endArg(c.Args[4])
	}
	if !ok {
		c.Reply.Error(command.ErrSyntax)
	}
	return from, to, ok
}

func blmove(c *command.Call) {
	from, to, ok := ends(c)
	if !ok {
		return
	}
	deadline, ok := c.Timeout(5)
	if !ok {
		return
	}
	if moveOrWait(c, from, to, deadline) == moved {
		c.RewriteStrings("LMOVE", string(c.Args[1]), string(c.Args[2]), string(c.Args[3]), string(c.Args[4]))
	}
}

func brpoplpush(c *command.Call) {
	deadline, ok := c.Timeout(3)
	if !ok {
		return
	}
	if moveOrWait(c, right, left, deadline) == moved {
		c.Rewrite([]byte("RPOPLPUSH"), c.Args[1], c.Args[2])
	}
}

// outcome is what became of a move.
type outcome int

const (
	moved   outcome = iota
	refused         // the error is written
	absent          // there is no source; nothing is written
)

// moveOrWait is move for commands that wait for the source.
func moveOrWait(c *command.Call, from, to end, deadline int64) outcome {
	if c.Retried() {
		// Whatever else the source became does not concern those who wait for a list.
		if it := c.Find(1); !it.OK() || it.Type() != keyspace.List {
			c.Block(deadline, (*resp.Writer).Null)
			return absent
		}
	}
	o := move(c, from, to)
	if o == absent {
		if c.NoBlock {
			c.Reply.Null()
		} else {
			c.Block(deadline, (*resp.Writer).Null)
		}
	}
	return o
}

// move takes an element from an end of the list at argument 1, puts it at an end of the list at argument 2, and writes
// it as the reply.
func move(c *command.Call, from, to end) outcome {
	src, ok := open(c, 1)
	if !ok {
		return refused
	}
	if !src.OK() {
		return absent
	}
	if _, ok := open(c, 2); !ok {
		return refused
	}
	it := src.At(from.index(&src, 1))
	v := it.Value()
	reply(c.Reply, v)
	if same(c) {
		if src.Len() == 1 {
			src.Touch()
		} else {
			elem := v.Append(nil)
			src.RemoveRange(from.index(&src, 1), 1)
			src.Push(to == left, elem)
		}
	} else {
		elem := v.Append(nil) // taking it out ends the view
		src.RemoveRange(from.index(&src, 1), 1)
		dst, _ := open(c, 2) // again: the first change of a shard ends all views of it
		dst.Push(to == left, elem)
	}
	c.Dirty++
	c.Notify(command.EventList, to.pushEvent(), c.Args[2])
	c.Notify(command.EventList, from.popEvent(), c.Args[1])
	if !src.OK() {
		c.Notify(command.EventGeneric, "del", c.Args[1])
	}
	return moved
}

func same(c *command.Call) bool { return string(c.Args[1]) == string(c.Args[2]) }
