package drive

import (
	"sync/atomic"
	"time"

	"redline/lab/record"
	"redline/lab/workload"
)

const (
	readBytes   = 64 << 10 // some hundred replies of a deep pipeline in one read
	batchBytes  = 64 << 10 // of one write; a socket's default buffer takes it
	openingAll  = 256      // connections opened at once, over all threads: half of Redis' usual accept queue
	sweepMost   = 64       // connections looked after in one turn: a few microseconds
	tickMost    = 10 * time.Millisecond
	tickLeast   = time.Millisecond
	lookEvery   = 10 * time.Millisecond // at the queues of a connection
	spareSlices = 3                     // how far the collector may fall behind: 300 ms by default
	notesMost   = 40                    // of one thread: the first errors tell, the rest is counted
	notesClass  = 3                     // of one class
	notesQueued = 256                   // more than all threads usually note
)

// arrival is an intended request that was not sent yet.
type arrival struct {
	intended int64
	op       int32
	left     int32 // requests of its session, this one included
}

// thread is one of the driver's threads. Everything in it belongs to the
// goroutine that runs it, except where said.
type thread struct {
	id      int
	epoch   time.Time
	epochUs int64 // the same since 1970
	spec    *workload.Spec
	gen     *workload.Generator
	sched   *workload.Schedule // nil in a closed loop
	thinks  bool               // a closed loop whose connections think
	usesNow bool
	// sessions tells that arrivals are sessions of several requests.
	sessions bool
	timers   timers
	poll     poller
	conns    []conn
	free     ring[int32] // candidates for sending; each is checked when taken
	backlog  ring[arrival]
	rbuf     []byte
	wbuf     []byte

	greet          []byte
	greetReplies   int
	timeoutNs      int64
	connectTimeout time.Duration
	tickNs         int64
	sweepConns     int // in one tick
	openingMost    int
	nap            napper

	startNs    int64 // of the first phase; noMore while connecting
	stopNs     int64 // end of the last phase, or when the run was stopped
	nextDue    int64 // of the schedule; noMore when it is over
	nextTick   int64
	nextLook   int64
	quota      int64 // requests a closed loop may still send; < 0 is unlimited
	inFlight   int64
	areaAt     int64 // up to when cur.AreaNs is integrated
	readyConns int64
	opening    int // connections that are connecting or greeting
	sweepAt    int // the connection that was looked after last
	draining   bool
	hurryEnd   int64 // when an interrupted run ends at the latest; 0 before
	connectErr error // the last failed attempt
	priority   string
	setupErr   error // read by the runner once the thread has reported itself connected
	noted      int
	notedClass [classCount]int

	cur      *Slice
	sliceEnd int64
	sliceNs  int64
	cpuAt    int64
	delay    *runDelay
	delayAt  int64
	lookAt   int         // the connection whose queues were looked at last
	full     chan *Slice // to the collector
	spare    chan *Slice // back from it
	notes    chan<- Note
	stop     *atomic.Bool // set by others: the run is interrupted
	enough   *atomic.Bool // set by others: the load is over before its last phase
	total    totals
}

// totals is what a thread did in all.
type totals struct {
	ops           []record.OpCounts
	errors        [classCount]int64
	connectErrors int64
	stopNs, endNs int64
}

const noMore = int64(1) << 62

func (t *thread) clock() int64 { return int64(time.Since(t.epoch)) }

// at is the time, with the current slice being the one it falls into: whoever
// counts something that happens now asks here first.
func (t *thread) at() int64 {
	now := t.clock()
	t.roll(now)
	return now
}

// integrate brings the area under the requests in flight up to now, which must
// lie in the current slice.
func (t *thread) integrate(now int64) {
	if now > t.areaAt {
		t.cur.AreaNs += t.inFlight * (now - t.areaAt)
		t.areaAt = now
	}
}

// connect opens all connections and returns when each stands or has failed for
// good, or at the deadline.
func (t *thread) connect(deadline int64) error {
	t.areaAt = t.clock()
	for {
		now := t.clock()
		waiting := false
		for range len(t.conns)/t.sweepConns + 1 {
			t.sweep(now)
		}
		for i := range t.conns {
			c := &t.conns[i]
			waiting = waiting || c.state != connReady && !t.settled(c)
		}
		if !waiting || now > deadline || t.stop.Load() {
			return nil
		}
		events, err := t.poll.wait(int64(tickLeast))
		if err != nil {
			return err
		}
		t.handle(events)
	}
}

// handle takes what the poller reports.
func (t *thread) handle(events []event) {
	for _, ev := range events {
		c := &t.conns[ev.slot]
		if ev.writable && (c.state == connConnecting || len(c.out) > 0) {
			t.onWritable(c, t.at())
		}
		if ev.readable && c.state >= connGreeting {
			t.onReadable(c, ev.ending)
		}
	}
}

// run applies the load from t.startNs on and returns when the last reply is in
// or given up.
func (t *thread) run() error {
	t.areaAt, t.cpuAt = t.startNs, threadCPU()
	t.delay = newRunDelay()
	defer t.delay.close()
	t.delayAt = t.delay.ns()
	for i := range t.conns {
		if c := &t.conns[i]; c.state == connReady {
			t.rest(c, t.startNs)
			t.offer(c)
		}
	}
	if t.sched != nil {
		t.advance()
	}
	drainEnd := noMore
	for {
		now := t.clock()
		t.roll(now)
		if !t.draining && t.over(now) {
			if t.sched != nil {
				t.send(now) // what became due since the last turn
			}
			drainEnd = t.drain(now)
		}
		if t.draining && t.stop.Load() { // also when it was draining already
			drainEnd = min(drainEnd, t.hurry(now))
		}
		if t.draining && (t.inFlight == 0 && t.backlog.len() == 0 || now >= drainEnd) {
			t.finish()
			return nil
		}
		if now >= t.nextTick {
			t.sweep(now)
			t.nextTick = now + t.tickNs
		}
		if now >= t.nextLook {
			t.look(now)
			t.nextLook = now + int64(lookEvery)
		}
		wake := min(t.sliceEnd, t.nextTick, t.nextLook, drainEnd)
		if t.draining {
			if t.sched != nil {
				t.send(now) // what waits for a connection
			}
		} else {
			if now < t.startNs {
				wake = min(wake, t.startNs)
			} else {
				t.send(now)
				wake = min(wake, t.dueAt(), t.stopNs)
			}
		}
		if err := t.pause(wake, !t.draining && wake == t.dueAt()); err != nil {
			return err
		}
	}
}

// look checks the thread itself: how late it comes to an instant that it had set
// itself, which is how late it would come to a reply, and the queues of the next
// connection. What lies unread there is late by this thread's fault; what is
// unsent waits for the server.
func (t *thread) look(now int64) {
	if t.sched == nil && !t.thinks && t.nextLook > t.startNs {
		// A closed loop has no schedule to be late for; this is its pacing error.
		t.cur.Pacing.Record(now - t.nextLook)
	}
	if t.lookAt++; t.lookAt >= len(t.conns) {
		t.lookAt = 0
	}
	c := &t.conns[t.lookAt]
	if c.state != connReady {
		return
	}
	unread, unsent := t.poll.queued(c.slot)
	q := &t.cur.Queues
	q.Looks++
	if unread > 0 {
		q.Unread++
	}
	q.UnreadBytes += int64(unread)
	q.UnsentBytes += int64(unsent + len(c.out))
}

// over tells whether sending ends now.
func (t *thread) over(now int64) bool {
	return now >= t.stopNs || t.stop.Load() || t.enough.Load() || t.quota == 0 && t.inFlight == 0
}

// drain ends the schedule. What became due and waits for a connection is still
// sent, and what is in flight may still be answered, both within the time-out:
// their users are waiting.
func (t *thread) drain(now int64) (deadline int64) {
	t.draining = true
	t.timers = t.timers[:0] // who thinks does not go on
	t.total.stopNs = min(now, t.stopNs)
	return now + t.timeoutNs
}

// hurry ends the load after an interrupt: what waits is dropped, and replies to
// what is in flight are given a second at most.
func (t *thread) hurry(now int64) (deadline int64) {
	t.dropBacklog()
	if t.hurryEnd == 0 {
		t.hurryEnd = now + int64(time.Second)
	}
	return t.hurryEnd
}

func (t *thread) dropBacklog() {
	for t.backlog.len() > 0 {
		a := t.backlog.pop()
		t.cur.Ops[a.op].Counts.Dropped++
	}
}

// finish gives up what is still waiting or in flight and hands over the last
// slice.
func (t *thread) finish() {
	now := t.at()
	t.dropBacklog()
	for i := range t.conns {
		if c := &t.conns[i]; c.flight.len() > 0 {
			t.fail(c, errTimeout, now)
		}
	}
	t.total.endNs = now
	t.hand(now)
	close(t.full)
}

// roll hands over slices that have ended.
func (t *thread) roll(now int64) {
	for now >= t.sliceEnd {
		t.hand(t.sliceEnd)
		t.cur = <-t.spare
		t.sliceEnd += t.sliceNs
	}
}

// hand gives the current slice, which ends at end, to the collector.
func (t *thread) hand(end int64) {
	s := t.cur
	t.integrate(end)
	s.TNs = t.sliceEnd - t.sliceNs
	s.DurNs = end - s.TNs
	s.Backlog = int64(t.backlog.len())
	s.InFlight = t.inFlight
	s.Connections = t.readyConns
	cpu := threadCPU()
	s.ThreadCPUNs = cpu - t.cpuAt
	t.cpuAt = cpu
	delay := t.delay.ns()
	s.WaitNs = delay - t.delayAt
	t.delayAt = delay
	t.nap.spun = 0
	for i := range s.Ops {
		t.total.ops[i].Add(s.Ops[i].Counts)
	}
	for i, n := range s.Errors {
		t.total.errors[i] += n
	}
	t.total.connectErrors += s.ConnectErrors
	t.full <- s
}

// note reports an error reply, the first of its kind only.
func (t *thread) note(class Class, s *scanner, now int64) {
	if t.notedClass[class] < notesClass {
		t.noteText(class, serverError(s.errorText()), now)
	}
}

// noteText reports an error unless enough were reported.
func (t *thread) noteText(class Class, err error, now int64) {
	if t.noted >= notesMost || t.notedClass[class] >= notesClass {
		return
	}
	t.noted++
	t.notedClass[class]++
	select {
	case t.notes <- Note{now, class, explain(err)}:
	default: // it is counted anyway
	}
}
