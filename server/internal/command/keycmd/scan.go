package keycmd

import (
	"strconv"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/glob"
	"redline/server/internal/keyspace"
)

// keysCommand is KEYS. It locks one shard after the other, so it holds nobody up for longer than a shard takes.
func keysCommand(c *command.Call) {
	pattern := c.Args[1]
	all := string(pattern) == "*"
	mark, n := c.Reply.Begin(), 0
	c.EachShard(func(sh *keyspace.Shard) bool {
		sh.DB(c.DB).Each(func(it keyspace.Item) {
			if name := it.Key(); all || glob.Match(pattern, name, false) {
				c.Reply.Bulk(name)
				n++
			}
		})
		return true
	})
	c.Reply.EndArray(mark, n)
}

func randomkey(c *command.Call) {
	sp := c.Space()
	total, _ := sp.Len(c.DB)
	// A shard is chosen by its share of the keys; the counts may change meanwhile, so the others are tried as well.
	first := 0
	if total > 0 {
		for at := int(c.Random() % uint64(total)); first < sp.Shards()-1; first++ {
			n, _ := sp.ShardLen(first, c.DB)
			if at -= n; at < 0 {
				break
			}
		}
	}
	found := false
	for i := 0; i < sp.Shards() && !found; i++ {
		c.WithShard((first+i)%sp.Shards(), func(sh *keyspace.Shard) bool {
			if it := sh.DB(c.DB).Random(c.Random()); it.OK() {
				c.Reply.Bulk(it.Key())
				found = true
			}
			return true
		})
	}
	if !found {
		c.Reply.Null()
	}
}

// scanOptions are those of SCAN.
type scanOptions struct {
	pattern []byte // nil: all
	count   int
	typ     keyspace.Type
	byType  bool
	noType  bool // TYPE named a type that no key has
}

// scanStepsPerKey bounds how many empty groups one call looks at for each key asked for, as Redis does.
const scanStepsPerKey = 10

// A cursor is the shard's index and, in the low 32 bits, the address within it (see dict.Scan).
func scan(c *command.Call) {
	cursor, err := strconv.ParseUint(string(c.Args[1]), 10, 64)
	if err != nil {
		c.Reply.Error("ERR invalid cursor")
		return
	}
	o, ok := parseScan(c)
	if !ok {
		return
	}
	shard, addr := int(cursor>>32), uint32(cursor)
	var found []byte // the keys as bulks: the cursor comes first in the reply but is known last
	n, seen := 0, 0
	for steps := o.count * scanStepsPerKey; steps > 0 && seen < o.count && shard < c.Space().Shards(); {
		c.WithShard(shard, func(sh *keyspace.Shard) bool {
			for done := false; !done && steps > 0 && seen < o.count; steps-- {
				addr, done = sh.DB(c.DB).Scan(addr, func(it keyspace.Item) {
					seen++
					if o.wants(it) {
						found = resp.AppendBulk(found, it.Key())
						n++
					}
				})
				if done {
					shard, addr = shard+1, 0
				}
			}
			return true
		})
	}
	next := uint64(shard)<<32 | uint64(addr)
	if shard >= c.Space().Shards() {
		next = 0
	}
	c.Reply.Array(2)
	c.Reply.BulkString(strconv.FormatUint(next, 10))
	c.Reply.Array(n)
	c.Reply.Raw(found)
}

func (o *scanOptions) wants(it keyspace.Item) bool {
	if o.noType || o.byType && it.Type() != o.typ {
		return false
	}
	return o.pattern == nil || glob.Match(o.pattern, it.Key(), false)
}

func parseScan(c *command.Call) (o scanOptions, ok bool) {
	o.count = 10
	for i := 2; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) {
			c.Reply.Error(command.ErrSyntax)
			return o, false
		}
		switch a, v := c.Args[i], c.Args[i+1]; {
		case command.Is(a, "count"):
			n, isInt := resp.ParseInt(v)
			if !isInt {
				c.Reply.Error(command.ErrNotInt)
				return o, false
			}
			if n < 1 {
				c.Reply.Error(command.ErrSyntax)
				return o, false
			}
			o.count = int(min(n, 1<<31))
		case command.Is(a, "match"):
			if o.pattern = v; len(v) == 1 && v[0] == '*' {
				o.pattern = nil
			}
		case command.Is(a, "type"):
			o.typ, o.byType = keyspace.TypeByName(v)
			o.noType = !o.byType
		default:
			c.Reply.Error(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}
