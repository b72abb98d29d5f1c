package admincmd

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/observe"
	"redline/server/internal/session"
)

// footprint is where the server's memory is, in bytes.
type footprint struct {
	keyspace      keyspace.Memory // sum over all shards
	runtime       observe.GoMemory
	host          observe.HostMemory
	used          int64 // what counts against maxmemory: live blocks, collections and buffers, no garbage and no slack
	peak          int64 // the largest that used was found to be
	arena         int64 // of the large collections, what is outside the Go heap
	clients       int64 // buffers of clients
	other         int64 // what Go has live beside the collections: buffers, sessions, tables, stacks
	keys          int64
	expires       int64
	arenaResident int64
	// dataset is what the keys and values take; overhead all the rest of used.
	dataset, overhead int64
}

// measure visits all shards, one after the other.
func measure(c *command.Call) footprint {
	h := session.From(c).Hub
	f := footprint{runtime: observe.RuntimeMemory(), host: observe.Memory()}
	k := &f.keyspace
	c.EachShard(func(sh *keyspace.Shard) bool {
		m := sh.Memory()
		k.Blocks += m.Blocks
		k.Names += m.Names
		k.Resident += m.Resident
		k.Index += m.Index
		k.Wheels += m.Wheels
		k.Objects += m.Objects
		k.TrashKeys += m.TrashKeys
		return true
	})
	arena := c.Space().Arena().Stats()
	f.arena, f.arenaResident = arena.BytesInBlocks, arena.BytesResident
	for i := range c.Space().Databases() {
		keys, expires := c.Space().Len(i)
		f.keys += int64(keys)
		f.expires += int64(expires)
	}
	for _, s := range h.Clients.All() {
		f.clients += s.Usage().Total()
	}
	f.used = k.Blocks + k.Objects
	if h.OtherMemory != nil {
		f.other = h.OtherMemory()
	}
	f.used += f.other
	f.peak = h.Rates.Peak(f.used)
	f.dataset = max(k.Blocks-k.Index-k.Wheels, 0) + k.Objects
	f.overhead = max(f.used-f.dataset, 0)
	return f
}

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// usageFixed is what a key costs beside its block: its place in the index, five bytes, at the index's usual load.
const usageFixed = 7

func memoryUsage(c *command.Call) {
	for i := 3; i < len(c.Args); i += 2 {
		if !command.Is(c.Args[i], "samples") || i+1 == len(c.Args) {
			c.Reply.Error(command.ErrSyntax)
			return
		}
		n, ok := c.Int(i+1, "")
		if !ok {
			return
		}
		if n < 0 {
			c.Reply.Error(command.ErrSyntax)
			return
		}
	}
	k := c.Key(2)
	it := c.DBOf(k).Peek(k)
	if !it.OK() {
		c.Reply.Null()
		return
	}
	// Sizes are kept, not sampled: SAMPLES changes nothing.
	c.Reply.Int(it.Bytes() + usageFixed)
}

func memoryStats(c *command.Call) {
	f := measure(c)
	dbs := 0
	for i := range c.Space().Databases() {
		if keys, _ := c.Space().Len(i); keys > 0 {
			dbs++
		}
	}
	w := c.Reply
	mark, n := w.Begin(), 0
	num := func(name string, v int64) { w.BulkString(name); w.Int(v); n++ }
	dbl := func(name string, v float64) { w.BulkString(name); w.Double(v); n++ }
	num("peak.allocated", f.peak)
	num("total.allocated", f.used)
	num("startup.allocated", 0)
	num("replication.backlog", 0)
	num("clients.slaves", 0)
	num("clients.normal", f.clients)
	num("cluster.links", 0)
	num("aof.buffer", 0)
	num("lua.caches", 0)
	num("functions.caches", 0)
	for i := range c.Space().Databases() {
		if keys, expires := c.Space().Len(i); keys > 0 {
			w.BulkString("db." + strconv.Itoa(i))
			w.Map(3)
			w.BulkString("overhead.hashtable.main")
			w.Int(f.keyspace.Index * int64(keys) / max(f.keys, 1)) // by its share of the keys
			w.BulkString("overhead.hashtable.expires")
			w.Int(f.keyspace.Wheels * int64(expires) / max(f.expires, 1))
			w.BulkString("overhead.hashtable.slot-to-keys")
			w.Int(0)
			n++
		}
	}
	num("overhead.total", f.overhead)
	num("keys.count", f.keys)
	num("keys.bytes-per-key", f.dataset/max(f.keys, 1))
	num("dataset.bytes", f.dataset)
	dbl("dataset.percentage", 100*ratio(f.dataset, f.used))
	dbl("peak.percentage", 100*ratio(f.used, f.peak))
	num("allocator.allocated", f.used)
	num("allocator.active", f.active())
	num("allocator.resident", f.resident())
	dbl("allocator-fragmentation.ratio", ratio(f.active(), f.used))
	num("allocator-fragmentation.bytes", f.active()-f.used)
	dbl("allocator-rss.ratio", ratio(f.resident(), f.active()))
	num("allocator-rss.bytes", f.resident()-f.active())
	dbl("rss-overhead.ratio", ratio(f.host.Resident, f.resident()))
	num("rss-overhead.bytes", f.host.Resident-f.resident())
	for _, p := range f.parts() {
		num("part."+p.name, p.bytes)
	}
	dbl("fragmentation", ratio(f.host.Resident, f.used))
	num("fragmentation.bytes", f.host.Resident-f.used)
	w.EndMap(mark, n)
}

// active is what the allocators have taken for what is used; resident is all that they have taken and not given back.
func (f *footprint) active() int64 {
	return f.keyspace.Resident + f.arenaResident + f.runtime.Heap + f.runtime.Stacks
}
func (f *footprint) resident() int64 { return f.keyspace.Resident + f.arenaResident + f.runtime.Total }

func memoryDoctor(c *command.Call) {
	f := measure(c)
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, "* "+format+"\n", args...) }
	const small = 5 << 20
	if f.used < small {
		c.Reply.Verbatim("txt", []byte("The server uses less than 5 MiB: there is nothing notable to say about its memory.\n"))
		return
	}
	if ratio(f.peak, f.used) > 1.5 {
		say("Peak memory: the most that was used is %s, %.1f times of what is used now. Resident memory falls as empty spans are given back.",
			human(f.peak), ratio(f.peak, f.used))
	}
	if ratio(f.host.Resident, f.used) > 1.4 && f.host.Resident-f.used > 10<<20 {
		say("Resident memory: %s, %.1f times of what is used. Sparse blocks are compacted in the background; MEMORY PURGE gives back what is free now.",
			human(f.host.Resident), ratio(f.host.Resident, f.used))
	}
	if clients := session.From(c).Hub.Clients.Len(); clients > 0 && f.clients/int64(clients) > 200<<10 {
		say("Client buffers: %s a client on average. See qbuf and omem in CLIENT LIST.", human(f.clients/int64(clients)))
	}
	f.doctorParts(say)
	if f.keyspace.TrashKeys > 0 {
		say("Flushed keys: %d are still to be freed in the background.", f.keyspace.TrashKeys)
	}
	if b.Len() == 0 {
		b.WriteString("Memory looks fine.\n")
	}
	c.Reply.Verbatim("txt", []byte(b.String()))
}

// purgeSlice is how many empty spans one visit to a shard gives back.
const purgeSlice = 64

func memoryPurge(c *command.Call) {
	for i := range c.Space().Shards() {
		for more := true; more; {
			c.WithShard(i, func(sh *keyspace.Shard) bool {
				more = sh.Slab().ReleaseEmpty(purgeSlice) > 0
				return true
			})
		}
	}
	for before := int64(-1); before != c.Space().Arena().Stats().BytesIdle; {
		before = c.Space().Arena().Stats().BytesIdle
		c.Space().Arena().Release(purgeSlice, 0, math.MaxInt64)
	}
	debug.FreeOSMemory()
	c.Reply.OK()
}

func memoryMallocStats(c *command.Call) {
	f := measure(c)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var b strings.Builder
	for _, x := range []struct {
		name string
		v    int64
	}{
		{"blocks: in use", f.keyspace.Blocks}, {"blocks: index", f.keyspace.Index}, {"blocks: resident", f.keyspace.Resident},
		{"expiry wheels", f.keyspace.Wheels}, {"large collections", f.keyspace.Objects},
		{"go: objects", f.runtime.Objects}, {"go: heap", f.runtime.Heap}, {"go: stacks", f.runtime.Stacks}, {"go: total", f.runtime.Total},
		{"go: next collection at", int64(m.NextGC)}, {"process: resident", f.host.Resident},
	} {
		fmt.Fprintf(&b, "%-24s %14d  %s\n", x.name, x.v, human(x.v))
	}
	fmt.Fprintf(&b, "%-24s %14d\n", "go: collections", m.NumGC)
	c.Reply.Verbatim("txt", []byte(b.String()))
}

func memoryHelp(c *command.Call) {
	c.Help("MEMORY", []string{
		"DOCTOR", "    Explain what is notable about memory.",
		"MALLOC-STATS", "    Return figures of the allocators.",
		"PURGE", "    Give free memory back to the system.",
		"STATS", "    Tell where memory goes.",
		"USAGE <key> [SAMPLES <count>]", "    Return the bytes that a key and its value take. <count> changes nothing: sizes are kept, not sampled.",
	})
}

// human formats bytes as Redis does: 943.29K.
func human(n int64) string {
	const units = "BKMGTP"
	v, u := float64(n), 0
	for v >= 1024 && u < len(units)-1 {
		v /= 1024
		u++
	}
	if u == 0 {
		return strconv.FormatInt(n, 10) + "B"
	}
	return strconv.FormatFloat(v, 'f', 2, 64) + units[u:u+1]
}
