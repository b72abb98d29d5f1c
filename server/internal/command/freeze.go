package command

import "redline/server/internal/keyspace"

// Freeze runs fn with all shards locked, so that no command is under way.
func (e *Engine) Freeze(fn func()) {
	var all shardSet
	all.addAll(e.Space.Shards())
	all.lock(e.Space, 0, nil)
	defer all.unlock(e.Space)
	fn()
}

// Clear empties all databases, with all shards locked by the caller, at a time in unix milliseconds.
func Clear(space *keyspace.Space, now int64) {
	for i := range space.Shards() {
		sh := space.Shard(i)
		sh.Enter(now, nil)
		for db := range space.Databases() {
			if release := sh.DB(db).Flush(); release != nil {
				release()
			}
		}
	}
}
