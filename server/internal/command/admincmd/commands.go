// Package admincmd holds the commands on the server itself: commandcmd.go and docs.go are COMMAND, config.go CONFIG,
// info*.go INFO, flush.go empties databases, debug*.go DEBUG; slowlog.go, latency.go, memory.go and topkeys.go show where time
// and memory go; server.go has the rest.
package admincmd

import (
	"slices"

	"redline/server/internal/command"
)

// Commands lists the family.
var Commands = slices.Concat(serverCommands, observeCommands, journalCommands, topCommands)

const (
	lookup = command.Loading | command.Stale // flags of commands that only look
	admin  = command.Admin | command.NoScript | command.Loading | command.Stale
)

var (
	nodes         = []string{"request_policy:all_nodes", "response_policy:all_succeeded"}
	shards        = []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	unordered     = []string{"nondeterministic_output_order"}
	nodesVary     = []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}
	shardsVary    = []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}
	flushSyntax   = "async:[ASYNC@4.0.0 | SYNC@6.2.0]"
	flushHistory  = [][2]string{{"4.0.0", "Added the `ASYNC` flushing mode modifier."}, {"6.2.0", "Added the `SYNC` flushing mode modifier."}}
	flushCategory = command.CatKeyspace | command.CatDangerous
)

var serverCommands = []command.Spec{
	{Name: "command", Group: "server", Since: "2.8.13", Complexity: "O(N) where N is the total number of Redis commands", Arity: -1,
		Flags: lookup, Cats: command.CatConnection, Tips: unordered, Handler: commandAll, Summary: "Describes all commands.",
		Subcommands: commandSubcommands},
	{Name: "config", Group: "server", Since: "2.0.0", Complexity: "Depends on subcommand.", Arity: -2,
		Summary: "A container for commands on the settings.", Subcommands: configSubcommands},
	{Name: "info", Group: "server", Since: "1.0.0", Complexity: "O(1)", Arity: -1, Flags: lookup | command.NoLock, Cats: command.CatDangerous,
		Tips:    []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
		History: [][2]string{{"7.0.0", "Added support for taking multiple section arguments."}},
		Handler: info, Summary: "Returns figures on the server.", Syntax: "[section [section ...]]"},
	{Name: "dbsize", Group: "server", Since: "1.0.0", Complexity: "O(1)", Arity: 1, Flags: command.Readonly | command.Fast, Cats: command.CatKeyspace,
		Tips: []string{"request_policy:all_shards", "response_policy:agg_sum"}, Handler: dbsize, Summary: "Counts the keys of the database."},
	{Name: "flushdb", Group: "server", Since: "1.0.0", Complexity: "O(N) where N is the number of keys in the selected database", Arity: -1,
		Flags: command.Write | command.AllShards, Cats: flushCategory, Tips: shards, History: flushHistory, Handler: flushdb,
		Summary: "Deletes all keys of the database.", Syntax: flushSyntax},
	{Name: "flushall", Group: "server", Since: "1.0.0", Complexity: "O(N) where N is the total number of keys in all databases", Arity: -1,
		Flags: command.Write | command.AllShards, Cats: flushCategory, Tips: shards, History: flushHistory, Handler: flushall,
		Summary: "Deletes all keys of all databases.", Syntax: flushSyntax},
	{Name: "swapdb", Group: "server", Since: "4.0.0", Complexity: "O(N) where N is the count of clients watching or blocking on keys from both databases.",
		Arity: 3, Flags: command.Write | command.Fast | command.AllShards, Cats: flushCategory, Handler: swapdb,
		Summary: "Exchanges two databases.", Syntax: "index1:integer index2:integer"},
	{Name: "time", Group: "server", Since: "2.6.0", Complexity: "O(1)", Arity: 1, Flags: lookup | command.Fast,
		Tips: []string{"nondeterministic_output"}, Handler: serverTime, Summary: "Returns the server's time."},
	{Name: "lolwut", Group: "server", Since: "5.0.0", Arity: -1, Flags: command.Readonly | command.Fast, Handler: lolwut,
		Summary: "Draws something and tells the version.", Syntax: "[VERSION version:integer]"},
	{Name: "shutdown", Group: "server", Since: "1.0.0", Arity: -1,
		Complexity: "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
		Flags:      admin | command.NoMulti | command.AllowBusy, History: [][2]string{{"7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers."}},
		Handler: shutdown, Summary: "Ends the server.", Syntax: "[NOSAVE | SAVE] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]"},
	{Name: "role", Group: "server", Since: "2.8.12", Complexity: "O(1)", Arity: 1, Flags: command.NoScript | lookup | command.Fast,
		Cats: command.CatAdmin | command.CatDangerous, Handler: role, Summary: "Tells the server's part in replication."},
	{Name: "acl", Group: "server", Since: "6.0.0", Complexity: "Depends on subcommand.", Arity: -2,
		Summary: "A container for commands on users.", Subcommands: []command.Spec{
			{Name: "whoami", Group: "server", Since: "6.0.0", Complexity: "O(1)", Arity: 2, Flags: command.NoScript | lookup, Handler: whoami,
				Summary: "Returns the name of the connection's user."},
		}},
	{Name: "debug", Group: "server", Since: "1.0.0", Complexity: "Depends on subcommand.", Arity: -2, Flags: admin | command.AllShards, System: true,
		Handler: debugCall, Summary: "A container for commands that tests and diagnosis need."},
}

// commandSub describes a subcommand of COMMAND.
func commandSub(name, since, complexity string, arity int, tips []string, h command.Handler, summary, syntax string) command.Spec {
	return command.Spec{Name: name, Group: "server", Since: since, Complexity: complexity, Arity: arity, Flags: lookup,
		Cats: command.CatConnection, Tips: tips, Handler: h, Summary: summary, Syntax: syntax}
}

const (
	perLookup  = "O(N) where N is the number of commands to look up"
	perArg     = "O(N) where N is the number of arguments to the command"
	perCommand = "O(N) where N is the total number of Redis commands"
)

var commandSubcommands = []command.Spec{
	commandSub("count", "2.8.13", "O(1)", 2, nil, commandCount, "Counts the commands.", ""),
	commandSub("docs", "7.0.0", perLookup, -2, unordered, commandDocs, "Documents commands.", "[command-name [command-name ...]]"),
	commandSub("getkeys", "2.8.13", perArg, -4, nil, commandGetKeys, "Finds the keys of a command.", ""),
	commandSub("getkeysandflags", "7.0.0", perArg, -4, nil, commandGetKeysAndFlags, "Finds the keys of a command and what it does with them.", ""),
	commandSub("help", "5.0.0", "O(1)", 2, nil, commandHelp, "Lists the subcommands.", ""),
	historical(commandSub("info", "2.8.13", perLookup, -2, unordered, commandInfo, "Describes commands.", "[command-name [command-name ...]]"),
		"7.0.0", "Allowed to be called with no argument to get info on all commands."),
	commandSub("list", "7.0.0", perCommand, -2, unordered, commandList, "Lists the names of commands.",
		"filterby:[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]"),
}

func historical(s command.Spec, since, what string) command.Spec {
	s.History = append(s.History, [2]string{since, what})
	return s
}

// configSub describes a subcommand of CONFIG.
func configSub(name, since, complexity string, arity int, h command.Handler, summary, syntax string) command.Spec {
	return command.Spec{Name: name, Group: "server", Since: since, Complexity: complexity, Arity: arity, Flags: admin,
		Handler: h, Summary: summary, Syntax: syntax}
}

var configSubcommands = []command.Spec{
	historical(configSub("get", "2.0.0", "O(N) when N is the number of configuration parameters provided", -3, configGet,
		"Returns settings.", "parameter [parameter ...]"), "7.0.0", "Added the ability to pass multiple pattern parameters in one call"),
	{Name: "help", Group: "server", Since: "5.0.0", Complexity: "O(1)", Arity: 2, Flags: lookup, Handler: configHelp, Summary: "Lists the subcommands."},
	configSub("resetstat", "2.0.0", "O(1)", 2, configResetStat, "Sets the counters to zero.", ""),
	configSub("rewrite", "2.8.0", "O(1)", 2, configRewrite, "Writes the settings into the configuration file.", ""),
	tipped(historical(configSub("set", "2.0.0", "O(N) when N is the number of configuration parameters provided", -4, configSet,
		"Changes settings, all or none.", "parameter value [parameter value ...]"), "7.0.0", "Added the ability to set multiple parameters in one call."), nodes),
}

func tipped(s command.Spec, tips []string) command.Spec { s.Tips = tips; return s }

// words is the reply of strings as one array.
func words(c *command.Call, list ...string) {
	c.Reply.Array(len(list))
	for _, s := range list {
		c.Reply.BulkString(s)
	}
}
