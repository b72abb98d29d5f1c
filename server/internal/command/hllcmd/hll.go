// Package hllcmd holds the commands on HyperLogLogs, which are string values: see package hyperloglog for their bytes.
package hllcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/hyperloglog"
)

const (
	group = "hyperloglog"
	cats  = command.CatHyperLogLog

	errNotHLL  = "WRONGTYPE Key is not a valid HyperLogLog string value."
	errCorrupt = "INVALIDOBJ Corrupted HLL object detected"
)

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "pfadd", Since: "2.8.9", Complexity: "O(1) for each element", Arity: -2, Flags: command.Write | command.DenyOOM | command.Fast, Handler: pfadd,
		Keys:    []command.KeySpec{{Flags: command.KeyRW | command.KeyInsert, Begin: 1, Step: 1}},
		Summary: "Adds elements to a HyperLogLog, which is created if it does not exist.", Syntax: "key [element [element ...]]"},
	{Group: group, Cats: cats, Name: "pfcount", Since: "2.8.9", Complexity: "O(1) for one key, O(N) with N the number of keys", Arity: -2, Flags: command.Readonly | command.MayReplicate, Handler: pfcount,
		Keys: []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess, Begin: 1, LastKey: -1, Step: 1,
			Notes: "RW because it may change the internal representation of the key, and propagate to replicas"}},
		Summary: "Estimates how many different elements were added to HyperLogLogs.", Syntax: "key [key ...]"},
	{Group: group, Cats: cats, Name: "pfmerge", Since: "2.8.9", Complexity: "O(N) with N the number of keys", Arity: -2, Flags: command.Write | command.DenyOOM, Handler: pfmerge,
		Keys: []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess | command.KeyInsert, Begin: 1, Step: 1},
			{Flags: command.KeyRO | command.KeyAccess, Begin: 2, LastKey: -1, Step: 1}},
		Summary: "Merges HyperLogLogs into one.", Syntax: "destkey [sourcekey [sourcekey ...]]"},
	{Group: group, Cats: cats, Name: "pfdebug", System: true, Since: "2.8.9", Complexity: "O(1)", Arity: 3, Flags: command.Write | command.DenyOOM | command.Admin, Handler: pfdebug,
		Keys:    []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess, Begin: 2, Step: 1}},
		Summary: "Shows the inside of a HyperLogLog.", Syntax: "subcommand key"},
	{Group: group, Cats: cats, Name: "pfselftest", System: true, Since: "2.8.9", Complexity: "O(1), about a second", Arity: 1, Flags: command.Admin | command.NoLock, Handler: pfselftest,
		Summary: "Checks the implementation of HyperLogLogs."},
}

// find returns the HyperLogLog at argument i, or the zero Item for no key. Another value gets the error and ok is false.
func find(c *command.Call, i int) (it keyspace.Item, ok bool) {
	it, ok = c.FindType(i, keyspace.String)
	if !ok || !it.OK() {
		return it, ok
	}
	if it.Encoding() == keyspace.Int || !hyperloglog.Valid(it.Value()) {
		c.Reply.Error(errNotHLL)
		return keyspace.Item{}, false
	}
	return it, true
}

// open returns the bytes of a HyperLogLog to be changed, a new one for no key. A dense set is changed in place, as its
// length stays; a sparse one in a copy, which is never long.
func open(it keyspace.Item) []byte {
	if !it.OK() {
		return hyperloglog.New()
	}
	if v := it.Value(); hyperloglog.Dense(v) {
		return v
	}
	return append(make([]byte, 0, it.ValueLen()+64), it.Value()...)
}

// keep stores what became of the bytes that open gave.
func keep(c *command.Call, k *keyspace.Key, it keyspace.Item, b []byte) {
	db := c.DBOf(k)
	if !it.OK() {
		it = db.Write(k, it, keyspace.String, keyspace.Raw, len(b), false)
	} else if v := it.Value(); &v[0] == &b[0] {
		it.SetEncoding(keyspace.Raw)
		db.Touch(it)
		return
	} else {
		it = db.Resize(it, len(b), 0)
		it.SetEncoding(keyspace.Raw)
	}
	copy(it.Value(), b)
}

func pfadd(c *command.Call) {
	it, ok := find(c, 1)
	if !ok {
		return
	}
	b, k := open(it), c.Key(1)
	if !it.OK() {
		c.Dirty++
	}
	for i, elem := range c.Args[2:] {
		var changed bool
		var err error
		if b, changed, err = hyperloglog.Add(b, elem, c.Conf.HLLSparseMaxBytes); err != nil {
			// Only a value that others have damaged gets here. As in Redis the elements before this one stay, without an event.
			if c.Dirty > 0 {
				keep(c, k, it, b)
				c.Rewrite(c.Args[:2+i]...)
			}
			c.Reply.Error(errCorrupt)
			return
		}
		if changed {
			c.Dirty++
		}
	}
	if c.Dirty == 0 {
		c.Reply.Int(0)
		return
	}
	hyperloglog.Invalidate(b)
	keep(c, k, it, b)
	c.Notify(command.EventString, "pfadd", k.Name)
	c.Reply.Int(1)
}

func pfcount(c *command.Call) {
	if len(c.Args) > 2 {
		var u hyperloglog.Union
		if merge(c, &u) {
			c.Reply.Int(int64(u.Count()))
		}
		return
	}
	it, ok := find(c, 1)
	if !ok {
		return
	}
	if !it.OK() {
		c.Reply.Int(0)
		return
	}
	b := it.Value()
	n, fresh := hyperloglog.Cached(b)
	if !fresh {
		var err error
		if n, err = hyperloglog.Count(b); err != nil {
			c.Reply.Error(errCorrupt)
			return
		}
		// The estimate is kept in the value, so this is a change, to the log and to WATCH.
		hyperloglog.SetCached(b, n)
		it.SetEncoding(keyspace.Raw)
		c.DBOf(c.Key(1)).Touch(it)
		c.Dirty++
	}
	c.Reply.Int(int64(n))
}

// merge adds the HyperLogLogs of all keys, the first included, to u. It answers with the error itself.
func merge(c *command.Call, u *hyperloglog.Union) bool {
	for i := 1; i < len(c.Args); i++ {
		it, ok := find(c, i)
		if !ok {
			return false
		}
		if it.OK() && u.Add(it.Value()) != nil {
			c.Reply.Error(errCorrupt)
			return false
		}
	}
	return true
}

func pfmerge(c *command.Call) {
	var u hyperloglog.Union
	if !merge(c, &u) {
		return
	}
	k := c.Key(1)
	it := c.DBOf(k).Peek(k)
	b := open(it)
	for i := 1; i < len(c.Args) && !hyperloglog.Dense(b); i++ {
		ki := c.Key(i)
		if src := c.DBOf(ki).Peek(ki); src.OK() && hyperloglog.Dense(src.Value()) {
			b, _ = hyperloglog.ToDense(b) // merge has found it sound
		}
	}
	for i, n := range u {
		if n > 0 {
			b, _, _ = hyperloglog.Raise(b, i, n, c.Conf.HLLSparseMaxBytes)
		}
	}
	hyperloglog.Invalidate(b)
	keep(c, k, it, b)
	c.Dirty++
	c.Notify(command.EventString, "pfadd", k.Name)
	c.Reply.OK()
}
