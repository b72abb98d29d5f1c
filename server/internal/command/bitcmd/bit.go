package bitcmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

const (
	errOffset = "ERR bit offset is not an integer or out of range"
	errBit    = "ERR bit is not an integer or out of range"
)

// reserveMax is how much room beyond its length a string that grows in place may get, as in Redis (SDS_MAX_PREALLOC).
const reserveMax = 1 << 20

func setbit(c *command.Call) {
	at, ok := offset(c, c.Args[2])
	if !ok {
		return
	}
	on, ok := resp.ParseInt(c.Args[3])
	if !ok || on&^1 != 0 {
		c.Reply.Error(errBit)
		return
	}
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	k := c.Key(1)
	v, grown := writable(c, k, it, at)
	shift := 7 - uint(at&7)
	old := v[at>>3] >> shift & 1
	if grown || int64(old) != on {
		v[at>>3] = v[at>>3]&^(1<<shift) | byte(on)<<shift
		c.Dirty++
		c.Notify(command.EventString, "setbit", k.Name)
	}
	c.Reply.Int(int64(old))
}

func getbit(c *command.Call) {
	at, ok := offset(c, c.Args[2])
	if !ok {
		return
	}
	var scratch [20]byte
	v, ok := text(c, &scratch)
	if !ok {
		return
	}
	bit := byte(0)
	if at>>3 < int64(len(v)) {
		bit = v[at>>3] >> (7 - uint(at&7)) & 1
	}
	c.Reply.Int(int64(bit))
}

// offset reads the number of a bit. It answers with the error itself.
func offset(c *command.Call, arg []byte) (at int64, ok bool) {
	at, ok = resp.ParseInt(arg)
	if !ok || at < 0 || at>>3 >= c.Conf.ProtoMaxBulkLen {
		c.Reply.Error(errOffset)
		return 0, false
	}
	return at, true
}

// text returns the string at argument 1, nil for no key. A key of another type gets the error and ok is false.
func text(c *command.Call, scratch *[20]byte) (v []byte, ok bool) {
	it, ok := c.FindType(1, keyspace.String)
	if !ok || !it.OK() {
		return nil, ok
	}
	return it.Text(scratch[:]), true
}

// writable gives a string, or a new key, room for a bit and returns its bytes to be changed in place. grown says whether
// that alone has changed the value.
func writable(c *command.Call, k *keyspace.Key, it keyspace.Item, bit int64) (v []byte, grown bool) {
	db := c.DBOf(k)
	n := int(bit>>3) + 1
	if !it.OK() {
		it = db.Write(k, it, keyspace.String, keyspace.Raw, n, false)
		clear(it.Value())
		return it.Value(), true
	}
	if it.Encoding() == keyspace.Int {
		var scratch [20]byte
		t := it.Text(scratch[:])
		it = db.Write(k, it, keyspace.String, keyspace.Raw, len(t), true)
		copy(it.Value(), t)
	}
	old := it.ValueLen()
	n = max(n, old)
	it = db.Resize(it, n, min(n, reserveMax))
	it.SetEncoding(keyspace.Raw)
	return it.Value(), n != old
}
