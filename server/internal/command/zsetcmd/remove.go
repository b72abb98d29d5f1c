package zsetcmd

import (
	"redline/server/internal/collection"
	"redline/server/internal/command"
)

func zrem(c *command.Call) {
	z, ok := open(c, 1)
	if !ok {
		return
	}
	removed := 0
	for _, member := range c.Args[2:] {
		if !z.OK() {
			break
		}
		if z.Remove(member) {
			removed++
		}
	}
	removedFrom(c, &z, c.Args[1], removed, "zrem")
	c.Reply.Int(int64(removed))
}

// removedFrom announces and counts that members were taken out of a set.
func removedFrom(c *command.Call, z *collection.ZSet, key []byte, n int, event string) {
	if n == 0 {
		return
	}
	c.Dirty += int64(n)
	c.Notify(command.EventZSet, event, key)
	if !z.OK() {
		c.Notify(command.EventGeneric, "del", key)
	}
}

func zremrangebyrank(c *command.Call)  { removeRange(c, byRank, "zremrangebyrank") }
func zremrangebyscore(c *command.Call) { removeRange(c, byScore, "zremrangebyscore") }
func zremrangebylex(c *command.Call)   { removeRange(c, byLex, "zremrangebylex") }

func removeRange(c *command.Call, by order, event string) {
	w := window{by: by}
	if !w.parse(c, 2, 3) {
		return
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	from, to := w.ranks(&z)
	n := max(to-from, 0)
	z.RemoveRange(from, to)
	removedFrom(c, &z, c.Args[1], n, event)
	c.Reply.Int(int64(n))
}
