package strcmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

// reserveMax is how much room beyond its length a string that grows in place may get, as in Redis (SDS_MAX_PREALLOC).
const reserveMax = 1 << 20

// tooLong answers with the error for a string that would exceed proto-max-bulk-len.
func tooLong(c *command.Call, size int64) bool {
	if size > c.Conf.ProtoMaxBulkLen || size < 0 {
		c.Reply.Error(command.ErrStringTooLong)
		return true
	}
	return false
}

func appendTo(c *command.Call) {
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	k := c.Key(1)
	db := c.DBOf(k)
	v := c.Args[2]
	if !it.OK() {
		Store(db, k, it, v, false)
		c.Reply.Int(int64(len(v)))
	} else {
		old := textLen(it)
		if tooLong(c, int64(old)+int64(len(v))) {
			return
		}
		it = grow(db, k, it, old+len(v))
		copy(it.Value()[old:], v)
		c.Reply.Int(int64(old + len(v)))
	}
	c.Dirty++
	c.Notify(command.EventString, "append", k.Name)
}

// grow makes a string Raw and n bytes long, with room to grow on.
func grow(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, n int) keyspace.Item {
	if it.Encoding() == keyspace.Int {
		var scratch [20]byte
		text := it.Text(scratch[:])
		it = db.Write(k, it, keyspace.String, keyspace.Raw, len(text), true)
		copy(it.Value(), text)
	}
	it = db.Resize(it, n, min(n, reserveMax))
	it.SetEncoding(keyspace.Raw)
	return it
}

func setrange(c *command.Call) {
	at, ok := resp.ParseInt(c.Args[2])
	if !ok {
		c.Reply.Error(command.ErrNotInt)
		return
	}
	if at < 0 {
		c.Reply.Error("ERR offset is out of range")
		return
	}
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	v := c.Args[3]
	old := textLen(it)
	if len(v) == 0 {
		c.Reply.Int(int64(old))
		return
	}
	if tooLong(c, at+int64(len(v))) {
		return
	}
	k := c.Key(1)
	db := c.DBOf(k)
	n := max(old, int(at)+len(v))
	if !it.OK() {
		it = db.Write(k, it, keyspace.String, keyspace.Raw, n, false)
		clear(it.Value())
	} else {
		it = grow(db, k, it, n)
	}
	copy(it.Value()[at:], v)
	c.Dirty++
	c.Notify(command.EventString, "setrange", k.Name)
	c.Reply.Int(int64(n))
}

func getrange(c *command.Call) {
	start, ok1 := resp.ParseInt(c.Args[2])
	end, ok2 := resp.ParseInt(c.Args[3])
	if !ok1 || !ok2 {
		c.Reply.Error(command.ErrNotInt)
		return
	}
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	if !it.OK() {
		c.Reply.BulkString("")
		return
	}
	var scratch [20]byte
	b := it.Text(scratch[:])
	n := int64(len(b))
	if start < 0 && end < 0 && start > end {
		c.Reply.BulkString("")
		return
	}
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	end = min(end, n-1)
	if start > end || n == 0 {
		c.Reply.BulkString("")
		return
	}
	c.Reply.Bulk(b[start : end+1])
}
