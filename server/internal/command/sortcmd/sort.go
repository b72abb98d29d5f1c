package sortcmd

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

// element is one element to sort, with what it is sorted by.
type element struct {
	text  []byte
	score float64
	word  []byte // ALPHA; nil: BY found nothing, which comes first
}

func sort(c *command.Call)   { run(c, false) }
func sortRO(c *command.Call) { run(c, true) }

func run(c *command.Call, readonly bool) {
	o, ok := parse(c, readonly)
	if !ok {
		return
	}
	it := c.Find(1)
	if it.OK() && it.Type() != keyspace.List && it.Type() != keyspace.Set && it.Type() != keyspace.ZSet {
		c.Reply.Error(command.ErrWrongType)
		return
	}
	keepOrder := o.by != nil && bytes.IndexByte(o.by, '*') < 0
	if keepOrder && it.OK() && it.Type() == keyspace.Set && o.store > 0 {
		// What is stored must be the same wherever the command is repeated.
		keepOrder, o.alpha, o.by = false, true, nil
	}
	elems := load(c, it)
	if keepOrder {
		if o.desc && it.OK() && it.Type() != keyspace.Set {
			slices.Reverse(elems)
		}
	} else {
		if !weigh(c, elems, &o) {
			c.Reply.Error("ERR One or more scores can't be converted into double")
			return
		}
		slices.SortStableFunc(elems, o.order())
	}
	from, to := o.window(len(elems))
	if o.store > 0 {
		store(c, &o, elems[from:to])
		return
	}
	output(c, &o, elems[from:to])
}

// load copies the elements of a key out of the keyspace: the look-ups that follow may change its shard, as they remove
// keys that have expired.
func load(c *command.Call, it keyspace.Item) []element {
	if !it.OK() {
		return nil
	}
	k := c.Key(1)
	db := c.DBOf(k)
	var elems []element
	var mem []byte
	var scratch [20]byte
	add := func(b []byte) bool {
		from := len(mem)
		mem = append(mem, b...) // what was cut from it before stays valid when it moves
		elems = append(elems, element{text: mem[from:len(mem):len(mem)]})
		return true
	}
	switch it.Type() {
	case keyspace.List:
		l := collection.OpenList(db, k, it, c.Conf.ListMaxListpackSize)
		elems = make([]element, 0, l.Len())
		for i := l.At(0); i.OK(); i.Next() {
			add(i.Value().Bytes(scratch[:0]))
		}
	case keyspace.Set:
		s := collection.OpenSet(db, k, it, c.Conf.SetMaxIntsetEntries)
		s.Each(func(v collection.Value) bool { return add(v.Bytes(scratch[:0])) })
	default:
		z := collection.OpenZSet(db, k, it, collection.ZSetLimits{})
		elems = make([]element, 0, z.Len())
		for m := range z.All() {
			add(m)
		}
	}
	return elems
}

// weigh finds what each element is sorted by. It returns false if a number was wanted and not found.
func weigh(c *command.Call, elems []element, o *options) bool {
	var by pattern
	if o.by != nil {
		by = newPattern(o.by)
	}
	sound := true
	var scratch []byte
	for i := range elems {
		e := &elems[i]
		v := e.text
		if o.by != nil {
			var ok bool
			if v, ok = by.lookup(c, e.text, &scratch); !ok {
				continue
			}
		}
		if o.alpha {
			if e.word = e.text; o.by != nil {
				e.word = append(make([]byte, 0, max(len(v), 1)), v...)
			}
			continue
		}
		f, ok := number(v)
		e.score, sound = f, sound && ok
	}
	return sound
}

// number reads a weight as Redis does with C's strtod: nothing at all is 0, and blanks may stand before it.
func number(v []byte) (float64, bool) {
	if i := bytes.IndexByte(v, 0); i >= 0 {
		v = v[:i]
	}
	if len(v) == 0 {
		return 0, true
	}
	f, ok := resp.ParseFloat(bytes.TrimLeft(v, " \t\n\v\f\r"))
	return f, ok && (f == 0 || math.Abs(f) >= minNormal)
}

// minNormal is the least number that is not denormal: those are out of range to strtod.
const minNormal = 0x1p-1022

// order returns the comparison: by number with equal ones by their text, or by words as bytes.
func (o *options) order() func(a, b element) int {
	up := func(a, b element) int {
		if c := cmp.Compare(a.score, b.score); c != 0 {
			return c
		}
		return bytes.Compare(a.text, b.text)
	}
	if o.alpha {
		up = func(a, b element) int {
			if a.word == nil || b.word == nil {
				return rank(a.word) - rank(b.word)
			}
			return bytes.Compare(a.word, b.word)
		}
	}
	if o.desc {
		return func(a, b element) int { return up(b, a) }
	}
	return up
}

func rank(word []byte) int {
	if word == nil {
		return 0
	}
	return 1
}

func output(c *command.Call, o *options, elems []element) {
	if len(o.get) == 0 {
		c.Reply.Array(len(elems))
		for i := range elems {
			c.Reply.Bulk(elems[i].text)
		}
		return
	}
	c.Reply.Array(len(elems) * len(o.get))
	found(c, o, elems, func(v []byte, ok bool) {
		if ok {
			c.Reply.Bulk(v)
		} else {
			c.Reply.Null()
		}
	})
}

// found passes what each GET finds for each element.
func found(c *command.Call, o *options, elems []element, fn func(v []byte, ok bool)) {
	get := make([]pattern, len(o.get))
	for i, g := range o.get {
		get[i] = newPattern(g)
	}
	var scratch []byte
	for i := range elems {
		for j := range get {
			fn(get[j].lookup(c, elems[i].text, &scratch))
		}
	}
}

// store makes the result a list, in place of whatever the destination holds. What GET does not find is stored as an
// empty string.
func store(c *command.Call, o *options, elems []element) {
	var values [][]byte
	if len(o.get) == 0 {
		for i := range elems {
			values = append(values, elems[i].text)
		}
	} else {
		found(c, o, elems, func(v []byte, _ bool) { values = append(values, bytes.Clone(v)) })
	}
	k := c.Key(o.store)
	db := c.DBOf(k)
	existed := db.Delete(k)
	switch {
	case len(values) > 0:
		l := collection.OpenList(db, k, keyspace.Item{}, c.Conf.ListMaxListpackSize)
		l.Push(false, values...)
		c.Dirty += int64(len(values))
		c.Notify(command.EventList, "sortstore", k.Name)
	case existed:
		c.Dirty++
		c.Notify(command.EventGeneric, "del", k.Name)
	}
	c.Reply.Int(int64(len(values)))
}
