package streamcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/object/stream"
)

const errNoKey = "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."

// groupArgs are the options of XGROUP CREATE and SETID.
type groupArgs struct {
	makeStream  bool
	entriesRead int64
}

// parse reads the options from argument 5 on.
func (a *groupArgs) parse(c *command.Call, create bool) (ok bool) {
	a.entriesRead = stream.Unknown
	for i := 5; i < len(c.Args); i++ {
		switch arg := c.Args[i]; {
		case create && command.Is(arg, "mkstream"):
			a.makeStream = true
		case i+1 < len(c.Args) && command.Is(arg, "entriesread"):
			i++
			if a.entriesRead, ok = c.IntArg(i); !ok {
				return false
			}
			if a.entriesRead < 0 && a.entriesRead != stream.Unknown {
				c.Reply.Error("ERR value for ENTRIESREAD must be positive or -1")
				return false
			}
		default:
			c.BadSubcommand()
			return false
		}
	}
	return true
}

// openFor returns the stream at argument 2, which must exist, and its group named by argument 3. If there is none, ok is
// false and the error is written; without need the group may be missing.
func openFor(c *command.Call, need bool) (v view, g *stream.Group, ok bool) {
	if v, ok = open(c, 2); !ok {
		return v, nil, false
	}
	if v.s == nil {
		c.Reply.Error(errNoKey)
		return v, nil, false
	}
	if g = v.s.Group(c.Args[3]); g == nil && need {
		noGroup(c)
		return v, nil, false
	}
	return v, g, true
}

func noGroup(c *command.Call) {
	c.Reply.Error("NOGROUP No such consumer group '" + cString(c.Args[3]) + "' for key name '" + cString(c.Args[2]) + "'")
}

func groupCreate(c *command.Call) {
	var a groupArgs
	if !a.parse(c, true) {
		return
	}
	v, ok := open(c, 2)
	if !ok {
		return
	}
	if v.s == nil && !a.makeStream {
		c.Reply.Error(errNoKey)
		return
	}
	if len(c.Args) > 8 {
		c.BadSubcommand()
		return
	}
	isNew := v.s == nil
	if isNew {
		v.s = stream.New()
	}
	last := v.s.LastID()
	if string(c.Args[4]) != "$" {
		if last, ok = strictID(c, 4); !ok {
			return
		}
	}
	if v.s.AddGroup(c.Args[3], last, a.entriesRead) == nil {
		c.Reply.Error("BUSYGROUP Consumer Group name already exists")
		return
	}
	if isNew {
		create(c, 2, v.s)
	} else {
		v.refresh()
	}
	c.Reply.OK()
	c.Dirty++
	c.Notify(command.EventStream, "xgroup-create", c.Args[2])
}

func groupSetID(c *command.Call) {
	var a groupArgs
	if !a.parse(c, false) {
		return
	}
	v, g, ok := openFor(c, true)
	if !ok {
		return
	}
	if n := len(c.Args); n != 5 && n != 7 {
		c.BadSubcommand()
		return
	}
	last := v.s.LastID()
	if string(c.Args[4]) != "$" {
		if last, ok = parseID(c.Args[4], 0); !ok {
			c.Reply.Error(errBadID)
			return
		}
	}
	g.LastID, g.EntriesRead = last, a.entriesRead
	c.Reply.OK()
	c.Dirty++
	c.Notify(command.EventStream, "xgroup-setid", c.Args[2])
}

func groupDestroy(c *command.Call) {
	v, g, ok := openFor(c, false)
	if !ok {
		return
	}
	if g == nil {
		c.Reply.Int(0)
		return
	}
	v.s.RemoveGroup(c.Args[3])
	v.wake() // who waits as its consumer is to know
	c.Reply.Int(1)
	c.Dirty++
	c.Notify(command.EventStream, "xgroup-destroy", c.Args[2])
}

func groupCreateConsumer(c *command.Call) {
	v, g, ok := openFor(c, true)
	if !ok {
		return
	}
	if addMember(c, c.Args[2], g, c.Args[4]) == nil {
		c.Reply.Int(0)
		return
	}
	v.refresh()
	c.Reply.Int(1)
}

func groupDelConsumer(c *command.Call) {
	v, g, ok := openFor(c, true)
	if !ok {
		return
	}
	m := g.Consumer(c.Args[4])
	if m == nil {
		c.Reply.Int(0)
		return
	}
	c.Reply.Int(int64(g.RemoveConsumer(m)))
	v.refresh()
	c.Dirty++
	c.Notify(command.EventStream, "xgroup-delconsumer", c.Args[2])
}

func groupHelp(c *command.Call) {
	c.Help("XGROUP", []string{
		"CREATE <key> <groupname> <id|$> [option]",
		"    Create a new consumer group. Options are:",
		"    * MKSTREAM",
		"      Create the empty stream if it does not exist.",
		"    * ENTRIESREAD entries_read",
		"      Set the group's entries_read counter (internal use).",
		"CREATECONSUMER <key> <groupname> <consumer>",
		"    Create a new consumer in the specified group.",
		"DELCONSUMER <key> <groupname> <consumer>",
		"    Remove the specified consumer.",
		"DESTROY <key> <groupname>",
		"    Remove the specified group.",
		"SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
		"    Set the current group ID and entries_read counter.",
	})
}
