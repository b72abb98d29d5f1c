// Package setcmd holds the commands of sets.
package setcmd

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
	insertKey = keyAt1(command.KeyRW | command.KeyInsert)
	deleteKey = keyAt1(command.KeyRW | command.KeyDelete)
	popKey    = keyAt1(command.KeyRW | command.KeyAccess | command.KeyDelete)
	readKeys  = []command.KeySpec{{Flags: command.KeyRO | command.KeyAccess, Begin: 1, LastKey: -1, Step: 1}}
)

// storeKeys are a destination and the sets behind it.
func storeKeys(f command.KeyFlag) []command.KeySpec {
	return []command.KeySpec{
		{Flags: f, Begin: 1, Step: 1},
		{Flags: command.KeyRO | command.KeyAccess, Begin: 2, LastKey: -1, Step: 1},
	}
}

var (
	anyOrder = []string{"nondeterministic_output_order"}
	random   = []string{"nondeterministic_output"}
)

// What most commands of the family are.
const (
	reads   = command.Readonly | command.Fast
	removes = command.Write | command.Fast
	stores  = command.Write | command.DenyOOM

	group = "set"
	cats  = command.CatSet

	interCost = "O(N*M) in the worst case with N the size of the smallest set and M the number of sets"
	unionCost = "O(N) with N the number of members of all sets"
)

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "sadd", Since: "1.0.0", Complexity: "O(N) with N the number of members named", Arity: -3, Flags: stores | command.Fast, Keys: insertKey,
		Handler: sadd, Summary: "Adds members to a set, which is created if it does not exist.", Syntax: "key member [member ...]",
		History: [][2]string{{"2.4.0", "Accepts multiple `member` arguments."}}},
	{Group: group, Cats: cats, Name: "srem", Since: "1.0.0", Complexity: "O(N) with N the number of members named", Arity: -3, Flags: removes, Keys: deleteKey,
		Handler: srem, Summary: "Removes members, and the set with its last one.", Syntax: "key member [member ...]",
		History: [][2]string{{"2.4.0", "Accepts multiple `member` arguments."}}},
	{Group: group, Cats: cats, Name: "smove", Since: "1.0.0", Complexity: "O(1)", Arity: 4, Flags: removes, Handler: smove,
		Keys: []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess | command.KeyDelete, Begin: 1, Step: 1},
			{Flags: command.KeyRW | command.KeyInsert, Begin: 2, Step: 1}},
		Summary: "Moves a member from one set to another.", Syntax: "source destination member"},
	{Group: group, Cats: cats, Name: "sismember", Since: "1.0.0", Complexity: "O(1)", Arity: 3, Flags: reads, Keys: lengthKey,
		Handler: sismember, Summary: "Tells whether there is a member.", Syntax: "key member"},
	{Group: group, Cats: cats, Name: "smismember", Since: "6.2.0", Complexity: "O(N) with N the number of members asked for", Arity: -3, Flags: reads, Keys: readKey,
		Handler: smismember, Summary: "Tells of several whether they are members.", Syntax: "key member [member ...]"},
	{Group: group, Cats: cats, Name: "scard", Since: "1.0.0", Complexity: "O(1)", Arity: 2, Flags: reads, Keys: lengthKey,
		Handler: scard, Summary: "Returns the number of members.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "spop", Since: "1.0.0", Complexity: "O(N) with N the number of members returned", Arity: -2, Flags: removes, Keys: popKey,
		Tips: random, Handler: spop, Summary: "Returns random members and removes them.", Syntax: "key [count@3.2.0]",
		History: [][2]string{{"3.2.0", "Added the `count` argument."}}},
	{Group: group, Cats: cats, Name: "srandmember", Since: "1.0.0", Complexity: "O(N) with N the number of members returned", Arity: -2, Flags: command.Readonly, Keys: readKey,
		Tips: random, Handler: srandmember, Summary: "Returns random members.", Syntax: "key [count@2.6.0]",
		History: [][2]string{{"2.6.0", "Added the optional `count` argument."}}},
	{Group: group, Cats: cats, Name: "sinter", Since: "1.0.0", Complexity: interCost, Arity: -2, Flags: command.Readonly, Keys: readKeys,
		Tips: anyOrder, Handler: sinter, Summary: "Returns the members that all sets have.", Syntax: "key [key ...]"},
	{Group: group, Cats: cats, Name: "sintercard", Since: "7.0.0", Complexity: interCost, Arity: -3, Flags: command.Readonly | command.MovableKeys,
		Keys:    []command.KeySpec{{Flags: command.KeyRO | command.KeyAccess, Begin: 1, FindNum: true, FirstKey: 1, Step: 1}},
		Handler: sintercard, Summary: "Returns the number of members that all sets have.", Syntax: "numkeys key [key ...] [LIMIT limit:integer]"},
	{Group: group, Cats: cats, Name: "sinterstore", Since: "1.0.0", Complexity: interCost, Arity: -3, Flags: stores, Keys: storeKeys(command.KeyRW | command.KeyUpdate),
		Handler: sinterstore, Summary: "Stores the members that all sets have.", Syntax: "destination key [key ...]"},
	{Group: group, Cats: cats, Name: "sunion", Since: "1.0.0", Complexity: unionCost, Arity: -2, Flags: command.Readonly, Keys: readKeys,
		Tips: anyOrder, Handler: sunion, Summary: "Returns the members that any of the sets has.", Syntax: "key [key ...]"},
	{Group: group, Cats: cats, Name: "sunionstore", Since: "1.0.0", Complexity: unionCost, Arity: -3, Flags: stores, Keys: storeKeys(command.KeyOW | command.KeyUpdate),
		Handler: sunionstore, Summary: "Stores the members that any of the sets has.", Syntax: "destination key [key ...]"},
	{Group: group, Cats: cats, Name: "sdiff", Since: "1.0.0", Complexity: unionCost, Arity: -2, Flags: command.Readonly, Keys: readKeys,
		Tips: anyOrder, Handler: sdiff, Summary: "Returns the members of the first set that no other has.", Syntax: "key [key ...]"},
	{Group: group, Cats: cats, Name: "sdiffstore", Since: "1.0.0", Complexity: unionCost, Arity: -3, Flags: stores, Keys: storeKeys(command.KeyOW | command.KeyUpdate),
		Handler: sdiffstore, Summary: "Stores the members of the first set that no other has.", Syntax: "destination key [key ...]"},
	{Group: group, Cats: cats, Name: "smembers", Since: "1.0.0", Complexity: "O(N) with N the size of the set", Arity: 2, Flags: command.Readonly, Keys: readKey,
		Tips: anyOrder, Handler: smembers, Summary: "Returns all members.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "sscan", Since: "2.8.0", Complexity: "O(1) a call, O(N) for the whole of a set of size N", Arity: -3, Flags: command.Readonly, Keys: readKey,
		Tips: random, Handler: sscan, Summary: "Goes through the members step by step.", Syntax: "key cursor [MATCH pattern] [COUNT count]"},
}

// open finds the set at argument i. Something else there is answered with an error, and ok is false.
func open(c *command.Call, i int) (s collection.Set, ok bool) {
	it, ok := c.FindType(i, keyspace.Set)
	if !ok {
		return s, false
	}
	return view(c, c.Key(i), it), true
}

func view(c *command.Call, k *keyspace.Key, it keyspace.Item) collection.Set {
	return collection.OpenSet(c.DBOf(k), k, it, c.Conf.SetMaxIntsetEntries)
}

// openAll finds the sets of all keys of the call from the n-th on. Those that do not exist are among them.
func openAll(c *command.Call, n int) (sets []collection.Set, ok bool) {
	sets = make([]collection.Set, 0, c.Keys()-n)
	for ; n < c.Keys(); n++ {
		k, _ := c.KeyAt(n)
		it := c.FindKey(k)
		if it.OK() && it.Type() != keyspace.Set {
			c.Reply.Error(command.ErrWrongType)
			return nil, false
		}
		sets = append(sets, view(c, k, it))
	}
	return sets, true
}

// bulk answers with a member.
func bulk(c *command.Call, v collection.Value) {
	if v.IsInt() {
		c.Reply.BulkInt(v.Int)
	} else {
		c.Reply.Bulk(v.Str)
	}
}

func flag(c *command.Call, b bool) {
	if b {
		c.Reply.Int(1)
	} else {
		c.Reply.Int(0)
	}
}
