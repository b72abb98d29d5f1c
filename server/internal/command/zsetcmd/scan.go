package zsetcmd

import (
	"redline/resp"
	"redline/server/internal/command"
)

// zscan passes all of a small set at once, as Redis does, and a part of a large one.
func zscan(c *command.Call) {
	cursor, ok := c.ScanCursor(2)
	if !ok {
		return
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	if !z.OK() {
		c.ScanReply(0, 0, nil)
		return
	}
	o, ok := c.ScanOptions(3, nil)
	if !ok {
		return
	}
	var scratch []byte
	found := c.Elements() // the cursor comes first in the reply but is known last
	n := 0
	wanted := func(member []byte) bool {
		if !o.Wants(member) {
			return false
		}
		found = resp.AppendBulk(found, member)
		n += 2
		return true
	}
	next := uint64(0)
	if large := z.Large(); large != nil {
		next = large.Scan(cursor, o.Count, func(member []byte, score float64) {
			if wanted(member) {
				scratch = resp.AppendDouble(scratch[:0], score)
				found = resp.AppendBulk(found, scratch)
			}
		})
	} else {
		for it := z.At(0); it.OK(); it.Next() {
			if wanted(it.Member()) {
				scratch = it.AppendScore(scratch[:0])
				found = resp.AppendBulk(found, scratch)
			}
		}
	}
	c.ScanReply(next, n, found)
}
