package admincmd

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/session"
)

const errDebugOff = "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, " +
	"otherwise you need to set this option in the configuration file, and then restart the server."

// debugCommand is one subcommand of DEBUG. In Redis DEBUG is no container, so these are no Specs.
type debugCommand struct {
	min, max int // arguments, DEBUG and the name included; max 0: any number
	run      func(c *command.Call)
	help     []string
}

var debugCommands = map[string]debugCommand{
	"change-repl-id": {2, 2, debugChangeReplID, []string{"CHANGE-REPL-ID", "    Give the server a new replication ID."}},
	"digest":         {2, 2, debugDigest, []string{"DIGEST", "    Return a hash of all keys and values."}},
	"digest-value":   {2, 0, debugDigestValue, []string{"DIGEST-VALUE <key> [<key> ...]", "    Return hashes of keys' values."}},
	"error":          {3, 3, debugError, []string{"ERROR <string>", "    Answer with an error: for tests of clients."}},
	"htstats":        {3, 3, debugTableStats, []string{"HTSTATS <dbid>", "    Describe the index of a database."}},
	"listpack":       {3, 3, debugListpack, []string{"LISTPACK <key>", "    Describe the listpack of a key."}},
	"loadaof":        {2, 2, debugLoadLog, []string{"LOADAOF", "    Throw all data away and load it again from the append-only log."}},
	"log":            {3, 3, debugLog, []string{"LOG <message>", "    Write a message into the server's log."}},
	"object":         {3, 3, debugObject, []string{"OBJECT <key>", "    Describe how a key's value is kept."}},
	"pause-cron":     {3, 3, debugPauseCron, []string{"PAUSE-CRON <0|1>", "    Stop background work on keys, or go on with it."}},
	"populate":       {3, 5, debugPopulate, []string{"POPULATE <count> [<prefix>] [<size>]", "    Make <count> string keys <prefix>:<n> of <size> bytes."}},
	"protocol": {3, 3, debugProtocol, []string{"PROTOCOL <type>",
		"    Answer with an example of a type: string, integer, double, bignum, null, array, set, map, attrib, push, verbatim, true, false."}},
	"quicklist-packed-threshold": {3, 3, debugPackedThreshold, []string{"QUICKLIST-PACKED-THRESHOLD <size>",
		"    Accepted for Redis' tests: elements of any size are kept alike here."}},
	"reload": {2, 5, debugReload, []string{"RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
		"    Save the data and load it again: without saving, without emptying the databases first, with the file's keys taking",
		"    the place of others."}},
	"replicate":         {3, 0, debugReplicate, []string{"REPLICATE <replica|aof> <command> [...]", "    Send a command to replicas or the append-only file; there are none."}},
	"replybuffer":       {4, 4, debugReplyBuffer, []string{"REPLYBUFFER <option> <value>", "    Accepted for Redis' tests: reply buffers come from a pool here."}},
	"set-active-expire": {3, 3, debugActiveExpire, []string{"SET-ACTIVE-EXPIRE <0|1>", "    Tell whether to remove expired keys before they are looked at."}},
	"set-skip-checksum-validation": {3, 3, debugSkipChecksum, []string{"SET-SKIP-CHECKSUM-VALIDATION <0|1>",
		"    Tell whether to load payloads whose checksum is wrong."}},
	"sleep":           {3, 3, debugSleep, []string{"SLEEP <seconds>", "    Hold up all commands on keys for a while."}},
	"stringmatch-len": {4, 4, debugMatch, []string{"STRINGMATCH-LEN <len> <pattern>", "    Match <len> letters a against a pattern."}},
	"structsize":      {2, 2, debugStructSize, []string{"STRUCTSIZE", "    Return sizes of the server's own structures."}},
}

func debugCall(c *command.Call) {
	s := session.From(c)
	if !s.Values().DebugCommand.Allows(s.Local()) {
		c.Reply.Error(errDebugOff)
		return
	}
	name := strings.ToLower(string(c.Args[1]))
	if name == "help" && len(c.Args) == 2 {
		debugHelp(c)
		return
	}
	d, ok := debugCommands[name]
	if !ok || len(c.Args) < d.min || d.max > 0 && len(c.Args) > d.max {
		c.BadSubcommand()
		return
	}
	d.run(c)
}

// flag reads a last argument of 0 or 1.
func flag(c *command.Call) (on, ok bool) {
	n, ok := c.Int(2, "")
	return n != 0, ok
}

func debugActiveExpire(c *command.Call) {
	if on, ok := flag(c); ok {
		session.From(c).Hub.ExpireOff.Store(!on)
		c.Reply.OK()
	}
}

func debugPauseCron(c *command.Call) {
	if on, ok := flag(c); ok {
		session.From(c).Hub.ExpireOff.Store(on)
		c.Reply.OK()
	}
}

func debugSkipChecksum(c *command.Call) {
	if on, ok := flag(c); ok {
		session.From(c).Hub.SkipChecksum.Store(on)
		c.Reply.OK()
	}
}

// debugSleep holds up whoever wants a key: all shards are locked during DEBUG.
func debugSleep(c *command.Call) {
	seconds, err := strconv.ParseFloat(string(c.Args[2]), 64)
	if err == nil && seconds > 0 {
		time.Sleep(time.Duration(seconds * float64(time.Second)))
	}
	c.Reply.OK()
}

func debugError(c *command.Call) {
	c.Reply.Error(strings.NewReplacer("\r", " ", "\n", " ").Replace(string(c.Args[2])))
}

func debugLog(c *command.Call) {
	session.From(c).Hub.Log.Warn("DEBUG LOG: " + string(c.Args[2]))
	c.Reply.OK()
}

func debugChangeReplID(c *command.Call) {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // never fails
	id := hex.EncodeToString(b)
	session.From(c).Hub.ReplID.Store(&id)
	c.Reply.OK()
}

func debugReplicate(c *command.Call) { c.Reply.OK() }

func debugPackedThreshold(c *command.Call) {
	n, ok := config.ParseMemory(string(c.Args[2]))
	if !ok || n >= 1<<32 {
		c.Reply.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
		return
	}
	c.Reply.OK()
}

func debugReplyBuffer(c *command.Call) {
	value := string(c.Args[3])
	switch {
	case command.Is(c.Args[2], "peak-reset-time"):
		if !strings.EqualFold(value, "never") && !strings.EqualFold(value, "reset") {
			if _, ok := c.Int(3, ""); !ok {
				return
			}
		}
	case command.Is(c.Args[2], "resizing"):
		if _, ok := c.Int(3, ""); !ok {
			return
		}
	default:
		c.BadSubcommand()
		return
	}
	c.Reply.OK()
}

func debugStructSize(c *command.Call) {
	c.Reply.SimpleString("bits:" + strconv.Itoa(strconv.IntSize) + " key-header:7 key-header-with-deadline:13 index-entry:5")
}

const errProtocolType = "ERR Wrong protocol type name. Please use one of the following: " +
	"string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"

func debugProtocol(c *command.Call) {
	w := c.Reply
	three := func() {
		for j := range int64(3) {
			w.Int(j)
		}
	}
	switch strings.ToLower(string(c.Args[2])) {
	case "string":
		w.BulkString("Hello World")
	case "integer":
		w.Int(12345)
	case "double":
		w.Double(3.141)
	case "bignum":
		w.BigNumber("1234567999999999999999999999999999999")
	case "null":
		w.Null()
	case "array":
		w.Array(3)
		three()
	case "set":
		w.Set(3)
		three()
	case "map":
		w.Map(3)
		for j := range int64(3) {
			w.Int(j)
			w.Bool(j == 1)
		}
	case "attrib":
		debugAttribute(w)
	case "push":
		if w.Proto < 3 {
			w.Error("ERR RESP2 is not supported by this command")
			return
		}
		w.Push(2)
		w.BulkString("server-cpu-usage")
		w.Int(42)
		w.BulkString("Some real reply following the push reply")
	case "true":
		w.Bool(true)
	case "false":
		w.Bool(false)
	case "verbatim":
		w.Verbatim("txt", []byte("This is a verbatim\nstring"))
	default:
		w.Error(errProtocolType)
	}
}

func debugAttribute(w *resp.Writer) {
	if w.Proto >= 3 {
		w.Attribute(1)
		w.BulkString("key-popularity")
		w.Array(2)
		w.BulkString("key:123")
		w.Int(90)
	}
	w.BulkString("Some real reply following the attribute")
}
