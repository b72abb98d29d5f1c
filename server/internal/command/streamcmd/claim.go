package streamcmd

import (
	"math"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/object/stream"
)

func xack(c *command.Call) {
	v, ok := open(c, 1)
	if !ok {
		return
	}
	var g *stream.Group
	if v.s != nil {
		g = v.s.Group(c.Args[2])
	}
	if g == nil {
		c.Reply.Int(0)
		return
	}
	ids, ok := strictIDs(c, 3)
	if !ok {
		return
	}
	n := int64(0)
	for _, id := range ids {
		if g.Ack(id) {
			n++
		}
	}
	c.Dirty += n
	v.refresh()
	c.Reply.Int(n)
}

// claimArgs are the options of XCLAIM.
type claimArgs struct {
	ids         []stream.ID
	idleMin     int64 // milliseconds
	deliveredAt int64 // unix milliseconds
	deliveries  int64 // -1: not given
	force       bool
	justID      bool
	lastID      stream.ID
}

func xclaim(c *command.Call) {
	v, g, ok := openGroup(c)
	if !ok {
		return
	}
	var a claimArgs
	if !a.parse(c) {
		return
	}
	logLast := g.LastID.Less(a.lastID)
	if logLast {
		g.LastID = a.lastID
	}
	before := c.Dirty
	c.RewriteNone()
	mark, n := c.Reply.Begin(), 0
	for i, id := range a.ids {
		p := g.Pending(id)
		if !v.s.Has(id) {
			if p != nil { // nobody can work on it any more
				logClaim(c, c.Args[1], g, c.Args[2], c.Args[5+i], p)
				g.Ack(id)
				c.Dirty++
			}
			continue
		}
		if p == nil && !a.force || p != nil && a.idleMin != 0 && c.Now-p.DeliveredAt < a.idleMin {
			continue
		}
		a.claim(c, g, id, p == nil)
		logClaim(c, c.Args[1], g, c.Args[2], c.Args[5+i], g.Pending(id))
		replyClaimed(c.Reply, v.s, id, a.justID)
		c.Dirty++
		n++
	}
	c.Reply.EndArray(mark, n)
	if logLast && c.Dirty == before {
		logGroupID(c, c.Args[1], g, c.Args[2])
		c.Dirty++
	}
	v.refresh()
}

// claim makes the consumer the owner of an entry, which was not pending if isNew.
func (a *claimArgs) claim(c *command.Call, g *stream.Group, id stream.ID, isNew bool) {
	m, _ := member(c, c.Args[1], g, c.Args[3])
	p := g.Give(id, m)
	if isNew {
		p.Deliveries = 1
	}
	p.DeliveredAt = a.deliveredAt
	switch {
	case a.deliveries >= 0:
		p.Deliveries = uint64(a.deliveries)
	case !a.justID:
		p.Deliveries++
	}
}

func replyClaimed(w *resp.Writer, s *stream.Stream, id stream.ID, justID bool) {
	if justID {
		replyID(w, id)
	} else {
		replyOne(w, s, id)
	}
}

// parse reads the arguments of XCLAIM. IDs end where something is none: there the options begin.
func (a *claimArgs) parse(c *command.Call) (ok bool) {
	if a.idleMin, ok = c.Int(4, "ERR Invalid min-idle-time argument for XCLAIM"); !ok {
		return false
	}
	a.idleMin = max(a.idleMin, 0)
	i := 5
	for ; i < len(c.Args); i++ {
		id, ok := parseStrictID(c.Args[i], 0)
		if !ok {
			break
		}
		a.ids = append(a.ids, id)
	}
	a.deliveredAt, a.deliveries = -1, -1
	for ; i < len(c.Args); i++ {
		arg, more := c.Args[i], i+1 < len(c.Args)
		switch {
		case command.Is(arg, "force"):
			a.force = true
			continue
		case command.Is(arg, "justid"):
			a.justID = true
			continue
		case more && command.Is(arg, "idle"):
			if a.deliveredAt, ok = c.Int(i+1, "ERR Invalid IDLE option argument for XCLAIM"); ok {
				a.deliveredAt = c.Now - a.deliveredAt
			}
		case more && command.Is(arg, "time"):
			a.deliveredAt, ok = c.Int(i+1, "ERR Invalid TIME option argument for XCLAIM")
		case more && command.Is(arg, "retrycount"):
			a.deliveries, ok = c.Int(i+1, "ERR Invalid RETRYCOUNT option argument for XCLAIM")
		case more && command.Is(arg, "lastid"):
			a.lastID, ok = strictID(c, i+1)
		default:
			c.Reply.Error("ERR Unrecognized XCLAIM option '" + cString(arg) + "'")
			ok = false
		}
		if !ok {
			return false
		}
		i++
	}
	if a.deliveredAt < 0 || a.deliveredAt > c.Now { // not given, or nonsense of a client whose clock is ahead
		a.deliveredAt = c.Now
	}
	return true
}

const (
	// autoclaimMax is the largest COUNT of XAUTOCLAIM: LONG_MAX by the size of an ID.
	autoclaimMax = math.MaxInt64 / 16
	// autoclaimMemMax is the COUNT from which Redis finds no memory for the IDs of deleted entries: the address space of
	// 47 bits by the size of an ID.
	autoclaimMemMax = 1 << 43
	// autoclaimFactor times COUNT is how many pending entries XAUTOCLAIM looks at.
	autoclaimFactor = 10
)

func xautoclaim(c *command.Call) {
	idleMin, ok := c.Int(4, "ERR Invalid min-idle-time argument for XAUTOCLAIM")
	if !ok {
		return
	}
	from, ok := startID(c, 5)
	if !ok {
		return
	}
	count, justID := int64(100), false
	for i := 6; i < len(c.Args); i++ {
		switch {
		case i+1 < len(c.Args) && command.Is(c.Args[i], "count"):
			i++
			if count, ok = c.RangeArg(i, 1, autoclaimMax, "ERR COUNT must be > 0"); !ok {
				return
			}
		case command.Is(c.Args[i], "justid"):
			justID = true
		default:
			c.Reply.Error(command.ErrSyntax)
			return
		}
	}
	v, g, ok := openGroup(c)
	if !ok {
		return
	}
	if count >= autoclaimMemMax {
		c.Reply.Error("ERR Insufficient memory, failed allocating transient memory, COUNT too high.")
		return
	}
	c.RewriteNone()
	// The reply begins with the cursor, which is known last: the claimed entries are written apart.
	claimed := resp.Writer{Proto: c.Reply.Proto}
	n, deleted, cursor := claimIdle(c, v.s, g, &claimed, from, idleMin, count, justID)
	v.refresh()
	c.Reply.Array(3)
	replyID(c.Reply, cursor)
	c.Reply.Array(n)
	c.Reply.Raw(claimed.Buf)
	c.Reply.Array(len(deleted))
	for _, id := range deleted {
		replyID(c.Reply, id)
	}
}

// claimIdle makes the consumer the owner of up to count entries that have been pending for long enough, and ends the
// pending of those that were deleted. It writes the first to w and returns their number, the others, and from where to
// go on; 0-0: all were looked at.
func claimIdle(c *command.Call, s *stream.Stream, g *stream.Group, w *resp.Writer, from stream.ID, idleMin, count int64, justID bool) (n int, deleted []stream.ID, cursor stream.ID) {
	more := true
	for tries := count * autoclaimFactor; tries > 0 && count > 0 && more; tries-- {
		id, p, ok := g.NextPending(from)
		if !ok {
			return n, deleted, stream.ID{}
		}
		from, more = id.Next()
		if !s.Has(id) {
			logClaim(c, c.Args[1], g, c.Args[2], idText(id), p)
			g.Ack(id)
			deleted = append(deleted, id)
			c.Dirty++
			count--
			continue
		}
		if idleMin > 0 && c.Now-p.DeliveredAt < idleMin {
			continue
		}
		m, _ := member(c, c.Args[1], g, c.Args[3])
		p = g.Give(id, m)
		p.DeliveredAt = c.Now
		if !justID {
			p.Deliveries++
		}
		replyClaimed(w, s, id, justID)
		logClaim(c, c.Args[1], g, c.Args[2], idText(id), p)
		c.Dirty++
		count--
		n++
	}
	if !more {
		return n, deleted, stream.ID{}
	}
	cursor, _, _ = g.NextPending(from)
	return n, deleted, cursor
}
