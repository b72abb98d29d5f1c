package scriptcmd

import "redline/server/internal/command"

func unsupported(c *command.Call) { c.Reply.Error(Unsupported) }

// kill is SCRIPT KILL and FUNCTION KILL.
func kill(c *command.Call) { c.Reply.Error("NOTBUSY No scripts in execution right now.") }

func flushMode(arg []byte) bool { return command.Is(arg, "async") || command.Is(arg, "sync") }

func scriptFlush(c *command.Call) {
	if len(c.Args) > 3 || len(c.Args) == 3 && !flushMode(c.Args[2]) {
		c.Reply.Error("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
		return
	}
	c.Reply.OK()
}

func scriptExists(c *command.Call) {
	c.Reply.Array(len(c.Args) - 2)
	for range c.Args[2:] {
		c.Reply.Int(0)
	}
}

func functionDelete(c *command.Call) { c.Reply.Error("ERR Library not found") }

func functionFlush(c *command.Call) {
	switch {
	case len(c.Args) > 3:
		c.Reply.Error("ERR unknown subcommand or wrong number of arguments for '" + string(c.Args[1]) + "'. Try FUNCTION HELP.")
	case len(c.Args) == 3 && !flushMode(c.Args[2]):
		c.Reply.Error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
	default:
		c.Reply.OK()
	}
}

func functionList(c *command.Call) {
	code, name := false, false
	for i := 2; i < len(c.Args); i++ {
		switch a := c.Args[i]; {
		case !code && command.Is(a, "withcode"):
			code = true
		case !name && command.Is(a, "libraryname"):
			if i == len(c.Args)-1 {
				c.Reply.Error("ERR library name argument was not given")
				return
			}
			name = true
			i++
		default:
			c.Reply.Error("ERR Unknown argument " + string(a))
			return
		}
	}
	c.Reply.Array(0)
}

func functionStats(c *command.Call) {
	c.Reply.Map(2)
	c.Reply.BulkString("running_script")
	c.Reply.Null()
	c.Reply.BulkString("engines")
	c.Reply.Map(1)
	c.Reply.BulkString("LUA")
	c.Reply.Map(2)
	c.Reply.BulkString("libraries_count")
	c.Reply.Int(0)
	c.Reply.BulkString("functions_count")
	c.Reply.Int(0)
}

func scriptHelp(c *command.Call) {
	c.Help("SCRIPT", []string{
		"EXISTS <sha1> [<sha1> ...]",
		"    Say which scripts the server knows: none, as this version runs no scripts.",
		"FLUSH [ASYNC|SYNC]",
		"    Forget all scripts.",
		"KILL",
		"    End the script that is running.",
	})
}

func functionHelp(c *command.Call) {
	c.Help("FUNCTION", []string{
		"DELETE <library-name>",
		"    Delete a library.",
		"FLUSH [ASYNC|SYNC]",
		"    Delete all libraries: there are none, as this version runs no functions.",
		"KILL",
		"    End the function that is running.",
		"LIST [LIBRARYNAME <pattern>] [WITHCODE]",
		"    List the libraries.",
		"STATS",
		"    Tell what is running and how many functions there are.",
	})
}
