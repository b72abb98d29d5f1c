package streamcmd

import "redline/server/internal/command"

const (
	group = "stream"
	cats  = command.CatStream

	read   = command.Readonly
	write  = command.Write
	fast   = command.Fast
	access = command.KeyRO | command.KeyAccess
	update = command.KeyRW | command.KeyUpdate
	insert = command.KeyRW | command.KeyInsert
	remove = command.KeyRW | command.KeyDelete
)

// random is the tip of commands whose reply depends on the time or on how entries lie in nodes.
var random = []string{"nondeterministic_output"}

func key(at int, flags command.KeyFlag) []command.KeySpec {
	return []command.KeySpec{{Flags: flags, Begin: at, Step: 1}}
}

// streamKeys is the spec of keys behind the word STREAMS, with as many IDs behind them.
func streamKeys(from int) []command.KeySpec {
	return []command.KeySpec{{Flags: access, Keyword: "STREAMS", StartFrom: from, LastKey: -1, Step: 1, Limit: 2}}
}

const (
	trimSyntax = "strategy:<MAXLEN | MINID@6.2.0> operator:[= | ~] threshold [LIMIT@6.2.0 count]"
	readTail   = "[COUNT count] [BLOCK milliseconds] "
)

var exclusiveRanges = [][2]string{{"6.2.0", "Added exclusive ranges."}}

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "xadd", Since: "5.0.0", Complexity: "O(1), with trimming O(N) with N the number of entries taken out", Arity: -5,
		Flags: write | command.DenyOOM | fast, Tips: random, Handler: xadd,
		Keys: []command.KeySpec{{Flags: update, Begin: 1, Step: 1, Notes: "UPDATE instead of INSERT because of the optional trimming feature"}},
		History: [][2]string{{"6.2.0", "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."},
			{"7.0.0", "Added support for the `<ms>-*` explicit ID form."}},
		Summary: "Adds an entry at the end of a stream, which is created if it does not exist.",
		Syntax:  "key [NOMKSTREAM@6.2.0] trim:[" + trimSyntax + "] id_or_auto:<* | id> field value [field value ...]"},
	{Group: group, Cats: cats, Name: "xlen", Since: "5.0.0", Complexity: "O(1)", Arity: 2, Flags: read | fast, Keys: key(1, command.KeyRO), Handler: xlen,
		Summary: "Returns the number of entries of a stream.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "xrange", Since: "5.0.0", Complexity: "O(N) with N the number of entries returned", Arity: -4, Flags: read,
		Keys: key(1, access), Handler: xrange, History: exclusiveRanges,
		Summary: "Returns the entries of a stream between two IDs.", Syntax: "key start:string end:string [COUNT count]"},
	{Group: group, Cats: cats, Name: "xrevrange", Since: "5.0.0", Complexity: "O(N) with N the number of entries returned", Arity: -4, Flags: read,
		Keys: key(1, access), Handler: xrevrange, History: exclusiveRanges,
		Summary: "Returns the entries of a stream between two IDs, the last one first.", Syntax: "key end:string start:string [COUNT count]"},
	{Group: group, Cats: cats, Name: "xdel", Since: "5.0.0", Complexity: "O(1) an entry", Arity: -3, Flags: write | fast, Keys: key(1, remove), Handler: xdel,
		Summary: "Takes entries out of a stream by their IDs.", Syntax: "key id [id ...]"},
	{Group: group, Cats: cats, Name: "xtrim", Since: "5.0.0", Complexity: "O(N) with N the number of entries taken out", Arity: -4, Flags: write,
		Keys: key(1, remove), Tips: random, Handler: xtrim, History: [][2]string{{"6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option."}},
		Summary: "Takes entries out from the start of a stream.", Syntax: "key trim:<" + trimSyntax + ">"},
	{Group: group, Cats: cats, Name: "xsetid", Since: "5.0.0", Complexity: "O(1)", Arity: -3, Flags: write | command.DenyOOM | fast, Keys: key(1, update), Handler: xsetid,
		History: [][2]string{{"7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments."}},
		Summary: "Sets what a stream remembers of its past: for replication.", Syntax: "key last-id [ENTRIESADDED@7.0.0 entries_added:integer] [MAXDELETEDID@7.0.0 max_deleted_entry_id]"},
	{Group: group, Cats: cats, Name: "xread", Since: "5.0.0", Complexity: "O(N) with N the number of entries returned", Arity: -4,
		Flags: read | command.Blocking | command.MovableKeys, Keys: streamKeys(1), Extract: readKeys, Handler: xread,
		Summary: "Returns the entries of streams behind given IDs, or waits for some.", Syntax: readTail + "STREAMS streams:<key [key ...] id [id ...]>"},
	{Group: group, Cats: cats, Name: "xreadgroup", Since: "5.0.0", Complexity: "O(N) with N the number of entries returned", Arity: -7,
		Flags: write | command.Blocking | command.MovableKeys, Keys: streamKeys(4), Extract: readKeys, Handler: xreadgroup,
		Summary: "Gives a consumer of a group entries that no other has got, or its own once more, or waits for some.",
		Syntax:  "GROUP group consumer " + readTail + "[NOACK] STREAMS streams:<key [key ...] id [id ...]>"},
	{Group: group, Cats: cats, Name: "xack", Since: "5.0.0", Complexity: "O(log N) an entry with N the number of pending ones", Arity: -4, Flags: write | fast,
		Keys: key(1, update), Handler: xack, Summary: "Acknowledges entries that were given to a group.", Syntax: "key group id [id ...]"},
	{Group: group, Cats: cats, Name: "xpending", Since: "5.0.0", Complexity: "O(N) with N the number of pending entries looked at, or of consumers", Arity: -3, Flags: read,
		Keys: key(1, access), Tips: random, Handler: xpending, History: [][2]string{{"6.2.0", "Added the `IDLE` option and exclusive range intervals."}},
		Summary: "Returns what was given to a group and is not acknowledged.", Syntax: "key group filters:[[IDLE@6.2.0 min-idle-time:integer] start:string end:string count [consumer]]"},
	{Group: group, Cats: cats, Name: "xclaim", Since: "5.0.0", Complexity: "O(log N) an entry with N the number of pending ones", Arity: -6, Flags: write | fast,
		Keys: key(1, update), Tips: random, Handler: xclaim, Summary: "Makes a consumer the owner of pending entries.",
		Syntax: "key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id]"},
	{Group: group, Cats: cats, Name: "xautoclaim", Since: "6.2.0", Complexity: "O(1) if count is small", Arity: -6, Flags: write | fast,
		Keys: key(1, remove), Tips: random, Handler: xautoclaim,
		History: [][2]string{{"7.0.0", "Added an element to the reply array, containing deleted entries the command cleared from the PEL"}},
		Summary: "Makes a consumer the owner of entries that have been pending for long.", Syntax: "key group consumer min-idle-time start:string [COUNT count] [JUSTID]"},
	{Group: group, Name: "xgroup", Since: "5.0.0", Complexity: "Depends on the subcommand", Arity: -2,
		Summary: "Manages the consumer groups of a stream.", Subcommands: groupCommands},
	{Group: group, Name: "xinfo", Since: "5.0.0", Complexity: "Depends on the subcommand", Arity: -2,
		Summary: "Tells about a stream and its consumer groups.", Subcommands: infoCommands},
}

var groupCommands = []command.Spec{
	{Group: group, Cats: cats, Name: "create", Since: "5.0.0", Complexity: "O(1)", Arity: -5, Flags: write | command.DenyOOM, Keys: key(2, insert), Handler: groupCreate,
		History: [][2]string{{"7.0.0", "Added the `entries_read` named argument."}},
		Summary: "Creates a consumer group.", Syntax: "key groupname id:<id | $> [MKSTREAM] [ENTRIESREAD entries_read:integer]"},
	{Group: group, Cats: cats, Name: "setid", Since: "5.0.0", Complexity: "O(1)", Arity: -5, Flags: write, Keys: key(2, update), Handler: groupSetID,
		History: [][2]string{{"7.0.0", "Added the optional `entries_read` argument."}},
		Summary: "Sets the last ID that a consumer group was given.", Syntax: "key groupname id:<id | $> [ENTRIESREAD entries_read:integer]"},
	{Group: group, Cats: cats, Name: "destroy", Since: "5.0.0", Complexity: "O(N) with N the number of consumers", Arity: 4, Flags: write, Keys: key(2, remove),
		Handler: groupDestroy, Summary: "Removes a consumer group.", Syntax: "key groupname"},
	{Group: group, Cats: cats, Name: "createconsumer", Since: "6.2.0", Complexity: "O(1)", Arity: 5, Flags: write | command.DenyOOM, Keys: key(2, insert),
		Handler: groupCreateConsumer, Summary: "Adds a consumer to a group.", Syntax: "key groupname consumername"},
	{Group: group, Cats: cats, Name: "delconsumer", Since: "5.0.0", Complexity: "O(N) with N the number of entries that the consumer owns", Arity: 5, Flags: write,
		Keys: key(2, remove), Handler: groupDelConsumer, Summary: "Removes a consumer from a group.", Syntax: "key groupname consumername"},
	{Group: group, Cats: cats, Name: "help", Since: "5.0.0", Complexity: "O(1)", Arity: 2, Flags: command.Loading | command.Stale,
		Handler: groupHelp, Summary: "Shows help on the command."},
}

var infoCommands = []command.Spec{
	{Group: group, Cats: cats, Name: "stream", Since: "5.0.0", Complexity: "O(1)", Arity: -3, Flags: read, Keys: key(2, access), Handler: infoStream,
		History: [][2]string{{"6.0.0", "Added the `FULL` modifier."},
			{"7.0.0", "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields"}},
		Summary: "Tells about a stream.", Syntax: "key full:[FULL [COUNT count]]"},
	{Group: group, Cats: cats, Name: "groups", Since: "5.0.0", Complexity: "O(1)", Arity: 3, Flags: read, Keys: key(2, access), Handler: infoGroups,
		History: [][2]string{{"7.0.0", "Added the `entries-read` and `lag` fields"}},
		Summary: "Lists the consumer groups of a stream.", Syntax: "key"},
	{Group: group, Cats: cats, Name: "consumers", Since: "5.0.0", Complexity: "O(1)", Arity: 4, Flags: read, Keys: key(2, access), Tips: random, Handler: infoConsumers,
		Summary: "Lists the consumers of a group.", Syntax: "key groupname"},
	{Group: group, Cats: cats, Name: "help", Since: "5.0.0", Complexity: "O(1)", Arity: 2, Flags: command.Loading | command.Stale,
		Handler: infoHelp, Summary: "Shows help on the command."},
}
