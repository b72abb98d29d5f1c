package zsetcmd

import (
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/object/zset"
)

// rangeQuery is what ZRANGE and its kin ask for.
type rangeQuery struct {
	window
	reverse       bool
	scored        bool
	offset, limit int64 // limit < 0: none
}

// freedom says which of the options of ZRANGE a command leaves open.
type freedom struct{ order, direction, scores bool }

var (
	anyRange   = freedom{order: true, direction: true, scores: true}
	fixedRange = freedom{scores: true}
)

func zrange(c *command.Call)    { replyRange(c, rangeQuery{}, anyRange) }
func zrevrange(c *command.Call) { replyRange(c, rangeQuery{reverse: true}, fixedRange) }
func zrangebyscore(c *command.Call) {
	replyRange(c, rangeQuery{window: window{by: byScore}}, fixedRange)
}
func zrangebylex(c *command.Call) { replyRange(c, rangeQuery{window: window{by: byLex}}, fixedRange) }
func zrevrangebylex(c *command.Call) {
	replyRange(c, rangeQuery{window: window{by: byLex}, reverse: true}, fixedRange)
}
func zrevrangebyscore(c *command.Call) {
	replyRange(c, rangeQuery{window: window{by: byScore}, reverse: true}, fixedRange)
}

// parse reads the range after the key at argument key, and the options. If they make no sense, it writes the error.
func (q *rangeQuery) parse(c *command.Call, key int, free freedom) bool {
	q.limit = -1
	for i := key + 3; i < len(c.Args); i++ {
		switch arg := c.Args[i]; {
		case free.scores && command.Is(arg, "withscores"):
			q.scored = true
		case command.Is(arg, "limit") && i+2 < len(c.Args):
			var ok bool
			if q.offset, ok = c.IntArg(i + 1); !ok {
				return false
			}
			if q.limit, ok = c.IntArg(i + 2); !ok {
				return false
			}
			i += 2
		case free.direction && command.Is(arg, "rev"):
			q.reverse, free.direction = true, false
		case free.order && command.Is(arg, "bylex"):
			q.by, free.order = byLex, false
		case free.order && command.Is(arg, "byscore"):
			q.by, free.order = byScore, false
		default:
			c.Reply.Error(command.ErrSyntax)
			return false
		}
	}
	switch {
	case q.limit != -1 && q.by == byRank:
		c.Reply.Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
		return false
	case q.scored && q.by == byLex:
		c.Reply.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
		return false
	}
	if q.reverse && q.by != byRank { // the range is given as max, min
		return q.window.parse(c, key+2, key+1)
	}
	return q.window.parse(c, key+1, key+2)
}

// find returns the place of the first of n members that the query asks for; the others follow in its direction.
func (q *rangeQuery) find(z *collection.ZSet) (it collection.ZIter, n int) {
	from, to := q.ranks(z)
	if q.by == byRank {
		n = max(to-from, 0)
		if q.reverse {
			from = z.Len() - 1 - from
		}
		return z.At(from), n
	}
	n = max(to-from, 0)
	if q.offset < 0 || q.offset >= int64(n) {
		return it, 0
	}
	skip := int(q.offset)
	n -= skip
	if q.limit >= 0 {
		n = int(min(int64(n), q.limit))
	}
	if q.reverse {
		return z.At(to - 1 - skip), n
	}
	return z.At(from + skip), n
}

// step goes to the next member in the query's direction.
func (q *rangeQuery) step(it *collection.ZIter) {
	if q.reverse {
		it.Prev()
	} else {
		it.Next()
	}
}

func replyRange(c *command.Call, q rangeQuery, free freedom) {
	if !q.parse(c, 1, free) {
		return
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	it, n := q.find(&z)
	replyPairs(c, n, q.scored)
	for ; n > 0; n-- {
		replyPair(c, it.Member(), it.Score(), q.scored)
		q.step(&it)
	}
}

func zrangestore(c *command.Call) {
	var q rangeQuery
	if !q.parse(c, 2, freedom{order: true, direction: true}) {
		return
	}
	src, ok := open(c, 2)
	if !ok {
		return
	}
	built := zset.New(c.Random())
	it, n := q.find(&src)
	// Redis begins with the small form, which has no -0, unless it knows that there will be too many members.
	l := limits(c)
	small := q.by != byRank || n <= l.Entries
	for ; n > 0; n-- {
		member, score := it.Member(), it.Score()
		small = small && built.Len() < l.Entries && len(member) <= l.Value
		if small && score == 0 {
			score = 0 // without its sign
		}
		built.Set(member, score)
		q.step(&it)
	}
	store(c, built, "zrangestore")
}

// store makes a result the value of the key at argument 1, or deletes that key if there is none, and replies.
func store(c *command.Call, built *zset.ZSet, event string) {
	k := c.Key(1)
	db, n := c.DBOf(k), built.Len()
	if n > 0 {
		collection.StoreZSet(db, k, db.Peek(k), limits(c), built, false)
		c.Notify(command.EventZSet, event, c.Args[1])
		c.Dirty++
	} else if db.Delete(k) {
		c.Notify(command.EventGeneric, "del", c.Args[1])
		c.Dirty++
	}
	c.Reply.Int(int64(n))
}
