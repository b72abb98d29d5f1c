package listcmd

import "redline/server/internal/command"

// Key specs that the family shares.
var (
	readKey   = []command.KeySpec{{Flags: command.KeyRO | command.KeyAccess, Begin: 1, Step: 1}}
	lengthKey = []command.KeySpec{{Flags: command.KeyRO, Begin: 1, Step: 1}}
	pushKey   = []command.KeySpec{{Flags: command.KeyRW | command.KeyInsert, Begin: 1, Step: 1}}
	setKey    = []command.KeySpec{{Flags: command.KeyRW | command.KeyUpdate, Begin: 1, Step: 1}}
	cutKey    = []command.KeySpec{{Flags: command.KeyRW | command.KeyDelete, Begin: 1, Step: 1}}
	popKey    = []command.KeySpec{{Flags: taken, Begin: 1, Step: 1}}
	popKeys   = []command.KeySpec{{Flags: taken, Begin: 1, LastKey: -2, Step: 1}}
	moveKeys  = []command.KeySpec{{Flags: taken, Begin: 1, Step: 1}, {Flags: command.KeyRW | command.KeyInsert, Begin: 2, Step: 1}}
)

// countedKeys is the spec of keys whose number stands at an argument.
func countedKeys(at int) []command.KeySpec {
	return []command.KeySpec{{Flags: taken, Begin: at, FindNum: true, FirstKey: 1, Step: 1}}
}

// What most commands of the family are.
const (
	taken  = command.KeyRW | command.KeyAccess | command.KeyDelete
	pushes = command.Write | command.DenyOOM | command.Fast
	waits  = command.Write | command.NoScript | command.Blocking

	group = "list"
	cats  = command.CatList
)

var floatTimeout = [][2]string{{"6.0.0", "`timeout` is interpreted as a double instead of an integer."}}

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "lpush", Since: "1.0.0", Complexity: "O(N) with N the number of elements", Arity: -3, Flags: pushes, Keys: pushKey,
		Handler: lpush, History: [][2]string{{"2.4.0", "Accepts multiple `element` arguments."}},
		Summary: "Adds elements before the first of a list, which is created if it does not exist.", Syntax: "key element [element ...]"},
	{Group: group, Cats: cats, Name: "rpush", Since: "1.0.0", Complexity: "O(N) with N the number of elements", Arity: -3, Flags: pushes, Keys: pushKey,
		Handler: rpush, History: [][2]string{{"2.4.0", "Accepts multiple `element` arguments."}},
		Summary: "Adds elements behind the last of a list, which is created if it does not exist.", Syntax: "key element [element ...]"},
	{Group: group, Cats: cats, Name: "lpushx", Since: "2.2.0", Complexity: "O(N) with N the number of elements", Arity: -3, Flags: pushes, Keys: pushKey,
		Handler: lpushx, History: [][2]string{{"4.0.0", "Accepts multiple `element` arguments."}},
		Summary: "Adds elements before the first of a list that exists.", Syntax: "key element [element ...]"},
	{Group: group, Cats: cats, Name: "rpushx", Since: "2.2.0", Complexity: "O(N) with N the number of elements", Arity: -3, Flags: pushes, Keys: pushKey,
		Handler: rpushx, History: [][2]string{{"4.0.0", "Accepts multiple `element` arguments."}},
		Summary: "Adds elements behind the last of a list that exists.", Syntax: "key element [element ...]"},
	{Group: group, Cats: cats, Name: "lpop", Since: "1.0.0", Complexity: "O(N) with N the number of elements", Arity: -2,
		Flags: command.Write | command.Fast, Keys: popKey, Handler: lpop, History: [][2]string{{"6.2.0", "Added the `count` argument."}},
		Summary: "Takes the first elements out of a list.", Syntax: "key [count@6.2.0]"},
	{Group: group, Cats: cats, Name: "rpop", Since: "1.0.0", Complexity: "O(N) with N the number of elements", Arity: -2,
		Flags: command.Write | command.Fast, Keys: popKey, Handler: rpop, History: [][2]string{{"6.2.0", "Added the `count` argument."}},
		Summary: "Takes the last elements out of a list.", Syntax: "key [count@6.2.0]"},
	{Group: group, Cats: cats, Name: "llen", Since: "1.0.0", Complexity: "O(1)", Arity: 2, Flags: command.Readonly | command.Fast, Keys: lengthKey,
		Handler: llen, Summary: "Returns the number of elements of a list.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "lindex", Since: "1.0.0", Complexity: "O(N) with N the distance to the nearer end, counted in nodes", Arity: 3,
		Flags: command.Readonly, Keys: readKey, Handler: lindex,
		Summary: "Returns the element of a list at an index.", Syntax: "key index"},
	{Group: group, Cats: cats, Name: "lset", Since: "1.0.0", Complexity: "O(N) with N the distance to the nearer end, counted in nodes", Arity: 4,
		Flags: command.Write | command.DenyOOM, Keys: setKey, Handler: lset,
		Summary: "Replaces the element of a list at an index.", Syntax: "key index element"},
	{Group: group, Cats: cats, Name: "linsert", Since: "2.2.0", Complexity: "O(N) with N the number of elements before the pivot", Arity: 5,
		Flags: command.Write | command.DenyOOM, Keys: pushKey, Handler: linsert,
		Summary: "Inserts an element before or after another of a list.", Syntax: "key where:<BEFORE | AFTER> pivot element"},
	{Group: group, Cats: cats, Name: "lrange", Since: "1.0.0", Complexity: "O(S+N) with S the distance of the start from the nearer end, N the number of elements", Arity: 4,
		Flags: command.Readonly, Keys: readKey, Handler: lrange,
		Summary: "Returns a range of the elements of a list.", Syntax: "key start stop"},
	{Group: group, Cats: cats, Name: "ltrim", Since: "1.0.0", Complexity: "O(N) with N the number of elements removed", Arity: 4,
		Flags: command.Write, Keys: cutKey, Handler: ltrim,
		Summary: "Takes all elements outside a range out of a list.", Syntax: "key start stop"},
	{Group: group, Cats: cats, Name: "lrem", Since: "1.0.0", Complexity: "O(N+M) with N the length of the list, M the number of elements removed", Arity: 4,
		Flags: command.Write, Keys: cutKey, Handler: lrem,
		Summary: "Takes elements equal to a value out of a list.", Syntax: "key count element"},
	{Group: group, Cats: cats, Name: "lpos", Since: "6.0.6", Complexity: "O(N) with N the number of elements looked at", Arity: -3,
		Flags: command.Readonly, Keys: readKey, Handler: lpos,
		Summary: "Returns the indexes of elements of a list that are equal to a value.", Syntax: "key element [RANK rank] [COUNT num-matches:integer] [MAXLEN len]"},
	{Group: group, Cats: cats, Name: "lmove", Since: "6.2.0", Complexity: "O(1)", Arity: 5, Flags: command.Write | command.DenyOOM, Keys: moveKeys,
		Handler: lmove, Summary: "Moves an element from an end of one list to an end of another and returns it.",
		Syntax: "source destination wherefrom:<LEFT | RIGHT> whereto:<LEFT | RIGHT>"},
	{Group: group, Cats: cats, Name: "rpoplpush", Deprecated: "6.2.0",
		ReplacedBy: "`LMOVE` with the `RIGHT` and `LEFT` arguments", Since: "1.2.0", Complexity: "O(1)", Arity: 3, Flags: command.Write | command.DenyOOM, Keys: moveKeys,
		Handler: rpoplpush, Summary: "Moves the last element of one list before the first of another and returns it.", Syntax: "source destination"},
	{Group: group, Cats: cats, Name: "lmpop", Since: "7.0.0", Complexity: "O(N+M) with N the number of keys, M the number of elements", Arity: -4,
		Flags: command.Write | command.MovableKeys, Keys: countedKeys(1), Handler: lmpop,
		Summary: "Takes elements out of the first list that has any.", Syntax: "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]"},
	{Group: group, Cats: cats, Name: "blpop", Since: "2.0.0", Complexity: "O(N) with N the number of keys", Arity: -3, Flags: waits, Keys: popKeys,
		Handler: blpop, History: floatTimeout,
		Summary: "Takes the first element out of the first list that has any, or waits for one.", Syntax: "key [key ...] timeout:double"},
	{Group: group, Cats: cats, Name: "brpop", Since: "2.0.0", Complexity: "O(N) with N the number of keys", Arity: -3, Flags: waits, Keys: popKeys,
		Handler: brpop, History: floatTimeout,
		Summary: "Takes the last element out of the first list that has any, or waits for one.", Syntax: "key [key ...] timeout:double"},
	{Group: group, Cats: cats, Name: "blmove", Since: "6.2.0", Complexity: "O(1)", Arity: 6, Flags: waits | command.DenyOOM, Keys: moveKeys,
		Handler: blmove, Summary: "Moves an element from an end of one list to an end of another, or waits for one.",
		Syntax: "source destination wherefrom:<LEFT | RIGHT> whereto:<LEFT | RIGHT> timeout:double"},
	{Group: group, Cats: cats, Name: "brpoplpush", Deprecated: "6.2.0",
		ReplacedBy: "`BLMOVE` with the `RIGHT` and `LEFT` arguments", Since: "2.2.0", Complexity: "O(1)", Arity: 4, Flags: waits | command.DenyOOM, Keys: moveKeys,
		Handler: brpoplpush, History: floatTimeout,
		Summary: "Moves the last element of one list before the first of another, or waits for one.", Syntax: "source destination timeout:double"},
	{Group: group, Cats: cats, Name: "blmpop", Since: "7.0.0", Complexity: "O(N+M) with N the number of keys, M the number of elements", Arity: -5,
		Flags: command.Write | command.Blocking | command.MovableKeys, Keys: countedKeys(2), Handler: blmpop,
		Summary: "Takes elements out of the first list that has any, or waits for one that does.",
		Syntax:  "timeout:double numkeys key [key ...] <LEFT | RIGHT> [COUNT count]"},
}
