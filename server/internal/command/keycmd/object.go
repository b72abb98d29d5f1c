package keycmd

import (
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

var objectKey = []command.KeySpec{{Flags: command.KeyRO, Begin: 2, Step: 1}}

var objectCommands = []command.Spec{
	{Group: group, Cats: cats, Name: "encoding", Since: "2.2.3", Complexity: "O(1)", Arity: 3, Flags: read, Keys: objectKey,
		Tips: random, Handler: objectEncoding, Summary: "Tells how a value is laid out in memory.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "freq", Since: "4.0.0", Complexity: "O(1)", Arity: 3, Flags: read, Keys: objectKey,
		Tips: random, Handler: objectFreq, Summary: "Returns the logarithmic access counter of a key.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "idletime", Since: "2.2.3", Complexity: "O(1)", Arity: 3, Flags: read, Keys: objectKey,
		Tips: random, Handler: objectIdle, Summary: "Returns the seconds since the last access to a key.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "refcount", Since: "2.2.3", Complexity: "O(1)", Arity: 3, Flags: read, Keys: objectKey,
		Tips: random, Handler: objectRefcount, Summary: "Returns how often a value is referred to.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "help", Since: "6.2.0", Complexity: "O(1)", Arity: 2, Flags: command.Loading | command.Stale,
		Handler: objectHelp, Summary: "Shows help on the command."},
}

// peekObject finds the key of an OBJECT command without counting as an access.
func peekObject(c *command.Call) keyspace.Item {
	k := c.Key(2)
	it := c.DBOf(k).Peek(k)
	if !it.OK() {
		c.Reply.Null()
	}
	return it
}

func objectEncoding(c *command.Call) {
	if it := peekObject(c); it.OK() {
		c.Reply.BulkString(it.EncodingName())
	}
}

func objectFreq(c *command.Call) {
	it := peekObject(c)
	if !it.OK() {
		return
	}
	if !c.Conf.LFU {
		c.Reply.Error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
		return
	}
	c.Reply.Int(int64(it.Frequency()))
}

func objectIdle(c *command.Call) {
	it := peekObject(c)
	if !it.OK() {
		return
	}
	if c.Conf.LFU {
		c.Reply.Error("ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
		return
	}
	c.Reply.Int(it.IdleSeconds())
}

// Redis shares one object for each integer below sharedIntegers and gives those the count sharedRefcount.
const (
	sharedIntegers = 10000
	sharedRefcount = 2147483647
)

func objectRefcount(c *command.Call) {
	it := peekObject(c)
	switch {
	case !it.OK():
	case it.Encoding() == keyspace.Int && it.Int() >= 0 && it.Int() < sharedIntegers:
		c.Reply.Int(sharedRefcount)
	default:
		c.Reply.Int(1)
	}
}

func objectHelp(c *command.Call) {
	c.Help("OBJECT", []string{
		"ENCODING <key>",
		"    Return the kind of internal representation used in order to store the value",
		"    associated with a <key>.",
		"FREQ <key>",
		"    Return the access frequency index of the <key>. The returned integer is",
		"    proportional to the logarithm of the recent access frequency of the key.",
		"IDLETIME <key>",
		"    Return the idle time of the <key>, that is the approximated number of",
		"    seconds elapsed since the last access to the key.",
		"REFCOUNT <key>",
		"    Return the number of references of the value associated with the specified",
		"    <key>.",
	})
}
