package hashcmd

import (
	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
)

// hgetdel is HGETDEL: the values of fields, which are deleted.
func hgetdel(c *command.Call) {
	fields, ok := fieldList(c, 2, errCount)
	if !ok {
		return
	}
	h, ok := open(c)
	if !ok {
		return
	}
	c.DropDue(c.Key(1), &h, fields, 1)
	c.Reply.Array(len(fields))
	var deleted [][]byte
	for _, f := range fields {
		field(c, &h, f)
		if h.Delete(f) {
			deleted = append(deleted, f)
		}
	}
	timesChanged(c, &h, collection.NoTime, nil, deleted)
}

// timeOption is what HGETEX and HSETEX are to do with deadlines.
type timeOption struct {
	word   string // ex, px, exat, pxat, persist, keepttl; "": nothing is said
	number []byte
	at     int64 // unix milliseconds
}

// take reads the option at argument i, if there is one, and returns where the next argument is. It answers with the
// error itself.
func (o *timeOption) take(c *command.Call, i int, bare string) (next int, ok bool) {
	if command.Is(c.Args[i], bare) {
		if o.word != "" {
			c.Reply.Error(command.ErrSyntax)
			return i, false
		}
		o.word = bare
		return i + 1, true
	}
	for _, w := range []string{"ex", "px", "exat", "pxat"} {
		if !command.Is(c.Args[i], w) {
			continue
		}
		if o.word != "" || i+1 == len(c.Args) {
			c.Reply.Error(command.ErrSyntax)
			return i, false
		}
		o.word, o.number = w, c.Args[i+1]
		return i + 2, true
	}
	return i, true
}

// resolve turns the number into a deadline. It answers with the error itself.
func (o *timeOption) resolve(c *command.Call) (ok bool) {
	if o.number == nil {
		return true
	}
	if n, isInt := resp.ParseInt(o.number); isInt && n <= 0 {
		c.InvalidExpire()
		return false
	}
	unit := int64(1)
	if o.word == "ex" || o.word == "exat" {
		unit = 1000
	}
	o.at, ok = fieldTime(c, o.number, unit, o.word == "ex" || o.word == "px")
	return ok
}

// exOptions reads the options of HGETEX or HSETEX up to FIELDS. condition takes what else the command knows.
func exOptions(c *command.Call, bare string, condition func(arg []byte) bool) (o timeOption, at int, ok bool) {
	at = 2
	for at < len(c.Args) && !command.Is(c.Args[at], "fields") {
		if condition(c.Args[at]) {
			at++
			continue
		}
		next, ok := o.take(c, at, bare)
		if !ok {
			return o, at, false
		}
		if next == at {
			c.Reply.Error(command.ErrSyntax)
			return o, at, false
		}
		at = next
	}
	return o, at, true
}

// hgetex is HGETEX: the values of fields, whose deadlines are set or taken away.
func hgetex(c *command.Call) {
	o, at, ok := exOptions(c, "persist", func([]byte) bool { return false })
	if !ok {
		return
	}
	fields, ok := fieldList(c, at, errCount)
	if !ok || !o.resolve(c) {
		return
	}
	h, ok := open(c)
	if !ok {
		return
	}
	c.DropDue(c.Key(1), &h, fields, 1)
	c.Reply.Array(len(fields))
	var set, deleted, persisted [][]byte
	for _, f := range fields {
		field(c, &h, f)
		old, exists := h.Time(f)
		switch {
		case !exists || o.word == "":
		case o.word == "persist":
			if old != collection.NoTime {
				h.SetTime(f, collection.NoTime)
				persisted = append(persisted, f)
			}
		default:
			if expireField(c, &h, f, o.at, "") == pastTime {
				deleted = append(deleted, f)
			} else {
				set = append(set, f)
			}
		}
	}
	timesChanged(c, &h, o.at, set, deleted)
	if len(persisted) > 0 {
		c.Dirty += int64(len(persisted))
		c.Notify(command.EventHash, "hpersist", c.Args[1])
		c.Rewrite(append([][]byte{[]byte("HPERSIST"), c.Args[1], []byte("FIELDS"), command.Decimal(int64(len(persisted)))}, persisted...)...)
	}
}

// hsetex is HSETEX: fields get values and a common deadline, all or none of them.
func hsetex(c *command.Call) {
	cond := ""
	o, at, ok := exOptions(c, "keepttl", func(a []byte) bool {
		for _, w := range []string{"fnx", "fxx"} {
			if cond == "" && command.Is(a, w) {
				cond = w
				return true
			}
		}
		return false
	})
	if !ok {
		return
	}
	pairs, ok := fieldArgs(c, at, 2, errCount)
	if !ok || !o.resolve(c) {
		return
	}
	h, ok := open(c)
	if !ok {
		return
	}
	c.DropDue(c.Key(1), &h, pairs, 2)
	for i := 0; cond != "" && i < len(pairs); i += 2 {
		if h.Has(pairs[i]) != (cond == "fxx") {
			c.Reply.Int(0)
			return
		}
	}
	c.Reply.Int(1)
	setTimed(c, &h, pairs, o)
}

// setTimed sets the fields of HSETEX. With a deadline that has passed they are deleted.
func setTimed(c *command.Call, h *collection.Hash, pairs [][]byte, o timeOption) {
	name := c.Args[1]
	set := []([]byte){[]byte("HSET"), name}
	var fields, deleted [][]byte
	for i := 0; i < len(pairs); i += 2 {
		f, v := pairs[i], pairs[i+1]
		switch {
		case o.number != nil && o.at <= c.Now:
			if h.Delete(f) {
				deleted = append(deleted, f)
			}
			continue
		case o.word == "keepttl":
			h.Change(f, v)
		default:
			h.Set(f, v)
		}
		if o.number != nil {
			h.SetTime(f, o.at)
		}
		set, fields = append(set, f, v), append(fields, f)
	}
	if len(fields) > 0 {
		c.Dirty += int64(len(fields))
		c.Notify(command.EventHash, "hset", name)
	}
	if o.word == "keepttl" {
		return // repeated as it is
	}
	if len(fields) > 0 {
		c.Rewrite(set...)
	}
	if o.number == nil {
		fields = nil
	}
	changed := c.Dirty
	timesChanged(c, h, o.at, fields, deleted)
	if len(fields) > 0 {
		c.Dirty = changed + int64(len(deleted)) // a field counts once
	}
}
