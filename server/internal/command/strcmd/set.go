package strcmd

import (
	"math"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

// setOptions are the options of SET and GETEX.
type setOptions struct {
	nx, xx, get, keepTTL, persist bool
	at                            int64 // unix milliseconds; keyspace.NoExpiry: none given
	relative                      bool  // at was given relative to now
}

// set is SET.
func set(c *command.Call) {
	o, ok := parseSet(c, c.Args[3:], false)
	if !ok {
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
	it = Store(db, k, it, c.Args[2], o.keepTTL)
	c.Dirty++
	c.Notify(command.EventString, "set", k.Name)
	if o.at != keyspace.NoExpiry {
		db.SetExpire(it, o.at)
		c.Notify(command.EventGeneric, "expire", k.Name)
		c.Rewrite([]byte("SET"), c.Args[1], c.Args[2], []byte("PXAT"), command.Decimal(o.at))
	}
	if !o.get {
		c.Reply.OK()
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
	o := setOptions{}
	word := []byte("ex")
	if c.Spec.Name == "psetex" {
		word = []byte("px")
	}
	if !parseDeadline(c, word, c.Args[2], &o) {
		return
	}
	k := c.Key(1)
	db := c.DBOf(k)
	it := Store(db, k, db.Peek(k), c.Args[3], false)
	db.SetExpire(it, o.at)
	c.Dirty++
	c.Notify(command.EventString, "set", k.Name)
	c.Notify(command.EventGeneric, "expire", k.Name)
	c.Rewrite([]byte("SET"), k.Name, c.Args[3], []byte("PXAT"), command.Decimal(o.at))
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
	ttl := false // one of EX, PX, EXAT, PXAT, KEEPTTL, PERSIST was given
	for i := 0; i < len(args); i++ {
		a := args[i]
		last := i == len(args)-1
		switch {
		case command.Is(a, "nx") && !getex && !o.xx:
			o.nx = true
		case command.Is(a, "xx") && !getex && !o.nx:
			o.xx = true
		case command.Is(a, "get") && !getex:
			o.get = true
		case command.Is(a, "keepttl") && !getex && !ttl:
			o.keepTTL, ttl = true, true
		case command.Is(a, "persist") && getex && !ttl:
			o.persist, ttl = true, true
		case !last && !ttl && isExpireWord(a):
			ttl = true
			i++
			if !parseDeadline(c, a, args[i], &o) {
				return o, false
			}
		case command.Is(a, "keepttl") && o.keepTTL, command.Is(a, "persist") && o.persist:
			// said twice: harmless
		default:
			c.Reply.Error(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}

func isExpireWord(a []byte) bool {
	return command.Is(a, "ex") || command.Is(a, "px") || command.Is(a, "exat") || command.Is(a, "pxat")
}

// parseDeadline turns EX, PX, EXAT or PXAT and its number into unix milliseconds.
func parseDeadline(c *command.Call, word, number []byte, o *setOptions) bool {
	n, ok := resp.ParseInt(number)
	if !ok {
		c.Reply.Error(command.ErrNotInt)
		return false
	}
	seconds := command.Is(word, "ex") || command.Is(word, "exat")
	o.relative = len(word) == 2
	if n <= 0 || seconds && n > math.MaxInt64/1000 {
		c.InvalidExpire()
		return false
	}
	if seconds {
		n *= 1000
	}
	if o.relative {
		if n > math.MaxInt64-c.Now {
			c.InvalidExpire()
			return false
		}
		n += c.Now
	}
	o.at = n
	return true
}
