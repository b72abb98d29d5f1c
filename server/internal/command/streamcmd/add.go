package streamcmd

import (
	"slices"

	"redline/server/internal/command"
	"redline/server/internal/object/stream"
)

const (
	errTrimTwice  = "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"
	errTrimLimit  = "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"
	errTrimNone   = "ERR syntax error, XTRIM must be called with a trimming strategy"
	errLimitExact = "ERR syntax error, LIMIT cannot be used without the special ~ option"

	errZeroID    = "ERR The ID specified in XADD must be greater than 0-0"
	errExhausted = "ERR The stream has exhausted the last possible ID, unable to add more items"
	errSmallID   = "ERR The ID specified in XADD is equal or smaller than the target stream top item"
	errTooLarge  = "ERR Elements are too large to be stored"
)

// addArgs are the options of XADD and XTRIM.
type addArgs struct {
	trim      bool
	how       stream.Trim
	threshold int // argument that holds it
	limited   bool

	noCreate bool
	idArg    int
	auto     bool // the ID is "*"
	anySeq   bool // the ID is "ms-*"
	id       stream.ID
}

// parse reads the options from argument 2 on, of XADD up to the ID. If they are wrong, ok is false and the error is
// written.
func (a *addArgs) parse(c *command.Call, xadd bool) (ok bool) {
	i := 2
loop:
	for ; i < len(c.Args); i++ {
		arg, more := c.Args[i], len(c.Args)-1-i
		switch {
		case xadd && string(arg) == "*":
			a.auto = true
			break loop
		case more > 0 && command.Is(arg, "maxlen"):
			if i, ok = a.parseTrim(c, i, false); !ok {
				return false
			}
		case more > 0 && command.Is(arg, "minid"):
			if i, ok = a.parseTrim(c, i, true); !ok {
				return false
			}
		case more > 0 && command.Is(arg, "limit"):
			i++
			if a.how.Limit, ok = c.IntArg(i); !ok {
				return false
			}
			if a.how.Limit < 0 {
				c.Reply.Error("ERR The LIMIT argument must be >= 0.")
				return false
			}
			a.limited = true
		case xadd && command.Is(arg, "nomkstream"):
			a.noCreate = true
		case xadd:
			if a.id, a.anySeq, ok = parseNewID(arg, 0); !ok {
				c.Reply.Error(errBadID)
				return false
			}
			break loop
		default:
			c.Reply.Error(command.ErrSyntax)
			return false
		}
	}
	a.idArg = i
	return a.check(c, xadd)
}

// parseTrim reads a trimming strategy at argument i and returns the index of its last argument.
func (a *addArgs) parseTrim(c *command.Call, i int, byID bool) (last int, ok bool) {
	if a.trim {
		c.Reply.Error(errTrimTwice)
		return i, false
	}
	i++
	if next := string(c.Args[i]); i+1 < len(c.Args) && (next == "~" || next == "=") {
		a.how.Approx = next == "~"
		i++
	}
	a.trim, a.how.ByID, a.threshold = true, byID, i
	if byID {
		a.how.MinID, ok = strictID(c, i)
		return i, ok
	}
	if a.how.Len, ok = c.IntArg(i); ok && a.how.Len < 0 {
		c.Reply.Error("ERR The MAXLEN argument must be >= 0.")
		return i, false
	}
	return i, ok
}

// check says whether the options go together, and gives approximate trimming its bound.
func (a *addArgs) check(c *command.Call, xadd bool) bool {
	replay := c.Client == nil
	switch {
	case a.how.Limit != 0 && !a.trim:
		c.Reply.Error(errTrimLimit)
		return false
	case !xadd && !a.trim:
		c.Reply.Error(errTrimNone)
		return false
	case replay: // the threshold was made exact when it was logged
		a.how.Limit = 0
	case a.limited && !a.how.Approx:
		c.Reply.Error(errLimitExact)
		return false
	case !a.limited && a.how.Approx:
		// A hundred nodes, as Redis does: what one call may trim at most, within limits for odd settings.
		a.how.Limit = 10_000
		if n := int64(c.Conf.StreamNodeMaxEntries); n > 0 {
			a.how.Limit = 100 * min(n, 10_000)
		}
	}
	return true
}

func xadd(c *command.Call) {
	var a addArgs
	if !a.parse(c, true) {
		return
	}
	first := a.idArg + 1
	if n := len(c.Args) - first; n < 2 || n%2 == 1 {
		c.WrongArity()
		return
	}
	if !a.auto && !a.anySeq && a.id.IsZero() {
		c.Reply.Error(errZeroID)
		return
	}
	v, ok := open(c, 1)
	if !ok {
		return
	}
	isNew := v.s == nil
	if isNew {
		if a.noCreate {
			c.Reply.Null()
			return
		}
		v.s = stream.New()
	}
	id, refused := a.newID(v.s, c.Now)
	pairs := c.Args[first:]
	if refused == "" && totalLen(pairs) > stream.EntryMax {
		refused = errTooLarge
	}
	if refused != "" {
		c.Reply.Error(refused)
		return
	}
	v.s.Append(id, pairs, stream.Limits{NodeBytes: c.Conf.StreamNodeMaxBytes, NodeEntries: c.Conf.StreamNodeMaxEntries})
	trimmed := a.trim && v.s.Trim(a.how) > 0
	if isNew {
		create(c, 1, v.s)
	} else {
		v.touch()
	}
	replyID(c.Reply, id)
	c.Dirty++
	c.Notify(command.EventStream, "xadd", c.Args[1])
	if trimmed {
		c.Notify(command.EventStream, "xtrim", c.Args[1])
	}
	a.rewrite(c, v.s, id)
}

// newID returns the ID that the entry gets, or the error for an ID that cannot be.
func (a *addArgs) newID(s *stream.Stream, nowMs int64) (id stream.ID, refused string) {
	last := s.LastID()
	switch {
	case last == stream.MaxID:
		return id, errExhausted
	case a.auto:
		id = s.NextID(nowMs)
	case a.anySeq && a.id.Ms == last.Ms:
		id, _ = last.Next() // the next millisecond after the last sequence number: not what was asked for
		if id.Ms != a.id.Ms {
			return id, errSmallID
		}
	default:
		id = a.id
	}
	if !last.Less(id) {
		return id, errSmallID
	}
	return id, ""
}

func totalLen(args [][]byte) (n int) {
	for _, b := range args {
		n += len(b)
	}
	return n
}

// rewrite logs the call with the ID that was chosen and with what approximate trimming came to.
func (a *addArgs) rewrite(c *command.Call, s *stream.Stream, id stream.ID) {
	if !c.Logs() || !a.how.Approx && !a.auto && !a.anySeq {
		return
	}
	args := slices.Clone(c.Args)
	if a.auto || a.anySeq {
		args[a.idArg] = idText(id)
	}
	a.exact(args, s)
	c.Rewrite(args...)
}

// exact replaces an approximate threshold by what is there after the trimming.
func (a *addArgs) exact(args [][]byte, s *stream.Stream) {
	if !a.how.Approx {
		return
	}
	args[a.threshold-1] = []byte("=")
	if a.how.ByID {
		args[a.threshold] = idText(s.FirstStoredID())
	} else {
		args[a.threshold] = command.Decimal(s.Len())
	}
}

func xtrim(c *command.Call) {
	var a addArgs
	if !a.parse(c, false) {
		return
	}
	v, ok := open(c, 1)
	if !ok {
		return
	}
	if v.s == nil {
		c.Reply.Int(0)
		return
	}
	n := v.s.Trim(a.how)
	if n > 0 {
		c.Dirty += n
		v.mark()
		c.Notify(command.EventStream, "xtrim", c.Args[1])
		if a.how.Approx {
			args := slices.Clone(c.Args)
			a.exact(args, v.s)
			c.Rewrite(args...)
		}
	}
	c.Reply.Int(n)
}
