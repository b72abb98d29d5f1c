package admincmd

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/glob"
	"redline/server/internal/keyspace"
)

// find returns a key named by an argument. All shards are locked during DEBUG.
func find(c *command.Call, name []byte) keyspace.Item {
	var k keyspace.Key
	c.Locate(name, &k)
	return c.DBOf(&k).Peek(&k)
}

// describer is a large value that tells how it is made up, in the words of DEBUG OBJECT: " ql_nodes:3 ...".
type describer interface{ DebugInfo() string }

func debugObject(c *command.Call) {
	var k keyspace.Key
	c.Locate(c.Args[2], &k)
	it := c.DBOf(&k).Peek(&k)
	if !it.OK() {
		c.Reply.Error(command.ErrNoKey)
		return
	}
	size, extra := int64(it.ValueLen()), ""
	if !it.Encoding().Inline() {
		o := it.Object()
		size = o.MemBytes()
		if d, ok := o.(describer); ok {
			extra = d.DebugInfo()
		}
	} else if it.Type() == keyspace.List {
		extra = listNodes(c, &k, it)
	}
	idle := it.IdleSeconds()
	c.Reply.SimpleString(fmt.Sprintf("Value at:0x0 refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d%s",
		it.EncodingName(), size, (c.Now/1000-idle)&(1<<24-1), idle, extra))
}

// listNodes describes a list that is kept as one listpack as Redis describes its quicklist.
func listNodes(c *command.Call, k *keyspace.Key, it keyspace.Item) string {
	limit := c.Conf.ListMaxListpackSize
	l := collection.OpenList(it.DB(), k, it, limit)
	return fmt.Sprintf(" ql_nodes:1 ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:0 ql_uncompressed_size:%d", float64(l.Len()), limit, it.ValueLen())
}

func debugListpack(c *command.Call) {
	it := find(c, c.Args[2])
	switch {
	case !it.OK():
		c.Reply.Error(command.ErrNoKey)
	case it.Encoding() != keyspace.Listpack:
		c.Reply.Error("ERR Not a listpack encoded object.")
	default:
		c.Reply.SimpleString(fmt.Sprintf("listpack of %d bytes", it.ValueLen()))
	}
}

func debugTableStats(c *command.Call) {
	db, ok := c.Int(2, "")
	if !ok {
		return
	}
	if db < 0 || db >= int64(c.Space().Databases()) {
		c.Reply.Error("ERR Out of range database")
		return
	}
	keys, expires := c.Space().Len(int(db))
	var b bytes.Buffer
	fmt.Fprintf(&b, "[Index]\n keys: %d\n keys with a deadline: %d\n shards: %d\n", keys, expires, c.Space().Shards())
	most := 0
	c.EachShard(func(sh *keyspace.Shard) bool {
		most = max(most, sh.DB(int(db)).Len())
		return true
	})
	fmt.Fprintf(&b, " keys in the fullest shard: %d\n", most)
	c.Reply.Verbatim("txt", b.Bytes())
}

// populateBytesMax bounds one value of DEBUG POPULATE: the longest string.
const populateBytesMax = 512 << 20

func debugPopulate(c *command.Call) {
	count, ok := positive(c, 2)
	if !ok {
		return
	}
	prefix, size := "key", int64(0)
	if len(c.Args) > 3 {
		prefix = string(c.Args[3])
	}
	if len(c.Args) > 4 {
		if size, ok = positive(c, 4); !ok {
			return
		}
		size = min(size, populateBytesMax)
	}
	var k keyspace.Key
	for j := range count {
		c.Locate(strconv.AppendInt([]byte(prefix+":"), j, 10), &k)
		db := c.DBOf(&k)
		if db.Peek(&k).OK() {
			continue
		}
		value := strconv.AppendInt([]byte("value:"), j, 10)
		n := len(value)
		if size > 0 {
			n = int(size)
		}
		encoding := keyspace.Raw
		if n <= keyspace.EmbstrMax {
			encoding = keyspace.Embstr
		}
		v := db.Write(&k, keyspace.Item{}, keyspace.String, encoding, n, false).Value()
		clear(v[copy(v, value):])
		c.Dirty++
		c.Rewrite([]byte("SET"), k.Name, v)
	}
	c.Reply.OK()
}

func positive(c *command.Call, i int) (int64, bool) {
	n, ok := resp.ParseInt(c.Args[i])
	if !ok || n < 0 {
		c.Reply.Error("ERR value is out of range, must be positive")
		return 0, false
	}
	return n, true
}

// matchMax bounds the text of DEBUG STRINGMATCH-LEN, in bytes.
const matchMax = 1 << 20

func debugMatch(c *command.Call) {
	n, ok := resp.ParseInt(c.Args[2])
	if !ok || n < 0 || n > matchMax {
		c.Reply.Error(command.ErrNotInt)
		return
	}
	if glob.Match(c.Args[3], bytes.Repeat([]byte{'a'}, int(n)), false) {
		c.Reply.Int(1)
		return
	}
	c.Reply.Int(0)
}

func debugHelp(c *command.Call) {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(debugCommands)) {
		lines = append(lines, debugCommands[name].help...)
	}
	c.Help("DEBUG", lines)
}
