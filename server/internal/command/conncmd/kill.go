package conncmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/session"
)

// filter chooses connections; what is not set chooses all.
type filter struct {
	addr, laddr *string
	typ         *session.ClientType
	id          int64
	skip        *session.Session
}

func (f *filter) matches(s *session.Session) bool {
	return (f.addr == nil || s.Peer.Addr == *f.addr) && (f.laddr == nil || s.Peer.LocalAddr == *f.laddr) &&
		(f.typ == nil || s.Type() == *f.typ) && (f.id == 0 || s.ID == f.id) && s != f.skip
}

func kill(c *command.Call) {
	me := session.From(c)
	f := filter{skip: me}
	short := len(c.Args) == 3
	if short {
		addr := string(c.Args[2])
		f = filter{addr: &addr}
	} else if !f.parse(c) {
		return
	}
	killed := int64(0)
	for _, s := range me.Hub.Clients.All() {
		if !f.matches(s) {
			continue
		}
		killed++
		if s == me {
			me.CloseAfterReply()
		} else {
			s.Kill()
		}
	}
	switch {
	case !short:
		c.Reply.Int(killed)
	case killed == 0:
		c.Reply.Error("ERR No such client")
	default:
		c.Reply.OK()
	}
}

// parse reads the options. It answers with an error and returns false if one is wrong.
func (f *filter) parse(c *command.Call) bool {
	for i := 2; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) {
			c.Reply.Error(command.ErrSyntax)
			return false
		}
		value := string(c.Args[i+1])
		switch opt := c.Args[i]; {
		case command.Is(opt, "id"):
			n, ok := resp.ParseInt(c.Args[i+1])
			if !ok || n < 1 {
				c.Reply.Error("ERR client-id should be greater than 0")
				return false
			}
			f.id = n
		case command.Is(opt, "type"):
			t, ok := session.ClientTypeByName(c.Args[i+1])
			if !ok {
				c.Reply.Error("ERR Unknown client type '" + value + "'")
				return false
			}
			f.typ = &t
		case command.Is(opt, "addr"):
			f.addr = &value
		case command.Is(opt, "laddr"):
			f.laddr = &value
		case command.Is(opt, "user"):
			if value != "default" { // the only user, and everyone's
				c.Reply.Error("ERR No such user '" + value + "'")
				return false
			}
		case command.Is(opt, "skipme"):
			switch word(c, i+1, "yes", "no") {
			case 0:
				f.skip = session.From(c)
			case 1:
				f.skip = nil
			default:
				return false
			}
		default:
			c.Reply.Error(command.ErrSyntax)
			return false
		}
	}
	return true
}
