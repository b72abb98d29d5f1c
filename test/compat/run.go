package compat

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Side is one of the two servers during a section: its connections and the payloads saved from its replies.
type Side struct {
	Server *Server
	conns  map[int]*Conn
	queues map[int]*queue // per connection, kept for the oracle's side only
	vars   map[string]string
	proto  int
}

func (s *Side) queued(conn int) *queue {
	if s.queues[conn] == nil {
		s.queues[conn] = new(queue)
	}
	return s.queues[conn]
}

// A Mismatch is a step to which the servers answered differently.
type Mismatch struct {
	Step   Step
	Words  []string // as sent to the oracle
	Oracle string
	Target string
	silent bool // a side gave no reply: the rest of the section would only wait for more that does not come
}

func (m Mismatch) String() string {
	return fmt.Sprintf("line %d: %s\n\tredis:  %s\n\ttarget: %s", m.Step.Line, describe(m.Step, m.Words), m.Oracle, m.Target)
}

func describe(st Step, words []string) string {
	var at string
	if st.Conn != 1 {
		at = fmt.Sprintf("@%d ", st.Conn)
	}
	switch st.Kind {
	case StepRead:
		return at + "<"
	case StepEOF:
		return at + "< eof"
	case StepSend:
		return at + "> " + quoteWord(words[0])
	}
	const shown = 300
	text := JoinWords(words)
	if len(text) > shown {
		text = text[:shown] + "..."
	}
	return at + text
}

// mismatchesMax bounds what one section reports: after the first the state may differ, and the rest follows from it.
const mismatchesMax = 5

// RunSection runs a section on both servers in lock step and returns where they differ.
func RunSection(sec Section, proto int, oracle, target *Server) ([]Mismatch, error) {
	var sides [2]*Side
	for i, srv := range []*Server{oracle, target} {
		side, err := newSide(srv, proto)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", srv.Name, err)
		}
		sides[i] = side
	}
	var out []Mismatch
	defer sides[0].close()
	defer sides[1].close()
	for _, st := range sec.Steps {
		var bad []Mismatch
		if st.Repeat && st.Kind == StepCommand {
			bad = runLoop(st, sides)
		} else if m, ok := runStep(st, sides); !ok {
			bad = []Mismatch{m}
		}
		for _, m := range bad {
			if st.Differs == "" {
				out = append(out, m)
			}
			if m.silent || len(out) == mismatchesMax {
				return out, nil
			}
		}
	}
	return out, nil
}

// loopBatch bounds what a loop sends before it reads.
const loopBatch = 500

// runLoop runs a repeated command, pipelined. It stops at the first batch with a difference.
func runLoop(st Step, sides [2]*Side) (bad []Mismatch) {
	for first := st.First; first <= st.Last && len(bad) == 0; first += loopBatch {
		last := min(first+loopBatch-1, st.Last)
		var words [][]string
		var replies [2][]Reply
		var failures [2]string
		for k, side := range sides {
			words = words[:0]
			var out []byte
			for i := first; i <= last; i++ {
				side.vars["i"] = strconv.Itoa(i)
				words = append(words, Expand(st.Words, side.vars))
				out = AppendCommand(out, words[len(words)-1]...)
			}
			c, err := side.conn(st.Conn)
			if err != nil {
				failures[k] = "(" + err.Error() + ")"
				continue
			}
			replies[k], failures[k] = exchange(c, out, len(words))
		}
		for i := range words {
			m := Mismatch{Step: st, Words: words[i], Oracle: at(replies[0], i, failures[0]), Target: at(replies[1], i, failures[1])}
			if m.silent = i >= len(replies[0]) || i >= len(replies[1]); m.silent {
				return append(bad, m)
			}
			mode := sides[0].queued(st.Conn).mode(words[i], st.Mode, replies[0][i])
			if !mode.Equal(replies[0][i], replies[1][i]) {
				bad = append(bad, m)
			}
		}
	}
	return bad
}

func newSide(srv *Server, proto int) (*Side, error) {
	s := &Side{Server: srv, conns: map[int]*Conn{}, queues: map[int]*queue{}, vars: map[string]string{}, proto: proto}
	c, err := Dial(srv.Addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Do("CLIENT", "UNPAUSE"); err != nil { // what a section that failed may have left
		return nil, err
	}
	if r, err := c.Do("FLUSHALL"); err != nil || r.IsError() {
		return nil, fmt.Errorf("FLUSHALL: %v %w", r, err)
	}
	return s, nil
}

func (s *Side) close() {
	for _, c := range s.conns {
		c.Close()
	}
}

func (s *Side) conn(n int) (*Conn, error) {
	if c := s.conns[n]; c != nil {
		return c, nil
	}
	c, err := Dial(s.Server.Addr)
	if err != nil {
		return nil, err
	}
	if s.proto == 3 {
		if r, err := c.Do("HELLO", "3"); err != nil || r.IsError() {
			c.Close()
			return nil, fmt.Errorf("HELLO 3: %v %w", r, err)
		}
	}
	s.conns[n] = c
	return c, nil
}

// runStep runs one step on both sides and compares. The oracle goes first; a step that blocks does so on both.
func runStep(st Step, sides [2]*Side) (Mismatch, bool) {
	var replies [2]Reply
	var shown [2]string
	var words [2][]string
	for k, side := range sides {
		words[k] = Expand(st.Words, side.vars)
		r, err := side.step(st, words[k])
		replies[k], shown[k] = r, r.String()
		if err != nil {
			// A failed read ends this connection; the text stands for the reply, so two like failures are equal.
			shown[k] = "(" + err.Error() + ")"
			replies[k] = Reply{Kind: failed, Text: []byte(failureClass(err)), Raw: append([]byte{failed}, failureClass(err)...)}
			if c := side.conns[st.Conn]; c != nil {
				c.Close()
			}
			delete(side.conns, st.Conn)
		}
		if st.Save != "" {
			side.vars[st.Save] = string(r.Text)
		}
	}
	if st.Trade != "" {
		sides[0].vars[st.Trade], sides[1].vars[st.Trade] = string(replies[1].Text), string(replies[0].Text)
	}
	m := Mismatch{Step: st, Words: words[0], Oracle: shown[0], Target: shown[1]}
	m.silent = replies[0].Kind == failed && string(replies[0].Text) == noReply || replies[1].Kind == failed && string(replies[1].Text) == noReply
	if m.silent {
		return m, false // on both sides: waiting in vain shows nothing, the transcript is wrong
	}
	if replies[0].Kind == failed && string(replies[0].Text) != closed {
		return m, false // the oracle failed in another way than by closing: so would anything after it
	}
	mode := sides[0].queued(st.Conn).mode(words[0], st.Mode, replies[0])
	return m, mode.Equal(replies[0], replies[1])
}

// failed is the kind of a reply that stands for a failed read.
const failed = '?'

// What a failed read means.
const (
	noReply = "no reply" // the server stays silent
	closed  = "closed"
)

func failureClass(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "timeout"), strings.Contains(text, "still open"):
		return noReply
	case strings.Contains(text, "EOF"), strings.Contains(text, "reset"), strings.Contains(text, "broken pipe"):
		return closed
	default:
		return text
	}
}

// step does one step on one side. Steps that only send return the zero Reply.
func (s *Side) step(st Step, words []string) (Reply, error) {
	c, err := s.conn(st.Conn)
	if err != nil {
		return Reply{}, err
	}
	switch st.Kind {
	case StepRead:
		return c.Read()
	case StepEOF:
		r, err := c.ReadToEOF()
		c.Close()
		delete(s.conns, st.Conn)
		return r, err
	case StepSend:
		return Reply{}, c.Write([]byte(words[0]))
	case StepBlock:
		return Reply{}, s.block(c, words)
	}
	if st.Until == "" {
		return c.Do(words...)
	}
	var r Reply
	for deadline := time.Now().Add(replyTimeout); time.Now().Before(deadline); time.Sleep(pollEvery) {
		if r, err = c.Do(words...); err != nil || firstLine(r) == st.Until {
			return r, err
		}
	}
	return r, nil
}

func firstLine(r Reply) string {
	line, _, _ := strings.Cut(string(r.Raw), "\r\n")
	return line
}

// block sends a command and waits until the server counts one more blocked client.
func (s *Side) block(c *Conn, words []string) error {
	ctl, err := Dial(s.Server.Addr)
	if err != nil {
		return err
	}
	defer ctl.Close()
	before, err := blockedClients(ctl)
	if err != nil {
		return err
	}
	if err := c.Write(AppendCommand(nil, words...)); err != nil {
		return err
	}
	for deadline := time.Now().Add(replyTimeout); time.Now().Before(deadline); time.Sleep(pollEvery) {
		now, err := blockedClients(ctl)
		if err != nil {
			return err
		}
		if now > before {
			return nil
		}
	}
	return fmt.Errorf("timeout: did not block, blocked_clients stays %d", before)
}

func blockedClients(c *Conn) (int, error) {
	r, err := c.Do("INFO", "clients")
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(r.Text), "blocked_clients:")
	if !found {
		return 0, fmt.Errorf("no blocked_clients in INFO clients: %s", r)
	}
	line, _, _ := strings.Cut(rest, "\r\n")
	return strconv.Atoi(line)
}
