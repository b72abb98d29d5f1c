package command

import "redline/server/internal/keyspace"

// Visit runs fn on one shard on behalf of the server itself: active expiry, eviction, compaction. What the shard does
// meanwhile is logged and announced as in a call. c is a Call of the visitor's own, with Conf and Now set.
func (e *Engine) Visit(c *Call, shard int, fn func(sh *keyspace.Shard)) {
	c.begin()
	c.Engine = e
	c.shards.add(shard)
	c.shards.lock(e.Space, c.Now, c)
	fn(e.Space.Shard(shard))
	e.release(c)
}
