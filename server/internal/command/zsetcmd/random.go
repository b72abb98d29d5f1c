package zsetcmd

import (
	"math"

	"redline/server/internal/collection"
	"redline/server/internal/command"
)

func zrandmember(c *command.Call) {
	if len(c.Args) > 2 {
		randomMembers(c)
		return
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	if !z.OK() {
		c.Reply.Null()
		return
	}
	it := z.At(below(c, z.Len()))
	c.Reply.Bulk(it.Member())
}

// below returns a random number from 0 up to, not including, n.
func below(c *command.Call, n int) int { return int(c.Random() % uint64(n)) }

func randomMembers(c *command.Call) {
	count, ok := c.RandomCount(2)
	if !ok {
		return
	}
	scored := len(c.Args) == 4
	if len(c.Args) > 4 || scored && !command.Is(c.Args[3], "withscores") {
		c.Reply.Error(command.ErrSyntax)
		return
	}
	if scored && (count < -math.MaxInt64/2 || count > math.MaxInt64/2) {
		c.Reply.Error("ERR value is out of range")
		return
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	switch n := z.Len(); {
	case n == 0 || count == 0:
		c.Reply.Array(0)
	case count < 0:
		repeated(c, &z, -count, scored)
	case count >= int64(n):
		replyPairs(c, n, scored)
		for member, score := range z.All() {
			replyPair(c, member, score, scored)
		}
	case count > int64(n)/8:
		sample(c, &z, int(count), scored)
	default:
		few(c, &z, int(count), scored)
	}
}

// repeated writes n members, each chosen anew.
func repeated(c *command.Call, z *collection.ZSet, n int64, scored bool) {
	mark := c.Reply.Begin()
	replyPairs(c, int(n), scored)
	for ; n > 0 && c.Fits(mark); n-- {
		it := z.At(below(c, z.Len()))
		replyPair(c, it.Member(), it.Score(), scored)
	}
}

// sample writes n different members in one pass: each is taken with the probability that what is still wanted has among
// what is left.
// Source: Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S.
func sample(c *command.Call, z *collection.ZSet, n int, scored bool) {
	replyPairs(c, n, scored)
	left := z.Len()
	for it := z.At(0); n > 0; it.Next() {
		if below(c, left) < n {
			replyPair(c, it.Member(), it.Score(), scored)
			n--
		}
		left--
	}
}

// few writes n different members of a much larger set.
func few(c *command.Call, z *collection.ZSet, n int, scored bool) {
	replyPairs(c, n, scored)
	taken := make(map[int]struct{}, n)
	for len(taken) < n {
		rank := below(c, z.Len())
		if _, again := taken[rank]; again {
			continue
		}
		taken[rank] = struct{}{}
		it := z.At(rank)
		replyPair(c, it.Member(), it.Score(), scored)
	}
}
