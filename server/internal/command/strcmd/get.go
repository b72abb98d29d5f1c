// Package strcmd holds the commands on strings.
package strcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

// Commands lists the family.
var Commands = []command.Spec{
	{
		Name: "get", Group: "string", Since: "1.0.0", Complexity: "O(1)", Arity: 2,
		Summary: "Returns the string value of a key.", Syntax: "key",
		Flags: command.Readonly | command.Fast, Cats: command.CatString,
		Keys:    []command.KeySpec{{Flags: command.KeyRO | command.KeyAccess, Begin: 1, Step: 1}},
		Handler: get,
	},
	{
		Name: "set", Group: "string", Since: "1.0.0", Complexity: "O(1)", Arity: -3,
		Summary: "Sets the string value of a key, whatever it held, and optionally its expiration.",
		Syntax:  "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
		Flags:   command.Write | command.DenyOOM, Cats: command.CatString,
		Keys: []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess | command.KeyUpdate | command.KeyVariableFlags,
			Notes: "RW and ACCESS due to the optional `GET` argument", Begin: 1, Step: 1}},
		Handler: set,
	},
}

func get(c *command.Call) {
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	reply(c, it)
}

// reply answers with a string value, or null for an absent key.
func reply(c *command.Call, it keyspace.Item) {
	switch {
	case !it.OK():
		c.Reply.Null()
	case it.Encoding() == keyspace.Int:
		c.Reply.BulkInt(it.Int())
	default:
		c.Reply.Bulk(it.Value())
	}
}
