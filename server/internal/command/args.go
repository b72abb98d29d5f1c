package command

import (
	"math"
	"math/big"

	"redline/resp"
)

// IntArg reads argument i as an integer. If it is none, ok is false and the error is written.
func (c *Call) IntArg(i int) (n int64, ok bool) {
	if n, ok = resp.ParseInt(c.Args[i]); !ok {
		c.Reply.Error(ErrNotInt)
	}
	return n, ok
}

// RangeArg reads argument i as an integer from low to high. If it is none, ok is false and text is written as the error,
// or ErrNotInt and Redis' words for "out of range" if text is empty and low is 0.
func (c *Call) RangeArg(i int, low, high int64, text string) (n int64, ok bool) {
	n, ok = resp.ParseInt(c.Args[i])
	if ok && n >= low && n <= high {
		return n, true
	}
	switch {
	case text != "":
		c.Reply.Error(text)
	case !ok:
		c.Reply.Error(ErrNotInt)
	default:
		c.Reply.Error(ErrNotPositive)
	}
	return 0, false
}

// Timeout reads argument i as a number of seconds to wait, fractions allowed, and returns the deadline in unix
// milliseconds; 0: for ever. If it is none, ok is false and the error is written.
func (c *Call) Timeout(i int) (deadline int64, ok bool) {
	ms, ok := secondsArg(c.Args[i])
	if !ok {
		c.Reply.Error(ErrTimeoutFloat)
		return 0, false
	}
	return c.deadline(ms)
}

// TimeoutMs is Timeout for a number of milliseconds, which is an integer (XREAD BLOCK).
func (c *Call) TimeoutMs(i int) (deadline int64, ok bool) {
	ms, ok := resp.ParseInt(c.Args[i])
	if !ok {
		c.Reply.Error(ErrTimeoutInt)
		return 0, false
	}
	return c.deadline(ms)
}

func (c *Call) deadline(ms int64) (int64, bool) {
	switch {
	case ms < 0:
		c.Reply.Error(ErrTimeoutNegative)
		return 0, false
	case ms == 0:
		return 0, true
	default:
		return c.Now + min(ms, math.MaxInt64-c.Now), true
	}
}

// secondsArg reads seconds as whole milliseconds, rounded up. What does not fit an int64 becomes its least value, as the
// conversion does in C on amd64: infinity and the like are negative timeouts.
func secondsArg(b []byte) (ms int64, ok bool) {
	if n, isInt := resp.ParseInt(b); isInt && n >= 0 && n < math.MaxInt64/1000 {
		return n * 1000, true // fast path
	}
	x, ok := resp.ParseLongDouble(b)
	if !ok {
		return 0, false
	}
	if x.IsInf() {
		return math.MinInt64, true
	}
	// Redis multiplies with 64 bits of mantissa; the exact product differs from that only where milliseconds do not
	// matter.
	f, ok := new(big.Float).SetPrec(128).SetString(string(x.AppendHuman(nil)))
	if !ok {
		return 0, false
	}
	f.SetPrec(64).Mul(f, big.NewFloat(1000))
	n, acc := f.Int64()
	if (n == math.MaxInt64 || n == math.MinInt64) && acc != big.Exact {
		return math.MinInt64, true
	}
	if acc == big.Below {
		n++
	}
	return n, true
}
