package streamcmd

import (
	"bytes"
	"math"
	"slices"
	"strings"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/object/stream"
)

const (
	errBadID    = "ERR Invalid stream ID specified as stream command argument"
	errBadStart = "ERR invalid start ID for the interval"
	errBadEnd   = "ERR invalid end ID for the interval"

	// idMax is the longest text that Redis reads as an ID.
	idMax = 127
)

// parseID reads an ID. The sequence number may be missing, then it is seq. "-" and "+" are the first and last ID.
func parseID(b []byte, seq uint64) (id stream.ID, ok bool) {
	switch cString(b) {
	case "-":
		return stream.ID{}, true
	case "+":
		return stream.MaxID, true
	}
	return parseStrictID(b, seq)
}

// parseStrictID is parseID without "-" and "+".
func parseStrictID(b []byte, seq uint64) (id stream.ID, ok bool) {
	id, anySeq, ok := parseNewID(b, seq)
	return id, ok && !anySeq
}

// parseNewID is parseStrictID that also takes "ms-*"; then anySeq is true.
func parseNewID(b []byte, seq uint64) (id stream.ID, anySeq, ok bool) {
	if len(b) > idMax {
		return id, false, false
	}
	ms, rest, hasSeq := strings.Cut(cString(b), "-")
	if id.Ms, ok = parseUint(ms); !ok {
		return id, false, false
	}
	switch {
	case !hasSeq:
		id.Seq = seq
	case rest == "*":
		anySeq = true
	default:
		id.Seq, ok = parseUint(rest)
	}
	return id, anySeq, ok
}

// cString is what C sees of a string.
func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// parseUint reads a number as Redis does: as a decimal integer, or as C's strtoull takes it, which allows for blanks and a
// sign before it and leading zeros; a negative number that is no int64 wraps around.
func parseUint(s string) (uint64, bool) {
	if n, ok := resp.ParseInt([]byte(s)); ok {
		return uint64(n), n >= 0
	}
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	n := uint64(0)
	for i := range len(s) {
		d := uint64(s[i] - '0')
		if d > 9 || n > (math.MaxUint64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	if negative {
		n = -n
	}
	return n, true
}

// strictID reads argument i as an ID; if it is none, ok is false and the error is written.
func strictID(c *command.Call, i int) (id stream.ID, ok bool) {
	if id, ok = parseStrictID(c.Args[i], 0); !ok {
		c.Reply.Error(errBadID)
	}
	return id, ok
}

// strictIDs reads the arguments from one on as IDs.
func strictIDs(c *command.Call, from int) (ids []stream.ID, ok bool) {
	ids = make([]stream.ID, len(c.Args)-from)
	for i := range ids {
		if ids[i], ok = strictID(c, from+i); !ok {
			return nil, false
		}
	}
	return ids, true
}

// startID reads argument i as the start of an interval, "(" before it meaning that the ID itself is outside.
func startID(c *command.Call, i int) (id stream.ID, ok bool) {
	id, open, ok := intervalID(c, i, 0)
	if ok && open {
		if id, ok = id.Next(); !ok {
			c.Reply.Error(errBadStart)
		}
	}
	return id, ok
}

// endID reads argument i as the end of an interval.
func endID(c *command.Call, i int) (id stream.ID, ok bool) {
	id, open, ok := intervalID(c, i, math.MaxUint64)
	if ok && open {
		if id, ok = id.Prev(); !ok {
			c.Reply.Error(errBadEnd)
		}
	}
	return id, ok
}

func intervalID(c *command.Call, i int, seq uint64) (id stream.ID, open, ok bool) {
	a := c.Args[i]
	if open = len(a) > 1 && a[0] == '('; open {
		id, ok = parseStrictID(a[1:], seq)
	} else {
		id, ok = parseID(a, seq)
	}
	if !ok {
		c.Reply.Error(errBadID)
	}
	return id, open, ok
}

// replyID writes an ID as a bulk. The text goes straight into the reply and gets its header afterwards: a buffer for it would be
// garbage, once for each entry of an XRANGE.
func replyID(w *resp.Writer, id stream.ID) {
	mark := w.Begin()
	w.Buf = id.AppendText(w.Buf)
	if n := len(w.Buf) - mark; n < 10 {
		w.Buf = slices.Insert(w.Buf, mark, '$', byte('0'+n), '\r', '\n')
	} else {
		w.Buf = slices.Insert(w.Buf, mark, '$', byte('0'+n/10), byte('0'+n%10), '\r', '\n') // stream.IDTextMax has two digits
	}
	w.Buf = append(w.Buf, "\r\n"...)
}

// idText returns an ID as an argument of an effect.
func idText(id stream.ID) []byte { return id.AppendText(nil) }
