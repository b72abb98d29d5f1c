package admincmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/session"
)

func dbsize(c *command.Call) {
	n, _ := c.Space().Len(c.DB)
	c.Reply.Int(int64(n))
}

func flushdb(c *command.Call) { flush(c, c.DB, c.DB) }

// flushall empties everything. A snapshot of what was there is of no use then.
func flushall(c *command.Call) {
	flush(c, 0, c.Space().Databases()-1)
	if s, ok := c.Client.(*session.Session); ok && c.Dirty > 0 && s.Hub.Saves != nil { // not when a log is replayed
		c.After(s.Hub.Saves.Flushed)
	}
}

// flush empties databases. ASYNC and SYNC differ little here: with either the shards' memory is handed back after the
// locks have been released, ASYNC does not wait for it.
func flush(c *command.Call, first, last int) {
	async := false
	switch {
	case len(c.Args) > 2 || len(c.Args) == 2 && !command.Is(c.Args[1], "async") && !command.Is(c.Args[1], "sync"):
		c.Reply.Error(command.ErrSyntax)
		return
	case len(c.Args) == 2:
		async = command.Is(c.Args[1], "async")
	}
	var release []func()
	c.EachShard(func(sh *keyspace.Shard) bool {
		for i := first; i <= last; i++ {
			db := sh.DB(i)
			c.Dirty += int64(db.Len())
			if f := db.Flush(); f != nil {
				release = append(release, f)
			}
		}
		return true
	})
	c.Dirty++ // also an empty database is flushed on replicas
	if len(release) > 0 {
		free := func() {
			for _, f := range release {
				f()
			}
		}
		if async {
			c.After(func() { go free() })
		} else {
			c.After(free)
		}
	}
	c.Reply.OK()
}

func swapdb(c *command.Call) {
	a, ok := resp.ParseInt(c.Args[1])
	if !ok || a != int64(int32(a)) {
		c.Reply.Error("ERR invalid first DB index")
		return
	}
	b, ok := resp.ParseInt(c.Args[2])
	if !ok || b != int64(int32(b)) {
		c.Reply.Error("ERR invalid second DB index")
		return
	}
	n := int64(c.Space().Databases())
	if a < 0 || b < 0 || a >= n || b >= n {
		c.Reply.Error(command.ErrDBRange)
		return
	}
	c.EachShard(func(sh *keyspace.Shard) bool {
		sh.SwapDB(int(a), int(b))
		return true
	})
	c.Dirty++
	c.Reply.OK()
}
