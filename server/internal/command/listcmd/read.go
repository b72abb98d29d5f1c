package listcmd

import (
	"math"

	"redline/server/internal/command"
	"redline/server/internal/object/quicklist"
)

func llen(c *command.Call) {
	if l, ok := open(c, 1); ok {
		c.Reply.Int(int64(l.Len()))
	}
}

func lindex(c *command.Call) {
	l, ok := open(c, 1)
	if !ok {
		return
	}
	if !l.OK() {
		c.Reply.Null()
		return
	}
	n, ok := c.IntArg(2)
	if !ok {
		return
	}
	i, ok := indexOf(n, l.Len())
	if !ok {
		c.Reply.Null()
		return
	}
	it := l.At(i)
	reply(c.Reply, it.Value())
}

func lrange(c *command.Call) {
	start, ok := c.IntArg(2)
	if !ok {
		return
	}
	stop, ok := c.IntArg(3)
	if !ok {
		return
	}
	l, ok := open(c, 1)
	if !ok {
		return
	}
	from, to := clip(start, stop, l.Len())
	c.Reply.Array(to - from + 1)
	for it := l.At(from); from <= to; from++ {
		reply(c.Reply, it.Value())
		it.Next()
	}
}

// posOptions are the options of LPOS.
type posOptions struct {
	rank   int64 // which match is the first; negative: counted from the end
	count  int64 // matches wanted; 0: all; -1: one, and the reply is no array
	maxLen int64 // elements looked at; 0: all
}

const errRank = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list"

func (o *posOptions) parse(c *command.Call) bool {
	for i := 3; i < len(c.Args); i += 2 {
		ok := false
		switch more := i+1 < len(c.Args); {
		case more && command.Is(c.Args[i], "rank"):
			if o.rank, ok = c.IntArg(i + 1); ok && o.rank == 0 {
				c.Reply.Error(errRank)
				return false
			}
		case more && command.Is(c.Args[i], "count"):
			o.count, ok = c.RangeArg(i+1, 0, math.MaxInt64, "ERR COUNT can't be negative")
		case more && command.Is(c.Args[i], "maxlen"):
			o.maxLen, ok = c.RangeArg(i+1, 0, math.MaxInt64, "ERR MAXLEN can't be negative")
		default:
			c.Reply.Error(command.ErrSyntax)
		}
		if !ok {
			return false
		}
	}
	return true
}

func lpos(c *command.Call) {
	o := posOptions{rank: 1, count: -1}
	if !o.parse(c) {
		return
	}
	l, ok := open(c, 1)
	if !ok {
		return
	}
	n := int64(l.Len())
	back, rank := o.rank < 0, o.rank
	it := l.At(0)
	if back {
		rank = -rank // the least integer stays negative: every match is far enough, as in Redis
		it = l.At(l.Len() - 1)
	}
	needle := quicklist.NewNeedle(c.Args[2])
	mark, found, matches := c.Reply.Begin(), 0, int64(0)
	for i := int64(0); it.OK() && (o.maxLen == 0 || i < o.maxLen); i++ {
		if needle.Match(it.Value()) {
			if matches++; matches >= rank {
				found++
				if back {
					c.Reply.Int(n - i - 1)
				} else {
					c.Reply.Int(i)
				}
				if o.count < 0 || o.count > 0 && matches-rank+1 >= o.count {
					break
				}
			}
		}
		if back {
			it.Prev()
		} else {
			it.Next()
		}
	}
	switch {
	case o.count >= 0:
		c.Reply.EndArray(mark, found)
	case found == 0:
		c.Reply.Null()
	}
}
