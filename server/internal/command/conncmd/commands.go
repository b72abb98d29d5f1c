// Package conncmd holds the commands on the connection itself: hello.go greets and authenticates, client.go is CLIENT,
// kill.go is CLIENT KILL, tracking.go what there is of client-side caching.
package conncmd

import "redline/server/internal/command"

// Commands lists the family.
var Commands = []command.Spec{
	{Name: "ping", Group: "connection", Since: "1.0.0", Complexity: "O(1)", Arity: -1, Flags: command.Fast, Cats: command.CatConnection,
		Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}, Handler: ping,
		Summary: "Answers with PONG or with its argument.", Syntax: "[message]"},
	{Name: "echo", Group: "connection", Since: "1.0.0", Complexity: "O(1)", Arity: 2, Flags: command.Loading | command.Stale | command.Fast,
		Cats: command.CatConnection, Handler: echo, Summary: "Answers with its argument.", Syntax: "message"},
	{Name: "hello", Group: "connection", Since: "6.0.0", Complexity: "O(1)", Arity: -1, Flags: open, Cats: command.CatConnection,
		History: [][2]string{{"6.2.0", "`protover` made optional; when called without arguments the command reports the current connection's context."}},
		Handler: hello, Summary: "Chooses the protocol, authenticates and names the connection in one step.",
		Syntax: "[protover:integer [AUTH username password] [SETNAME clientname]]"},
	{Name: "auth", Group: "connection", Since: "1.0.0", Complexity: "O(N) where N is the number of passwords defined for the user", Arity: -2,
		Flags: open, Cats: command.CatConnection, History: [][2]string{{"6.0.0", "Added ACL style (username and password)."}},
		Handler: auth, Summary: "Authenticates the connection.", Syntax: "[username] password"},
	{Name: "select", Group: "connection", Since: "1.0.0", Complexity: "O(1)", Arity: 2, Flags: command.Loading | command.Stale | command.Fast,
		Cats: command.CatConnection, Handler: selectDB, Summary: "Chooses the database of the connection.", Syntax: "index:integer"},
	{Name: "quit", Group: "connection", Since: "1.0.0", Complexity: "O(1)", Arity: -1, Flags: open, Cats: command.CatConnection,
		Handler: quit, Summary: "Closes the connection once all replies have been sent."},
	{Name: "reset", Group: "connection", Since: "6.2.0", Complexity: "O(1)", Arity: 1, Flags: open | command.NoLock, Cats: command.CatConnection,
		Handler: reset, Summary: "Takes the connection back to the state of a new one."},
	{Name: "client", Group: "connection", Since: "2.4.0", Complexity: "Depends on subcommand.", Arity: -2,
		Summary: "A container for commands on connections.", Subcommands: clientCommands},
}

const (
	// open are the flags of commands that a client may send before it is authenticated.
	open = command.NoScript | command.Loading | command.Stale | command.Fast | command.NoAuth | command.AllowBusy
	// own are the flags of commands on the own connection, others those of commands on other connections.
	own    = command.NoScript | command.Loading | command.Stale
	others = own | command.Admin
)

var nondeterministic = []string{"nondeterministic_output"}

// sub describes a subcommand of CLIENT.
func sub(name, since, complexity string, arity int, flags command.Flag, h command.Handler, summary, syntax string) command.Spec {
	return command.Spec{Name: name, Group: "connection", Since: since, Complexity: complexity, Arity: arity, Flags: flags,
		Cats: command.CatConnection, Handler: h, Summary: summary, Syntax: syntax}
}

func withTips(s command.Spec, tips []string) command.Spec { s.Tips = tips; return s }

func withHistory(s command.Spec, h ...[2]string) command.Spec { s.History = h; return s }

var clientCommands = []command.Spec{
	sub("caching", "6.0.0", "O(1)", 3, own, caching, "Tells whether to track the keys of the next command.", "<YES | NO>"),
	sub("getname", "2.6.9", "O(1)", 2, own, getName, "Returns the name of the connection.", ""),
	sub("getredir", "6.0.0", "O(1)", 2, own, getRedirect, "Returns the client that gets the invalidation messages of the connection.", ""),
	sub("help", "5.0.0", "O(1)", 2, command.Loading|command.Stale, help, "Lists the subcommands.", ""),
	sub("id", "5.0.0", "O(1)", 2, own, id, "Returns the number of the connection.", ""),
	withTips(sub("info", "6.2.0", "O(1)", 2, own, info, "Describes the connection.", ""), nondeterministic),
	withHistory(sub("kill", "2.4.0", "O(N) where N is the number of client connections", -3, others, kill, "Closes connections.",
		"<ip:port:string | new-format:<[ID client-id:integer] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER username] | "+
			"[ADDR ip:port] | [LADDR ip:port] | [SKIPME yes/no]> [...]>"),
		[2]string{"2.8.12", "Added new filter format."}, [2]string{"2.8.12", "`ID` option."},
		[2]string{"3.2.0", "Added `master` type in for `TYPE` option."},
		[2]string{"5.0.0", "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility."},
		[2]string{"6.2.0", "`LADDR` option."}),
	withHistory(withTips(sub("list", "2.4.0", "O(N) where N is the number of client connections", -2, others, list, "Describes connections.",
		"[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id:integer [client-id ...]]"), nondeterministic),
		[2]string{"2.8.12", "Added unique client `id` field."}, [2]string{"5.0.0", "Added optional `TYPE` filter."},
		[2]string{"6.0.0", "Added `user` field."},
		[2]string{"6.2.0", "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter."},
		[2]string{"7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields."}, [2]string{"7.0.3", "Added `ssub` field."}),
	sub("no-evict", "7.0.0", "O(1)", 3, others, noEvict, "Spares the connection when memory is short.", "<ON | OFF>"),
	sub("no-touch", "7.2.0", "O(1)", 3, own, noTouch, "Has the connection's commands not count as accesses to keys.", "<ON | OFF>"),
	withHistory(sub("pause", "2.9.50", "O(1)", -3, others, pause, "Holds the commands of all clients back for a while.", "timeout:integer [WRITE | ALL]"),
		[2]string{"6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option."}),
	sub("reply", "3.2.0", "O(1)", 3, own, replyMode, "Tells whether to reply to commands.", "<ON | OFF | SKIP>"),
	sub("setname", "2.6.9", "O(1)", 3, own, setName, "Names the connection.", "connection-name"),
	sub("tracking", "6.0.0", "O(1). Some options may introduce additional complexity.", -3, own, tracking,
		"Controls client-side caching.", "<ON | OFF> [REDIRECT client-id:integer] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]"),
	sub("trackinginfo", "6.2.0", "O(1)", 2, own, trackingInfo, "Describes the state of client-side caching.", ""),
	sub("unblock", "5.0.0", "O(log N) where N is the number of client connections", -3, others, unblock,
		"Ends the waiting of a client in a blocking command.", "client-id:integer [TIMEOUT | ERROR]"),
	sub("unpause", "6.2.0", "O(N) Where N is the number of paused clients", 2, others, unpause, "Ends CLIENT PAUSE.", ""),
}
