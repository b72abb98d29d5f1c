package streamcmd

import (
	"slices"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/stream"
)

const (
	errUnbalanced = "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."
	errGroupHere  = "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."
	errNoAckHere  = "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."
	errNoGroupArg = "ERR Missing GROUP option for XREADGROUP"
	errDollar     = "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."
	errGreater    = "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."
	errGroupGone  = "NOGROUP the consumer group this client was blocked on no longer exists"
	errKeyGone    = "UNBLOCKED the stream key no longer exists"

	// blockedCount is how many entries a call gets that had to wait and did not say: as in Redis, lest an old ID has it
	// served with a whole stream by whoever adds to that.
	blockedCount = 1000
)

// newEntries is the ID that ">" stands for.
var newEntries = stream.MaxID

// readArgs are the arguments of XREAD and XREADGROUP.
type readArgs struct {
	count    int64 // 0: all
	block    bool
	deadline int64

	first, n int // argument of the first key, number of keys

	group, consumer []byte // nil for XREAD
	noAck           bool
}

// idArg returns the argument that holds the ID of the i-th stream.
func (a *readArgs) idArg(i int) int { return a.first + a.n + i }

func xread(c *command.Call)      { readStreams(c, false) }
func xreadgroup(c *command.Call) { readStreams(c, true) }

func readStreams(c *command.Call, forGroup bool) {
	var a readArgs
	switch {
	case !a.parse(c, forGroup):
	case c.Retried():
		a.retry(c)
	default:
		a.run(c)
	}
}

// parse reads all arguments but the IDs. If they are wrong, ok is false and the error is written.
func (a *readArgs) parse(c *command.Call, forGroup bool) (ok bool) {
	for i := 1; i < len(c.Args) && a.first == 0; i++ {
		arg, more := c.Args[i], len(c.Args)-1-i
		switch {
		case more > 0 && command.Is(arg, "block"):
			i++
			if a.deadline, ok = c.TimeoutMs(i); !ok {
				return false
			}
			a.block = true
		case more > 0 && command.Is(arg, "count"):
			i++
			if a.count, ok = c.IntArg(i); !ok {
				return false
			}
			a.count = max(a.count, 0)
		case more > 0 && command.Is(arg, "streams"):
			if more%2 != 0 {
				c.Reply.Error(errUnbalanced)
				return false
			}
			a.first, a.n = i+1, more/2
		case more > 1 && command.Is(arg, "group"):
			if !forGroup {
				c.Reply.Error(errGroupHere)
				return false
			}
			a.group, a.consumer = c.Args[i+1], c.Args[i+2]
			i += 2
		case command.Is(arg, "noack"):
			if !forGroup {
				c.Reply.Error(errNoAckHere)
				return false
			}
			a.noAck = true
		default:
			c.Reply.Error(command.ErrSyntax)
			return false
		}
	}
	switch {
	case a.first == 0:
		c.Reply.Error(command.ErrSyntax)
	case forGroup && a.group == nil:
		c.Reply.Error(errNoGroupArg)
	default:
		return true
	}
	return false
}

// readKeys finds the keys of XREAD and XREADGROUP: behind STREAMS, which the key specs find too unless a group or
// consumer has that name.
func readKeys(dst []command.KeyPos, args [][]byte) ([]command.KeyPos, error) {
	i := 1
options:
	for ; i < len(args); i++ {
		switch arg := args[i]; {
		case command.Is(arg, "block"), command.Is(arg, "count"):
			i++
		case command.Is(arg, "group"):
			i += 2
		case command.Is(arg, "noack"):
		default:
			break options
		}
	}
	n := len(args) - i - 1
	if n < 2 || n%2 != 0 || !command.Is(args[i], "streams") {
		return dst, command.ErrBadKeys
	}
	for j := i + 1; j <= i+n/2; j++ {
		dst = append(dst, command.KeyPos{Index: j, Flags: access})
	}
	return dst, nil
}

// source is one of the streams to read from.
type source struct {
	view
	key   []byte
	g     *stream.Group
	after stream.ID // newEntries: what the group was not given yet
}

// run serves the call from what is there, or has it wait.
func (a *readArgs) run(c *command.Call) {
	sources, args, ok := a.sources(c)
	if !ok {
		return
	}
	mark, served := c.Reply.Begin(), 0
	for i := range sources {
		s := &sources[i]
		history, ready := s.ready()
		if !ready {
			continue
		}
		served++
		a.serve(c, s, a.count, history)
	}
	switch {
	case served > 0:
		endStreams(c.Reply, mark, served)
	case !a.block || c.NoBlock:
		c.Reply.NullArray()
	default:
		if args != nil {
			c.RetryAs(args)
		}
		c.Block(a.deadline, (*resp.Writer).NullArray)
	}
}

// endStreams makes the streams written since mark one reply: an array of pairs, a map in RESP3.
func endStreams(w *resp.Writer, mark, n int) {
	if w.Proto == 2 {
		w.EndArray(mark, n)
	} else {
		w.EndMap(mark, n)
	}
}

// sources finds the streams and the IDs to read from. If "$" was among these, args are the call's arguments with the ID
// in its place.
func (a *readArgs) sources(c *command.Call) (list []source, args [][]byte, ok bool) {
	list = make([]source, a.n)
	for i := range list {
		k, at := c.KeyAt(i)
		s := &list[i]
		s.key = c.Args[at]
		it := c.FindKey(k)
		if it.OK() {
			if it.Type() != keyspace.Stream {
				c.Reply.Error(command.ErrWrongType)
				return nil, nil, false
			}
			s.view = view{it, collection.OpenStream(it)}
		}
		if a.group != nil {
			if s.s != nil {
				s.g = s.s.Group(a.group)
			}
			if s.g == nil {
				c.Reply.Error("NOGROUP No such key '" + cString(s.key) + "' or consumer group '" + cString(a.group) + "' in XREADGROUP with GROUP option")
				return nil, nil, false
			}
		}
		isDollar, ok := a.readID(c, s, c.Args[a.idArg(i)])
		if !ok {
			return nil, nil, false
		}
		if isDollar {
			if args == nil {
				args = slices.Clone(c.Args)
			}
			args[a.idArg(i)] = idText(s.after)
		}
	}
	return list, args, true
}

// readID reads the ID of a source.
func (a *readArgs) readID(c *command.Call, s *source, arg []byte) (isDollar, ok bool) {
	switch string(arg) {
	case "$":
		if a.group != nil {
			c.Reply.Error(errDollar)
			return true, false
		}
		if s.s != nil {
			s.after = s.s.LastID()
		}
		return true, true
	case ">":
		if a.group == nil {
			c.Reply.Error(errGreater)
			return false, false
		}
		s.after = newEntries
		return false, true
	}
	if s.after, ok = parseStrictID(arg, 0); !ok {
		c.Reply.Error(errBadID)
	}
	return false, ok
}

// ready says whether there is something to serve, or with history what the consumer owns is asked for, be it nothing.
func (s *source) ready() (history, ready bool) {
	switch {
	case s.s == nil:
		return false, false
	case s.g != nil && s.after != newEntries:
		return true, true
	case s.s.Len() == 0:
		return false, false
	case s.g != nil:
		s.after = s.g.LastID
	}
	return false, s.after.Less(s.s.LastLiveID())
}

// retry serves a call that has waited from the stream that woke it.
func (a *readArgs) retry(c *command.Call) {
	s, id := source{}, []byte(nil)
	for i := range a.n {
		k, at := c.KeyAt(i)
		if string(k.Name) != c.Woken() {
			continue
		}
		s.key, id = c.Args[at], c.Args[a.idArg(i)]
		if it := c.FindKey(k); it.OK() && it.Type() == keyspace.Stream {
			s.view = view{it, collection.OpenStream(it)}
		}
		break
	}
	switch {
	case a.group == nil:
		s.after, _ = parseStrictID(id, 0)
	case s.s == nil:
		c.Reply.Error(errKeyGone)
		return
	default:
		if s.g = s.s.Group(a.group); s.g == nil {
			c.Reply.Error(errGroupGone)
			return
		}
		s.after = s.g.LastID
	}
	// Not whether there is an entry: who waits is told of what was added, even if it has gone again.
	if s.s == nil || !s.after.Less(s.s.LastID()) {
		c.Block(a.deadline, (*resp.Writer).NullArray)
		return
	}
	count := a.count
	if count == 0 {
		count = blockedCount
	}
	mark := c.Reply.Begin()
	a.serve(c, &s, count, false)
	endStreams(c.Reply, mark, 1)
}

// serve writes one stream: its key and the entries after an ID.
func (a *readArgs) serve(c *command.Call, s *source, count int64, history bool) {
	if c.Reply.Proto == 2 {
		c.Reply.Array(2)
	}
	c.Reply.Bulk(s.key)
	from, _ := s.after.Next()
	if s.g == nil {
		replyEntries(c.Reply, s.s.Range(from, stream.MaxID, false), count)
		return
	}
	m, isNew := member(c, s.key, s.g, a.consumer)
	if isNew && (a.noAck || history) { // else what is delivered to it makes it
		c.Rewrite([]byte("XGROUP"), []byte("CREATECONSUMER"), s.key, a.group, a.consumer)
	}
	if history {
		a.replyHistory(c, s, m, from, count)
	} else {
		a.deliver(c, s, m, from, count)
	}
	c.Dirty++
	c.RewriteNone()
	s.refresh()
}

// replyHistory writes what a consumer owns from an ID on, and counts it as delivered once more.
//
// That is logged: Redis does not, and its counts fall back at a restart.
func (a *readArgs) replyHistory(c *command.Call, s *source, m *stream.Consumer, from stream.ID, count int64) {
	mark, n := c.Reply.Begin(), 0
	s.g.EachOwned(m, from, func(id stream.ID, p *stream.Pending) bool {
		if count != 0 && int64(n) == count {
			return false
		}
		n++
		if replyOne(c.Reply, s.s, id) {
			p.DeliveredAt = c.Now
			p.Deliveries++
			logClaim(c, s.key, s.g, a.group, idText(id), p)
		} else { // it was deleted
			c.Reply.Array(2)
			replyID(c.Reply, id)
			c.Reply.NullArray()
		}
		return true
	})
	c.Reply.EndArray(mark, n)
}

// deliver gives a consumer the entries from an ID on.
func (a *readArgs) deliver(c *command.Call, s *source, m *stream.Consumer, from stream.ID, count int64) {
	mark, n, advanced := c.Reply.Begin(), 0, false
	it := s.s.Range(from, stream.MaxID, false)
	for it.Next() {
		id := it.ID()
		advanced = s.g.Advance(id) || advanced
		replyEntry(c.Reply, &it)
		if !a.noAck {
			p := s.g.Give(id, m)
			p.DeliveredAt, p.Deliveries = c.Now, 1
			logClaim(c, s.key, s.g, a.group, idText(id), p)
		}
		if n++; int64(n) == count {
			break
		}
	}
	if advanced { // Redis does so under NOACK only; but XCLAIM does not tell how many entries were read
		logGroupID(c, s.key, s.g, a.group)
	}
	c.Reply.EndArray(mark, n)
}

// logClaim logs that an entry is pending, as it is now.
func logClaim(c *command.Call, key []byte, g *stream.Group, group, id []byte, p *stream.Pending) {
	c.RewriteNone()
	if !c.Logs() {
		return
	}
	c.Rewrite([]byte("XCLAIM"), key, group, []byte(g.Owner(p).Name()), []byte("0"), id, []byte("TIME"), command.Decimal(p.DeliveredAt),
		[]byte("RETRYCOUNT"), command.Decimal(int64(p.Deliveries)), []byte("FORCE"), []byte("JUSTID"), []byte("LASTID"), idText(g.LastID))
}

// logGroupID logs how far a group has read.
func logGroupID(c *command.Call, key []byte, g *stream.Group, group []byte) {
	c.Rewrite([]byte("XGROUP"), []byte("SETID"), key, group, idText(g.LastID), []byte("ENTRIESREAD"), command.Decimal(g.EntriesRead))
}
