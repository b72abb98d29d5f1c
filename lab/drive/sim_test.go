package drive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"redline/hist"
	"redline/lab/record"
)

// sim is a server in the virtual time of a synctest bubble, reached through a
// poller without sockets: hours of load take seconds, and every figure is exact.
type sim struct {
	// reply returns the answer to a command that arrives at the given time and how
	// long it takes; nil is +OK. A reply that ends in closeMark closes.
	reply func(at time.Duration, slot int, args []string) ([]byte, time.Duration)
	// connect refuses a connection with an error; nil takes all.
	connect func(at time.Duration) error
	// wait is called before each wait of the thread; nil does nothing.
	wait func(at time.Duration)

	start       time.Time
	mu          sync.Mutex // threads of one run share the counters
	opening     int
	openingMost int
	opened      int
}

const (
	simConnect = time.Millisecond      // until a connection stands
	simService = 50 * time.Microsecond // until a reply is back
)

func (s *sim) now() time.Duration { return time.Since(s.start) }

// simConn is one connection. Replies come in the order of their requests.
type simConn struct {
	open, connecting bool
	at               time.Duration
	partial          []byte // of a command
	replies          []simReply
	in               []byte // arrived and not yet read
	eof              bool
}

type simReply struct {
	at   time.Duration
	wire []byte
}

type simPoller struct {
	*sim
	conns []simConn
	out   []event
}

func (s *sim) poller(_ Address, slots int) (poller, error) {
	return &simPoller{sim: s, conns: make([]simConn, slots)}, nil
}

func (p *simPoller) open(slot int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening++
	p.opened++
	p.openingMost = max(p.openingMost, p.opening)
	p.conns[slot] = simConn{open: true, connecting: true, at: p.now() + simConnect}
	return nil
}

func (p *simPoller) connected(slot int) error {
	c := &p.conns[slot]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening--
	c.connecting = false
	if p.sim.connect != nil {
		return p.sim.connect(p.now())
	}
	return nil
}

func (p *simPoller) close(slot int) { p.conns[slot] = simConn{} }

func (p *simPoller) write(slot int, b []byte) (int, error) {
	c := &p.conns[slot]
	now := p.now()
	last := now
	if n := len(c.replies); n > 0 {
		last = c.replies[n-1].at
	}
	c.partial = append(c.partial, b...)
	rest := bytes.NewReader(c.partial)
	r := bufio.NewReader(rest)
	for {
		before := rest.Len() + r.Buffered()
		args, err := readCommand(r)
		if err != nil {
			c.partial = append([]byte(nil), c.partial[len(c.partial)-before:]...)
			return len(b), nil
		}
		wire, takes := []byte(nil), simService
		if args[0] != "PING" && p.reply != nil {
			wire, takes = p.reply(now, slot, args)
		}
		if wire == nil {
			wire = []byte("+OK\r\n")
		}
		last = max(last, now+takes)
		c.replies = append(c.replies, simReply{last, wire})
	}
}

func (p *simPoller) read(slot int, b []byte) (int, error) {
	c := &p.conns[slot]
	if len(c.in) > 0 {
		n := copy(b, c.in)
		c.in = c.in[n:]
		return n, nil
	}
	if c.eof {
		return 0, io.EOF
	}
	return 0, errAgain
}

func (p *simPoller) queued(slot int) (unread, unsent int) {
	c := &p.conns[slot]
	unread = len(c.in)
	for _, r := range c.replies {
		if r.at <= p.now() {
			unread += len(r.wire)
		}
	}
	return unread, len(c.partial)
}

func (p *simPoller) wait(ns int64) ([]event, error) {
	if p.sim.wait != nil {
		p.sim.wait(p.now())
	}
	until := p.now() + max(time.Duration(ns), 0)
	for i := range p.conns {
		c := &p.conns[i]
		if c.connecting {
			until = min(until, c.at)
		} else if len(c.replies) > 0 {
			until = min(until, c.replies[0].at)
		}
	}
	// Looking takes time as well: a thread that polls without sleeping must not
	// stop the clock.
	time.Sleep(max(until-p.now(), time.Microsecond))
	p.out = p.out[:0]
	for i := range p.conns {
		if ev, ok := p.ready(i, p.now()); ok {
			p.out = append(p.out, ev)
		}
	}
	return p.out, nil
}

func (p *simPoller) ready(slot int, now time.Duration) (event, bool) {
	c := &p.conns[slot]
	ev := event{slot: int32(slot)}
	if c.connecting {
		ev.writable = now >= c.at
		return ev, ev.writable
	}
	for len(c.replies) > 0 && c.replies[0].at <= now && !c.eof {
		wire, last := bytes.CutSuffix(c.replies[0].wire, closeMark)
		c.in = append(c.in, wire...)
		c.eof = last
		c.replies = c.replies[1:]
		ev.readable = true
	}
	ev.ending = c.eof
	return ev, ev.readable
}

func (p *simPoller) destroy() {}

// run applies cfg to the simulated server, in a bubble.
func (s *sim) run(t *testing.T, cfg Config) (out outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s.start = time.Now()
		cfg.Address, cfg.newPoll = Address{"tcp", "127.0.0.1:1"}, s.poller
		var err error
		if out, err = tryDrive(context.Background(), cfg); err != nil {
			t.Fatal(err)
		}
	})
	checkAccounts(t, out)
	return out
}

// stallBetween delays every reply that would leave in a stretch of time to its
// end, as a server does that stops.
func stallBetween(from, to time.Duration) func(time.Duration, int, []string) ([]byte, time.Duration) {
	return func(at time.Duration, _ int, _ []string) ([]byte, time.Duration) {
		if leaves := at + simService; leaves >= from && leaves < to {
			return nil, to - at
		}
		return nil, simService
	}
}

// near verifies that a figure is within a share of what is wanted.
func near(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if got < want*(1-share) || got > want*(1+share) {
		t.Errorf("%s is %g, want %g within %g %%", what, got, want, 100*share)
	}
}

// TestSimServerStall: against a server that stalls for 1 s in the middle of 10 s
// at 1,000/s, the response time's p99 is 0.9 s and its maximum 1 s, whereas the
// service time shows one slow request for each connection.
func TestSimServerStall(t *testing.T) {
	t.Parallel()
	for name, threads := range map[string]int{"one thread": 1, "three threads": 3} {
		t.Run(name, func(t *testing.T) {
			s := &sim{reply: stallBetween(5*time.Second, 6*time.Second)}
			spec := openLoop(1000, 10*time.Second)
			spec.Threads = threads
			out := s.run(t, Config{Spec: spec})
			if sum := out.Total(); sum.Intended != 10_000 || sum.Completed != 10_000 || sum.Late < 900 || sum.Late > 1010 {
				t.Errorf("%+v", sum)
			}
			near(t, "response p99", float64(out.response.Quantile(0.99)), 0.9e9, 0.02)
			near(t, "response max", float64(out.response.Max()), 1e9, 0.01)
			if p50 := out.response.Quantile(0.5); p50 > int64(4*simService) {
				t.Errorf("response p50 is %d", p50)
			}
			if n := out.service.CountAbove(5e8); n != 10 {
				t.Errorf("%d slow service times, want one for each of 10 connections", n)
			}
			if p99 := out.service.Quantile(0.99); p99 > int64(5*simService) {
				t.Errorf("service p99 is %d: it must not see the stall", p99)
			}
			if out.pacing.Max() > 100_000 {
				t.Errorf("pacing error max is %d: the server's stall is not the generator's", out.pacing.Max())
			}
		})
	}
}

// TestSimGeneratorStall: the same stall of the generator itself shows in the
// response time too, and as its own error.
func TestSimGeneratorStall(t *testing.T) {
	t.Parallel()
	stalled := false
	s := &sim{}
	s.wait = func(at time.Duration) {
		if !stalled && at > 5*time.Second {
			stalled = true
			time.Sleep(time.Second)
		}
	}
	out := s.run(t, Config{Spec: openLoop(1000, 10*time.Second)})
	near(t, "response p99", float64(out.response.Quantile(0.99)), 0.9e9, 0.02)
	near(t, "response max", float64(out.response.Max()), 1e9, 0.01)
	near(t, "pacing error p99", float64(out.pacing.Quantile(0.99)), 0.9e9, 0.02)
	near(t, "pacing error max", float64(out.pacing.Max()), 1e9, 0.01)
	if out.pacing.Count() != 10_000 || out.service.Max() > int64(time.Millisecond) {
		t.Errorf("%d pacing errors, service max %d", out.pacing.Count(), out.service.Max())
	}
}

// TestSimRate: what is intended is exactly what was asked for, at any rate.
func TestSimRate(t *testing.T) {
	t.Parallel()
	for rate, seconds := range map[float64]float64{1: 100, 333: 4, 10_000: 0.3, 50_000: 0.1} {
		spec := openLoop(rate, time.Duration(seconds*1e9))
		spec.Threads = 2
		out := (&sim{}).run(t, Config{Spec: spec})
		if sum := out.Total(); float64(sum.Intended) != seconds*rate || sum.Completed != sum.Intended {
			t.Errorf("rate %g: %+v", rate, sum)
		}
		if p99 := out.pacing.Quantile(0.99); p99 > 10_000 {
			t.Errorf("rate %g: pacing error p99 is %d ns in a world without delays", rate, p99)
		}
	}
}

// TestSimBacklogAtTheEnd: what waits for a connection as the schedule ends is
// sent and awaited, within the time-out.
func TestSimBacklogAtTheEnd(t *testing.T) {
	t.Parallel()
	out := (&sim{reply: stallBetween(1500*time.Millisecond, 2500*time.Millisecond)}).run(t, Config{Spec: openLoop(1000, 2*time.Second)})
	if sum := out.Total(); sum.Completed != 2000 || sum.Dropped != 0 {
		t.Errorf("%+v, want all of 2000 completed", sum)
	}
	if n := out.response.CountAbove(3e8); n < 480 {
		t.Errorf("%d responses show the stall, want those of half a second and more", n)
	}
	// A server that never comes back must not keep the run.
	never := func(at time.Duration, _ int, _ []string) ([]byte, time.Duration) {
		if at > time.Second {
			return nil, time.Hour
		}
		return nil, simService
	}
	spec := openLoop(1000, 2*time.Second)
	spec.Timeout = 300 * time.Millisecond
	out = (&sim{reply: never}).run(t, Config{Spec: spec})
	if sum := out.Total(); sum.Dropped == 0 || out.Errors[Timeout] != sum.Errors || out.EndNs-out.StopNs > int64(310*time.Millisecond) {
		t.Errorf("%+v, ended %d ns after its end", sum, out.EndNs-out.StopNs)
	}
}

// TestSimRestart: a server that goes away and comes back. The run goes on.
func TestSimRestart(t *testing.T) {
	t.Parallel()
	down := func(at time.Duration) bool { return at > 2*time.Second && at < 4*time.Second }
	s := &sim{
		connect: func(at time.Duration) error {
			if down(at) {
				return errors.New("refused")
			}
			return nil
		},
		reply: func(at time.Duration, _ int, _ []string) ([]byte, time.Duration) {
			if down(at) {
				return closeMark, simService
			}
			return nil, simService
		},
	}
	out := s.run(t, Config{Spec: openLoop(1000, 8*time.Second)})
	sum := out.Total()
	if out.Errors[Closed] != 10 || sum.Errors != 10 || sum.Completed != 7990 || out.ConnectErrors == 0 {
		t.Errorf("%+v, errors %v, failed to connect %d", sum, out.Errors, out.ConnectErrors)
	}
	// 10 connections back off to 1 s: a dead server is not stormed.
	if s.opened > 150 {
		t.Errorf("%d connections were opened", s.opened)
	}
	if out.slices[30].Connections != 0 || out.slices[60].Connections != 10 {
		t.Errorf("%d connections while it was down, %d later", out.slices[30].Connections, out.slices[60].Connections)
	}
}

// TestSimManyConnections: thousands are opened in stages, and all are used.
func TestSimManyConnections(t *testing.T) {
	t.Parallel()
	for _, threads := range []int{1, 4} {
		used := map[int]bool{}
		s := &sim{}
		s.reply = func(_ time.Duration, slot int, _ []string) ([]byte, time.Duration) {
			s.mu.Lock()
			defer s.mu.Unlock()
			used[slot] = true
			return nil, simService
		}
		spec := openLoop(4000, 500*time.Millisecond)
		spec.Connections, spec.Threads = 1200, threads
		out := s.run(t, Config{Spec: spec})
		if s.openingMost > openingAll || s.opened != 1200 || out.slices[0].Connections != 1200 {
			t.Errorf("%d connections opened, at most %d at once, %d usable", s.opened, s.openingMost, out.slices[0].Connections)
		}
		if len(used) != 1200/threads {
			t.Errorf("%d slots were used, want %d", len(used), 1200/threads)
		}
	}
}

// TestSimRefusedConnections: a server that takes only some connections. The run
// begins with those, and says what it misses.
func TestSimRefusedConnections(t *testing.T) {
	t.Parallel()
	taken := 0
	s := &sim{connect: func(time.Duration) error {
		if taken++; taken > 6 {
			return serverError("ERR max number of clients reached")
		}
		return nil
	}}
	out := s.run(t, Config{Spec: openLoop(1000, 3*time.Second)})
	if sum := out.Total(); sum.Completed != 3000 || out.slices[0].Connections != 6 || out.ConnectErrors == 0 {
		t.Errorf("%+v with %d connections, %d refused", sum, out.slices[0].Connections, out.ConnectErrors)
	}
	if len(out.notes) == 0 || out.notes[0].Class != MaxClients {
		t.Errorf("notes %v", out.notes)
	}
}

// TestSimMemory: a run of days holds no more than a run of minutes. Everything
// that is recorded goes to its files, and what stays is the same after 200 and
// after 3,000 slices.
func TestSimMemory(t *testing.T) { // alone: other tests would be counted
	if testing.Short() {
		t.Skip("simulates 3,000 slices")
	}
	var w *record.Writer
	var early, late runtime.MemStats
	slices := 0
	sink := func(s *Slice) error {
		slices++
		switch slices {
		case 200:
			settledMemory(&early)
		case 3000:
			settledMemory(&late)
		}
		for i, op := range []string{"get", "set"} {
			for kind, r := range map[string]*hist.Recorder{record.KindResponse: &s.Ops[i].Response, record.KindService: &s.Ops[i].Service} {
				if err := w.Latency(op, kind, s.TNs, s.DurNs, r); err != nil {
					return err
				}
			}
		}
		if err := w.Pacing(s.TNs, s.DurNs, &s.Pacing); err != nil {
			return err
		}
		return w.Slice(s.Record([]string{"get", "set"}))
	}
	s := &sim{}
	// Each tenth second the server refuses everything: errors must not pile up either.
	s.reply = func(at time.Duration, _ int, _ []string) ([]byte, time.Duration) {
		if int(at.Seconds())%10 == 0 {
			return []byte("-OOM command not allowed\r\n"), simService
		}
		return nil, simService
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s.start = time.Now()
		var err error
		if w, err = record.Create(dir, record.Run{ID: "r", SliceNs: 1e8}, s.start); err != nil {
			t.Fatal(err)
		}
		cfg := Config{Address: Address{"tcp", "127.0.0.1:1"}, Spec: openLoop(20, 310*time.Second), Epoch: s.start, SliceNs: 1e8,
			Sink: sink, newPoll: s.poller, Notify: func(n Note) { _ = w.Event("error", n.Text, nil) }}
		if _, err := Run(context.Background(), cfg); err != nil {
			t.Fatal(err)
		}
	})
	if err := w.Finish(record.StateComplete, ""); err != nil {
		t.Fatal(err)
	}
	objects, held := int64(late.HeapObjects)-int64(early.HeapObjects), int64(late.HeapAlloc)-int64(early.HeapAlloc)
	if objects > 500 || held > 256<<10 {
		t.Errorf("%d objects and %d bytes more after 3,000 slices than after 200", objects, held)
	}
}

// settledMemory reads what is still held.
func settledMemory(m *runtime.MemStats) {
	runtime.GC()
	runtime.GC() // what pools held goes with the second
	runtime.ReadMemStats(m)
}
