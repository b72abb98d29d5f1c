package admincmd

import "redline/server/internal/command"

// observer describes a subcommand of LATENCY, MEMORY or SLOWLOG.
func observer(name, since, complexity string, arity int, flags command.Flag, tips []string, h command.Handler, summary, syntax string) command.Spec {
	return command.Spec{Name: name, Group: "server", Since: since, Complexity: complexity, Arity: arity, Flags: flags, Tips: tips,
		Handler: h, Summary: summary, Syntax: syntax}
}

const slow = command.Admin | command.Loading | command.Stale

var observeCommands = []command.Spec{
	{Name: "monitor", Group: "server", Since: "1.0.0", Arity: 1, Flags: admin, Handler: monitor, Summary: "Shows the commands of all clients as they come."},
	{Name: "slowlog", Group: "server", Since: "2.2.12", Complexity: "Depends on subcommand.", Arity: -2,
		Summary: "A container for commands on the slow log.", Subcommands: slowlogSubcommands},
	{Name: "latency", Group: "server", Since: "2.8.13", Complexity: "Depends on subcommand.", Arity: -2,
		Summary: "A container for commands on latency.", Subcommands: latencySubcommands},
	{Name: "memory", Group: "server", Since: "4.0.0", Complexity: "Depends on subcommand.", Arity: -2,
		Summary: "A container for commands on memory.", Subcommands: memorySubcommands},
}

var slowlogSubcommands = []command.Spec{
	historical(observer("get", "2.2.12", "O(N) where N is the number of entries returned", -2, slow, []string{"request_policy:all_nodes", "nondeterministic_output"},
		slowlogGet, "Returns the last slow commands.", "[count]"), "4.0.0", "Added client IP address, port and name to the reply."),
	observer("help", "6.2.0", "O(1)", 2, lookup, nil, slowlogHelp, "Lists the subcommands.", ""),
	observer("len", "2.2.12", "O(1)", 2, slow, []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
		slowlogLen, "Counts the slow log's entries.", ""),
	observer("reset", "2.2.12", "O(N) where N is the number of entries in the slowlog", 2, slow, nodes, slowlogReset, "Empties the slow log.", ""),
}

var latencySubcommands = []command.Spec{
	observer("anatomy", "1.0.0", "O(1)", -2, admin, nodesVary, latencyAnatomy, "Tells in which stages requests spend their time, and what the slowest waited for.",
		"[how:<slowest:<SLOWEST [count:integer]> | RESET>]"),
	observer("doctor", "2.8.13", "O(1)", 2, admin, nodesVary, latencyDoctor, "Explains the latency that was seen.", ""),
	observer("graph", "2.8.13", "O(1)", 3, admin, nodesVary, latencyGraph, "Draws an event's latency.", "event"),
	observer("help", "2.8.13", "O(1)", 2, lookup, nil, latencyHelp, "Lists the subcommands.", ""),
	observer("histogram", "7.0.0", "O(N) where N is the number of commands with latency information being retrieved.", -2, admin, nodesVary,
		latencyHistogram, "Returns how long commands took.", "[COMMAND:string [COMMAND ...]]"),
	observer("history", "2.8.13", "O(1)", 3, admin, nodesVary, latencyHistory, "Returns an event's last moments.", "event"),
	observer("latest", "2.8.13", "O(1)", 2, admin, nodesVary, latencyLatest, "Returns the last moment of every event.", ""),
	observer("reset", "2.8.13", "O(1)", -2, admin, nodes, latencyReset, "Forgets events.", "[event [event ...]]"),
}

var memorySubcommands = []command.Spec{
	observer("doctor", "4.0.0", "O(1)", 2, 0, shardsVary, memoryDoctor, "Explains what is notable about memory.", ""),
	observer("help", "4.0.0", "O(1)", 2, lookup, nil, memoryHelp, "Lists the subcommands.", ""),
	observer("malloc-stats", "4.0.0", "Depends on how much memory is allocated, could be slow", 2, command.NoLock, shardsVary, memoryMallocStats,
		"Returns figures of the allocators.", ""),
	observer("purge", "4.0.0", "Depends on how much memory is allocated, could be slow", 2, command.NoLock, shards, memoryPurge,
		"Gives free memory back to the system.", ""),
	observer("stats", "4.0.0", "O(1)", 2, command.NoLock, shardsVary, memoryStats, "Tells where memory goes.", ""),
	keyed(observer("usage", "4.0.0", "O(N) where N is the number of samples.", -3, command.Readonly, nil, memoryUsage,
		"Returns the memory that a key takes.", "key [SAMPLES count]")),
}

func keyed(s command.Spec) command.Spec {
	s.Keys = []command.KeySpec{{Flags: command.KeyRO, Begin: 2, Step: 1}}
	return s
}
