package zsetcmd

import (
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func limits(c *command.Call) collection.ZSetLimits {
	return collection.ZSetLimits{Entries: c.Conf.ZSetMaxListpackEntries, Value: c.Conf.ZSetMaxListpackValue}
}

// open returns the sorted set at argument i. If another type is there, ok is false and the error is written.
func open(c *command.Call, i int) (z collection.ZSet, ok bool) {
	it, ok := c.FindType(i, keyspace.ZSet)
	if !ok {
		return z, false
	}
	k := c.Key(i)
	return collection.OpenZSet(c.DBOf(k), k, it, limits(c)), true
}

// isStruct says whether members and scores are replied in pairs: as an array of two in RESP3, flat in RESP2.
func isStruct(c *command.Call) bool { return c.Reply.Proto == 3 }

// replyPairs writes the header of n members, with their scores if scored.
func replyPairs(c *command.Call, n int, scored bool) {
	if scored && !isStruct(c) {
		n *= 2
	}
	c.Reply.Array(n)
}

// replyPair writes a member, with its score if scored.
func replyPair(c *command.Call, member []byte, score float64, scored bool) {
	if !scored {
		c.Reply.Bulk(member)
		return
	}
	if isStruct(c) {
		c.Reply.Array(2)
	}
	c.Reply.Bulk(member)
	c.Reply.Double(score)
}
