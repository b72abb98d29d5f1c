package conncmd

import (
	"crypto/subtle"

	"redline/server/internal/command"
	"redline/server/internal/session"
)

const (
	errWrongPass  = "WRONGPASS invalid username-password pair or user is disabled."
	errNoPassword = "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"
	errBadName    = "ERR Client names cannot contain spaces, newlines or special characters."
	errHelloAuth  = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to " +
		"authenticate the client and select the RESP protocol version at the same time"
)

func ping(c *command.Call) {
	if len(c.Args) > 2 {
		c.WrongArity()
		return
	}
	s := session.From(c)
	if s.Subscriptions() > 0 && s.Proto() == 2 { // only such a form cannot be taken for a message
		c.Reply.Array(2)
		c.Reply.BulkString("pong")
		if len(c.Args) == 1 {
			c.Reply.BulkString("")
			return
		}
	} else if len(c.Args) == 1 {
		c.Reply.SimpleString("PONG")
		return
	}
	c.Reply.Bulk(c.Args[1])
}

func echo(c *command.Call) { c.Reply.Bulk(c.Args[1]) }

func hello(c *command.Call) {
	s := session.From(c)
	version := int64(0)
	if len(c.Args) > 1 {
		var ok bool
		if version, ok = c.Int(1, "ERR Protocol version is not an integer or out of range"); !ok {
			return
		}
		if version != 2 && version != 3 {
			c.Reply.Error("NOPROTO unsupported protocol version")
			return
		}
		if !helloOptions(c, s) {
			return
		}
	}
	if !s.Trusted() {
		c.Reply.Error(errHelloAuth)
		return
	}
	if version != 0 {
		s.SetProto(int(version))
	}
	w := c.Reply
	w.Map(7)
	for _, p := range [][2]string{{"server", "redis"}, {"version", command.RedisVersion}} {
		w.BulkString(p[0])
		w.BulkString(p[1])
	}
	w.BulkString("proto")
	w.Int(int64(s.Proto()))
	w.BulkString("id")
	w.Int(s.ID)
	for _, p := range [][2]string{{"mode", "standalone"}, {"role", "master"}} {
		w.BulkString(p[0])
		w.BulkString(p[1])
	}
	w.BulkString("modules")
	w.Array(0)
}

// helloOptions carries out the options one by one, as Redis does: those before a wrong one have taken effect.
func helloOptions(c *command.Call, s *session.Session) bool {
	for i := 2; i < len(c.Args); i++ {
		more := len(c.Args) - 1 - i
		switch opt := c.Args[i]; {
		case command.Is(opt, "auth") && more >= 2:
			if !login(s, c.Args[i+1], c.Args[i+2]) {
				c.Reply.Error(errWrongPass)
				return false
			}
			i += 2
		case command.Is(opt, "setname") && more >= 1:
			if !s.SetName(c.Args[i+1]) {
				c.Reply.Error(errBadName)
				return false
			}
			i++
		default:
			c.Reply.Error("ERR Syntax error in HELLO option '" + string(opt) + "'")
			return false
		}
	}
	return true
}

func auth(c *command.Call) {
	if len(c.Args) > 3 {
		c.Reply.Error(command.ErrSyntax)
		return
	}
	s := session.From(c)
	user, pass := []byte("default"), c.Args[len(c.Args)-1]
	if len(c.Args) == 3 {
		user = c.Args[1]
	} else if s.Values().RequirePass == "" {
		c.Reply.Error(errNoPassword)
		return
	}
	if !login(s, user, pass) {
		c.Reply.Error(errWrongPass)
		return
	}
	c.Reply.OK()
}

// login checks a password and authenticates the client. There is one user, default; without requirepass any password
// will do.
func login(s *session.Session, user, pass []byte) bool {
	want := s.Values().RequirePass
	if string(user) != "default" || want != "" && subtle.ConstantTimeCompare(pass, []byte(want)) != 1 {
		s.Hub.Stats.ACLAuthFailed.Add(1)
		return false
	}
	s.Authenticate("default")
	return true
}

func selectDB(c *command.Call) {
	n, ok := c.Int(1, "")
	switch {
	case !ok:
	case n != int64(int32(n)):
		c.Reply.Error("ERR value is out of range, value must between -2147483648 and 2147483647")
	case n < 0 || n >= int64(c.Space().Databases()):
		c.Reply.Error(command.ErrDBRange)
	default:
		session.From(c).Select(int(n))
		c.Reply.OK()
	}
}

func quit(c *command.Call) {
	c.Reply.OK()
	session.From(c).CloseAfterReply()
}

func reset(c *command.Call) {
	session.From(c).Reset()
	c.Reply.SimpleString("RESET")
}

// word answers whether an argument is one of several words; if not it answers with the syntax error and returns -1.
func word(c *command.Call, i int, words ...string) int {
	for n, w := range words {
		if command.Is(c.Args[i], w) {
			return n
		}
	}
	c.Reply.Error(command.ErrSyntax)
	return -1
}
