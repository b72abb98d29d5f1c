package admincmd

import (
	"fmt"
	"math"

	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/observe"
)

// HOTKEYS and BIGKEYS are not commands of Redis 7.0. Both are always on: hot keys are a sketch fed with one lookup in 64,
// big keys are found by a walk over all keys that the server makes in small steps.

const (
	topDefault = 10
	topMax     = 1000
)

var topCommands = []command.Spec{
	{Name: "hotkeys", Group: "server", Since: "1.0.0", Complexity: "O(S) where S is the number of shards", Arity: -1,
		Flags: command.Readonly | command.NoLock, Cats: command.CatKeyspace | command.CatDangerous, Tips: unordered,
		Handler: hotkeys, Summary: "Returns the keys that are looked up most often now, with their rates.", Syntax: "[COUNT count:integer]"},
	{Name: "bigkeys", Group: "server", Since: "1.0.0", Complexity: "O(S) where S is the number of shards", Arity: -1,
		Flags: command.Readonly | command.NoLock, Cats: command.CatKeyspace | command.CatDangerous, Tips: unordered,
		Handler: bigkeys, Summary: "Returns the largest keys, by bytes or by members.",
		Syntax: "[COUNT count:integer] [TYPE type:string] by:[BY <BYTES | MEMBERS>]"},
}

func each(c *command.Call) observe.Shards {
	return func(fn func(*keyspace.Shard)) {
		c.EachShard(func(sh *keyspace.Shard) bool { fn(sh); return true })
	}
}

// topOptions are the arguments of both commands.
type topOptions struct {
	count     int
	byMembers bool
	typed     bool
	kind      keyspace.Type
}

// topArgs reads the arguments. On a mistake it writes the error.
func topArgs(c *command.Call, big bool) (o topOptions, ok bool) {
	o.count = topDefault
	for i := 1; i < len(c.Args); i += 2 {
		switch a := c.Args[i]; {
		case i+1 == len(c.Args):
			c.Reply.Error(command.ErrSyntax)
			return o, false
		case command.Is(a, "count"):
			n, ok := c.RangeArg(i+1, 1, topMax, fmt.Sprintf("ERR COUNT must be from 1 to %d", topMax))
			if !ok {
				return o, false
			}
			o.count = int(n)
		case big && command.Is(a, "type"):
			if o.kind, o.typed = keyspace.TypeByName(c.Args[i+1]); !o.typed {
				c.Reply.Error("ERR unknown type: use string, list, set, zset, hash or stream")
				return o, false
			}
		case big && command.Is(a, "by") && command.Is(c.Args[i+1], "bytes"):
			o.byMembers = false
		case big && command.Is(a, "by") && command.Is(c.Args[i+1], "members"):
			o.byMembers = true
		default:
			c.Reply.Error(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}

// wants says whether a type is asked for. The length of a string is not its number of members, so among several types
// by members strings do not count.
func (o topOptions) wants(t keyspace.Type) bool {
	if o.typed {
		return t == o.kind
	}
	return !o.byMembers || t != keyspace.String
}

func hotkeys(c *command.Call) {
	o, ok := topArgs(c, false)
	if !ok {
		return
	}
	list := observe.HotKeys(each(c), o.count)
	c.Reply.Array(len(list))
	for _, k := range list {
		c.Reply.Map(4)
		c.Reply.BulkString("key")
		c.Reply.Bulk(k.Name)
		c.Reply.BulkString("db")
		c.Reply.Int(int64(k.DB))
		c.Reply.BulkString("type")
		c.Reply.BulkString(hotType(k))
		c.Reply.BulkString("per-second")
		c.Reply.HumanDouble(math.Round(k.PerSecond*10) / 10)
	}
}

// hotType is what TYPE says; keys that do not exist may be hot as well.
func hotType(k keyspace.HotKey) string {
	if !k.Exists {
		return "none"
	}
	return k.Type.String()
}

func bigkeys(c *command.Call) {
	o, ok := topArgs(c, true)
	if !ok {
		return
	}
	list := observe.FindBigKeys(each(c), collection.Members).Largest(o.count, o.byMembers, o.wants)
	c.Reply.Array(len(list))
	for _, k := range list {
		c.Reply.Map(5)
		c.Reply.BulkString("key")
		c.Reply.Bulk(k.Name)
		c.Reply.BulkString("db")
		c.Reply.Int(int64(k.DB))
		c.Reply.BulkString("type")
		c.Reply.BulkString(k.Type.String())
		c.Reply.BulkString("bytes")
		c.Reply.Int(k.Bytes)
		c.Reply.BulkString("members")
		c.Reply.Int(k.Members)
	}
}

const (
	infoHot = 10
	infoBig = 3 // of each type by each measure
)

// infoHotKeys writes the hot keys, names quoted as in Go and last, as they may hold anything.
func infoHotKeys(r *report) {
	for i, k := range observe.HotKeys(each(r.call), infoHot) {
		r.field(fmt.Sprintf("hotkey_%d", i+1), fmt.Sprintf("per_second=%.1f,type=%s,db=%d,key=%q", k.PerSecond, hotType(k), k.DB, k.Name))
	}
}

// infoBigKeys writes the sums over all keys of each type and its largest keys by bytes and by members.
func infoBigKeys(r *report) {
	var totals [keyspace.Stream + 1]keyspace.TypeTotals
	passes, slowest := int64(math.MaxInt64), int64(0)
	r.call.EachShard(func(sh *keyspace.Shard) bool {
		n, ms := sh.Walked()
		passes, slowest = min(passes, n), max(slowest, ms)
		for t := range totals {
			x := sh.TypeTotals(keyspace.Type(t))
			totals[t].Keys += x.Keys
			totals[t].Bytes += x.Bytes
			totals[t].Members += x.Members
		}
		return true
	})
	r.field("bigkeys_passes", passes)
	r.field("bigkeys_last_pass_ms", slowest)
	all := observe.FindBigKeys(each(r.call), collection.Members)
	for t, x := range totals {
		if x.Keys == 0 {
			continue
		}
		kind := keyspace.Type(t)
		r.field("type_"+kind.String(), fmt.Sprintf("keys=%d,bytes=%d,members=%d", x.Keys, x.Bytes, x.Members))
		for _, byMembers := range []bool{false, true} {
			by := map[bool]string{false: "bytes", true: "members"}[byMembers]
			for i, k := range all.Largest(infoBig, byMembers, func(t keyspace.Type) bool { return t == kind }) {
				r.field(fmt.Sprintf("bigkey_%s_by_%s_%d", kind, by, i+1), fmt.Sprintf("bytes=%d,members=%d,db=%d,key=%q", k.Bytes, k.Members, k.DB, k.Name))
			}
		}
	}
}
