// Package dumpcmd holds DUMP and RESTORE: values as bytes that another server can take, in the format of package rdb.
package dumpcmd

import (
	"errors"
	"math"
	"strings"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/rdb"
)

const (
	group = "generic"

	errBusy    = "BUSYKEY Target key name already exists."
	errTTL     = "ERR Invalid TTL value, must be >= 0"
	errIdle    = "ERR Invalid IDLETIME value, must be >= 0"
	errFreq    = "ERR Invalid FREQ value, must be >= 0 and <= 255"
	errPayload = "ERR DUMP payload version or checksum are wrong"
	errData    = "ERR Bad data format"
)

var overKey = []command.KeySpec{{Flags: command.KeyOW | command.KeyUpdate, Begin: 1, Step: 1}}

const complexity = "O(1) to create the key and O(N*M) with N the number of elements and M their average length; for a sorted set times log(N)"

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: command.CatKeyspace, Name: "dump", Since: "2.6.0", Complexity: "O(N*M) with N the number of elements and M their average length", Arity: 2,
		Flags: command.Readonly, Handler: dump,
		Keys:    []command.KeySpec{{Flags: command.KeyRO | command.KeyAccess, Begin: 1, Step: 1}},
		Tips:    []string{"nondeterministic_output"},
		Summary: "Returns the value of a key as bytes that RESTORE takes.", Syntax: "key"},
	{Group: group, Cats: command.CatKeyspace | command.CatDangerous, Name: "restore", Since: "2.6.0", Complexity: complexity, Arity: -4,
		Flags: command.Write | command.DenyOOM, Keys: overKey, Handler: restore,
		History: [][2]string{{"3.0.0", "Added the `REPLACE` modifier."}, {"5.0.0", "Added the `ABSTTL` modifier."}, {"5.0.0", "Added the `IDLETIME` and `FREQ` options."}},
		Summary: "Creates a key from what DUMP gave.", Syntax: "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]"},
	{Group: "server", Cats: command.CatKeyspace | command.CatDangerous, Name: "restore-asking", System: true, Since: "3.0.0", Complexity: complexity, Arity: -4,
		Flags: command.Write | command.DenyOOM | command.Asking, Keys: overKey, Handler: restore,
		History: [][2]string{{"3.0.0", "Added the `REPLACE` modifier."}, {"5.0.0", "Added the `ABSTTL` modifier."}, {"5.0.0", "Added the `IDLETIME` and `FREQ` options."}},
		Summary: "Creates a key from what DUMP gave, on a cluster node that is importing its slot.", Syntax: "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]"},
}

func dump(c *command.Call) {
	it := c.Find(1)
	if !it.OK() {
		c.Reply.Null()
		return
	}
	k := c.Key(1)
	c.Reply.Bulk(rdb.AppendPayload(nil, c.DBOf(k), k, it, c.Conf.RDBCompressed))
}

// options are those of RESTORE.
type options struct {
	replace, absolute bool
	idle, freq        int64 // -1: not given
}

// parse reads the options. It answers with the error itself.
func parse(c *command.Call) (o options, ok bool) {
	o.idle, o.freq = -1, -1
	for i := 4; i < len(c.Args); i++ {
		a := c.Args[i]
		more := i+1 < len(c.Args)
		switch {
		case command.Is(a, "replace"):
			o.replace = true
		case command.Is(a, "absttl"):
			o.absolute = true
		case command.Is(a, "idletime") && more && o.freq == -1:
			i++
			if o.idle, ok = c.IntArg(i); !ok {
				return o, false
			}
			if o.idle < 0 {
				c.Reply.Error(errIdle)
				return o, false
			}
		case command.Is(a, "freq") && more && o.idle == -1:
			i++
			if o.freq, ok = c.IntArg(i); !ok {
				return o, false
			}
			if o.freq < 0 || o.freq > 255 {
				c.Reply.Error(errFreq)
				return o, false
			}
		default:
			c.Reply.Error(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}

func restore(c *command.Call) {
	o, ok := parse(c)
	if !ok {
		return
	}
	k := c.Key(1)
	db := c.DBOf(k)
	it := db.Peek(k)
	if it.OK() && !o.replace {
		c.Reply.Error(errBusy)
		return
	}
	at, ok := deadline(c, &o)
	if !ok {
		return
	}
	v, err := rdb.OpenPayload(c.Args[3], k, limits(c))
	switch {
	case errors.Is(err, rdb.ErrPayload):
		c.Reply.Error(errPayload)
		return
	case err != nil:
		c.Reply.Error(errData)
		return
	}
	c.Reply.OK()
	if at != keyspace.NoExpiry && at <= c.Now { // it would be gone at once
		if db.Delete(k) {
			c.Dirty++
			c.Notify(command.EventGeneric, "del", k.Name)
			c.Rewrite([]byte("DEL"), k.Name)
		}
		return
	}
	if it.OK() { // apart from the storing, so that a new key is announced as one
		db.Delete(k)
	}
	it = db.SetExpire(v.Store(db, keyspace.Item{}), at)
	switch lfu := strings.Contains(c.Conf.MaxMemoryPolicy, "lfu"); {
	case lfu && o.freq >= 0:
		it.SetFrequency(int(o.freq))
	case !lfu && o.idle >= 0:
		it.SetIdleSeconds(o.idle)
	}
	c.Dirty++
	c.Notify(command.EventGeneric, "restore", k.Name)
	if at != keyspace.NoExpiry && !o.absolute {
		effect := append([][]byte{c.Args[0], c.Args[1], command.Decimal(at)}, c.Args[3:]...)
		c.Rewrite(append(effect, []byte("ABSTTL"))...)
	}
}

// deadline reads the time to live, 0 for none. It answers with the error itself.
func deadline(c *command.Call, o *options) (at int64, ok bool) {
	ttl, ok := resp.ParseInt(c.Args[2])
	switch {
	case !ok:
		c.Reply.Error(command.ErrNotInt)
		return 0, false
	case ttl < 0:
		c.Reply.Error(errTTL)
		return 0, false
	case ttl == 0:
		return keyspace.NoExpiry, true
	case o.absolute:
		return ttl, true
	}
	return c.Now + min(ttl, math.MaxInt64-c.Now), true
}

func limits(c *command.Call) rdb.Limits {
	return rdb.Limits{
		List:      c.Conf.ListMaxListpackSize,
		Hash:      collection.HashLimits{Entries: c.Conf.HashMaxListpackEntries, Value: c.Conf.HashMaxListpackValue},
		SetIntset: c.Conf.SetMaxIntsetEntries,
		ZSet:      collection.ZSetLimits{Entries: c.Conf.ZSetMaxListpackEntries, Value: c.Conf.ZSetMaxListpackValue},
	}
}
