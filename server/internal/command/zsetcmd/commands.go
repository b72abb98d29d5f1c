package zsetcmd

import "redline/server/internal/command"

// Key specs that the family shares.
var (
	readKey   = []command.KeySpec{{Flags: read, Begin: 1, Step: 1}}
	lengthKey = []command.KeySpec{{Flags: command.KeyRO, Begin: 1, Step: 1}}
	addKey    = []command.KeySpec{{Flags: command.KeyRW | command.KeyUpdate, Begin: 1, Step: 1}}
	incrKey   = []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess | command.KeyUpdate, Begin: 1, Step: 1}}
	cutKey    = []command.KeySpec{{Flags: command.KeyRW | command.KeyDelete, Begin: 1, Step: 1}}
	popKey    = []command.KeySpec{{Flags: taken, Begin: 1, Step: 1}}
	popKeys   = []command.KeySpec{{Flags: taken, Begin: 1, LastKey: -2, Step: 1}}

	readCounted    = []command.KeySpec{{Flags: read, Begin: 1, FindNum: true, FirstKey: 1, Step: 1}}
	storeCounted   = []command.KeySpec{storeKey, {Flags: read, Begin: 2, FindNum: true, FirstKey: 1, Step: 1}}
	rangeStoreKeys = []command.KeySpec{storeKey, {Flags: read, Begin: 2, Step: 1}}
	storeKey       = command.KeySpec{Flags: command.KeyOW | command.KeyUpdate, Begin: 1, Step: 1}
)

// popCounted is the spec of keys whose number stands at an argument.
func popCounted(at int) []command.KeySpec {
	return []command.KeySpec{{Flags: taken, Begin: at, FindNum: true, FirstKey: 1, Step: 1}}
}

// What most commands of the family are.
const (
	read   = command.KeyRO | command.KeyAccess
	taken  = command.KeyRW | command.KeyAccess | command.KeyDelete
	reads  = command.Readonly | command.Fast
	writes = command.Write | command.DenyOOM
	adds   = writes | command.Fast
	waits  = command.Write | command.NoScript | command.Fast | command.Blocking

	group = "sorted-set"
	cats  = command.CatSortedSet
)

var (
	floatTimeout = [][2]string{{"6.0.0", "`timeout` is interpreted as a double instead of an integer."}}
	random       = []string{"nondeterministic_output"}
)

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "zadd", Since: "1.2.0", Complexity: "O(M*log(N)) with M the number of members given", Arity: -4,
		Flags: adds, Keys: addKey, Handler: zadd,
		History: [][2]string{{"2.4.0", "Accepts multiple elements."}, {"3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."}, {"6.2.0", "Added the `GT` and `LT` options."}},
		Summary: "Adds members with scores to a sorted set, which is created if it does not exist, or changes their scores.",
		Syntax:  "key condition@3.0.2:[NX | XX] comparison@6.2.0:[GT | LT] change@3.0.2:[CH] increment@3.0.2:[INCR] score:double member [score member ...]"},
	{Group: group, Cats: cats, Name: "zincrby", Since: "1.2.0", Complexity: "O(log(N))", Arity: 4,
		Flags: adds, Keys: incrKey, Handler: zincrby,
		Summary: "Adds to the score of a member of a sorted set, which counts as 0 if it is not there.",
		Syntax:  "key increment member"},
	{Group: group, Cats: cats, Name: "zrem", Since: "1.2.0", Complexity: "O(M*log(N)) with M the number of members given", Arity: -3,
		Flags: command.Write | command.Fast, Keys: cutKey, Handler: zrem,
		History: [][2]string{{"2.4.0", "Accepts multiple elements."}},
		Summary: "Takes members out of a sorted set.",
		Syntax:  "key member [member ...]"},
	{Group: group, Cats: cats, Name: "zcard", Since: "1.2.0", Complexity: "O(1)", Arity: 2,
		Flags: reads, Keys: lengthKey, Handler: zcard,
		Summary: "Returns the number of members of a sorted set.",
		Syntax:  "key"},
	{Group: group, Cats: cats, Name: "zcount", Since: "2.0.0", Complexity: "O(log(N))", Arity: 4,
		Flags: reads, Keys: readKey, Handler: zcount,
		Summary: "Returns the number of members with a score in a range.",
		Syntax:  "key min:double max:double"},
	{Group: group, Cats: cats, Name: "zlexcount", Since: "2.8.9", Complexity: "O(log(N))", Arity: 4,
		Flags: reads, Keys: readKey, Handler: zlexcount,
		Summary: "Returns the number of members in a lexicographic range.",
		Syntax:  "key min max"},
	{Group: group, Cats: cats, Name: "zscore", Since: "1.2.0", Complexity: "O(1)", Arity: 3,
		Flags: reads, Keys: readKey, Handler: zscore,
		Summary: "Returns the score of a member of a sorted set.",
		Syntax:  "key member"},
	{Group: group, Cats: cats, Name: "zmscore", Since: "6.2.0", Complexity: "O(N) with N the number of members given", Arity: -3,
		Flags: reads, Keys: readKey, Handler: zmscore,
		Summary: "Returns the scores of members of a sorted set.",
		Syntax:  "key member [member ...]"},
	{Group: group, Cats: cats, Name: "zrank", Since: "2.0.0", Complexity: "O(log(N))", Arity: 3,
		Flags: reads, Keys: readKey, Handler: zrank,
		Summary: "Returns how many members stand before a member, by ascending score.",
		Syntax:  "key member"},
	{Group: group, Cats: cats, Name: "zrevrank", Since: "2.0.0", Complexity: "O(log(N))", Arity: 3,
		Flags: reads, Keys: readKey, Handler: zrevrank,
		Summary: "Returns how many members stand before a member, by descending score.",
		Syntax:  "key member"},
	{Group: group, Cats: cats, Name: "zrange", Since: "1.2.0", Complexity: "O(log(N)+M) with M the number of members returned", Arity: -4,
		Flags: command.Readonly, Keys: readKey, Handler: zrange,
		History: [][2]string{{"6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options."}},
		Summary: "Returns a range of the members of a sorted set, by rank, score or bytes.",
		Syntax:  "key start:string stop:string sortby@6.2.0:[BYSCORE | BYLEX] [REV@6.2.0] [LIMIT@6.2.0 offset count] [WITHSCORES]"},
	{Group: group, Cats: cats, Name: "zrevrange", Deprecated: "6.2.0",
		ReplacedBy: "`ZRANGE` with the `REV` argument", Since: "1.2.0", Complexity: "O(log(N)+M) with M the number of members returned", Arity: -4,
		Flags: command.Readonly, Keys: readKey, Handler: zrevrange,
		Summary: "Returns a range of the members of a sorted set by descending rank.",
		Syntax:  "key start stop [WITHSCORES]"},
	{Group: group, Cats: cats, Name: "zrangebyscore", Deprecated: "6.2.0",
		ReplacedBy: "`ZRANGE` with the `BYSCORE` argument", Since: "1.0.5", Complexity: "O(log(N)+M) with M the number of members returned", Arity: -4,
		Flags: command.Readonly, Keys: readKey, Handler: zrangebyscore,
		History: [][2]string{{"2.0.0", "Added the `WITHSCORES` modifier."}},
		Summary: "Returns the members of a sorted set with a score in a range.",
		Syntax:  "key min:double max:double [WITHSCORES@2.0.0] [LIMIT offset count]"},
	{Group: group, Cats: cats, Name: "zrevrangebyscore", Deprecated: "6.2.0",
		ReplacedBy: "`ZRANGE` with the `REV` and `BYSCORE` arguments", Since: "2.2.0", Complexity: "O(log(N)+M) with M the number of members returned", Arity: -4,
		Flags: command.Readonly, Keys: readKey, Handler: zrevrangebyscore,
		History: [][2]string{{"2.1.6", "`min` and `max` can be exclusive."}},
		Summary: "Returns the members of a sorted set with a score in a range, the highest first.",
		Syntax:  "key max:double min:double [WITHSCORES] [LIMIT offset count]"},
	{Group: group, Cats: cats, Name: "zrangebylex", Deprecated: "6.2.0",
		ReplacedBy: "`ZRANGE` with the `BYLEX` argument", Since: "2.8.9", Complexity: "O(log(N)+M) with M the number of members returned", Arity: -4,
		Flags: command.Readonly, Keys: readKey, Handler: zrangebylex,
		Summary: "Returns the members of a sorted set in a lexicographic range.",
		Syntax:  "key min max [LIMIT offset count]"},
	{Group: group, Cats: cats, Name: "zrevrangebylex", Deprecated: "6.2.0",
		ReplacedBy: "`ZRANGE` with the `REV` and `BYLEX` arguments", Since: "2.8.9", Complexity: "O(log(N)+M) with M the number of members returned", Arity: -4,
		Flags: command.Readonly, Keys: readKey, Handler: zrevrangebylex,
		Summary: "Returns the members of a sorted set in a lexicographic range, the last first.",
		Syntax:  "key max min [LIMIT offset count]"},
	{Group: group, Cats: cats, Name: "zrangestore", Since: "6.2.0", Complexity: "O(log(N)+M) with M the number of members stored", Arity: -5,
		Flags: writes, Keys: rangeStoreKeys, Handler: zrangestore,
		Summary: "Stores a range of the members of a sorted set in another key.",
		Syntax:  "dst:key src:key min max sortby:[BYSCORE | BYLEX] [REV] [LIMIT offset count]"},
	{Group: group, Cats: cats, Name: "zremrangebyrank", Since: "2.0.0", Complexity: "O(log(N)+M) with M the number of members removed", Arity: 4,
		Flags: command.Write, Keys: cutKey, Handler: zremrangebyrank,
		Summary: "Takes a range of members, by rank, out of a sorted set.",
		Syntax:  "key start stop"},
	{Group: group, Cats: cats, Name: "zremrangebyscore", Since: "1.2.0", Complexity: "O(log(N)+M) with M the number of members removed", Arity: 4,
		Flags: command.Write, Keys: cutKey, Handler: zremrangebyscore,
		Summary: "Takes the members with a score in a range out of a sorted set.",
		Syntax:  "key min:double max:double"},
	{Group: group, Cats: cats, Name: "zremrangebylex", Since: "2.8.9", Complexity: "O(log(N)+M) with M the number of members removed", Arity: 4,
		Flags: command.Write, Keys: cutKey, Handler: zremrangebylex,
		Summary: "Takes the members in a lexicographic range out of a sorted set.",
		Syntax:  "key min max"},
	{Group: group, Cats: cats, Name: "zpopmin", Since: "5.0.0", Complexity: "O(M*log(N)) with M the number of members taken", Arity: -2,
		Flags: command.Write | command.Fast, Keys: popKey, Handler: zpopmin,
		Summary: "Takes the members with the lowest scores out of a sorted set.",
		Syntax:  "key [count]"},
	{Group: group, Cats: cats, Name: "zpopmax", Since: "5.0.0", Complexity: "O(M*log(N)) with M the number of members taken", Arity: -2,
		Flags: command.Write | command.Fast, Keys: popKey, Handler: zpopmax,
		Summary: "Takes the members with the highest scores out of a sorted set.",
		Syntax:  "key [count]"},
	{Group: group, Cats: cats, Name: "zmpop", Since: "7.0.0", Complexity: "O(K)+O(M*log(N)) with K the number of keys, M the number of members taken", Arity: -4,
		Flags: command.Write | command.MovableKeys, Keys: popCounted(1), Handler: zmpop,
		Summary: "Takes members out of the first sorted set that has any.",
		Syntax:  "numkeys key [key ...] <MIN | MAX> [COUNT count]"},
	{Group: group, Cats: cats, Name: "bzpopmin", Since: "5.0.0", Complexity: "O(log(N))", Arity: -3,
		Flags: waits, Keys: popKeys, Handler: bzpopmin,
		History: floatTimeout,
		Summary: "Takes the member with the lowest score out of the first sorted set that has any, or waits for one.",
		Syntax:  "key [key ...] timeout:double"},
	{Group: group, Cats: cats, Name: "bzpopmax", Since: "5.0.0", Complexity: "O(log(N))", Arity: -3,
		Flags: waits, Keys: popKeys, Handler: bzpopmax,
		History: floatTimeout,
		Summary: "Takes the member with the highest score out of the first sorted set that has any, or waits for one.",
		Syntax:  "key [key ...] timeout:double"},
	{Group: group, Cats: cats, Name: "bzmpop", Since: "7.0.0", Complexity: "O(K)+O(M*log(N)) with K the number of keys, M the number of members taken", Arity: -5,
		Flags: command.Write | command.Blocking | command.MovableKeys, Keys: popCounted(2), Handler: bzmpop,
		Summary: "Takes members out of the first sorted set that has any, or waits for one that does.",
		Syntax:  "timeout:double numkeys key [key ...] <MIN | MAX> [COUNT count]"},
	{Group: group, Cats: cats, Name: "zunion", Since: "6.2.0", Complexity: "O(N)+O(M*log(M)) with N the sum of the lengths, M that of the result", Arity: -3,
		Flags: command.Readonly | command.MovableKeys, Keys: readCounted, Handler: zunion,
		Summary: "Returns the union of sorted sets.",
		Syntax:  "numkeys key [key ...] [WEIGHTS weight:integer [weight ...]] [AGGREGATE aggregate:<SUM | MIN | MAX>] [WITHSCORES]"},
	{Group: group, Cats: cats, Name: "zinter", Since: "6.2.0", Complexity: "O(N*K)+O(M*log(M)) with N the length of the smallest set, K their number, M the length of the result", Arity: -3,
		Flags: command.Readonly | command.MovableKeys, Keys: readCounted, Handler: zinter,
		Summary: "Returns the intersection of sorted sets.",
		Syntax:  "numkeys key [key ...] [WEIGHTS weight:integer [weight ...]] [AGGREGATE aggregate:<SUM | MIN | MAX>] [WITHSCORES]"},
	{Group: group, Cats: cats, Name: "zdiff", Since: "6.2.0", Complexity: "O(N*K)+O(M*log(M)) with N the length of the first set, K their number, M the length of the result", Arity: -3,
		Flags: command.Readonly | command.MovableKeys, Keys: readCounted, Handler: zdiff,
		Summary: "Returns the members of a sorted set that are in none of the others.",
		Syntax:  "numkeys key [key ...] [WITHSCORES]"},
	{Group: group, Cats: cats, Name: "zunionstore", Since: "2.0.0", Complexity: "O(N)+O(M*log(M)) with N the sum of the lengths, M that of the result", Arity: -4,
		Flags: writes | command.MovableKeys, Keys: storeCounted, Handler: zunionstore,
		Summary: "Stores the union of sorted sets in a key.",
		Syntax:  "destination numkeys key [key ...] [WEIGHTS weight:integer [weight ...]] [AGGREGATE aggregate:<SUM | MIN | MAX>]"},
	{Group: group, Cats: cats, Name: "zinterstore", Since: "2.0.0", Complexity: "O(N*K)+O(M*log(M)) with N the length of the smallest set, K their number, M the length of the result", Arity: -4,
		Flags: writes | command.MovableKeys, Keys: storeCounted, Handler: zinterstore,
		Summary: "Stores the intersection of sorted sets in a key.",
		Syntax:  "destination numkeys key [key ...] [WEIGHTS weight:integer [weight ...]] [AGGREGATE aggregate:<SUM | MIN | MAX>]"},
	{Group: group, Cats: cats, Name: "zdiffstore", Since: "6.2.0", Complexity: "O(N*K)+O(M*log(M)) with N the length of the first set, K their number, M the length of the result", Arity: -4,
		Flags: writes | command.MovableKeys, Keys: storeCounted, Handler: zdiffstore,
		Summary: "Stores the members of a sorted set that are in none of the others in a key.",
		Syntax:  "destination numkeys key [key ...]"},
	{Group: group, Cats: cats, Name: "zintercard", Since: "7.0.0", Complexity: "O(N*K) with N the length of the smallest set, K their number", Arity: -3,
		Flags: command.Readonly | command.MovableKeys, Keys: readCounted, Handler: zintercard,
		Summary: "Returns the number of members of the intersection of sorted sets.",
		Syntax:  "numkeys key [key ...] [LIMIT limit:integer]"},
	{Group: group, Cats: cats, Name: "zrandmember", Since: "6.2.0", Complexity: "O(N) with N the number of members returned", Arity: -2,
		Flags: command.Readonly, Keys: readKey, Handler: zrandmember, Tips: random,
		Summary: "Returns members of a sorted set, chosen at random.",
		Syntax:  "key options:[count [WITHSCORES]]"},
	{Group: group, Cats: cats, Name: "zscan", Since: "2.8.0", Complexity: "O(1) a call, O(N) for a whole iteration", Arity: -3,
		Flags: command.Readonly, Keys: readKey, Handler: zscan, Tips: random,
		Summary: "Returns a part of the members of a sorted set and where the next begins.",
		Syntax:  "key cursor [MATCH pattern] [COUNT count]"},
}
