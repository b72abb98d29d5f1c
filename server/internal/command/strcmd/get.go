// Package strcmd holds the commands on strings: get.go reads, set.go writes, counter.go counts, range.go works on parts,
// many.go takes several keys, lcs.go compares.
package strcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func get(c *command.Call) {
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	reply(c, it)
}

// reply answers with a string value, or null for an absent key.
func reply(c *command.Call, it keyspace.Item) {
	switch {
	case !it.OK():
		c.Reply.Null()
	case it.Encoding() == keyspace.Int:
		c.Reply.BulkInt(it.Int())
	default:
		c.Reply.Bulk(it.Value())
	}
}

func getdel(c *command.Call) {
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	reply(c, it)
	if !it.OK() {
		return
	}
	k := c.Key(1)
	c.DBOf(k).Delete(k)
	c.Dirty++
	c.Notify(command.EventGeneric, "del", k.Name)
	c.Rewrite([]byte("DEL"), k.Name)
}

func getset(c *command.Call) {
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	reply(c, it)
	k := c.Key(1)
	Store(c.DBOf(k), k, it, c.Args[2], false)
	c.Dirty++
	c.Notify(command.EventString, "set", k.Name)
	c.Rewrite([]byte("SET"), k.Name, c.Args[2])
}

func getex(c *command.Call) {
	o, ok := parseSet(c, c.Args[2:], true)
	if !ok {
		return
	}
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	if !it.OK() {
		c.Reply.Null()
		return
	}
	if !o.resolve(c) { // only now: an absent key wins over a bad number, as in Redis
		return
	}
	reply(c, it)
	k := c.Key(1)
	db := c.DBOf(k)
	switch {
	case o.at != keyspace.NoExpiry && o.at <= c.Now:
		// EXAT and PXAT may name the past: the key is gone.
		db.Delete(k)
		c.Dirty++
		c.Notify(command.EventGeneric, "del", k.Name)
		c.Rewrite([]byte("DEL"), k.Name)
	case o.at != keyspace.NoExpiry:
		db.SetExpire(it, o.at)
		c.Dirty++
		c.Notify(command.EventGeneric, "expire", k.Name)
		c.Rewrite([]byte("PEXPIREAT"), k.Name, command.Decimal(o.at))
	case o.ttl == "persist" && it.ExpireAt() != keyspace.NoExpiry:
		db.SetExpire(it, keyspace.NoExpiry)
		c.Dirty++
		c.Notify(command.EventGeneric, "persist", k.Name)
		c.Rewrite([]byte("PERSIST"), k.Name)
	}
}

func strlen(c *command.Call) {
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	c.Reply.Int(int64(textLen(it)))
}

// textLen returns the length of a string as its reader sees it.
func textLen(it keyspace.Item) int {
	if !it.OK() {
		return 0
	}
	if it.Encoding() == keyspace.Int {
		var scratch [20]byte
		return len(it.Text(scratch[:]))
	}
	return it.ValueLen()
}
