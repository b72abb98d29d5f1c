// Package keycmd holds the commands on keys of any type: exist.go asks and deletes, expire.go gives deadlines, rename.go
// moves values, scan.go walks the keyspace, object.go looks inside.
package keycmd

import "redline/server/internal/command"

const (
	group = "generic"
	cats  = command.CatKeyspace
	read  = command.Readonly
	write = command.Write
	fast  = command.Fast
)

func key(flags command.KeyFlag) []command.KeySpec {
	return []command.KeySpec{{Flags: flags, Begin: 1, Step: 1}}
}

func keys(flags command.KeyFlag) []command.KeySpec {
	return []command.KeySpec{{Flags: flags, Begin: 1, LastKey: -1, Step: 1}}
}

func twoKeys(from, to command.KeyFlag) []command.KeySpec {
	return []command.KeySpec{{Flags: from, Begin: 1, Step: 1}, {Flags: to, Begin: 2, Step: 1}}
}

var (
	perShard      = []string{"request_policy:multi_shard", "response_policy:agg_sum"}
	random        = []string{"nondeterministic_output"}
	randomOrder   = []string{"request_policy:all_shards", "nondeterministic_output_order"}
	conditionArgs = " [NX | XX | GT | LT]"
)

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "del", Since: "1.0.0", Complexity: "O(N) with N the number of keys", Arity: -2, Flags: write,
		Keys: keys(command.KeyRM | command.KeyDelete), Tips: perShard, Handler: del,
		Summary: "Deletes keys.", Syntax: "key [key ...]"},
	{Group: group, Cats: cats, Name: "unlink", Since: "4.0.0", Complexity: "O(N) with N the number of keys", Arity: -2, Flags: write | fast,
		Keys: keys(command.KeyRM | command.KeyDelete), Tips: perShard, Handler: del,
		Summary: "Deletes keys; no slower and no faster than DEL, which never stalls.", Syntax: "key [key ...]"},
	{Group: group, Cats: cats, Name: "exists", Since: "1.0.0", Complexity: "O(N) with N the number of keys", Arity: -2, Flags: read | fast,
		Keys: keys(command.KeyRO), Tips: perShard, Handler: exists,
		Summary: "Counts which of the keys exist.", Syntax: "key [key ...]"},
	{Group: group, Cats: cats, Name: "touch", Since: "3.2.1", Complexity: "O(N) with N the number of keys", Arity: -2, Flags: read | fast,
		Keys: keys(command.KeyRO), Tips: perShard, Handler: touch,
		Summary: "Counts which of the keys exist and marks them as just used.", Syntax: "key [key ...]"},
	{Group: group, Cats: cats, Name: "type", Since: "1.0.0", Complexity: "O(1)", Arity: 2, Flags: read | fast,
		Keys: key(command.KeyRO), Handler: typeOf, Summary: "Tells the data type of a key's value.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "rename", Since: "1.0.0", Complexity: "O(1)", Arity: 3, Flags: write, Handler: rename,
		Keys:    twoKeys(command.KeyRW|command.KeyAccess|command.KeyDelete, command.KeyOW|command.KeyUpdate),
		Summary: "Gives a key another name and overwrites what has that name.", Syntax: "key newkey"},
	{Group: group, Cats: cats, Name: "renamenx", Since: "1.0.0", Complexity: "O(1)", Arity: 3, Flags: write | fast, Handler: renamenx,
		Keys:    twoKeys(command.KeyRW|command.KeyAccess|command.KeyDelete, command.KeyOW|command.KeyInsert),
		Summary: "Gives a key another name unless that name is taken.", Syntax: "key newkey"},
	{Group: group, Cats: cats, Name: "copy", Since: "6.2.0", Complexity: "O(N) with N the number of members", Arity: -3,
		Flags: write | command.DenyOOM, Handler: copyKey,
		Keys:    twoKeys(command.KeyRO|command.KeyAccess, command.KeyOW|command.KeyUpdate),
		Summary: "Copies the value of a key to another key or database.", Syntax: "source destination [DB destination-db] [REPLACE]"},
	{Group: group, Cats: cats, Name: "move", Since: "1.0.0", Complexity: "O(1)", Arity: 3, Flags: write | fast, Handler: move,
		Keys: key(command.KeyRW | command.KeyAccess | command.KeyUpdate), Summary: "Moves a key to another database.", Syntax: "key db"},
	{Group: group, Cats: cats, Name: "randomkey", Since: "1.0.0", Complexity: "O(1)", Arity: 1,
		Flags: read | command.NoLock | command.TouchesArbitraryKeys, Tips: []string{"request_policy:all_shards", "nondeterministic_output"},
		Handler: randomkey, Summary: "Returns some key of the database."},
	{Group: group, Cats: cats | command.CatDangerous, Name: "keys", Since: "1.0.0", Complexity: "O(N) with N the number of keys in the database",
		Arity: 2, Flags: read | command.NoLock, Tips: randomOrder, Handler: keysCommand,
		Summary: "Returns all keys that match a pattern.", Syntax: "pattern"},
	{Group: group, Cats: cats, Name: "scan", Since: "2.8.0", Complexity: "O(1) a call, O(N) a whole iteration", Arity: -2,
		Flags: read | command.NoLock, Tips: []string{"nondeterministic_output", "request_policy:special"}, Handler: scan,
		Summary: "Iterates over the keys of the database.", Syntax: "cursor [MATCH pattern] [COUNT count] [TYPE type]"},
	expireSpec("expire", "1.0.0", "Gives a key a time to live in seconds.", "key seconds", expireSeconds),
	expireSpec("pexpire", "2.6.0", "Gives a key a time to live in milliseconds.", "key milliseconds", expireMillis),
	expireSpec("expireat", "1.2.0", "Has a key expire at a unix time in seconds.", "key unix-time-seconds", expireAtSeconds),
	expireSpec("pexpireat", "2.6.0", "Has a key expire at a unix time in milliseconds.", "key unix-time-milliseconds", expireAtMillis),
	ttlSpec("ttl", "1.0.0", "Returns the time to live of a key in seconds.", random, ttl),
	ttlSpec("pttl", "2.6.0", "Returns the time to live of a key in milliseconds.", random, pttl),
	ttlSpec("expiretime", "7.0.0", "Returns the unix time in seconds at which a key will expire.", nil, expiretime),
	ttlSpec("pexpiretime", "7.0.0", "Returns the unix time in milliseconds at which a key will expire.", nil, pexpiretime),
	{Group: group, Cats: cats, Name: "persist", Since: "2.2.0", Complexity: "O(1)", Arity: 2, Flags: write | fast,
		Keys: key(command.KeyRW | command.KeyUpdate), Handler: persist, Summary: "Takes the expiration of a key away.", Syntax: "key"},
	{Group: group, Name: "object", Since: "2.2.3", Complexity: "Depends on the subcommand", Arity: -2,
		Summary: "Looks inside a value.", Subcommands: objectCommands},
}

func expireSpec(name, since, summary, syntax string, h command.Handler) command.Spec {
	return command.Spec{Group: group, Cats: cats, Name: name, Since: since, Complexity: "O(1)", Arity: -3, Flags: write | fast,
		Keys: key(command.KeyRW | command.KeyUpdate), Handler: h, Summary: summary, Syntax: syntax + conditionArgs,
		History: [][2]string{{"7.0.0", "Added the options NX, XX, GT and LT."}}}
}

func ttlSpec(name, since, summary string, tips []string, h command.Handler) command.Spec {
	return command.Spec{Group: group, Cats: cats, Name: name, Since: since, Complexity: "O(1)", Arity: 2, Flags: read | fast,
		Keys: key(command.KeyRO | command.KeyAccess), Tips: tips, Handler: h, Summary: summary, Syntax: "key"}
}
