package admincmd

import (
	"strconv"

	"redline/server/internal/command"
	"redline/server/internal/session"
)

func serverTime(c *command.Call) {
	now := session.From(c).Hub.Clock()
	words(c, strconv.FormatInt(now.Unix(), 10), strconv.Itoa(now.Nanosecond()/1000))
}

// lolwut answers with a small picture; arguments for other pictures are accepted.
func lolwut(c *command.Call) {
	if len(c.Args) > 2 && command.Is(c.Args[1], "version") {
		if _, ok := c.Int(2, ""); !ok {
			return
		}
	}
	const picture = `
          .            |           .
   .         \         |         /         .
      '.       \    .-----.    /       .'
         '.      .'    |    '.      .'
     ------------|     o-----|------------
         .'      '.         .'      '.
      .'            '-----'            '.
   ~~~~~~~~~~~~~~~~~ redline ~~~~~~~~~~~~~~~~~

`
	c.Reply.Verbatim("txt", []byte(picture+"Redline, speaking as Redis ver. "+command.RedisVersion+"\n"))
}

func shutdown(c *command.Call) {
	var o session.ShutdownOptions
	for _, a := range c.Args[1:] {
		switch {
		case command.Is(a, "nosave"):
			o.NoSave = true
		case command.Is(a, "save"):
			o.Save = true
		case command.Is(a, "now"):
			o.Now = true
		case command.Is(a, "force"):
			o.Force = true
		case command.Is(a, "abort"):
			o.Abort = true
		default:
			c.Reply.Error(command.ErrSyntax)
			return
		}
	}
	others := o.Save || o.NoSave || o.Now || o.Force
	if o.Abort && others || o.Save && o.NoSave {
		c.Reply.Error(command.ErrSyntax)
		return
	}
	if o.Abort { // a shutdown here does not wait for anything that could be aborted
		c.Reply.Error("ERR No shutdown in progress.")
		return
	}
	s := session.From(c)
	if s.Hub.Shutdown == nil {
		c.Reply.Error("ERR this server cannot be ended by a client")
		return
	}
	s.Hub.Log.Info("a client ends the server", "client", s.Describe())
	if err := s.Hub.Shutdown(o); err != nil {
		s.Hub.Log.Warn("SHUTDOWN failed", "err", err)
		c.Reply.Error("ERR Errors trying to SHUTDOWN. Check logs.")
		return
	}
	s.CloseAfterReply() // no reply: the client sees the connection end
}

func role(c *command.Call) {
	c.Reply.Array(3)
	c.Reply.BulkString("master")
	c.Reply.Int(0)
	c.Reply.Array(0)
}

func whoami(c *command.Call) { c.Reply.BulkString(session.From(c).User) }
