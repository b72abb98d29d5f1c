package zsetcmd

import "redline/server/internal/command"

func zcard(c *command.Call) {
	if z, ok := open(c, 1); ok {
		c.Reply.Int(int64(z.Len()))
	}
}

func zscore(c *command.Call) {
	z, ok := open(c, 1)
	if !ok {
		return
	}
	if score, ok := z.Score(c.Args[2]); ok {
		c.Reply.Double(score)
	} else {
		c.Reply.Null()
	}
}

func zmscore(c *command.Call) {
	z, ok := open(c, 1)
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		if score, ok := z.Score(member); ok {
			c.Reply.Double(score)
		} else {
			c.Reply.Null()
		}
	}
}

func zrank(c *command.Call)    { rank(c, false) }
func zrevrank(c *command.Call) { rank(c, true) }

func rank(c *command.Call, reverse bool) {
	z, ok := open(c, 1)
	if !ok {
		return
	}
	n, ok := z.Rank(c.Args[2])
	if !ok {
		c.Reply.Null()
		return
	}
	if reverse {
		n = z.Len() - 1 - n
	}
	c.Reply.Int(int64(n))
}

func zcount(c *command.Call)    { count(c, byScore) }
func zlexcount(c *command.Call) { count(c, byLex) }

func count(c *command.Call, by order) {
	r := window{by: by}
	if !r.parse(c, 2, 3) {
		return
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	from, to := r.ranks(&z)
	c.Reply.Int(int64(max(to-from, 0)))
}
