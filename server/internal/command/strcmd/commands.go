package strcmd

import "redline/server/internal/command"

// Key specs that the family shares.
var (
	readKey   = []command.KeySpec{{Flags: command.KeyRO | command.KeyAccess, Begin: 1, Step: 1}}
	readKeys  = []command.KeySpec{{Flags: command.KeyRO | command.KeyAccess, Begin: 1, LastKey: -1, Step: 1}}
	lengthKey = []command.KeySpec{{Flags: command.KeyRO, Begin: 1, Step: 1}}
	countKey  = []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess | command.KeyUpdate, Begin: 1, Step: 1}}
	growKey   = []command.KeySpec{{Flags: command.KeyRW | command.KeyInsert, Begin: 1, Step: 1}}
	partKey   = []command.KeySpec{{Flags: command.KeyRW | command.KeyUpdate, Begin: 1, Step: 1}}
	overKey   = []command.KeySpec{{Flags: command.KeyOW | command.KeyUpdate, Begin: 1, Step: 1}}
	insertKey = []command.KeySpec{{Flags: command.KeyOW | command.KeyInsert, Begin: 1, Step: 1}}
)

// What most commands of the family are.
const (
	reads  = command.Readonly | command.Fast
	counts = command.Write | command.DenyOOM | command.Fast
	writes = command.Write | command.DenyOOM

	group = "string"
	cats  = command.CatString
)

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "get", Since: "1.0.0", Complexity: "O(1)", Arity: 2, Flags: reads, Keys: readKey, Handler: get,
		Summary: "Returns the string value of a key.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "set", Since: "1.0.0", Complexity: "O(1)", Arity: -3, Flags: writes, Handler: set,
		Keys: []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess | command.KeyUpdate | command.KeyVariableFlags,
			Notes: "RW and ACCESS due to the optional `GET` argument", Begin: 1, Step: 1}}, Vary: setKeyFlags,
		Summary: "Sets the string value of a key, whatever it held, and optionally its expiration.",
		Syntax:  "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]"},
	{Group: group, Cats: cats, Name: "setnx", Since: "1.0.0", Complexity: "O(1)", Arity: 3, Flags: counts, Keys: insertKey, Handler: setnx,
		Summary: "Sets the string value of a key that does not exist.", Syntax: "key value"},
	{Group: group, Cats: cats, Name: "setex", Since: "2.0.0", Complexity: "O(1)", Arity: 4, Flags: writes, Keys: overKey, Handler: setex,
		Summary: "Sets the string value and the expiration of a key, in seconds.", Syntax: "key seconds value"},
	{Group: group, Cats: cats, Name: "psetex", Since: "2.6.0", Complexity: "O(1)", Arity: 4, Flags: writes, Keys: overKey, Handler: setex,
		Summary: "Sets the string value and the expiration of a key, in milliseconds.", Syntax: "key milliseconds value"},
	{Group: group, Cats: cats, Name: "getset", Deprecated: "6.2.0",
		ReplacedBy: "`SET` with the `!GET` argument", Since: "1.0.0", Complexity: "O(1)", Arity: 3, Flags: counts, Keys: countKey, Handler: getset,
		Summary: "Returns the string value of a key and gives it another.", Syntax: "key value"},
	{Group: group, Cats: cats, Name: "getdel", Since: "6.2.0", Complexity: "O(1)", Arity: 2, Flags: command.Write | command.Fast, Handler: getdel,
		Keys:    []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess | command.KeyDelete, Begin: 1, Step: 1}},
		Summary: "Returns the string value of a key and deletes it.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "getex", Since: "6.2.0", Complexity: "O(1)", Arity: -2, Flags: command.Write | command.Fast, Handler: getex,
		Keys: []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess | command.KeyUpdate,
			Notes: "RW and UPDATE because it changes the TTL", Begin: 1, Step: 1}},
		Summary: "Returns the string value of a key and sets or removes its expiration.",
		Syntax:  "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]"},
	{Group: group, Cats: cats, Name: "strlen", Since: "2.2.0", Complexity: "O(1)", Arity: 2, Flags: reads, Keys: lengthKey, Handler: strlen,
		Summary: "Returns the length of a string value.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "append", Since: "2.0.0", Complexity: "O(1) amortised", Arity: 3, Flags: counts, Keys: growKey, Handler: appendTo,
		Summary: "Appends to the string value of a key, which is created if it does not exist.", Syntax: "key value"},
	{Group: group, Cats: cats, Name: "getrange", Since: "2.4.0", Complexity: "O(N) with N the length of the part", Arity: 4, Flags: command.Readonly,
		Keys: readKey, Handler: getrange, Summary: "Returns a part of a string value.", Syntax: "key start end"},
	{Group: group, Cats: cats, Name: "substr", Deprecated: "2.0.0",
		ReplacedBy: "`GETRANGE`", Since: "1.0.0", Complexity: "O(N) with N the length of the part", Arity: 4, Flags: command.Readonly,
		Keys: readKey, Handler: getrange, Summary: "Returns a part of a string value.", Syntax: "key start end"},
	{Group: group, Cats: cats, Name: "setrange", Since: "2.2.0", Complexity: "O(1) where the value does not grow", Arity: 4, Flags: writes, Keys: partKey, Handler: setrange,
		Summary: "Overwrites a part of a string value, which grows as needed.", Syntax: "key offset value"},
	{Group: group, Cats: cats, Name: "incr", Since: "1.0.0", Complexity: "O(1)", Arity: 2, Flags: counts, Keys: countKey, Handler: incr,
		Summary: "Adds one to the integer value of a key, 0 if it does not exist.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "decr", Since: "1.0.0", Complexity: "O(1)", Arity: 2, Flags: counts, Keys: countKey, Handler: decr,
		Summary: "Subtracts one from the integer value of a key, 0 if it does not exist.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "incrby", Since: "1.0.0", Complexity: "O(1)", Arity: 3, Flags: counts, Keys: countKey, Handler: incrby,
		Summary: "Adds to the integer value of a key, 0 if it does not exist.", Syntax: "key increment"},
	{Group: group, Cats: cats, Name: "decrby", Since: "1.0.0", Complexity: "O(1)", Arity: 3, Flags: counts, Keys: countKey, Handler: decrby,
		Summary: "Subtracts from the integer value of a key, 0 if it does not exist.", Syntax: "key decrement"},
	{Group: group, Cats: cats, Name: "incrbyfloat", Since: "2.6.0", Complexity: "O(1)", Arity: 3, Flags: counts, Keys: countKey, Handler: incrbyfloat,
		Summary: "Adds to the floating-point value of a key, 0 if it does not exist.", Syntax: "key increment"},
	{Group: group, Cats: cats, Name: "mget", Since: "1.0.0", Complexity: "O(N) with N the number of keys", Arity: -2, Flags: reads, Keys: readKeys, Handler: mget,
		Tips:    []string{"request_policy:multi_shard"},
		Summary: "Returns the string values of several keys in one atomic step.", Syntax: "key [key ...]"},
	{Group: group, Cats: cats, Name: "mset", Since: "1.0.1", Complexity: "O(N) with N the number of keys", Arity: -3, Flags: writes, Handler: mset,
		Keys:    []command.KeySpec{{Flags: command.KeyOW | command.KeyUpdate, Begin: 1, LastKey: -1, Step: 2}},
		Tips:    []string{"request_policy:multi_shard", "response_policy:all_succeeded"},
		Summary: "Sets the string values of several keys in one atomic step.", Syntax: "key value [key value ...]"},
	{Group: group, Cats: cats, Name: "msetnx", Since: "1.0.1", Complexity: "O(N) with N the number of keys", Arity: -3, Flags: writes, Handler: msetnx,
		Keys:    []command.KeySpec{{Flags: command.KeyOW | command.KeyInsert, Begin: 1, LastKey: -1, Step: 2}},
		Tips:    []string{"request_policy:multi_shard", "response_policy:agg_min"},
		Summary: "Sets the string values of several keys if none of them exists.", Syntax: "key value [key value ...]"},
	{Group: group, Cats: cats, Name: "lcs", Since: "7.0.0", Complexity: "O(N*M) with N and M the lengths of the strings", Arity: -3, Flags: command.Readonly, Handler: lcs,
		Keys:    []command.KeySpec{{Flags: command.KeyRO | command.KeyAccess, Begin: 1, LastKey: 1, Step: 1}},
		Summary: "Finds the longest common subsequence of two strings.", Syntax: "key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]"},
}
