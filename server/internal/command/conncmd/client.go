package conncmd

import (
	"redline/server/internal/command"
	"redline/server/internal/session"
)

func id(c *command.Call) { c.Reply.Int(session.From(c).ID) }

func info(c *command.Call) {
	s := session.From(c)
	c.Reply.Verbatim("txt", append(s.AppendInfo(nil, s), '\n'))
}

func getName(c *command.Call) {
	if name := session.From(c).Name(); name != "" {
		c.Reply.BulkString(name)
		return
	}
	c.Reply.Null()
}

func setName(c *command.Call) {
	if !session.From(c).SetName(c.Args[2]) {
		c.Reply.Error(errBadName)
		return
	}
	c.Reply.OK()
}

func list(c *command.Call) {
	me := session.From(c)
	var text []byte
	add := func(s *session.Session) { text = append(s.AppendInfo(text, me), '\n') }
	switch {
	case len(c.Args) == 4 && command.Is(c.Args[2], "type"):
		t, ok := session.ClientTypeByName(c.Args[3])
		if !ok {
			c.Reply.Error("ERR Unknown client type '" + string(c.Args[3]) + "'")
			return
		}
		for _, s := range me.Hub.Clients.All() {
			if s.Type() == t {
				add(s)
			}
		}
	case len(c.Args) > 3 && command.Is(c.Args[2], "id"):
		for i := 3; i < len(c.Args); i++ {
			n, ok := c.Int(i, "ERR Invalid client ID")
			if !ok {
				return
			}
			if s := me.Hub.Clients.Get(n); s != nil {
				add(s)
			}
		}
	case len(c.Args) == 2:
		for _, s := range me.Hub.Clients.All() {
			add(s)
		}
	default:
		c.Reply.Error(command.ErrSyntax)
		return
	}
	c.Reply.Verbatim("txt", text)
}

func replyMode(c *command.Call) {
	s := session.From(c)
	switch word(c, 2, "on", "off", "skip") {
	case 0:
		s.Reply = session.ReplyOn
		c.Reply.OK()
	case 1:
		s.Reply = session.ReplyOff
	case 2:
		if s.Reply != session.ReplyOff {
			s.Reply = session.SkipNext
		}
	}
}

func noEvict(c *command.Call) {
	if n := word(c, 2, "on", "off"); n >= 0 {
		session.From(c).SetNoEvict(n == 0)
		c.Reply.OK()
	}
}

func noTouch(c *command.Call) {
	if n := word(c, 2, "on", "off"); n >= 0 {
		session.From(c).SetNoTouch(n == 0)
		c.Reply.OK()
	}
}

func pause(c *command.Call) {
	writes := false
	switch {
	case len(c.Args) > 4:
		c.BadSubcommand()
		return
	case len(c.Args) == 4 && command.Is(c.Args[3], "write"):
		writes = true
	case len(c.Args) == 4 && !command.Is(c.Args[3], "all"):
		c.Reply.Error("ERR CLIENT PAUSE mode must be WRITE or ALL")
		return
	}
	ms, ok := c.Int(2, "ERR timeout is not an integer or out of range")
	if !ok {
		return
	}
	if ms < 0 {
		c.Reply.Error("ERR timeout is negative")
		return
	}
	h := session.From(c).Hub
	h.Pause(h.PauseEnd(ms), writes)
	c.Reply.OK()
}

func unpause(c *command.Call) {
	session.From(c).Hub.Unpause()
	c.Reply.OK()
}

func unblock(c *command.Call) {
	text := ""
	switch {
	case len(c.Args) > 4:
		c.BadSubcommand()
		return
	case len(c.Args) == 4 && command.Is(c.Args[3], "error"):
		text = "UNBLOCKED client unblocked via CLIENT UNBLOCK"
	case len(c.Args) == 4 && !command.Is(c.Args[3], "timeout"):
		c.Reply.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
		return
	}
	n, ok := c.Int(2, "")
	if !ok {
		return
	}
	s := session.From(c).Hub.Clients.Get(n)
	if s != nil && s.Unblock(text, c.NoBlock) {
		c.Reply.Int(1)
		return
	}
	c.Reply.Int(0)
}

func help(c *command.Call) {
	c.Help("CLIENT", []string{
		"CACHING (YES|NO)", "    Tell whether to track the keys of the next command, in OPTIN and OPTOUT mode.",
		"GETREDIR", "    Return the client that gets this connection's invalidation messages, -1 without.",
		"GETNAME", "    Return the name of this connection.",
		"ID", "    Return the number of this connection.",
		"INFO", "    Describe this connection.",
		"KILL <ip:port>", "    Close the connection made from an address.",
		"KILL <option> <value> [<option> <value> [...]]", "    Close all connections for which every option holds: ADDR and LADDR (<ip:port>|<unixsocket>:0), " +
			"ID <client-id>, TYPE (NORMAL|MASTER|REPLICA|PUBSUB), USER <username>; SKIPME (YES|NO) tells whether to spare this one, which is the default.",
		"LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <client-id> ...]", "    Describe connections.",
		"NO-EVICT (ON|OFF)", "    Spare this connection when memory is short.",
		"NO-TOUCH (ON|OFF)", "    Have this connection's commands not count as accesses to keys.",
		"PAUSE <timeout> [WRITE|ALL]", "    Hold all commands, or those that may write, back for so many milliseconds.",
		"REPLY (ON|OFF|SKIP)", "    Tell whether to reply to this connection's commands.",
		"SETNAME <name>", "    Name this connection.",
		"TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]", "    Control client-side caching.",
		"TRACKINGINFO", "    Describe the state of client-side caching.",
		"UNBLOCK <client-id> [TIMEOUT|ERROR]", "    End a client's waiting in a blocking command.",
		"UNPAUSE", "    End CLIENT PAUSE.",
	})
}
