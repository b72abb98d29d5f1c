package hashcmd

import (
	"math"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
)

// What the commands of fields' deadlines answer for each field.
const (
	noField  = -2
	noTime   = -1
	unmet    = 0
	done     = 1
	pastTime = 2 // the deadline had passed already: the field is deleted
)

const (
	errFields  = "ERR Mandatory argument FIELDS is missing or not at the right position"
	errMatch   = "ERR The `numfields` parameter must match the number of arguments"
	errGreater = "ERR Parameter `numFields` should be greater than 0"
	errCount   = "ERR Number of fields must be a positive integer"
)

// fieldList reads FIELDS numfields field ..., which ends the arguments. It answers with the error itself.
func fieldList(c *command.Call, at int, errNotPositive string) (fields [][]byte, ok bool) {
	return fieldArgs(c, at, 1, errNotPositive)
}

// fieldArgs is fieldList for per arguments a field.
func fieldArgs(c *command.Call, at, per int, errNotPositive string) (args [][]byte, ok bool) {
	if at >= len(c.Args) || !command.Is(c.Args[at], "fields") {
		c.Reply.Error(errFields)
		return nil, false
	}
	if at+1 >= len(c.Args) {
		c.Reply.Error(errNotPositive)
		return nil, false
	}
	n, ok := resp.ParseInt(c.Args[at+1])
	if !ok || n < 1 {
		c.Reply.Error(errNotPositive)
		return nil, false
	}
	args = c.Args[at+2:]
	if n > math.MaxInt64/int64(per) || n*int64(per) != int64(len(args)) {
		c.Reply.Error(errMatch)
		return nil, false
	}
	return args, true
}

func hexpire(c *command.Call)    { expireFields(c, 1000, true) }
func hpexpire(c *command.Call)   { expireFields(c, 1, true) }
func hexpireat(c *command.Call)  { expireFields(c, 1000, false) }
func hpexpireat(c *command.Call) { expireFields(c, 1, false) }

// fieldTime reads a deadline or a time to live in units of so many milliseconds. It answers with the error itself.
func fieldTime(c *command.Call, arg []byte, unit int64, relative bool) (at int64, ok bool) {
	at, ok = resp.ParseInt(arg)
	switch {
	case !ok:
		c.Reply.Error(command.ErrNotInt)
		return 0, false
	case at < 0:
		c.Reply.Error("ERR invalid expire time, must be >= 0")
		return 0, false
	case at > collection.TimeMax/unit:
		c.InvalidExpire()
		return 0, false
	}
	at *= unit
	if relative {
		if at > collection.TimeMax-c.Now {
			c.InvalidExpire()
			return 0, false
		}
		at += c.Now
	}
	return at, true
}

// expireFields is the HEXPIRE family: unit is the argument's in milliseconds.
func expireFields(c *command.Call, unit int64, relative bool) {
	h, ok := open(c)
	if !ok {
		return
	}
	at, ok := fieldTime(c, c.Args[2], unit, relative)
	if !ok {
		return
	}
	cond, next := "", 3
	for _, w := range []string{"nx", "xx", "gt", "lt"} {
		if command.Is(c.Args[3], w) {
			cond, next = w, 4
		}
	}
	fields, ok := fieldList(c, next, errGreater)
	if !ok {
		return
	}
	c.DropDue(c.Key(1), &h, fields, 1)
	c.Reply.Array(len(fields))
	var set, deleted [][]byte
	for _, f := range fields {
		switch result := expireField(c, &h, f, at, cond); result {
		case done:
			set = append(set, f)
			c.Reply.Int(result)
		case pastTime:
			deleted = append(deleted, f)
			c.Reply.Int(result)
		default:
			c.Reply.Int(result)
		}
	}
	timesChanged(c, &h, at, set, deleted)
}

// expireField gives one field its deadline, or deletes it if that has passed.
func expireField(c *command.Call, h *collection.Hash, field []byte, at int64, cond string) int64 {
	old, ok := h.Time(field)
	if !ok {
		return noField
	}
	has := old != collection.NoTime
	switch {
	case cond == "nx" && has, cond == "xx" && !has,
		cond == "gt" && (!has || at <= old), // no deadline counts as one that never comes
		cond == "lt" && has && at >= old:
		return unmet
	case at <= c.Now:
		h.Delete(field)
		return pastTime
	}
	h.SetTime(field, at)
	return done
}

// timesChanged tells of fields that got a deadline, and of those that were deleted because it has passed.
func timesChanged(c *command.Call, h *collection.Hash, at int64, set, deleted [][]byte) {
	name := c.Args[1]
	c.Dirty += int64(len(set) + len(deleted))
	if len(deleted) > 0 {
		c.Notify(command.EventHash, "hdel", name)
		c.Rewrite(append([][]byte{[]byte("HDEL"), name}, deleted...)...)
	}
	if len(set) > 0 {
		if len(deleted) == 0 {
			c.Notify(command.EventHash, "hexpire", name)
		}
		c.Rewrite(expireEffect(name, at, set)...)
	}
	if len(deleted) > 0 && !h.OK() {
		c.Notify(command.EventGeneric, "del", name)
	}
}

func expireEffect(name []byte, at int64, fields [][]byte) [][]byte {
	return append([][]byte{[]byte("HPEXPIREAT"), name, command.Decimal(at), []byte("FIELDS"), command.Decimal(int64(len(fields)))}, fields...)
}

func httl(c *command.Call)         { fieldTimes(c, 1000, true) }
func hpttl(c *command.Call)        { fieldTimes(c, 1, true) }
func hexpiretime(c *command.Call)  { fieldTimes(c, 1000, false) }
func hpexpiretime(c *command.Call) { fieldTimes(c, 1, false) }

// fieldTimes answers with deadlines in units of so many milliseconds, rounded up.
func fieldTimes(c *command.Call, unit int64, relative bool) {
	eachTimed(c, func(_ *collection.Hash, _ []byte, at int64) int64 {
		if relative {
			at -= c.Now
		}
		return (at + unit - 1) / unit
	})
}

func hpersist(c *command.Call) {
	eachTimed(c, func(h *collection.Hash, field []byte, _ int64) int64 {
		h.SetTime(field, collection.NoTime)
		c.Dirty++
		return done
	})
	if c.Dirty > 0 {
		c.Notify(command.EventHash, "hpersist", c.Args[1])
	}
}

// eachTimed answers for each field named with what fn makes of its deadline, or that it has none, or is not there.
func eachTimed(c *command.Call, fn func(h *collection.Hash, field []byte, at int64) int64) {
	h, ok := open(c)
	if !ok {
		return
	}
	fields, ok := fieldList(c, 2, errCount)
	if !ok {
		return
	}
	if c.Spec.Flags&command.Write != 0 {
		c.DropDue(c.Key(1), &h, fields, 1)
	}
	c.Reply.Array(len(fields))
	for _, f := range fields {
		switch at, ok := h.Time(f); {
		case !ok:
			c.Reply.Int(noField)
		case at == collection.NoTime:
			c.Reply.Int(noTime)
		default:
			c.Reply.Int(fn(&h, f, at))
		}
	}
}
