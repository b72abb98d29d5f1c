// Package scriptcmd holds SCRIPT, FUNCTION, EVAL and FCALL as a server has them that runs no scripts: looking for scripts
// and functions finds none, removing all of them succeeds, and whatever would need one answers with Unsupported.
package scriptcmd

import "redline/server/internal/command"

// Unsupported is the answer of every command that would have to load or run code.
const Unsupported = "ERR scripting is not supported by this version of Redline"

const (
	group = "scripting"
	cats  = command.CatScripting
	calls = command.NoScript | command.SkipMonitor | command.MayReplicate | command.NoMandatoryKeys | command.Stale | command.NoLock
	reads = command.NoScript | command.SkipMonitor | command.NoMandatoryKeys | command.Stale | command.Readonly | command.NoLock
	looks = command.NoScript | command.NoLock
	loads = command.NoScript | command.Write | command.DenyOOM | command.NoLock
	helps = command.Loading | command.Stale | command.NoLock
)

const (
	worstRW = "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"
	worstRO = "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"
)

var (
	toAllShards = []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	toAllNodes  = []string{"request_policy:all_nodes", "response_policy:all_succeeded"}
	toOne       = []string{"request_policy:all_shards", "response_policy:one_succeeded"}
)

// Commands lists the family.
var Commands = []command.Spec{
	run("eval", "2.6.0", calls, worstRW, "script numkeys [key [key ...]] [arg [arg ...]]", "Executes a Lua script."),
	run("evalsha", "2.6.0", calls, "", "sha1 numkeys [key [key ...]] [arg [arg ...]]", "Executes a Lua script that the server knows, by its SHA1."),
	run("eval_ro", "7.0.0", reads, worstRO, "script numkeys key [key ...] arg [arg ...]", "Executes a Lua script that only reads."),
	run("evalsha_ro", "7.0.0", reads, "", "sha1 numkeys key [key ...] arg [arg ...]", "Executes a Lua script that only reads and that the server knows, by its SHA1."),
	run("fcall", "7.0.0", calls, worstRW, "function numkeys key [key ...] arg [arg ...]", "Calls a function."),
	run("fcall_ro", "7.0.0", reads, worstRO, "function numkeys key [key ...] arg [arg ...]", "Calls a function that only reads."),
	{Group: group, Name: "script", Since: "2.6.0", Complexity: "that of the subcommand", Arity: -2, Summary: "Looks after the scripts that the server knows.", Subcommands: scripts},
	{Group: group, Name: "function", Since: "7.0.0", Complexity: "that of the subcommand", Arity: -2, Summary: "Looks after the libraries of functions.", Subcommands: functions},
}

// run describes a command that executes code.
func run(name, since string, flags command.Flag, notes, syntax, summary string) command.Spec {
	access := command.KeyRW | command.KeyAccess | command.KeyUpdate
	if flags&command.Readonly != 0 {
		access = command.KeyRO | command.KeyAccess
	}
	return command.Spec{Group: group, Cats: cats, Name: name, Since: since, Complexity: "that of the code", Arity: -3, Flags: flags, Handler: unsupported,
		Keys:    []command.KeySpec{{Flags: access, Notes: notes, Begin: 2, FindNum: true, FirstKey: 1, Step: 1}},
		Summary: summary, Syntax: syntax}
}

var scripts = []command.Spec{
	{Group: group, Cats: cats, Name: "debug", Since: "3.2.0", Complexity: "O(1)", Arity: 3, Flags: looks, Handler: unsupported,
		Summary: "Chooses whether scripts run in the debugger.", Syntax: "YES | SYNC | NO"},
	{Group: group, Cats: cats, Name: "exists", Since: "2.6.0", Complexity: "O(N) with N the number of scripts asked for", Arity: -3, Flags: looks, Handler: scriptExists,
		Tips: []string{"request_policy:all_shards", "response_policy:agg_logical_and"}, Summary: "Says which scripts the server knows.", Syntax: "sha1 [sha1 ...]"},
	{Group: group, Cats: cats, Name: "flush", Since: "2.6.0", Complexity: "O(N) with N the number of scripts", Arity: -2, Flags: looks, Handler: scriptFlush,
		Tips: toAllNodes, Summary: "Forgets all scripts.", Syntax: "[ASYNC | SYNC]", History: [][2]string{{"6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers."}}},
	{Group: group, Cats: cats, Name: "help", Since: "5.0.0", Complexity: "O(1)", Arity: 2, Flags: helps, Handler: scriptHelp, Summary: "Describes the subcommands."},
	{Group: group, Cats: cats, Name: "kill", Since: "2.6.0", Complexity: "O(1)", Arity: 2, Flags: looks | command.AllowBusy, Handler: kill,
		Tips: toOne, Summary: "Ends the script that is running."},
	{Group: group, Cats: cats, Name: "load", Since: "2.6.0", Complexity: "O(N) with N the length of the script", Arity: 3, Flags: looks | command.Stale, Handler: unsupported,
		Tips: toAllNodes, Summary: "Remembers a script.", Syntax: "script"},
}

var functions = []command.Spec{
	{Group: group, Cats: cats, Name: "delete", Since: "7.0.0", Complexity: "O(1)", Arity: 3, Flags: looks | command.Write, Handler: functionDelete,
		Tips: toAllShards, Summary: "Deletes a library.", Syntax: "library-name"},
	{Group: group, Cats: cats, Name: "dump", Since: "7.0.0", Complexity: "O(N) with N the number of functions", Arity: 2, Flags: looks, Handler: unsupported,
		Summary: "Serialises all libraries."},
	{Group: group, Cats: cats, Name: "flush", Since: "7.0.0", Complexity: "O(N) with N the number of functions", Arity: -2, Flags: looks | command.Write, Handler: functionFlush,
		Tips: toAllShards, Summary: "Deletes all libraries.", Syntax: "[ASYNC | SYNC]"},
	{Group: group, Cats: cats, Name: "help", Since: "7.0.0", Complexity: "O(1)", Arity: 2, Flags: helps, Handler: functionHelp, Summary: "Describes the subcommands."},
	{Group: group, Cats: cats, Name: "kill", Since: "7.0.0", Complexity: "O(1)", Arity: 2, Flags: looks | command.AllowBusy, Handler: kill,
		Tips: toOne, Summary: "Ends the function that is running."},
	{Group: group, Cats: cats, Name: "list", Since: "7.0.0", Complexity: "O(N) with N the number of functions", Arity: -2, Flags: looks, Handler: functionList,
		Tips: []string{"nondeterministic_output_order"}, Summary: "Lists the libraries.", Syntax: "[LIBRARYNAME library-name-pattern] [WITHCODE]"},
	{Group: group, Cats: cats, Name: "load", Since: "7.0.0", Complexity: "O(1)", Arity: -3, Flags: loads, Handler: unsupported,
		Tips: toAllShards, Summary: "Creates a library.", Syntax: "[REPLACE] function-code"},
	{Group: group, Cats: cats, Name: "restore", Since: "7.0.0", Complexity: "O(N) with N the number of functions", Arity: -3, Flags: loads, Handler: unsupported,
		Tips: toAllShards, Summary: "Creates libraries from what FUNCTION DUMP gave.", Syntax: "serialized-value [FLUSH | APPEND | REPLACE]"},
	{Group: group, Cats: cats, Name: "stats", Since: "7.0.0", Complexity: "O(1)", Arity: 2, Flags: looks | command.AllowBusy, Handler: functionStats,
		Tips:    []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
		Summary: "Tells what is running and how many functions there are."},
}
