package compat

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A Call is one command of a history and how its replies compare.
type Call struct {
	Words []string
	Mode  Mode
}

// A History is a random series of calls made from a seed.
type History struct {
	Seed   uint64
	Family string // one family's name, or "all"
	Proto  int
	Calls  []Call
}

// parsedOp is an operation with its template, weighed for drawing.
type parsedOp struct {
	prefix string
	tmpl   Template
	mode   Mode
}

// weigh parses a family's operations and lists each as often as it weighs.
func weigh(f Family) ([]parsedOp, error) {
	var out []parsedOp
	for _, op := range f.Ops {
		tmpl, err := ParseTemplate(op.Pattern, values)
		if err != nil {
			return nil, fmt.Errorf("family %s: %w", f.Name, err)
		}
		for range max(1, op.Weight) {
			out = append(out, parsedOp{f.Prefix, tmpl, op.Mode})
		}
	}
	return out, nil
}

// historyCalls is long enough for collections to pass their listpack limits now and then, and short enough to minimise.
const historyCalls = 1500

// NewHistory makes the history of a seed: its protocol, its family (one history in three mixes all) and its calls.
func NewHistory(seed uint64, families []Family) (History, error) {
	g := &Gen{Rand: rand.New(rand.NewPCG(seed, 0x7265646c696e65))}
	h := History{Seed: seed, Proto: 2 + g.IntN(2), Family: "all"}
	chosen := slices.DeleteFunc(slices.Clone(families), func(f Family) bool { return f.Alone })
	if g.IntN(3) > 0 || len(chosen) == 0 {
		i := g.IntN(len(families))
		chosen, h.Family = families[i:i+1], families[i].Name
	}
	var ops []parsedOp
	for _, f := range chosen {
		more, err := weigh(f)
		if err != nil {
			return h, err
		}
		ops = append(ops, more...)
	}
	draw := func() Call {
		op := ops[g.IntN(len(ops))]
		g.prefix = op.prefix
		return Call{op.tmpl.Words(g, values), op.mode}
	}
	for len(h.Calls) < historyCalls {
		if g.IntN(40) > 0 {
			h.Calls = append(h.Calls, draw())
			continue
		}
		h.Calls = append(h.Calls, transaction(g, draw)...)
	}
	return h, nil
}

// transaction makes MULTI, a few calls and EXEC. One with a call that is refused when queued is aborted on both sides.
func transaction(g *Gen, draw func() Call) []Call {
	calls := []Call{{Words: []string{"MULTI"}}}
	for range 1 + g.IntN(5) {
		calls = append(calls, draw())
	}
	end := "EXEC"
	if g.IntN(8) == 0 {
		end = "DISCARD"
	}
	return append(calls, Call{Words: []string{end}})
}

// A queue remembers how the commands queued on a connection compare, as EXEC answers for all of them.
type queue []Mode

// mode gives the mode for the reply to a command, which for EXEC is made of what was queued before it.
func (q *queue) mode(words []string, m Mode, oracle Reply) Mode {
	switch {
	case oracle.Kind == '+' && string(oracle.Text) == "QUEUED":
		*q = append(*q, m)
		return Mode{}
	case len(words) == 1 && strings.EqualFold(words[0], "EXEC"):
		m.Each, *q = *q, nil
	case len(words) > 0 && strings.EqualFold(words[0], "MULTI"):
		*q = nil
	}
	return m
}

// A Difference is the first call of a history to which the servers answered differently.
type Difference struct {
	Index          int
	Oracle, Target string
}

// batchCalls are sent at once, so that pipelining is part of what is compared.
const batchCalls = 100

// replay runs calls from empty servers and returns the first difference, or nil. Both get the same batches.
func replay(calls []Call, proto int, oracle, target *Server) (*Difference, error) {
	var conns [2]*Conn
	for i, srv := range []*Server{oracle, target} {
		c, err := Dial(srv.Addr)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", srv.Name, err)
		}
		defer c.Close()
		for _, words := range [][]string{{"FLUSHALL"}, {"HELLO", fmt.Sprint(proto)}} {
			if r, err := c.Do(words...); err != nil || r.IsError() {
				return nil, fmt.Errorf("%s: %s: %v %w", srv.Name, words[0], r, err)
			}
		}
		conns[i] = c
	}
	var queued queue
	for start := 0; start < len(calls); start += batchCalls {
		batch := calls[start:min(start+batchCalls, len(calls))]
		var out []byte
		for _, c := range batch {
			out = AppendCommand(out, c.Words...)
		}
		var replies [2][]Reply
		var failed [2]string
		for k, conn := range conns {
			replies[k], failed[k] = exchange(conn, out, len(batch))
		}
		for i, c := range batch {
			a, b := at(replies[0], i, failed[0]), at(replies[1], i, failed[1])
			if len(replies[0]) <= i || len(replies[1]) <= i {
				return &Difference{start + i, a, b}, nil
			}
			if mode := queued.mode(c.Words, c.Mode, replies[0][i]); !mode.Equal(replies[0][i], replies[1][i]) {
				return &Difference{start + i, a, b}, nil
			}
		}
	}
	return nil, nil
}

// exchange writes a batch and reads its replies; fewer come back, with the reason, when the connection fails.
func exchange(c *Conn, out []byte, n int) ([]Reply, string) {
	if err := c.Write(out); err != nil {
		return nil, "(" + err.Error() + ")"
	}
	replies := make([]Reply, 0, n)
	for range n {
		r, err := c.Read()
		if err != nil {
			return replies, "(" + err.Error() + ")"
		}
		replies = append(replies, r)
	}
	return replies, ""
}

func at(replies []Reply, i int, failed string) string {
	if i < len(replies) {
		return replies[i].String()
	}
	return failed
}

// contents lists calls that show everything a history may have left behind, to be run after it. The first differing call is
// the difference.
func contents(oracle *Server) ([]Call, error) {
	c, err := Dial(oracle.Addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	// A history may end inside MULTI, or in another database; DISCARD is an error otherwise, on both sides alike.
	calls := []Call{{Words: []string{"DISCARD"}}}
	for _, db := range []string{"0", "1"} {
		calls = append(calls, Call{Words: []string{"SELECT", db}},
			Call{Words: []string{"KEYS", "*"}, Mode: unordered})
		if _, err := c.Do("SELECT", db); err != nil {
			return nil, err
		}
		keys, err := c.Do("KEYS", "*")
		if err != nil {
			return nil, err
		}
		for _, key := range keys.Strings() {
			typ, err := c.Do("TYPE", key)
			if err != nil {
				return nil, err
			}
			calls = append(calls, keyContents(key, string(typ.Text))...)
		}
	}
	return calls, nil
}

func keyContents(key, typ string) []Call {
	calls := []Call{
		{Words: []string{"TYPE", key}},
		{Words: []string{"PTTL", key}, Mode: Mode{Approx: 20_000}},
		{Words: []string{"OBJECT", "ENCODING", key}},
	}
	switch typ {
	case "string":
		calls = append(calls, Call{Words: []string{"GET", key}})
	case "list":
		calls = append(calls, Call{Words: []string{"LRANGE", key, "0", "-1"}})
	case "hash":
		calls = append(calls, Call{Words: []string{"HGETALL", key}, Mode: pairs})
	case "set":
		calls = append(calls, Call{Words: []string{"SMEMBERS", key}, Mode: unordered})
	case "zset":
		calls = append(calls, Call{Words: []string{"ZRANGE", key, "0", "-1", "WITHSCORES"}})
	case "stream":
		calls = append(calls, Call{Words: []string{"XRANGE", key, "-", "+"}}, Call{Words: []string{"XINFO", "GROUPS", key}},
			Call{Words: []string{"XINFO", "STREAM", key}, Mode: Mode{Masks: []Mask{radixTree}}})
	}
	return calls
}

// minimise removes calls while the last one still differs, until none can go or the time is up. The history without its last
// call agrees, so the last call is kept.
func minimise(calls []Call, proto int, oracle, target *Server, until time.Time) []Call {
	for chunk := len(calls) / 2; chunk > 0; {
		removed := false
		for start := 0; start+1 < len(calls) && time.Now().Before(until); {
			end := min(start+chunk, len(calls)-1)
			trial := append(append([]Call(nil), calls[:start]...), calls[end:]...)
			d, err := replay(trial, proto, oracle, target)
			if err != nil {
				return calls
			}
			if d != nil { // a shorter history differs, perhaps even earlier
				calls, removed = trial[:d.Index+1], true
			} else {
				start = end
			}
		}
		if !removed || chunk > 1 {
			chunk /= 2
		}
		if time.Now().After(until) {
			break
		}
	}
	return calls
}

// transcriptOf writes calls as a transcript section.
func transcriptOf(calls []Call) string {
	var b strings.Builder
	for _, c := range calls {
		switch m := c.Mode; {
		case m.Unordered:
			b.WriteString("-- unordered\n")
		case m.Pairs:
			b.WriteString("-- pairs\n")
		case m.Shape:
			b.WriteString("-- shape\n")
		case m.Approx > 0:
			fmt.Fprintf(&b, "-- approx %g\n", m.Approx)
		}
		b.WriteString(JoinWords(c.Words))
		b.WriteByte('\n')
	}
	return b.String()
}
