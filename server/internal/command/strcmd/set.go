package strcmd

import (
	"math"
	"strconv"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

// setOptions are the options of SET and GETEX.
type setOptions struct {
	nx, xx, get bool
	ttl         string // "ex", "px", "exat", "pxat", "keepttl", "persist" or nothing
	number      []byte // of the first four
	at          int64  // unix milliseconds, by resolve; keyspace.NoExpiry: none given
}

// set is SET.
func set(c *command.Call) {
	o, ok := parseSet(c, c.Args[3:], false)
	if !ok || !o.resolve(c) {
		return
	}
	k := c.Key(1)
	db := c.DBOf(k)
	it := db.Peek(k)
	if o.get {
		if it.OK() && it.Type() != keyspace.String {
			c.Reply.Error(command.ErrWrongType)
			return
		}
		reply(c, it)
	}
	if o.nx && it.OK() || o.xx && !it.OK() {
		if !o.get {
			c.Reply.Null()
		}
		return
	}
	keep := o.ttl == "keepttl"
	it = Store(db, k, it, c.Args[2], keep)
	c.Dirty++
	c.Notify(command.EventString, "set", k.Name)
	if o.at != keyspace.NoExpiry {
		db.SetExpire(it, o.at)
		c.Notify(command.EventGeneric, "expire", k.Name)
		var at [20]byte // no garbage for each SET with a deadline
		c.Rewrite([]byte("SET"), c.Args[1], c.Args[2], []byte("PXAT"), strconv.AppendInt(at[:0], o.at, 10))
	}
	if !o.get {
		c.Reply.OK()
		return
	}
	// The reply is no part of what happened.
	switch {
	case o.at != keyspace.NoExpiry: // rewritten already
	case keep:
		c.Rewrite([]byte("SET"), c.Args[1], c.Args[2], []byte("KEEPTTL"))
	default:
		c.Rewrite([]byte("SET"), c.Args[1], c.Args[2])
	}
}

func setnx(c *command.Call) {
	k := c.Key(1)
	db := c.DBOf(k)
	it := db.Find(k)
	if it.OK() {
		c.Reply.Int(0)
		return
	}
	Store(db, k, it, c.Args[2], false)
	c.Dirty++
	c.Notify(command.EventString, "set", k.Name)
	c.Reply.Int(1)
}

// setex is SETEX and PSETEX.
func setex(c *command.Call) {
	o := setOptions{ttl: "ex", number: c.Args[2]}
	if c.Spec.Name == "psetex" {
		o.ttl = "px"
	}
	if !o.resolve(c) {
		return
	}
	k := c.Key(1)
	db := c.DBOf(k)
	it := Store(db, k, db.Peek(k), c.Args[3], false)
	db.SetExpire(it, o.at)
	c.Dirty++
	c.Notify(command.EventString, "set", k.Name)
	c.Notify(command.EventGeneric, "expire", k.Name)
	var at [20]byte
	c.Rewrite([]byte("SET"), k.Name, c.Args[3], []byte("PXAT"), strconv.AppendInt(at[:0], o.at, 10))
	c.Reply.OK()
}

// Store writes a string in the encoding that Redis would choose: Int for what reads as a 64-bit integer, else by length.
func Store(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, v []byte, keepTTL bool) keyspace.Item {
	if len(v) <= 20 && len(v) > 0 && (v[0] <= '9') {
		if n, ok := resp.ParseInt(v); ok {
			return db.WriteInt(k, it, n, keepTTL)
		}
	}
	e := keyspace.Raw
	if len(v) <= keyspace.EmbstrMax {
		e = keyspace.Embstr
	}
	it = db.Write(k, it, keyspace.String, e, len(v), keepTTL)
	copy(it.Value(), v)
	return it
}

// parseSet reads the options of SET, or with getex those of GETEX. It answers with the error itself.
func parseSet(c *command.Call, args [][]byte, getex bool) (o setOptions, ok bool) {
	o.at = keyspace.NoExpiry
	for i := 0; i < len(args); i++ {
		a := args[i]
		word := ttlWord(a, getex)
		switch {
		case command.Is(a, "nx") && !getex && !o.xx:
			o.nx = true
		case command.Is(a, "xx") && !getex && !o.nx:
			o.xx = true
		case command.Is(a, "get") && !getex:
			o.get = true
		case word != "" && (o.ttl == "" || o.ttl == word): // said twice the last one counts
			o.ttl = word
			if word == "keepttl" || word == "persist" {
				continue
			}
			if i++; i == len(args) {
				c.Reply.Error(command.ErrSyntax)
				return o, false
			}
			o.number = args[i]
		default:
			c.Reply.Error(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}

// ttlWord returns the word in lower case if it is one that decides on the deadline.
func ttlWord(a []byte, getex bool) string {
	for _, w := range []string{"ex", "px", "exat", "pxat"} {
		if command.Is(a, w) {
			return w
		}
	}
	switch {
	case getex && command.Is(a, "persist"):
		return "persist"
	case !getex && command.Is(a, "keepttl"):
		return "keepttl"
	}
	return ""
}

// resolve turns the number of EX, PX, EXAT or PXAT into unix milliseconds. It answers with the error itself.
func (o *setOptions) resolve(c *command.Call) bool {
	if o.number == nil {
		return true
	}
	n, ok := resp.ParseInt(o.number)
	if !ok {
		c.Reply.Error(command.ErrNotInt)
		return false
	}
	seconds := o.ttl == "ex" || o.ttl == "exat"
	if n <= 0 || seconds && n > math.MaxInt64/1000 {
		c.InvalidExpire()
		return false
	}
	if seconds {
		n *= 1000
	}
	if o.ttl == "ex" || o.ttl == "px" {
		if n > math.MaxInt64-c.Now {
			c.InvalidExpire()
			return false
		}
		n += c.Now
	}
	o.at = n
	return true
}

// setKeyFlags tells what a SET does with its key.
func setKeyFlags(args [][]byte) command.KeyFlag {
	for _, a := range args[3:] {
		if command.Is(a, "get") {
			return command.KeyRW | command.KeyAccess | command.KeyUpdate
		}
	}
	return command.KeyOW | command.KeyUpdate
}
