package zsetcmd

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
)

// order says what the ends of a range mean.
type order int

const (
	byRank order = iota
	byScore
	byLex
)

// window is a range of members.
type window struct {
	by         order
	start, end int64      // byRank
	min, max   scoreBound // byScore
	low, high  lexBound   // byLex
}

type scoreBound struct {
	score     float64
	exclusive bool
}

type lexBound struct {
	member    []byte
	exclusive bool
	infinite  int // -1: before all, +1: behind all
}

// parse reads the ends of the range from two arguments. If they are none, it writes the error.
func (w *window) parse(c *command.Call, minIdx, maxIdx int) (ok bool) {
	switch w.by {
	case byRank:
		if w.start, ok = c.IntArg(minIdx); ok {
			w.end, ok = c.IntArg(maxIdx)
		}
	case byScore:
		if w.min, ok = parseScoreBound(c.Args[minIdx]); ok {
			w.max, ok = parseScoreBound(c.Args[maxIdx])
		}
		if !ok {
			c.Reply.Error("ERR min or max is not a float")
		}
	default:
		if w.low, ok = parseLexBound(c.Args[minIdx]); ok {
			w.high, ok = parseLexBound(c.Args[maxIdx])
		}
		if !ok {
			c.Reply.Error("ERR min or max not valid string range item")
		}
	}
	return ok
}

// parseScoreBound reads a score, exclusive after "(". Redis reads it with C's strtod to the first zero byte, so nothing
// at all is 0, blanks may stand before it, and what does not fit is infinite or 0.
func parseScoreBound(b []byte) (s scoreBound, ok bool) {
	if len(b) > 0 && b[0] == '(' {
		s.exclusive, b = true, b[1:]
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	if len(b) == 0 {
		return s, true
	}
	b = bytes.TrimLeft(b, " \t\n\v\f\r")
	if s.score, ok = resp.ParseFloat(b); ok {
		return s, true
	}
	text := string(b)
	if strings.ContainsAny(text, "_nN") { // what Go reads and C does not, and NaN
		return s, false
	}
	score, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(score, 0) {
		return s, false
	}
	s.score = score
	return s, true
}

// parseLexBound reads "-", "+", "[member" or "(member".
func parseLexBound(b []byte) (l lexBound, ok bool) {
	if len(b) == 0 {
		return l, false
	}
	alone := len(b) == 1 || b[1] == 0 // as far as a C string goes
	switch b[0] {
	case '-':
		l.infinite = -1
		return l, alone
	case '+':
		l.infinite = 1
		return l, alone
	case '(':
		l.exclusive = true
	case '[':
	default:
		return l, false
	}
	l.member = b[1:]
	return l, true
}

// ranks returns the ranks of the range in a sorted set: from the first up to, not including, the second. It is empty if
// they do not ascend.
func (w *window) ranks(z *collection.ZSet) (from, to int) {
	switch w.by {
	case byRank:
		n := int64(z.Len())
		start, end := w.start, w.end
		if start < 0 {
			start = max(start+n, 0)
		}
		if end < 0 {
			end += n
		}
		if start > end || start >= n {
			return 0, 0
		}
		return int(start), int(min(end, n-1)) + 1
	case byScore:
		return z.RankOfScore(w.min.score, w.min.exclusive), z.RankOfScore(w.max.score, !w.max.exclusive)
	default:
		return lexRank(z, &w.low, w.low.exclusive), lexRank(z, &w.high, !w.high.exclusive)
	}
}

func lexRank(z *collection.ZSet, l *lexBound, after bool) int {
	switch l.infinite {
	case -1:
		return 0
	case 1:
		return z.Len()
	default:
		return z.RankOfLex(l.member, after)
	}
}
