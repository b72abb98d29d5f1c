// Package pubsubcmd holds publish and subscribe: subscribe.go for those who listen, publish.go for those who speak,
// inspect.go for PUBSUB. The messages are carried by package pubsub.
package pubsubcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/pubsub"
	"redline/server/internal/session"
)

const (
	group   = "pubsub"
	listens = command.PubSub | command.NoScript | command.Loading | command.Stale | command.NoLock
	speaks  = command.PubSub | command.Loading | command.Stale | command.Fast | command.MayReplicate | command.NoLock
	looks   = command.PubSub | command.Loading | command.Stale | command.NoLock
)

// family binds the commands to the broker that they act on.
type family struct{ broker *pubsub.Broker }

// Commands returns the family for a broker.
func Commands(b *pubsub.Broker) []command.Spec {
	f := &family{b}
	shardChannels := []command.KeySpec{{Flags: command.KeyNotKey, Begin: 1, LastKey: -1, Step: 1}}
	shardChannel := []command.KeySpec{{Flags: command.KeyNotKey, Begin: 1, Step: 1}}
	return []command.Spec{
		{Group: group, Name: "subscribe", Since: "2.0.0", Complexity: "O(N) with N the number of channels", Arity: -2, Flags: listens,
			Handler: func(c *command.Call) { f.subscribe(c, pubsub.Channels) },
			Summary: "Listens to channels.", Syntax: "channel [channel ...]"},
		{Group: group, Name: "unsubscribe", Since: "2.0.0", Complexity: "O(N) with N the number of channels", Arity: -1, Flags: listens,
			Handler: func(c *command.Call) { f.unsubscribe(c, pubsub.Channels) },
			Summary: "Stops listening to channels, or to all of them.", Syntax: "[channel [channel ...]]"},
		{Group: group, Name: "psubscribe", Since: "2.0.0", Complexity: "O(N) with N the number of patterns", Arity: -2, Flags: listens,
			Handler: func(c *command.Call) { f.subscribe(c, pubsub.Patterns) },
			Summary: "Listens to all channels that match patterns.", Syntax: "pattern [pattern ...]"},
		{Group: group, Name: "punsubscribe", Since: "2.0.0", Complexity: "O(N) with N the number of patterns", Arity: -1, Flags: listens,
			Handler: func(c *command.Call) { f.unsubscribe(c, pubsub.Patterns) },
			Summary: "Stops listening to patterns, or to all of them.", Syntax: "[pattern [pattern ...]]"},
		{Group: group, Name: "ssubscribe", Since: "7.0.0", Complexity: "O(N) with N the number of shard channels", Arity: -2, Flags: listens,
			Keys: shardChannels, Handler: func(c *command.Call) { f.subscribe(c, pubsub.Shards) },
			Summary: "Listens to shard channels.", Syntax: "shardchannel [shardchannel ...]"},
		{Group: group, Name: "sunsubscribe", Since: "7.0.0", Complexity: "O(N) with N the number of shard channels", Arity: -1, Flags: listens,
			Keys: shardChannels, Handler: func(c *command.Call) { f.unsubscribe(c, pubsub.Shards) },
			Summary: "Stops listening to shard channels, or to all of them.", Syntax: "[shardchannel [shardchannel ...]]"},
		{Group: group, Name: "publish", Since: "2.0.0", Complexity: "O(N+M) with N the subscribers of the channel and M the patterns of all clients", Arity: 3, Flags: speaks,
			Handler: func(c *command.Call) { f.publish(c, pubsub.Channels) },
			Summary: "Sends a message to a channel.", Syntax: "channel message"},
		{Group: group, Name: "spublish", Since: "7.0.0", Complexity: "O(N) with N the subscribers of the shard channel", Arity: 3, Flags: speaks,
			Keys: shardChannel, Handler: func(c *command.Call) { f.publish(c, pubsub.Shards) },
			Summary: "Sends a message to a shard channel.", Syntax: "shardchannel message"},
		f.inspection(),
	}
}

// inspection is PUBSUB.
func (f *family) inspection() command.Spec {
	return command.Spec{Group: group, Name: "pubsub", Since: "2.8.0", Complexity: "that of the subcommand", Arity: -2,
		Summary: "Looks at channels and their subscribers.",
		Subcommands: []command.Spec{
			{Group: group, Name: "channels", Since: "2.8.0", Complexity: "O(N) with N the number of active channels", Arity: -2, Flags: looks,
				Handler: func(c *command.Call) { f.active(c, pubsub.Channels) },
				Summary: "Lists the channels that have subscribers.", Syntax: "[pattern]"},
			{Group: group, Name: "numsub", Since: "2.8.0", Complexity: "O(N) with N the number of given channels", Arity: -2, Flags: looks,
				Handler: func(c *command.Call) { f.subscribers(c, pubsub.Channels) },
				Summary: "Counts the subscribers of channels.", Syntax: "[channel [channel ...]]"},
			{Group: group, Name: "numpat", Since: "2.8.0", Complexity: "O(1)", Arity: 2, Flags: looks, Handler: f.patterns,
				Summary: "Counts the patterns that have subscribers."},
			{Group: group, Name: "shardchannels", Since: "7.0.0", Complexity: "O(N) with N the number of active shard channels", Arity: -2, Flags: looks,
				Handler: func(c *command.Call) { f.active(c, pubsub.Shards) },
				Summary: "Lists the shard channels that have subscribers.", Syntax: "[pattern]"},
			{Group: group, Name: "shardnumsub", Since: "7.0.0", Complexity: "O(N) with N the number of given shard channels", Arity: -2, Flags: looks,
				Handler: func(c *command.Call) { f.subscribers(c, pubsub.Shards) },
				Summary: "Counts the subscribers of shard channels.", Syntax: "[shardchannel [shardchannel ...]]"},
			{Group: group, Name: "help", Since: "6.2.0", Complexity: "O(1)", Arity: 2, Flags: command.Loading | command.Stale | command.NoLock, Handler: help,
				Summary: "Describes the subcommands."},
		}}
}

// Connect has the hub's sessions leave their channels in time and holds RESP2 subscribers to what they may do.
func Connect(h *session.Hub, b *pubsub.Broker) {
	leave := func(s *session.Session) {
		if s.Subscriptions() > 0 {
			b.Leave(s)
			s.SetSubscriptions(0, 0, 0)
		}
	}
	h.Subscribed = func() (channels, patterns, shard int) {
		return b.Size(pubsub.Channels), b.Size(pubsub.Patterns), b.Size(pubsub.Shards)
	}
	h.OnClose(leave)
	h.OnReset(leave)
	h.Admit(restrict)
}

// restrict: a RESP2 client that listens cannot tell replies from messages, so it may only do what answers like a message.
func restrict(s *session.Session, spec *command.Spec, _ [][]byte) string {
	if s.Subscriptions() == 0 || s.Proto() != 2 {
		return ""
	}
	switch spec.FullName {
	case "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe", "ping", "quit", "reset":
		return ""
	}
	return "ERR Can't execute '" + spec.FullName +
		"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
}
