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
	readKey     = keyAt1(command.KeyRO | command.KeyAccess)
	lengthKey   = keyAt1(command.KeyRO)
	updateKey   = keyAt1(command.KeyRW | command.KeyUpdate)
	insertKey   = keyAt1(command.KeyRW | command.KeyInsert)
	countKey    = keyAt1(command.KeyRW | command.KeyAccess | command.KeyUpdate)
	countDelKey = keyAt1(command.KeyRW | command.KeyAccess | command.KeyDelete)
	deleteKey   = keyAt1(command.KeyRW | command.KeyDelete)
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
	{Group: group, Cats: cats, Name: "hexpire", Since: "7.4.0", Complexity: "O(N) with N the number of fields named", Arity: -6, Flags: writes, Keys: updateKey,
		Handler: hexpire, Summary: "Gives fields of a hash a time to live in seconds.", Syntax: "key seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "hpexpire", Since: "7.4.0", Complexity: "O(N) with N the number of fields named", Arity: -6, Flags: writes, Keys: updateKey,
		Handler: hpexpire, Summary: "Gives fields of a hash a time to live in milliseconds.", Syntax: "key milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "hexpireat", Since: "7.4.0", Complexity: "O(N) with N the number of fields named", Arity: -6, Flags: writes, Keys: updateKey,
		Handler: hexpireat, Summary: "Gives fields of a hash a deadline as a Unix time in seconds.", Syntax: "key unix-time-seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "hpexpireat", Since: "7.4.0", Complexity: "O(N) with N the number of fields named", Arity: -6, Flags: writes, Keys: updateKey,
		Handler: hpexpireat, Summary: "Gives fields of a hash a deadline as a Unix time in milliseconds.", Syntax: "key unix-time-milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "httl", Since: "7.4.0", Complexity: "O(N) with N the number of fields named", Arity: -5, Flags: reads, Keys: readKey,
		Handler: httl, Summary: "Returns the time to live of fields in seconds.", Syntax: "key FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "hpttl", Since: "7.4.0", Complexity: "O(N) with N the number of fields named", Arity: -5, Flags: reads, Keys: readKey,
		Handler: hpttl, Summary: "Returns the time to live of fields in milliseconds.", Syntax: "key FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "hexpiretime", Since: "7.4.0", Complexity: "O(N) with N the number of fields named", Arity: -5, Flags: reads, Keys: readKey,
		Handler: hexpiretime, Summary: "Returns the deadlines of fields as Unix times in seconds.", Syntax: "key FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "hpexpiretime", Since: "7.4.0", Complexity: "O(N) with N the number of fields named", Arity: -5, Flags: reads, Keys: readKey,
		Handler: hpexpiretime, Summary: "Returns the deadlines of fields as Unix times in milliseconds.", Syntax: "key FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "hpersist", Since: "7.4.0", Complexity: "O(N) with N the number of fields named", Arity: -5, Flags: command.Write | command.Fast, Keys: updateKey,
		Handler: hpersist, Summary: "Takes the deadlines of fields away.", Syntax: "key FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "hgetdel", Since: "8.0.0", Complexity: "O(N) with N the number of fields named", Arity: -5, Flags: command.Write | command.Fast, Keys: countDelKey,
		Handler: hgetdel, Summary: "Returns the values of fields and deletes them.", Syntax: "key FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "hgetex", Since: "8.0.0", Complexity: "O(N) with N the number of fields named", Arity: -5, Flags: command.Write | command.Fast, Keys: countKey,
		Handler: hgetex, Summary: "Returns the values of fields and sets their deadlines or takes them away.", Syntax: "key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST] FIELDS numfields field [field ...]"},
	{Group: group, Cats: cats, Name: "hsetex", Since: "8.0.0", Complexity: "O(N) with N the number of fields named", Arity: -6, Flags: writes, Keys: updateKey,
		Handler: hsetex, Summary: "Gives fields of a hash their values and a deadline, if none or all of them exist on request.", Syntax: "key [FNX|FXX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL] FIELDS numfields field value [field value ...]"},
}

// open finds the hash at argument 1. Something else there is answered with an error, and ok is false.
func open(c *command.Call) (h collection.Hash, ok bool) {
	it, ok := c.FindType(1, keyspace.Hash)
	if !ok {
		return h, false
	}
	k := c.Key(1)
	limits := collection.HashLimits{Entries: c.Conf.HashMaxListpackEntries, Value: c.Conf.HashMaxListpackValue}
	h = collection.OpenHash(c.DBOf(k), k, it, limits)
	if c.Spec.Flags&command.Write == 0 && h.Timed() && h.Len() == 0 { // all fields are due: there is no such hash
		h = collection.OpenHash(c.DBOf(k), k, keyspace.Item{}, limits)
	}
	return h, true
}

// bulk answers with a field or value.
func bulk(c *command.Call, v collection.Value) {
	if v.IsInt() {
		c.Reply.BulkInt(v.Int)
	} else {
		c.Reply.Bulk(v.Str)
	}
}
