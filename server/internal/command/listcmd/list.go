package listcmd

import (
	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/listpack"
	"redline/server/internal/object/quicklist"
)

// end is a side of a list.
type end bool

const (
	left  end = true
	right end = false
)

// endArg reads LEFT or RIGHT.
func endArg(arg []byte) (e end, ok bool) {
	switch {
	case command.Is(arg, "left"):
		return left, true
	case command.Is(arg, "right"):
		return right, true
	default:
		return left, false
	}
}

func (e end) pushEvent() string {
	if e == left {
		return "lpush"
	}
	return "rpush"
}

func (e end) popEvent() string {
	if e == left {
		return "lpop"
	}
	return "rpop"
}

// popName is the command that takes an element out.
func (e end) popName() string {
	if e == left {
		return "LPOP"
	}
	return "RPOP"
}

// index returns the index of the first of n elements at the end.
func (e end) index(l *collection.List, n int) int {
	if e == left {
		return 0
	}
	return l.Len() - n
}

// open returns the list at argument i. If another type is there, ok is false and the error is written.
func open(c *command.Call, i int) (l collection.List, ok bool) {
	it, ok := c.FindType(i, keyspace.List)
	if !ok {
		return l, false
	}
	k := c.Key(i)
	return collection.OpenList(c.DBOf(k), k, it, c.Conf.ListMaxListpackSize), true
}

// reply writes an element.
func reply(w *resp.Writer, v listpack.Value) {
	if v.IsInt() {
		w.BulkInt(v.Int)
	} else {
		w.Bulk(v.Str)
	}
}

// clip turns a range with indexes from either end into one of indexes from the start, stop included. It is empty if
// start > stop.
func clip(start, stop int64, n int) (from, to int) {
	length := int64(n)
	if start < 0 {
		start = max(start+length, 0)
	}
	if stop < 0 {
		stop += length
	}
	if start > stop || start >= length {
		return 1, 0
	}
	return int(start), int(min(stop, length-1))
}

// replyRange writes n elements from the end e, the outermost first.
func replyRange(c *command.Call, l *collection.List, e end, n int) {
	c.Reply.Array(n)
	it := l.At(0)
	if e == right {
		it = l.At(l.Len() - 1)
	}
	for range n {
		reply(c.Reply, it.Value())
		if e == left {
			it.Next()
		} else {
			it.Prev()
		}
	}
}

// take removes n elements from an end; the reply is written already.
func take(c *command.Call, l *collection.List, key []byte, e end, n int) {
	l.RemoveRange(e.index(l, n), n)
	c.Dirty += int64(n)
	c.Notify(command.EventList, e.popEvent(), key)
	if !l.OK() {
		c.Notify(command.EventGeneric, "del", key)
	}
}

// indexOf turns an index from either end into one from the start.
func indexOf(i int64, n int) (index int, ok bool) {
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

// find returns the index of the first element equal to s.
func find(l *collection.List, s []byte) (i int, ok bool) {
	needle := quicklist.NewNeedle(s)
	for it := l.At(0); it.OK(); it.Next() {
		if needle.Match(it.Value()) {
			return i, true
		}
		i++
	}
	return 0, false
}
