package netloop

import (
	"sync"
	"sync/atomic"
	"time"
)

// loop runs many connections: it waits for any of them, reads what has arrived, feeds the sessions, and writes what they
// have to say.
//
// Stages of a turn, in run: collect what has happened (sockets, mailboxes, deadlines, the log) into the queue of work;
// visit each connection of the queue once; write the replies of all that were visited, but of those that wait for a sync
// after it, for which others are looked for first (gather); wait. So the replies of one turn leave together, after the last
// of its requests ran: each write wakes the client, and a client that is woken once for many replies leaves the processor
// to the server meanwhile.
//
// A visit does a bounded amount of work: one read of at most readMax bytes and the requests in it, or a write of at most
// bulkMax. A connection with more goes into the queue of rest. Its turn comes when all that happened meanwhile have been
// visited and have their replies, so that who sends a request now and then waits for one visit at most to who sends
// thousands.
//
// The baton. What is below "owned" belongs to whoever runs the loop. Sessions may run for long: a slow command, a lock
// that a slow command holds. So a loop is not a goroutine but a role: turn is odd while a session runs, and whoever moves
// it on from that odd number owns the loop. The one who runs it does so when the session returns. If that takes too long
// the watch does it (watch_linux.go), or the session asks for it (Leave): then a new goroutine runs the loop, the
// connection is away, and the old goroutine finds out when its session returns, hands its connection back and ends. So a
// slow command holds up its own connection, and others at most for the watch's patience. The same goes for the log's disk,
// which the loop waits for itself (await).
//
// The loop is told of things by others through its inbox: post (leaf), then wake it if it is asleep. A wake-up is never
// lost: others set news before they look at asleep, the loop sets asleep before it looks at news.
//
// Rejected: waiting in Go's scheduler (see poller); level-triggered epoll, which needs a change of the set for every
// connection that waits for the log; moving connections off a slow loop, which needs to know which events were taken and
// not handled.
type loop struct {
	srv   *Server
	watch *watch

	turn   atomic.Uint64
	asleep atomic.Bool
	news   atomic.Bool  // the inbox is not empty
	logged atomic.Bool  // the log has moved on
	load   atomic.Int32 // connections

	mu     sync.Mutex
	joined []*member // guarded by mu: new connections
	woken  []*member // guarded by mu: with something in the mailbox, or killed
	back   []*member // guarded by mu: were away
	stop   bool      // guarded by mu

	// Owned by whoever runs the loop.
	p        *poller
	slots    []*member // by slot; nil: free
	free     []int     // slots
	work     fifo      // connections to be visited
	rest     fifo      // those that were visited and have more, to be visited after them
	dirty    fifo      // visited, to be written to
	held     []*member // whose replies wait for the log
	awaiting bool      // the log will tell
	due      deadlines
	readyNs  int64   // when this turn began (Hub.Nanotime): since then its connections wait for each other
	armedMs  int64   // the deadline that the timer is set to
	buf      []byte  // where sockets without a tail are read to
	current  *member // whose session runs
	ending   bool
	spare    []*member // to take the inbox with
	logMoved func()    // made once
}

// readMax is how much one visit reads, at most. A pipeline of small requests of this size runs for about 0.1 ms.
const readMax = inputSize

// A visit that read readMax is to take no longer than visitLongNs, as others wait: a connection whose requests take long reads
// less, down to one part in 1 << slowMax.
const (
	visitLongNs  = 300_000
	visitShortNs = 100_000
	slowMax      = 3
)

// bulkMax is how much one visit reads of a request that is known to be large, and how much it writes.
const bulkMax = 256 << 10

// How often gather looks, and for how long after the turn began: about as long as a sync takes.
const (
	gatherMax = 4
	gatherNs  = 200_000
)

func newLoop(s *Server, w *watch) (*loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	l := &loop{srv: s, watch: w, p: p, buf: make([]byte, readMax)}
	l.logMoved = func() {
		l.logged.Store(true)
		l.poke()
	}
	go l.run()
	return l, nil
}

// poke has the loop look at its inbox soon.
func (l *loop) poke() {
	l.news.Store(true)
	if l.asleep.Load() && l.asleep.CompareAndSwap(true, false) {
		l.p.wake()
	}
}

// join gives the loop a connection.
func (l *loop) join(m *member) {
	l.load.Add(1)
	l.mu.Lock()
	l.joined = append(l.joined, m)
	l.mu.Unlock()
	l.poke()
}

// end has the loop end. It has no connections any more.
func (l *loop) end() {
	l.mu.Lock()
	l.stop = true
	l.mu.Unlock()
	l.poke()
}

// run runs the loop until it ends, or until another goroutine runs it.
func (l *loop) run() {
	threads, own := &l.srv.loops.threads, false
	defer func() {
		if own {
			threads.end()
		}
	}()
	for {
		if !own {
			own = threads.take()
		}
		l.collect()
		rest := l.rest.len()
		// First what the log has let go: requests that are read now must not have it wait for their records as well.
		if !l.flushAll() || !l.visitAll(&l.work, l.work.len()) || !l.flushAll() || !l.visitAll(&l.rest, rest) || !l.flushAll() {
			return
		}
		if !l.gather() || !l.await() {
			return
		}
		if l.ending {
			l.p.close()
			return
		}
		l.wait()
	}
}

// wait waits until something happens. With work left it only looks.
func (l *loop) wait() {
	if !l.work.empty() || !l.rest.empty() || !l.dirty.empty() {
		l.p.poll()
		return
	}
	l.arm()
	l.asleep.Store(true)
	if l.news.Load() {
		l.p.poll()
	} else {
		l.p.wait()
	}
	l.asleep.Store(false)
}

// arm sets the timer to the next deadline.
func (l *loop) arm() {
	next := l.due.next()
	if next == l.armedMs {
		return
	}
	l.armedMs = next
	if next == 0 {
		l.p.arm(0)
		return
	}
	l.p.arm(max(time.UnixMilli(next).Sub(l.srv.Hub.Clock()), time.Nanosecond))
}

// collect puts connections to which something has happened into the queue.
func (l *loop) collect() {
	l.readyNs = l.srv.Hub.Nanotime()
	for i := range l.p.ready {
		e := &l.p.ready[i]
		if e.Fd < 0 {
			if e.Fd == slotTimer {
				l.armedMs = 0
			}
			continue
		}
		m := l.slots[e.Fd]
		m.happened(e.Events)
		l.enqueue(m)
	}
	l.p.ready = nil
	if l.news.Load() {
		l.news.Store(false)
		l.takeInbox()
	}
	if len(l.due) > 0 {
		l.expire()
	}
}

func (l *loop) takeInbox() {
	l.mu.Lock()
	woken := l.woken
	l.woken = l.spare[:0]
	joined, back := l.joined, l.back
	l.joined, l.back = nil, nil
	l.ending = l.stop
	l.mu.Unlock()
	for _, m := range joined {
		l.admit(m)
	}
	for _, m := range back {
		m.away = false
		l.touch(m)
	}
	for _, m := range woken {
		m.posted.Store(false) // before the mailbox is looked at
		m.flags |= mailed
		l.enqueue(m)
	}
	clear(woken)
	l.spare = woken
	if l.logged.Load() {
		l.logged.Store(false)
		l.awaiting = false
		l.release(nil)
	}
}

// expire wakes those whose deadline has passed.
func (l *loop) expire() {
	now := l.srv.Hub.Clock().UnixMilli()
	for len(l.due) > 0 && l.due[0].dueMs <= now {
		m := l.due[0]
		l.due.set(m, 0)
		m.flags |= mailed
		l.enqueue(m)
	}
}

// enqueue has a connection visited.
func (l *loop) enqueue(m *member) { l.enqueueTo(&l.work, m) }

func (l *loop) enqueueTo(q *fifo, m *member) {
	if !m.queued && !m.away && m.admitted && !m.closed {
		m.queued = true
		q.push(m)
	}
}

// touch has a connection's output written at the end of the turn.
func (l *loop) touch(m *member) {
	if !m.dirty && !m.closed {
		m.dirty = true
		l.dirty.push(m)
	}
}

// visitAll visits the first n of a queue. It returns false if the loop was taken over.
func (l *loop) visitAll(q *fifo, n int) bool {
	for ; n > 0; n-- {
		m := q.pop()
		m.queued = false
		if !l.visit(m) {
			return false
		}
	}
	return true
}

// flushAll writes the output of all that were visited. It returns false if the loop was taken over.
func (l *loop) flushAll() bool {
	for !l.dirty.empty() {
		m := l.dirty.pop()
		m.dirty = false
		if !l.flush(m) {
			return false
		}
	}
	return true
}

// gather visits those that have become ready meanwhile before replies wait for a sync, so that it is for more records. It
// waits for nobody. It returns false if the loop was taken over.
func (l *loop) gather() bool {
	if len(l.held) == 0 || !l.srv.Hub.Journal.Syncs() {
		return true
	}
	until := l.readyNs + gatherNs
	for n := 0; n < gatherMax && !l.awaiting && l.srv.Hub.Nanotime() < until; n++ {
		if l.p.poll(); len(l.p.ready) == 0 {
			break
		}
		l.collect()
		if !l.visitAll(&l.work, l.work.len()) || !l.flushAll() {
			return false
		}
	}
	return true
}

// await makes the records that replies wait for safe, or has the log tell when somebody else has. It returns false if the
// loop was taken over, which happens where the disk takes longer than the watch's patience: then others are served
// meanwhile, and who waits for the disk waits for the next round.
func (l *loop) await() bool {
	for len(l.held) > 0 && !l.awaiting {
		need := l.held[0].need // from begin on the loop may be another's
		turn := l.begin(nil)
		done, err := l.srv.Hub.Journal.Await(need, l.logMoved)
		if !l.done(turn) {
			return false
		}
		if !done {
			l.awaiting = true
			break
		}
		l.release(err)
		if !l.flushAll() {
			return false
		}
	}
	return true
}

// release has the output written of those who need not wait for the log any more: all of them if it failed.
func (l *loop) release(err error) {
	rest := l.held[:0]
	for _, m := range l.held {
		if m.closed {
			continue
		}
		if err != nil {
			m.sess.Release(err)
		}
		if seq, held := m.sess.Held(); held {
			m.need = seq
			rest = append(rest, m)
			continue
		}
		m.need = 0
		l.touch(m)
	}
	clear(l.held[len(rest):])
	l.held = rest
}

// begin says that a session is about to run, or with nil that the disk is about to be waited for. It returns the turn.
func (l *loop) begin(m *member) (turn uint64) {
	turn = l.turn.Load() + 1
	if l.current = m; m != nil {
		m.turn = turn
	}
	l.turn.Store(turn)
	l.watch.rouse()
	return turn
}

// done says that this is over. It returns false if the loop was taken over.
func (l *loop) done(turn uint64) bool { return l.turn.CompareAndSwap(turn, turn+1) }

// takeOver runs the loop on another goroutine if what runs in turn t still does.
func (l *loop) takeOver(t uint64) {
	if t&1 == 0 || !l.turn.CompareAndSwap(t, t+1) {
		return
	}
	if l.current != nil {
		l.current.away = true
		l.buf = make([]byte, readMax) // the session may be reading the other
	}
	go l.run()
}

// giveBack returns a connection that was away.
func (l *loop) giveBack(m *member) {
	l.mu.Lock()
	l.back = append(l.back, m)
	l.mu.Unlock()
	l.poke()
}

// fifo is a queue of connections.
type fifo struct {
	q    []*member
	head int
}

func (f *fifo) empty() bool { return f.head == len(f.q) }
func (f *fifo) len() int    { return len(f.q) - f.head }

func (f *fifo) push(m *member) { f.q = append(f.q, m) }

func (f *fifo) pop() *member {
	m := f.q[f.head]
	f.q[f.head] = nil
	f.head++
	if f.head == len(f.q) {
		f.q, f.head = f.q[:0], 0
	} else if f.head >= fifoSlack && f.head > len(f.q)/2 {
		n := copy(f.q, f.q[f.head:])
		clear(f.q[n:])
		f.q, f.head = f.q[:n], 0
	}
	return m
}

// fifoSlack is how many places may be empty before those behind them move up.
const fifoSlack = 1024
