package keycmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/glob"
	"redline/server/internal/keyspace"
)

// keysCommand is KEYS. It locks one shard after the other, so it holds nobody up for longer than a shard takes.
func keysCommand(c *command.Call) {
	pattern := c.Args[1]
	all := string(pattern) == "*"
	mark, n := c.Reply.Begin(), 0
	c.EachShard(func(sh *keyspace.Shard) bool {
		sh.DB(c.DB).Each(func(it keyspace.Item) {
			if name := it.Key(); all || glob.Match(pattern, name, false) {
				c.Reply.Bulk(name)
				n++
			}
		})
		return true
	})
	c.Reply.EndArray(mark, n)
}

func randomkey(c *command.Call) {
	sp := c.Space()
	total, _ := sp.Len(c.DB)
	// A shard is chosen by its share of the keys; the counts may change meanwhile, so the others are tried as well.
	first := 0
	if total > 0 {
		for at := int(c.Random() % uint64(total)); first < sp.Shards()-1; first++ {
			n, _ := sp.ShardLen(first, c.DB)
			if at -= n; at < 0 {
				break
			}
		}
	}
	found := false
	for i := 0; i < sp.Shards() && !found; i++ {
		c.WithShard((first+i)%sp.Shards(), func(sh *keyspace.Shard) bool {
			if it := sh.DB(c.DB).Random(c.Random()); it.OK() {
				c.Reply.Bulk(it.Key())
				found = true
			}
			return true
		})
	}
	if !found {
		c.Reply.Null()
	}
}

// typeFilter is SCAN's own option.
type typeFilter struct {
	typ     keyspace.Type
	byType  bool
	unknown bool // TYPE named a type that no key has
}

// A cursor is the shard's index and, in the low 32 bits, the address within it (see dict.Scan).
func scan(c *command.Call) {
	cursor, ok := c.ScanCursor(1)
	if !ok {
		return
	}
	var filter typeFilter
	o, ok := c.ScanOptions(2, filter.option)
	if !ok {
		return
	}
	shard, addr := int(cursor>>32), uint32(cursor)
	found := c.Elements() // the keys as bulks: the cursor comes first in the reply but is known last
	n, seen := 0, 0
	for steps := o.Count * command.ScanStepsPerElement; steps > 0 && seen < o.Count && shard < c.Space().Shards(); {
		c.WithShard(shard, func(sh *keyspace.Shard) bool {
			for done := false; !done && steps > 0 && seen < o.Count; steps-- {
				addr, done = sh.DB(c.DB).Scan(addr, func(it keyspace.Item) {
					seen++
					if filter.wants(it) && o.Wants(it.Key()) {
						found = resp.AppendBulk(found, it.Key())
						n++
					}
				})
				if done {
					shard, addr = shard+1, 0
				}
			}
			return true
		})
	}
	next := uint64(shard)<<32 | uint64(addr)
	if shard >= c.Space().Shards() {
		next = 0
	}
	c.ScanReply(next, n, found)
}

func (f *typeFilter) option(name, val []byte) bool {
	if !command.Is(name, "type") {
		return false
	}
	f.typ, f.byType = keyspace.TypeByName(val)
	f.unknown = !f.byType
	return true
}

func (f *typeFilter) wants(it keyspace.Item) bool {
	return !f.unknown && (!f.byType || it.Type() == f.typ)
}
