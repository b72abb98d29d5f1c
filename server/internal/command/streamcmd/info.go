package streamcmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/object/stream"
)

// openInfo returns the stream at argument 2. If there is none, ok is false and the error is written.
func openInfo(c *command.Call) (s *stream.Stream, ok bool) {
	v, ok := open(c, 2)
	if ok && v.s == nil {
		c.Reply.Error(command.ErrNoKey)
		return nil, false
	}
	return v.s, ok
}

func infoStream(c *command.Call) {
	s, ok := openInfo(c)
	if !ok {
		return
	}
	count, full := int64(10), len(c.Args) > 3
	if full {
		if n := len(c.Args); n != 4 && n != 6 || !command.Is(c.Args[3], "full") || n == 6 && !command.Is(c.Args[4], "count") {
			c.BadSubcommand()
			return
		}
		if len(c.Args) == 6 {
			if count, ok = c.IntArg(5); !ok {
				return
			}
			if count < 0 {
				count = 10
			}
		}
	}
	w := c.Reply
	if full {
		w.Map(9)
	} else {
		w.Map(10)
	}
	intField(w, "length", s.Len())
	intField(w, "radix-tree-keys", int64(s.Nodes()))
	intField(w, "radix-tree-nodes", s.RadixNodes())
	idField(w, "last-generated-id", s.LastID())
	idField(w, "max-deleted-entry-id", s.MaxDeletedID())
	intField(w, "entries-added", s.Added())
	idField(w, "recorded-first-entry-id", s.FirstID())
	if full {
		replyFull(w, s, count)
		return
	}
	intField(w, "groups", int64(len(s.Groups())))
	edgeField(w, "first-entry", s, false)
	edgeField(w, "last-entry", s, true)
}

func intField(w *resp.Writer, name string, n int64) {
	w.BulkString(name)
	w.Int(n)
}

func idField(w *resp.Writer, name string, id stream.ID) {
	w.BulkString(name)
	replyID(w, id)
}

// edgeField writes the first entry, or the last.
func edgeField(w *resp.Writer, name string, s *stream.Stream, last bool) {
	w.BulkString(name)
	it := s.Range(stream.ID{}, stream.MaxID, last)
	if it.Next() {
		replyEntry(w, &it)
	} else {
		w.Null()
	}
}

// replyFull writes up to count entries and all groups, of each up to count pending entries; 0: all.
func replyFull(w *resp.Writer, s *stream.Stream, count int64) {
	w.BulkString("entries")
	replyEntries(w, s.Range(stream.ID{}, stream.MaxID, false), count)
	w.BulkString("groups")
	w.Array(len(s.Groups()))
	for _, g := range s.Groups() {
		w.Map(7)
		w.BulkString("name")
		w.BulkString(g.Name())
		idField(w, "last-delivered-id", g.LastID)
		replyProgress(w, g)
		intField(w, "pel-count", int64(g.Len()))
		w.BulkString("pending")
		mark, n := w.Begin(), 0
		g.EachPending(stream.ID{}, func(id stream.ID, p *stream.Pending) bool {
			if count != 0 && int64(n) == count {
				return false
			}
			n++
			w.Array(4)
			replyID(w, id)
			w.BulkString(g.Owner(p).Name())
			w.Int(p.DeliveredAt)
			w.Int(int64(p.Deliveries))
			return true
		})
		w.EndArray(mark, n)
		w.BulkString("consumers")
		w.Array(len(g.Consumers()))
		for _, m := range g.Consumers() {
			replyMember(w, g, m, count)
		}
	}
}

func replyMember(w *resp.Writer, g *stream.Group, m *stream.Consumer, count int64) {
	w.Map(4)
	w.BulkString("name")
	w.BulkString(m.Name())
	intField(w, "seen-time", m.SeenAt)
	intField(w, "pel-count", int64(m.Len()))
	w.BulkString("pending")
	mark, n := w.Begin(), 0
	g.EachOwned(m, stream.ID{}, func(id stream.ID, p *stream.Pending) bool {
		if count != 0 && int64(n) == count {
			return false
		}
		n++
		w.Array(3)
		replyID(w, id)
		w.Int(p.DeliveredAt)
		w.Int(int64(p.Deliveries))
		return true
	})
	w.EndArray(mark, n)
}

// replyProgress writes how many entries a group has read and how many it has not.
func replyProgress(w *resp.Writer, g *stream.Group) {
	w.BulkString("entries-read")
	if g.EntriesRead == stream.Unknown {
		w.Null()
	} else {
		w.Int(g.EntriesRead)
	}
	w.BulkString("lag")
	if n, ok := g.Lag(); ok {
		w.Int(n)
	} else {
		w.Null()
	}
}

func infoGroups(c *command.Call) {
	s, ok := openInfo(c)
	if !ok {
		return
	}
	w := c.Reply
	w.Array(len(s.Groups()))
	for _, g := range s.Groups() {
		w.Map(6)
		w.BulkString("name")
		w.BulkString(g.Name())
		intField(w, "consumers", int64(len(g.Consumers())))
		intField(w, "pending", int64(g.Len()))
		idField(w, "last-delivered-id", g.LastID)
		replyProgress(w, g)
	}
}

func infoConsumers(c *command.Call) {
	s, ok := openInfo(c)
	if !ok {
		return
	}
	g := s.Group(c.Args[3])
	if g == nil {
		noGroup(c)
		return
	}
	w := c.Reply
	w.Array(len(g.Consumers()))
	for _, m := range g.Consumers() {
		w.Map(3)
		w.BulkString("name")
		w.BulkString(m.Name())
		intField(w, "pending", int64(m.Len()))
		intField(w, "idle", max(c.Now-m.SeenAt, 0))
	}
}

func infoHelp(c *command.Call) {
	c.Help("XINFO", []string{
		"CONSUMERS <key> <groupname>",
		"    Show consumers of <groupname>.",
		"GROUPS <key>",
		"    Show the stream consumer groups.",
		"STREAM <key> [FULL [COUNT <count>]",
		"    Show information about the stream.",
	})
}
