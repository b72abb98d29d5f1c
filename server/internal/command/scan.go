package command

import (
	"math"
	"strconv"

	"redline/resp"
	"redline/server/internal/glob"
)

// ScanOptions are the options of the SCAN family.
type ScanOptions struct {
	Pattern []byte // nil: everything matches
	Count   int    // elements that one call should look at, at least 1
}

// scanCountMax bounds COUNT, so that what is derived from it does not overflow.
const scanCountMax = math.MaxInt32

// ScanStepsPerElement bounds how many steps one call takes for each element asked for, so that a sparse table holds
// nobody up: as in Redis.
const ScanStepsPerElement = 10

// ScanCursor reads argument i as a cursor, as C's strtoul reads it but for leading blanks; anything else is answered
// with an error.
func (c *Call) ScanCursor(i int) (cursor uint64, ok bool) {
	digits, negative := c.Args[i], false
	if len(digits) == 0 {
		return 0, true
	}
	if digits[0] == '+' || digits[0] == '-' {
		digits, negative = digits[1:], digits[0] == '-'
	}
	cursor, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		c.Reply.Error("ERR invalid cursor")
		return 0, false
	}
	if negative {
		cursor = -cursor
	}
	return cursor, true
}

// ScanOptions reads the options from argument i on. more, if not nil, is asked about names that are not known here.
// Mistakes are answered with an error.
func (c *Call) ScanOptions(i int, more func(name, val []byte) bool) (o ScanOptions, ok bool) {
	o.Count = 10
	for ; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) {
			c.Reply.Error(ErrSyntax)
			return o, false
		}
		switch name, val := c.Args[i], c.Args[i+1]; {
		case Is(name, "count"):
			n, isInt := resp.ParseInt(val)
			if !isInt {
				c.Reply.Error(ErrNotInt)
				return o, false
			}
			if n < 1 {
				c.Reply.Error(ErrSyntax)
				return o, false
			}
			o.Count = int(min(n, scanCountMax))
		case Is(name, "match"):
			if o.Pattern = val; string(val) == "*" {
				o.Pattern = nil
			}
		case more == nil || !more(name, val):
			c.Reply.Error(ErrSyntax)
			return o, false
		}
	}
	return o, true
}

// Wants says whether an element is to be passed on.
func (o *ScanOptions) Wants(name []byte) bool {
	return o.Pattern == nil || glob.Match(o.Pattern, name, false)
}

// ScanReply answers with the next cursor and n elements, which are bulks already: they are found before the cursor is
// known.
func (c *Call) ScanReply(next uint64, n int, bulks []byte) {
	c.Reply.Array(2)
	var text [20]byte
	c.Reply.Bulk(strconv.AppendUint(text[:0], next, 10))
	c.Reply.Array(n)
	c.Reply.Raw(bulks)
	if cap(bulks) <= elementsKeep {
		c.elements = bulks[:0]
	}
}

// Elements returns an empty buffer for the elements of a ScanReply: that of the last one.
func (c *Call) Elements() []byte { return c.elements[:0] }

// elementsKeep is the largest buffer of elements that a call keeps: some 1,000 keys, far above the default COUNT.
const elementsKeep = 64 << 10

// ScanCollection answers HSCAN, SSCAN and ZSCAN once key and type are known: step is the collection's own Scan, which
// passes each element to emit with what belongs to it (a hash's value, a score; nil for none).
func (c *Call) ScanCollection(cursor uint64, step func(cursor uint64, emit func(name, with []byte)) (next uint64)) {
	o, ok := c.ScanOptions(3, nil)
	if !ok {
		return
	}
	found := c.Elements()
	n, seen := 0, 0
	emit := func(name, with []byte) {
		seen++
		if !o.Wants(name) {
			return
		}
		found = resp.AppendBulk(found, name)
		n++
		if with != nil {
			found = resp.AppendBulk(found, with)
			n++
		}
	}
	for steps := 0; ; steps++ {
		cursor = step(cursor, emit)
		if cursor == 0 || seen >= o.Count || steps >= o.Count*ScanStepsPerElement {
			break
		}
	}
	c.ScanReply(cursor, n, found)
}
