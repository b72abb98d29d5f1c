// Package hashcmd holds the commands of hashes.
package hashcmd

import (
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func keyAt1(f command.KeyFlag) []command.KeySpec {
	return []command.KeySpec{{Flags: f, Begin: 1, Step: 1}}
}

// Key specs that the family shares.
var (
	readKey   = keyAt1(command.KeyRO | command.KeyAccess)
	lengthKey = keyAt1(command.KeyRO)
	updateKey = keyAt1(command.KeyRW | command.KeyUpdate)
	insertKey = keyAt1(command.KeyRW | command.KeyInsert)
	countKey  = keyAt1(command.KeyRW | command.KeyAccess | command.KeyUpdate)
	deleteKey = keyAt1(command.KeyRW | command.KeyDelete)
)

var (
	anyOrder = []string{"nondeterministic_output_order"}
	random   = []string{"nondeterministic_output"}
)

// What most commands of the family are.
const (
	reads  = command.Readonly | command.Fast
	writes = command.Write | command.DenyOOM | command.Fast

	group = "hash"
	cats  = command.CatHash
)

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "hset", Since: "2.0.0", Complexity: "O(N) with N the number of fields set", Arity: -4, Flags: writes, Keys: updateKey,
		Handler: hset, Summary: "Gives fields of a hash, which is created if it does not exist, their values.", Syntax: "key field value [field value ...]",
		History: [][2]string{{"4.0.0", "Accepts multiple `field` and `value` arguments."}}},
	{Group: group, Cats: cats, Name: "hmset", Deprecated: "4.0.0",
		ReplacedBy: "`HSET` with multiple field-value pairs", Since: "2.0.0", Complexity: "O(N) with N the number of fields set", Arity: -4, Flags: writes, Keys: updateKey,
		Handler: hset, Summary: "Gives fields of a hash their values: the older form of HSET.", Syntax: "key field value [field value ...]"},
	{Group: group, Cats: cats, Name: "hsetnx", Since: "2.0.0", Complexity: "O(1)", Arity: 4, Flags: writes, Keys: insertKey,
		Handler: hsetnx, Summary: "Gives a field of a hash its value if there is no such field.", Syntax: "key field value"},
	{Group: group, Cats: cats, Name: "hget", Since: "2.0.0", Complexity: "O(1)", Arity: 3, Flags: reads, Keys: readKey,
		Handler: hget, Summary: "Returns the value of a field.", Syntax: "key field"},
	{Group: group, Cats: cats, Name: "hmget", Since: "2.0.0", Complexity: "O(N) with N the number of fields asked for", Arity: -3, Flags: reads, Keys: readKey,
		Handler: hmget, Summary: "Returns the values of several fields.", Syntax: "key field [field ...]"},
	{Group: group, Cats: cats, Name: "hdel", Since: "2.0.0", Complexity: "O(N) with N the number of fields named", Arity: -3, Flags: command.Write | command.Fast, Keys: deleteKey,
		Handler: hdel, Summary: "Deletes fields, and the hash with its last one.", Syntax: "key field [field ...]",
		History: [][2]string{{"2.4.0", "Accepts multiple `field` arguments."}}},
	{Group: group, Cats: cats, Name: "hlen", Since: "2.0.0", Complexity: "O(1)", Arity: 2, Flags: reads, Keys: lengthKey,
		Handler: hlen, Summary: "Returns the number of fields.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "hstrlen", Since: "3.2.0", Complexity: "O(1)", Arity: 3, Flags: reads, Keys: lengthKey,
		Handler: hstrlen, Summary: "Returns the length of a field's value.", Syntax: "key field"},
	{Group: group, Cats: cats, Name: "hexists", Since: "2.0.0", Complexity: "O(1)", Arity: 3, Flags: reads, Keys: lengthKey,
		Handler: hexists, Summary: "Tells whether there is a field.", Syntax: "key field"},
	{Group: group, Cats: cats, Name: "hincrby", Since: "2.0.0", Complexity: "O(1)", Arity: 4, Flags: writes, Keys: countKey,
		Handler: hincrby, Summary: "Adds to the integer value of a field, 0 if there is no such field.", Syntax: "key field increment"},
	{Group: group, Cats: cats, Name: "hincrbyfloat", Since: "2.6.0", Complexity: "O(1)", Arity: 4, Flags: writes, Keys: countKey,
		Handler: hincrbyfloat, Summary: "Adds to the floating-point value of a field, 0 if there is no such field.", Syntax: "key field increment:double"},
	{Group: group, Cats: cats, Name: "hkeys", Since: "2.0.0", Complexity: "O(N) with N the size of the hash", Arity: 2, Flags: command.Readonly, Keys: readKey,
		Tips: anyOrder, Handler: hkeys, Summary: "Returns all fields.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "hvals", Since: "2.0.0", Complexity: "O(N) with N the size of the hash", Arity: 2, Flags: command.Readonly, Keys: readKey,
		Tips: anyOrder, Handler: hvals, Summary: "Returns all values.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "hgetall", Since: "2.0.0", Complexity: "O(N) with N the size of the hash", Arity: 2, Flags: command.Readonly, Keys: readKey,
		Tips: anyOrder, Handler: hgetall, Summary: "Returns all fields with their values.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "hrandfield", Since: "6.2.0", Complexity: "O(N) with N the number of fields returned", Arity: -2, Flags: command.Readonly, Keys: readKey,
		Tips: random, Handler: hrandfield, Summary: "Returns random fields, with their values on request.", Syntax: "key options:[count [WITHVALUES]]"},
	{Group: group, Cats: cats, Name: "hscan", Since: "2.8.0", Complexity: "O(1) a call, O(N) for the whole of a hash of size N", Arity: -3, Flags: command.Readonly, Keys: readKey,
		Tips: random, Handler: hscan, Summary: "Goes through the fields and values step by step.", Syntax: "key cursor [MATCH pattern] [COUNT count]"},
}

// open finds the hash at argument 1. Something else there is answered with an error, and ok is false.
func open(c *command.Call) (h collection.Hash, ok bool) {
	it, ok := c.FindType(1, keyspace.Hash)
	if !ok {
		return h, false
	}
	k := c.Key(1)
	return collection.OpenHash(c.DBOf(k), k, it, collection.HashLimits{
		Entries: c.Conf.HashMaxListpackEntries, Value: c.Conf.HashMaxListpackValue,
	}), true
}

// bulk answers with a field or value.
func bulk(c *command.Call, v collection.Value) {
	if v.IsInt() {
		c.Reply.BulkInt(v.Int)
	} else {
		c.Reply.Bulk(v.Str)
	}
}
