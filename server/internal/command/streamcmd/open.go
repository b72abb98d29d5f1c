package streamcmd

import (
	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/listpack"
	"redline/server/internal/object/stream"
)

// view is the stream of a key.
type view struct {
	it keyspace.Item
	s  *stream.Stream // nil if the key does not exist
}

// open returns the stream at argument i, with a nil stream if there is none. If another type is there, ok is false and
// the error is written.
func open(c *command.Call, i int) (v view, ok bool) {
	it, ok := c.FindType(i, keyspace.Stream)
	if ok && it.OK() {
		return view{it, collection.OpenStream(it)}, true
	}
	return view{}, ok
}

// touch tells whoever watches or waits for the key, mark only the first, wake only the second, refresh nobody.
func (v *view) touch()   { v.it.DB().Touch(v.it) }
func (v *view) mark()    { v.it.DB().Mark(v.it) }
func (v *view) wake()    { v.it.DB().Wake(v.it) }
func (v *view) refresh() { v.it.DB().Refresh(v.it) }

// create makes a new stream the value of the absent key at argument i.
func create(c *command.Call, i int, s *stream.Stream) {
	k := c.Key(i)
	collection.NewStream(c.DBOf(k), k, keyspace.Item{}, s)
}

// openGroup returns the stream at argument 1 and its group named by argument 2. If there is no such, ok is false and
// the error is written.
func openGroup(c *command.Call) (v view, g *stream.Group, ok bool) {
	if v, ok = open(c, 1); !ok {
		return v, nil, false
	}
	if v.s != nil {
		g = v.s.Group(c.Args[2])
	}
	if g == nil {
		c.Reply.Error("NOGROUP No such key '" + cString(c.Args[1]) + "' or consumer group '" + cString(c.Args[2]) + "'")
		return v, nil, false
	}
	return v, g, true
}

// member returns a group's consumer, which is created if it does not exist, and notes that it was seen.
func member(c *command.Call, key []byte, g *stream.Group, name []byte) (m *stream.Consumer, isNew bool) {
	if m = g.Consumer(name); m != nil {
		m.SeenAt = c.Now
		return m, false
	}
	return addMember(c, key, g, name), true
}

func addMember(c *command.Call, key []byte, g *stream.Group, name []byte) *stream.Consumer {
	m := g.AddConsumer(name, c.Now)
	if m != nil {
		c.Dirty++
		c.Notify(command.EventStream, "xgroup-createconsumer", key)
	}
	return m
}

// replyEntry writes the entry at which an Iter stands: its ID, and its fields and values in one array.
func replyEntry(w *resp.Writer, it *stream.Iter) {
	w.Array(2)
	replyID(w, it.ID())
	n := it.Fields()
	w.Array(2 * n)
	for range n {
		f, v := it.Field()
		replyValue(w, f)
		replyValue(w, v)
	}
}

func replyValue(w *resp.Writer, v listpack.Value) {
	if v.IsInt() {
		w.BulkInt(v.Int)
	} else {
		w.Bulk(v.Str)
	}
}

// replyOne writes the entry with an ID and says whether there is one.
func replyOne(w *resp.Writer, s *stream.Stream, id stream.ID) bool {
	it := s.Range(id, id, false)
	if !it.Next() {
		return false
	}
	replyEntry(w, &it)
	return true
}

// replyEntries writes an array of the entries of an Iter: no more than count, or all if that is 0.
func replyEntries(w *resp.Writer, it stream.Iter, count int64) {
	mark, n := w.Begin(), 0
	for it.Next() {
		replyEntry(w, &it)
		if n++; int64(n) == count {
			break
		}
	}
	w.EndArray(mark, n)
}
