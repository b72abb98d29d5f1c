package drive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"redline/lab/record"
	"redline/lab/workload"
)

// connectWithin bounds how long Run waits for its connections before the load,
// connectEach is added for each of them, and connectTries is how often one is
// tried again before the load begins without it.
const (
	connectWithin = 10 * time.Second
	connectEach   = 2 * time.Millisecond
	connectTries  = 2
)

// Run connects, applies the load and returns when the last reply is in. The end
// of ctx ends the run early and orderly: Result.Interrupted is then set.
//
// Errors of requests and connections are results, not errors of Run. It fails if
// the configuration is wrong, if not one connection could be made, or with the
// error of the Sink.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	addr, err := cfg.Address.resolve()
	if err != nil {
		return nil, err
	}
	cfg.Address = addr
	if err := RoomFor(cfg.Spec.Connections); err != nil {
		return nil, err
	}
	r := &runner{cfg: cfg, notes: make(chan Note, notesQueued)}
	defer context.AfterFunc(ctx, func() { r.stop.Store(true) })()
	if err := r.makeThreads(); err != nil {
		return nil, err
	}
	var side sync.WaitGroup
	side.Go(r.tellNotes)
	res, err := r.run()
	close(r.notes)
	side.Wait()
	if res != nil {
		res.Interrupted = ctx.Err() != nil
	}
	return res, err
}

// runner holds the threads of one Run.
type runner struct {
	cfg     Config
	threads []*thread
	notes   chan Note
	stop    atomic.Bool
	enough  atomic.Bool
	stopped *Stopped
}

func (r *runner) tellNotes() {
	for n := range r.notes {
		if r.cfg.Notify != nil {
			r.cfg.Notify(n)
		}
	}
}

func (r *runner) makeThreads() error {
	wire, replies := greeting(r.cfg.Greeting)
	if r.cfg.Space == nil {
		r.cfg.Space = workload.NewSpace(r.cfg.Spec)
	}
	n := r.cfg.Spec.Threads
	for id := range n {
		t, err := r.makeThread(id, share(r.cfg.Spec.Connections, id, n))
		if err != nil {
			return err
		}
		t.greet, t.greetReplies = wire, replies
		r.threads = append(r.threads, t)
	}
	return nil
}

// share is how much of total falls to part i of n.
func share[T int | int64](total T, i, n int) T {
	part := total / T(n)
	if T(i) < total%T(n) {
		part++
	}
	return part
}

func (r *runner) makeThread(id, conns int) (*thread, error) {
	spec := r.cfg.Spec
	// Each thread bounds its own share of the backlog.
	own := *spec
	own.BacklogMax = max(1, spec.BacklogMax/spec.Threads)
	gen, err := r.cfg.Space.Generator(id, spec.Threads)
	if err != nil {
		return nil, err
	}
	t := &thread{
		id: id, epoch: r.cfg.Epoch, epochUs: r.cfg.Epoch.UnixMicro(), usesNow: gen.UsesNow(), spec: &own, gen: gen, conns: make([]conn, conns),
		rbuf: make([]byte, readBytes), wbuf: make([]byte, 0, batchBytes),
		timeoutNs: int64(spec.Timeout), connectTimeout: min(spec.Timeout, connectWithin),
		openingMost: max(openingAll/spec.Threads, 1), nextDue: noMore, quota: -1, nap: newNapper(r.cfg.Spin, r.cfg.SliceNs),
		sliceNs: r.cfg.SliceNs, full: make(chan *Slice, spareSlices+1), spare: make(chan *Slice, spareSlices+1),
		startNs: noMore, sliceEnd: noMore, notes: r.notes, stop: &r.stop, enough: &r.enough, cur: newSlice(len(spec.Ops)),
		total: totals{ops: make([]record.OpCounts, len(spec.Ops))},
	}
	for range spareSlices {
		t.spare <- newSlice(len(spec.Ops))
	}
	for i := range t.conns {
		t.conns[i].slot = i
	}
	t.paceSweep()
	if spec.Loop != workload.Closed {
		t.sessions = spec.Loop == workload.PartlyOpen
		t.sched = workload.NewSchedule(spec, id, spec.Threads)
		return t, nil
	}
	t.thinks = spec.Think.Given()
	if r.cfg.Requests > 0 {
		t.quota = share(r.cfg.Requests, id, spec.Threads)
	}
	return t, nil
}

// paceSweep chooses how often and how many connections are looked after: all of
// them within a tenth of the time-out or tickMost if they are few, and a bounded
// number each millisecond if they are thousands.
func (t *thread) paceSweep() {
	round := min(tickMost, t.spec.Timeout/10)
	t.sweepConns = min(len(t.conns), sweepMost)
	t.tickNs = int64(max(tickLeast, round*time.Duration(t.sweepConns)/time.Duration(len(t.conns))))
}

// run starts the threads in two steps: all connect, then all begin at the same
// instant.
func (r *runner) run() (*Result, error) {
	defer reserve(len(r.threads))()
	var connected, finished sync.WaitGroup
	begin := make(chan bool)
	errs := make([]error, len(r.threads))
	connected.Add(len(r.threads))
	for i, t := range r.threads {
		finished.Go(func() { errs[i] = r.runThread(t, connected.Done, begin) })
	}
	connected.Wait()
	if err := r.setupFailure(); err != nil {
		close(begin)
		finished.Wait()
		return nil, err
	}
	start := r.schedule()
	if r.cfg.Started != nil {
		r.cfg.Started(start)
	}
	for range r.threads {
		begin <- true
	}
	sinkErr := r.collect(start)
	finished.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r.result(start), sinkErr
}

// runThread is the life of one thread. The OS thread ends with it.
func (r *runner) runThread(t *thread, connected func(), begin <-chan bool) error {
	t.priority = pinThread(r.cfg.urgent())
	newPoll := newPoller
	if r.cfg.newPoll != nil {
		newPoll = r.cfg.newPoll
	}
	if t.poll, t.setupErr = newPoll(r.cfg.Address, len(t.conns)); t.setupErr == nil {
		defer t.poll.destroy()
		t.setupErr = t.connect(t.clock() + int64(connectWithin) + int64(len(t.conns))*int64(connectEach))
	}
	connected()
	if !<-begin {
		return nil // the runner has seen setupErr
	}
	err := t.run()
	if err != nil {
		r.stop.Store(true)
		close(t.full) // the collector must not wait for more
	}
	return err
}

// setupFailure tells why a thread cannot work, or why not one connection stands.
func (r *runner) setupFailure() error {
	var cause error
	for _, t := range r.threads {
		if t.setupErr != nil {
			return t.setupErr
		}
	}
	for _, t := range r.threads {
		if t.readyConns > 0 || r.stop.Load() {
			return nil
		}
		if t.connectErr != nil {
			cause = t.connectErr
		}
	}
	if cause == nil {
		cause = errors.New("no connection was made in time")
	}
	if errors.Is(cause, io.EOF) {
		cause = fmt.Errorf("%s: %w", explain(cause), cause)
	}
	return fmt.Errorf("cannot connect to %s: %w", r.cfg.Address, cause)
}

// schedule sets the common start: the next slice boundary that leaves the
// threads time to get there.
func (r *runner) schedule() int64 {
	const lead = int64(2 * time.Millisecond)
	ns := r.cfg.SliceNs
	start := (int64(time.Since(r.cfg.Epoch)) + lead + ns - 1) / ns * ns
	for _, t := range r.threads {
		t.startNs = start
		t.stopNs = start + int64(r.cfg.Spec.Duration())
		t.sliceEnd = start + ns
	}
	return start
}

// phaseAt names the phase at ns.
func (r *runner) phaseAt(ns, start int64) string {
	at := start
	for _, p := range r.cfg.Spec.Phases {
		if at += int64(p.Duration); ns < at {
			return p.Name
		}
	}
	return record.PhaseCooldown
}

// collect merges the slices of all threads and calls the Sink, until all threads
// have ended. After an error it goes on taking slices so that none blocks.
func (r *runner) collect(start int64) error {
	var failed error
	rule := newStopper(r.cfg.Spec, start)
	for {
		var sum *Slice
		var owner *thread
		for _, t := range r.threads {
			s, ok := <-t.full
			switch {
			case !ok:
			case sum == nil:
				sum, owner = s, t
			default:
				sum.add(s)
				s.reset()
				t.spare <- s
			}
		}
		if sum == nil {
			return failed
		}
		sum.Phase = r.phaseAt(sum.TNs, start)
		if rule != nil && r.stopped == nil {
			if r.stopped = rule.add(sum); r.stopped != nil {
				r.enough.Store(true)
			}
		}
		if r.cfg.Sink != nil && failed == nil {
			if failed = r.cfg.Sink(sum); failed != nil {
				r.stop.Store(true)
			}
		}
		sum.reset()
		owner.spare <- sum
	}
}

func (r *runner) result(start int64) *Result {
	res := &Result{StartNs: start, Stopped: r.stopped, Ops: make([]record.OpCounts, len(r.cfg.Spec.Ops))}
	for _, t := range r.threads {
		res.Priority = t.priority // of all threads alike
		for i, c := range t.total.ops {
			res.Ops[i].Add(c)
		}
		for i, n := range t.total.errors {
			res.Errors[i] += n
		}
		res.ConnectErrors += t.total.connectErrors
		res.StopNs = max(res.StopNs, t.total.stopNs)
		res.EndNs = max(res.EndNs, t.total.endNs)
	}
	return res
}
