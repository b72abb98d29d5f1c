package admincmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/observe"
	"redline/server/internal/session"
)

// Observe has a hub's slow commands recorded in its slow log.
func Observe(h *session.Hub) {
	h.OnSlow = func(s *session.Session, _ *command.Spec, args [][]byte, nanos int64) {
		h.Slow.Add(observe.SlowEntry{Unix: h.Clock().Unix(), Micros: nanos / 1000, Addr: s.Peer.Addr, Name: s.Name()}, args, s.Values().SlowlogMaxLen)
	}
}

func slowlogGet(c *command.Call) {
	count := int64(10)
	switch {
	case len(c.Args) > 3:
		c.BadSubcommand()
		return
	case len(c.Args) == 3:
		n, ok := resp.ParseInt(c.Args[2])
		if !ok || n < -1 {
			c.Reply.Error("ERR count should be greater than or equal to -1")
			return
		}
		count = n
	}
	entries := session.From(c).Hub.Slow.Last(count)
	c.Reply.Array(len(entries))
	for _, e := range entries {
		c.Reply.Array(6)
		c.Reply.Int(e.ID)
		c.Reply.Int(e.Unix)
		c.Reply.Int(e.Micros)
		words(c, e.Args...)
		c.Reply.BulkString(e.Addr)
		c.Reply.BulkString(e.Name)
	}
}

func slowlogLen(c *command.Call) { c.Reply.Int(int64(session.From(c).Hub.Slow.Len())) }

func slowlogReset(c *command.Call) {
	session.From(c).Hub.Slow.Reset()
	c.Reply.OK()
}

func slowlogHelp(c *command.Call) {
	c.Help("SLOWLOG", []string{
		"GET [<count>]", "    Return the last <count> slow commands (default: 10, -1 means all): number, unix time, microseconds, arguments,",
		"    address and name of the client.",
		"LEN", "    Return the number of entries.",
		"RESET", "    Empty the slow log.",
	})
}

func monitor(c *command.Call) {
	if c.NoBlock {
		c.Reply.Error("ERR MONITOR isn't allowed for DENY BLOCKING client")
		return
	}
	session.From(c).SetMonitoring(true)
	c.Reply.OK()
}
