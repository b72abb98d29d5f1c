package hashcmd

import (
	"math"

	"redline/server/internal/collection"
	"redline/server/internal/command"
)

func hrandfield(c *command.Call) {
	if len(c.Args) == 2 {
		h, ok := open(c)
		switch {
		case !ok:
		case !h.OK():
			c.Reply.Null()
		default:
			f, _ := h.Random(c.Random())
			bulk(c, f)
		}
		return
	}
	n, ok := c.RandomCount(2)
	if !ok {
		return
	}
	withValues := len(c.Args) == 4 && command.Is(c.Args[3], "withvalues")
	if len(c.Args) > 4 || len(c.Args) == 4 && !withValues {
		c.Reply.Error(command.ErrSyntax)
		return
	}
	if withValues && (n < -math.MaxInt64/2 || n > math.MaxInt64/2) {
		c.Reply.Error("ERR value is out of range")
		return
	}
	h, ok := open(c)
	switch {
	case !ok:
	case n == 0 || !h.OK():
		c.Reply.Array(0)
	case n < 0:
		repeat(c, &h, -n, withValues)
	default:
		size := int(min(n, int64(h.Len())))
		pairsHead(c, int64(size), withValues)
		h.Sample(size, c.Random, func(f, v collection.Value) { pair(c, f, v, withValues) })
	}
}

// repeat answers with n random fields, which may repeat.
func repeat(c *command.Call, h *collection.Hash, n int64, withValues bool) {
	mark := c.Reply.Begin()
	pairsHead(c, n, withValues)
	h.Repeat(n, c.Random, func(f, v collection.Value) bool {
		pair(c, f, v, withValues)
		return c.Fits(mark)
	})
}

// pairsHead begins an array of n fields or pairs: with RESP3 each pair is an array, before that they are in a row.
func pairsHead(c *command.Call, n int64, withValues bool) {
	if withValues && c.Reply.Proto != 3 {
		n *= 2
	}
	c.Reply.Array(int(n))
}

func pair(c *command.Call, f, v collection.Value, withValues bool) {
	if withValues && c.Reply.Proto == 3 {
		c.Reply.Array(2)
	}
	bulk(c, f)
	if withValues {
		bulk(c, v)
	}
}
