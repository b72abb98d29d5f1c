package zsetcmd

import (
	"strconv"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/glob"
)

// zscan passes all of a small set at once, as Redis does, and a part of a large one.
func zscan(c *command.Call) {
	cursor, ok := scanCursor(c.Args[2])
	if !ok {
		c.Reply.Error("ERR invalid cursor")
		return
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	if !z.OK() {
		replyScan(c, 0, 0, nil)
		return
	}
	pattern, count, ok := scanOptions(c)
	if !ok {
		return
	}
	var found, scratch []byte // the cursor comes first in the reply but is known last
	n := 0
	wanted := func(member []byte) bool {
		if pattern != nil && !glob.Match(pattern, member, false) {
			return false
		}
		found = resp.AppendBulk(found, member)
		n += 2
		return true
	}
	next := uint64(0)
	if large := z.Large(); large != nil {
		next = large.Scan(cursor, count, func(member []byte, score float64) {
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
	replyScan(c, next, n, found)
}

func replyScan(c *command.Call, cursor uint64, n int, elements []byte) {
	c.Reply.Array(2)
	c.Reply.BulkString(strconv.FormatUint(cursor, 10))
	c.Reply.Array(n)
	c.Reply.Raw(elements)
}

// scanCursor reads a cursor as C's strtoul does: nothing at all is 0, a sign may stand before it.
func scanCursor(b []byte) (cursor uint64, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	digits := b
	if b[0] == '-' || b[0] == '+' {
		digits = b[1:]
	}
	cursor, err := strconv.ParseUint(string(digits), 10, 64)
	if b[0] == '-' {
		cursor = -cursor
	}
	return cursor, err == nil
}

func scanOptions(c *command.Call) (pattern []byte, count int, ok bool) {
	count = 10
	for i := 3; i < len(c.Args); i += 2 {
		switch more := i+1 < len(c.Args); {
		case more && command.Is(c.Args[i], "count"):
			n, ok := c.IntArg(i + 1)
			if !ok {
				return nil, 0, false
			}
			if n < 1 {
				c.Reply.Error(command.ErrSyntax)
				return nil, 0, false
			}
			count = int(n)
		case more && command.Is(c.Args[i], "match"):
			if pattern = c.Args[i+1]; string(pattern) == "*" {
				pattern = nil
			}
		default:
			c.Reply.Error(command.ErrSyntax)
			return nil, 0, false
		}
	}
	return pattern, count, true
}
