package zsetcmd

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/hashtable"
	"redline/server/internal/object/zset"
)

// operation is a way to combine sorted sets.
type operation int

const (
	union operation = iota
	inter
	diff
)

// source is one of the sets that are combined.
type source struct {
	collection.Scored
	weight float64
	n      int
}

// combination is what ZUNION and its kin ask for.
type combination struct {
	op        operation
	sources   []source
	aggregate func(a, b float64) float64
	scored    bool
	limit     int64 // ZINTERCARD: 0 is none
}

// Which options a command of the family takes.
type options struct {
	weights, scores, limit bool
}

func sum(a, b float64) float64 {
	if s := a + b; !math.IsNaN(s) {
		return s
	}
	return 0 // +inf and -inf
}

// lower and higher are not min and max: with a NaN, which is b, they keep a.
func lower(a, b float64) float64 {
	if b < a {
		return b
	}
	return a
}

func higher(a, b float64) float64 {
	if b > a {
		return b
	}
	return a
}

func zunion(c *command.Call) { replyCombined(c, union, options{weights: true, scores: true}) }
func zinter(c *command.Call) { replyCombined(c, inter, options{weights: true, scores: true}) }
func zdiff(c *command.Call)  { replyCombined(c, diff, options{scores: true}) }

func zunionstore(c *command.Call) { storeCombined(c, union, options{weights: true}, "zunionstore") }
func zinterstore(c *command.Call) { storeCombined(c, inter, options{weights: true}, "zinterstore") }
func zdiffstore(c *command.Call)  { storeCombined(c, diff, options{}, "zdiffstore") }

func replyCombined(c *command.Call, op operation, o options) {
	q := combination{op: op}
	if !q.parse(c, 1, o) {
		return
	}
	result := q.build(c.Random())
	replyPairs(c, result.Len(), q.scored)
	for member, score := range result.All() {
		replyPair(c, member, score, q.scored)
	}
}

func storeCombined(c *command.Call, op operation, o options, event string) {
	q := combination{op: op}
	if q.parse(c, 2, o) {
		store(c, q.build(c.Random()), event)
	}
}

func zintercard(c *command.Call) {
	q := combination{op: inter}
	if !q.parse(c, 1, options{limit: true}) {
		return
	}
	n := int64(0)
	q.intersect(func([]byte, float64) bool {
		n++
		return n != q.limit
	})
	c.Reply.Int(n)
}

// parse reads the number of keys, which is argument at, the keys and the options. If they make no sense, it writes the
// error.
func (q *combination) parse(c *command.Call, at int, o options) bool {
	n, ok := c.IntArg(at)
	if !ok {
		return false
	}
	if n < 1 {
		c.Reply.Error("ERR at least 1 input key is needed for '" + c.Spec.FullName + "' command")
		return false
	}
	if n > int64(len(c.Args)-at-1) {
		c.Reply.Error(command.ErrSyntax)
		return false
	}
	q.sources, q.aggregate = make([]source, n), sum
	first := c.Keys() - int(n) // the destination, if there is one, is the first key
	for i := range q.sources {
		k, _ := c.KeyAt(first + i)
		it := c.FindKey(k)
		if it.OK() && it.Type() != keyspace.ZSet && it.Type() != keyspace.Set {
			c.Reply.Error(command.ErrWrongType)
			return false
		}
		s := collection.OpenScored(c.DBOf(k), k, it)
		q.sources[i] = source{s, 1, s.Len()}
	}
	return q.parseOptions(c, at+1+int(n), o)
}

func (q *combination) parseOptions(c *command.Call, i int, o options) (ok bool) {
	for i < len(c.Args) {
		arg, left := c.Args[i], len(c.Args)-i-1
		switch {
		case o.weights && left >= len(q.sources) && command.Is(arg, "weights"):
			for j := range q.sources {
				if q.sources[j].weight, ok = resp.ParseFloat(c.Args[i+1+j]); !ok {
					c.Reply.Error("ERR weight value is not a float")
					return false
				}
			}
			i += 1 + len(q.sources)
		case o.weights && left >= 1 && command.Is(arg, "aggregate"):
			switch how := c.Args[i+1]; {
			case command.Is(how, "sum"):
				q.aggregate = sum
			case command.Is(how, "min"):
				q.aggregate = lower
			case command.Is(how, "max"):
				q.aggregate = higher
			default:
				c.Reply.Error(command.ErrSyntax)
				return false
			}
			i += 2
		case o.scores && command.Is(arg, "withscores"):
			q.scored = true
			i++
		case o.limit && left >= 1 && command.Is(arg, "limit"):
			if q.limit, ok = c.RangeArg(i+1, 0, math.MaxInt64, "ERR LIMIT can't be negative"); !ok {
				return false
			}
			i += 2
		default:
			c.Reply.Error(command.ErrSyntax)
			return false
		}
	}
	return true
}

// sortByLen puts the smallest set first. Scores are added up in this order, so it must be that of Redis: sets of the
// same length stay as they are.
func (q *combination) sortByLen() {
	slices.SortStableFunc(q.sources, func(a, b source) int { return a.n - b.n })
}

// build makes the result. Its members are copies.
func (q *combination) build(seed uint64) *zset.ZSet {
	out := zset.New(seed)
	switch q.op {
	case union:
		q.sortByLen()
		q.unite(out, seed)
	case inter:
		q.intersect(func(member []byte, score float64) bool {
			out.Set(member, score)
			return true
		})
	default:
		first, others := &q.sources[0], q.sources[1:]
		first.Each(func(member []byte, score float64) bool {
			for i := range others {
				if _, ok := others[i].Score(member); ok {
					return true
				}
			}
			out.Set(member, score)
			return true
		})
	}
	return out
}

// unite adds the union of all sets to out. Scores are added up in a hash table first: in a sorted set every sum would move
// its member to another place. Members that come in order then fill it at the least cost.
func (q *combination) unite(out *zset.ZSet, seed uint64) {
	sums := hashtable.New(seed)
	for i := range q.sources {
		s := &q.sources[i]
		s.Each(func(member []byte, score float64) bool {
			score = weighted(score, s.weight)
			if old, had := sums.Get(member); had {
				score = q.aggregate(math.Float64frombits(binary.LittleEndian.Uint64(old)), score)
			}
			var sum [8]byte
			binary.LittleEndian.PutUint64(sum[:], math.Float64bits(score))
			sums.Set(member, sum[:])
			return true
		})
	}
	type entry struct {
		member []byte
		score  float64
	}
	entries := make([]entry, 0, sums.Len())
	sums.Each(func(member, sum []byte) bool {
		entries = append(entries, entry{member, math.Float64frombits(binary.LittleEndian.Uint64(sum))})
		return true
	})
	slices.SortFunc(entries, func(a, b entry) int {
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		default:
			return bytes.Compare(a.member, b.member)
		}
	})
	for _, e := range entries {
		out.Set(e.member, e.score)
	}
}

// weighted multiplies; the product of 0 and an infinite score counts as 0.
func weighted(score, weight float64) float64 {
	if s := score * weight; !math.IsNaN(s) {
		return s
	}
	return 0
}

// intersect passes what all sets have in common, until fn returns false.
func (q *combination) intersect(fn func(member []byte, score float64) bool) {
	q.sortByLen()
	first, others := &q.sources[0], q.sources[1:]
	first.Each(func(member []byte, score float64) bool {
		score = weighted(score, first.weight)
		for i := range others {
			other, ok := others[i].Score(member)
			if !ok {
				return true
			}
			score = q.aggregate(score, other*others[i].weight)
		}
		return fn(member, score)
	})
}
