package pubsubcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/pubsub"
)

func (f *family) active(c *command.Call, k pubsub.Kind) {
	if len(c.Args) > 3 {
		c.Reply.Error("ERR unknown subcommand or wrong number of arguments for '" + string(c.Args[1]) + "'. Try PUBSUB HELP.")
		return
	}
	var pattern []byte
	if len(c.Args) == 3 {
		pattern = c.Args[2]
	}
	names := f.broker.Active(k, pattern)
	c.Reply.Array(len(names))
	for _, n := range names {
		c.Reply.BulkString(n)
	}
}

func (f *family) subscribers(c *command.Call, k pubsub.Kind) {
	c.Reply.Array(2 * (len(c.Args) - 2))
	for _, name := range c.Args[2:] {
		c.Reply.Bulk(name)
		c.Reply.Int(int64(f.broker.Subscribers(k, string(name))))
	}
}

func (f *family) patterns(c *command.Call) { c.Reply.Int(int64(f.broker.Size(pubsub.Patterns))) }

func help(c *command.Call) {
	c.Help("PUBSUB", []string{
		"CHANNELS [<pattern>]",
		"    Return the currently active channels matching a <pattern> (default: '*').",
		"NUMPAT",
		"    Return number of subscriptions to patterns.",
		"NUMSUB [<channel> ...]",
		"    Return the number of subscribers for the specified channels, excluding",
		"    pattern subscriptions(default: no channels).",
		"SHARDCHANNELS [<pattern>]",
		"    Return the currently active shard level channels matching a <pattern> (default: '*').",
		"SHARDNUMSUB [<shardchannel> ...]",
		"    Return the number of subscribers for the specified shard level channel(s)",
	})
}
