package streamcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/object/stream"
)

func xlen(c *command.Call) {
	v, ok := open(c, 1)
	switch {
	case !ok:
	case v.s == nil:
		c.Reply.Int(0)
	default:
		c.Reply.Int(v.s.Len())
	}
}

func xrange(c *command.Call)    { rangeOf(c, 2, 3, false) }
func xrevrange(c *command.Call) { rangeOf(c, 3, 2, true) }

func rangeOf(c *command.Call, startArg, endArg int, rev bool) {
	from, ok := startID(c, startArg)
	if !ok {
		return
	}
	to, ok := endID(c, endArg)
	if !ok {
		return
	}
	count, limited := int64(0), false
	for i := 4; i < len(c.Args); i += 2 {
		if !command.Is(c.Args[i], "count") || i+1 == len(c.Args) {
			c.Reply.Error(command.ErrSyntax)
			return
		}
		if count, ok = c.IntArg(i + 1); !ok {
			return
		}
		count, limited = max(count, 0), true // a negative count asks for as much as 0 does: nothing
	}
	v, ok := open(c, 1)
	switch {
	case !ok:
	case v.s == nil:
		c.Reply.Array(0)
	case limited && count == 0:
		c.Reply.NullArray()
	default:
		replyEntries(c.Reply, v.s.Range(from, to, rev), count)
	}
}

func xdel(c *command.Call) {
	v, ok := open(c, 1)
	if !ok {
		return
	}
	if v.s == nil {
		c.Reply.Int(0)
		return
	}
	ids, ok := strictIDs(c, 2)
	if !ok {
		return
	}
	deleted := int64(0)
	for _, id := range ids {
		if v.s.Delete(id) {
			deleted++
		}
	}
	if deleted > 0 {
		v.mark()
		c.Notify(command.EventStream, "xdel", c.Args[1])
		c.Dirty += deleted
	}
	c.Reply.Int(deleted)
}

func xsetid(c *command.Call) {
	id, ok := strictID(c, 2)
	if !ok {
		return
	}
	added, deleted := int64(-1), stream.ID{}
	for i := 3; i < len(c.Args); i += 2 {
		more := i+1 < len(c.Args)
		switch {
		case more && command.Is(c.Args[i], "entriesadded"):
			if added, ok = c.IntArg(i + 1); !ok {
				return
			}
			if added < 0 {
				c.Reply.Error("ERR entries_added must be positive")
				return
			}
		case more && command.Is(c.Args[i], "maxdeletedid"):
			if deleted, ok = strictID(c, i+1); !ok {
				return
			}
			if id.Less(deleted) {
				c.Reply.Error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
				return
			}
		default:
			c.Reply.Error(command.ErrSyntax)
			return
		}
	}
	v, ok := open(c, 1)
	switch {
	case !ok:
		return
	case v.s == nil:
		c.Reply.Error(command.ErrNoKey)
		return
	case v.s.Len() > 0 && id.Less(v.s.LastLiveID()):
		c.Reply.Error("ERR The ID specified in XSETID is smaller than the target stream top item")
		return
	case v.s.Len() > 0 && added != -1 && v.s.Len() > added:
		c.Reply.Error("ERR The entries_added specified in XSETID is smaller than the target stream length")
		return
	}
	v.s.SetLastID(id)
	if added != -1 {
		v.s.SetAdded(added)
	}
	if !deleted.IsZero() {
		v.s.SetMaxDeletedID(deleted)
	}
	c.Reply.OK()
	c.Dirty++
	c.Notify(command.EventStream, "xsetid", c.Args[1])
}
