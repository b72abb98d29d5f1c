package zsetcmd

import (
	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
)

func zadd(c *command.Call)    { add(c, 0) }
func zincrby(c *command.Call) { add(c, collection.Incr) }

// addOptions reads the options of ZADD and returns the index of the first score.
func addOptions(c *command.Call, flags *collection.UpdateFlags) (first int, changed bool) {
	for i := 2; i < len(c.Args); i++ {
		switch arg := c.Args[i]; {
		case command.Is(arg, "nx"):
			*flags |= collection.NX
		case command.Is(arg, "xx"):
			*flags |= collection.XX
		case command.Is(arg, "gt"):
			*flags |= collection.GT
		case command.Is(arg, "lt"):
			*flags |= collection.LT
		case command.Is(arg, "incr"):
			*flags |= collection.Incr
		case command.Is(arg, "ch"):
			changed = true
		default:
			return i, changed
		}
	}
	return len(c.Args), changed
}

// conflict returns the error for options that exclude each other, or "".
func conflict(flags collection.UpdateFlags, pairs int) string {
	nx, xx := flags&collection.NX != 0, flags&collection.XX != 0
	gt, lt := flags&collection.GT != 0, flags&collection.LT != 0
	switch {
	case nx && xx:
		return "ERR XX and NX options at the same time are not compatible"
	case gt && nx || lt && nx || gt && lt:
		return "ERR GT, LT, and/or NX options at the same time are not compatible"
	case flags&collection.Incr != 0 && pairs > 1:
		return "ERR INCR option supports a single increment-element pair"
	}
	return ""
}

func add(c *command.Call, flags collection.UpdateFlags) {
	first, countChanged := addOptions(c, &flags)
	pairs := c.Args[first:]
	if len(pairs)%2 != 0 || len(pairs) == 0 {
		c.Reply.Error(command.ErrSyntax)
		return
	}
	if text := conflict(flags, len(pairs)/2); text != "" {
		c.Reply.Error(text)
		return
	}
	// All scores are checked before anything changes. Most calls have few: those stay on the stack.
	var few [8]float64
	scores := few[:0]
	for i := 0; i < len(pairs); i += 2 {
		score, ok := resp.ParseFloat(pairs[i])
		if !ok {
			c.Reply.Error(command.ErrNotFloat)
			return
		}
		scores = append(scores, score)
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	added, updated, reply := 0, 0, false
	var score float64
	for i, s := range scores {
		var what collection.Outcome
		score, what = z.Update(pairs[2*i+1], s, flags)
		switch what {
		case collection.NotNum:
			c.Reply.Error("ERR resulting score is not a number (NaN)")
			return // INCR takes one pair only, so nothing was changed
		case collection.Added:
			added++
		case collection.Updated:
			updated++
		}
		reply = what != collection.Kept
	}
	c.Dirty += int64(added + updated)
	switch incr := flags&collection.Incr != 0; {
	case incr && reply:
		c.Reply.Double(score)
	case incr:
		c.Reply.Null()
	case countChanged:
		c.Reply.Int(int64(added + updated))
	default:
		c.Reply.Int(int64(added))
	}
	if added+updated > 0 {
		event := "zadd"
		if flags&collection.Incr != 0 {
			event = "zincr"
		}
		c.Notify(command.EventZSet, event, c.Args[1])
	}
}
