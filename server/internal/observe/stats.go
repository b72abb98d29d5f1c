// Package observe counts and times what the server does, cheaply enough to be always on.
//
// Counters that every command touches are kept in stripes, one of which a session uses, so that cores do not fight for
// a cache line; readers add the stripes up.
package observe

import (
	"sync"
	"sync/atomic"
)

// stripes is a power of two: enough that sessions on a few dozen cores rarely meet.
const stripes = 16

// Stats are the server's counters since its start or CONFIG RESETSTAT.
type Stats struct {
	stripe [stripes]stripe

	Connections   atomic.Int64 // accepted
	Rejected      atomic.Int64 // refused by maxclients
	OutputKilled  atomic.Int64 // closed by an output buffer limit
	OutputDropped atomic.Int64 // bytes that waited for them
	QueryKilled   atomic.Int64 // closed by client-query-buffer-limit
	ErrorReplies  atomic.Int64
	ACLAuthFailed atomic.Int64

	Anatomy Anatomy

	mu     sync.Mutex
	errors map[string]int64 // by error code: the first word of the reply
}

type stripe struct {
	Commands      atomic.Int64
	NetIn, NetOut atomic.Int64
	Reads, Writes atomic.Int64 // socket operations that moved data
	command       []CommandStat
	_             [64]byte
}

// CommandStat counts one command's calls.
type CommandStat struct {
	Calls    atomic.Int64
	Nanos    atomic.Int64
	Rejected atomic.Int64 // refused before it ran: arity, authentication, memory
	Failed   atomic.Int64 // ran and answered with an error
	latency  atomic.Pointer[Latencies]
}

// NewStats makes counters for a table of n commands.
func NewStats(n int) *Stats {
	s := &Stats{errors: make(map[string]int64)}
	for i := range s.stripe {
		s.stripe[i].command = make([]CommandStat, n)
	}
	return s
}

// Local is a session's own stripe.
type Local struct{ s *stripe }

// Local returns the stripe for a session.
func (s *Stats) Local(id int64) Local { return Local{&s.stripe[uint64(id)%stripes]} }

// Ran counts executed calls of one command, all of which or none failed.
func (l Local) Ran(id int, calls, nanos int64, failed bool) {
	c := &l.s.command[id]
	c.Calls.Add(calls)
	c.Nanos.Add(nanos)
	if failed {
		c.Failed.Add(calls)
	}
}

// RejectedCommand counts a command that was refused before it ran.
func (l Local) RejectedCommand(id int) { l.s.command[id].Rejected.Add(1) }

// Batch counts what one turn of a session processed.
func (l Local) Batch(commands, in int) {
	l.s.Commands.Add(int64(commands))
	l.s.NetIn.Add(int64(in))
	l.s.Reads.Add(1)
}

// Sent counts bytes that left.
func (l Local) Sent(n int) {
	l.s.NetOut.Add(int64(n))
	l.s.Writes.Add(1)
}

// Error counts an error reply by its code.
func (s *Stats) Error(code string) {
	s.ErrorReplies.Add(1)
	s.mu.Lock()
	// Bounded: a script or a hostile client may make up codes. Redis 7.0 bounds its table the same way from 7.2 on.
	if _, ok := s.errors[code]; ok || len(s.errors) < 128 {
		s.errors[code]++
	}
	s.mu.Unlock()
}

// Totals are sums over all stripes.
type Totals struct{ Commands, NetIn, NetOut, Reads, Writes int64 }

// Totals adds the stripes up.
func (s *Stats) Totals() (t Totals) {
	for i := range s.stripe {
		p := &s.stripe[i]
		t.Commands += p.Commands.Load()
		t.NetIn += p.NetIn.Load()
		t.NetOut += p.NetOut.Load()
		t.Reads += p.Reads.Load()
		t.Writes += p.Writes.Load()
	}
	return t
}

// CommandTotals are one command's sums over all stripes.
type CommandTotals struct{ Calls, Nanos, Rejected, Failed int64 }

// Command adds one command's stripes up.
func (s *Stats) Command(id int) (t CommandTotals) {
	for i := range s.stripe {
		c := &s.stripe[i].command[id]
		t.Calls += c.Calls.Load()
		t.Nanos += c.Nanos.Load()
		t.Rejected += c.Rejected.Load()
		t.Failed += c.Failed.Load()
	}
	return t
}

// Errors returns a copy of the counts by error code.
func (s *Stats) Errors() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := make(map[string]int64, len(s.errors))
	for k, v := range s.errors {
		m[k] = v
	}
	return m
}

// Reset sets everything to zero (CONFIG RESETSTAT).
func (s *Stats) Reset() {
	for i := range s.stripe {
		p := &s.stripe[i]
		for _, c := range []*atomic.Int64{&p.Commands, &p.NetIn, &p.NetOut, &p.Reads, &p.Writes} {
			c.Store(0)
		}
		for j := range p.command {
			c := &p.command[j]
			for _, a := range []*atomic.Int64{&c.Calls, &c.Nanos, &c.Rejected, &c.Failed} {
				a.Store(0)
			}
			c.latency.Store(nil)
		}
	}
	for _, c := range []*atomic.Int64{&s.Connections, &s.Rejected, &s.OutputKilled, &s.QueryKilled, &s.ErrorReplies, &s.ACLAuthFailed} {
		c.Store(0)
	}
	s.Anatomy.Reset()
	s.mu.Lock()
	clear(s.errors)
	s.mu.Unlock()
}
