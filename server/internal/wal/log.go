package wal

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"redline/vfs"
)

// Policy says when the log is synced.
type Policy struct {
	Always      bool // before a reply leaves
	EverySecond bool // in the background
	Writes      int  // in the background, whenever so many records are not on disk; 0: not by their number
}

// Options says how a Log is opened.
type Options struct {
	FS     vfs.FS
	Dir    string // exists
	Next   uint64 // number of the first record; above that of any record in the directory
	Flags  Flag   // of the first segment
	Policy Policy
	// SegmentBytes is the size of a segment; 0 stands for 64 MiB.
	SegmentBytes int64
	Clock        func() time.Time // nil: time.Now
	// Changed is told of a failure when it begins, and with nil when the log works again; nil: nobody is told. It is called
	// without locks.
	Changed func(err error)
	// Synced is told, without locks, after each sync; nil: nobody is told.
	Synced func(seq uint64)
}

// Errors of a Log.
var (
	ErrClosed = errors.New("the log is closed")
	// ErrLost says that records which were not yet on disk cannot be read back after a failed sync: only a snapshot of the
	// data, and a new history after it, can make the log whole again.
	ErrLost = errors.New("what was not yet on disk was lost with the failed sync")
)

// Log writes records. Its methods are safe for concurrent use.
//
// Three numbers only grow: appended >= written >= synced, of records that were taken, are in the file, and on disk.
// There is at most one leader, who alone writes to the file and changes it; whoever syncs, changes or closes the file
// holds ioMu, which is taken before mu.
type Log struct {
	o        Options
	always   atomic.Bool
	second   atomic.Bool
	writes   atomic.Int64
	appended atomic.Uint64 // stored with mu held
	written  atomic.Uint64 // stored with mu held
	synced   atomic.Uint64 // stored with mu held
	syncs    atomic.Int64
	late     atomic.Int64 // background syncs that took more than a second
	syncing  atomic.Bool  // a background sync is under way
	pending  atomic.Bool  // segments are made with the flag Pending
	cut      atomic.Bool  // the next batch begins a segment

	spareState atomic.Int32 // see spare.go

	mu      sync.Mutex
	bytes   int64  // guarded by mu: of all frames since Open
	buf     []byte // guarded by mu: frames that nobody has taken yet, signed for the current segment
	idle    []byte // guarded by mu: the other buffer, nil while a leader has it
	stuck   []byte // guarded by mu: frames that could not be written; they come before buf
	seed    uint32 // guarded by mu: of the current segment
	leading bool   // guarded by mu
	// expected is how many sessions wrote at once lately: those that the last round released and those that already waited
	// for the next. full is where a leader that gathers waits for them. All guarded by mu.
	expected, rest int
	full           chan struct{}
	waiters        []*waiter // guarded by mu
	watchers       []func()  // guarded by mu: told when the round ends
	err            error     // guarded by mu: why nothing is written now
	closed         bool      // guarded by mu

	ioMu sync.Mutex
	seg  current // its file is guarded by ioMu, the rest by being leader; see there
	list []made  // guarded by ioMu: the segments of this log, the current one last

	// pool is of waiters: a log's own, since channels that are made in simulated time must stay in it.
	pool sync.Pool

	kick  chan struct{} // wakes the background
	stop  chan struct{}
	ended chan struct{}
}

// waiter is someone who waits for a round.
type waiter struct {
	seq uint64
	ch  chan struct{} // with room for one
}

// bufferKeep is how large a buffer may be and still be kept for the next batch: a second of heavy writing fits many times.
const bufferKeep = 4 << 20

// Open begins a log with a new segment.
func Open(o Options) (*Log, error) {
	if o.SegmentBytes == 0 {
		o.SegmentBytes = segmentBytes
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	l := &Log{o: o, kick: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	l.pool.New = func() any { return &waiter{ch: make(chan struct{}, 1)} }
	l.pending.Store(o.Flags&Pending != 0)
	l.appended.Store(o.Next - 1)
	l.written.Store(o.Next - 1)
	l.synced.Store(o.Next - 1)
	l.SetPolicy(o.Policy)
	if err := l.first(); err != nil {
		return nil, err
	}
	go l.background()
	return l, nil
}

// SetPolicy changes the policy.
func (l *Log) SetPolicy(p Policy) {
	l.always.Store(p.Always)
	l.second.Store(p.EverySecond)
	l.writes.Store(int64(p.Writes))
	l.mu.Lock()
	l.wakeWaiters()
	l.mu.Unlock()
	l.wake()
}

// Commit takes one record and returns its number. It never fails and never waits for the disk: Wait tells what became of
// it. The effects may be reused afterwards.
func (l *Log) Commit(nowMs int64, effects []Effect) uint64 {
	l.mu.Lock()
	seq := l.appended.Load() + 1
	before := len(l.buf)
	l.buf = appendFrame(l.buf, l.seed, seq, l.synced.Load(), nowMs, effects)
	l.bytes += int64(len(l.buf) - before)
	l.appended.Store(seq)
	l.mu.Unlock()
	return seq
}

// Appended returns the number of the last record.
func (l *Log) Appended() uint64 { return l.appended.Load() }

// Synced returns the number of the last record that is on disk.
func (l *Log) Synced() uint64 { return l.synced.Load() }

// Always says whether the policy is to sync before a reply leaves.
func (l *Log) Always() bool { return l.always.Load() }

// Reached says whether a record is as safe as the policy asks. It takes no lock.
func (l *Log) Reached(seq uint64) bool {
	if l.always.Load() {
		return l.synced.Load() >= seq
	}
	return l.written.Load() >= seq
}

// Wait waits until a record is as safe as the policy asks: in the file, or on disk. An error means that it is not and
// will not be soon; it may become so later.
func (l *Log) Wait(seq uint64) error {
	if l.Reached(seq) { // fast path
		return nil
	}
	l.mu.Lock()
	for {
		switch {
		case l.Reached(seq):
			l.mu.Unlock()
			return nil
		case l.err != nil:
			err := l.err
			l.mu.Unlock()
			return err
		case !l.leading:
			l.lead()
			continue
		}
		w := l.pool.Get().(*waiter)
		w.seq = seq
		l.waiters = append(l.waiters, w)
		if l.full != nil && len(l.waiters)+1 >= l.expected {
			l.full <- struct{}{}
			l.full = nil
		}
		l.mu.Unlock()
		<-w.ch
		l.pool.Put(w)
		l.mu.Lock()
	}
}

// Await is Wait for those who must not wait for others: it says whether a record is as safe as the policy asks, or, with an
// error, that it will not be soon. If nobody leads a round the caller does, which takes as long as the disk. Else wake is
// called once, when the round that somebody else leads has ended; then Await has to be called again. wake is called with the
// log's lock held, so it may do no more than raise a flag.
func (l *Log) Await(seq uint64, wake func()) (done bool, err error) {
	if l.Reached(seq) { // fast path
		return true, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case l.Reached(seq):
			return true, nil
		case l.err != nil:
			return true, l.err
		case l.leading:
			l.watchers = append(l.watchers, wake)
			return false, nil
		}
		l.lead()
	}
}

// Err returns why nothing can be written now, or nil.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// lead runs one round: it writes what is in the buffer, and syncs it under "always". Called with mu held, which it gives
// up meanwhile.
func (l *Log) lead() {
	l.leading = true
	if l.always.Load() {
		l.gather()
	}
	batch, last := l.buf, l.appended.Load()
	l.buf, l.idle = l.idle[:0], nil
	l.mu.Unlock()

	err := l.write(batch, last)
	if err == nil && l.always.Load() {
		err = l.sync()
	}

	l.mu.Lock()
	l.leading = false
	if cap(batch) <= bufferKeep {
		l.idle = batch[:0]
	}
	failed := l.note(err)
	l.expected = len(l.waiters) + 1 // this one included
	l.wakeWaiters()
	if failed || l.due() {
		l.mu.Unlock()
		if failed {
			l.tell(err)
		}
		l.wake()
		l.mu.Lock()
	}
}

// Bounds of gather.
const (
	// gatherMax is how long a leader waits for others, at most: about as long as a sync takes.
	gatherMax = time.Millisecond
	// gatherRest is how many rounds go without waiting after one in which those expected did not come: clients that do
	// something else between two writes are not made to wait for each other.
	gatherRest = 64
)

// gather lets the sessions of the last rounds put their next record into this one: a sync costs as much for many as for
// one, and without it two halves of the clients would take turns, each waiting for the other's sync. Called with mu held,
// which it gives up meanwhile.
func (l *Log) gather() {
	if l.rest > 0 {
		l.rest--
		return
	}
	if len(l.waiters)+1 >= l.expected {
		return
	}
	full := make(chan struct{}, 1)
	l.full = full
	l.mu.Unlock()
	late := time.NewTimer(gatherMax)
	select {
	case <-full:
	case <-late.C:
	}
	late.Stop()
	l.mu.Lock()
	l.full = nil
	if 2*(len(l.waiters)+1) < l.expected {
		l.rest = gatherRest
	}
}

// aheadBytes is how much may be in the file and not on disk before the background syncs, whatever the policy: a segment is on
// disk before the next one begins, and replies wait for what is left to do then.
const aheadBytes = 4 << 20

// due says whether the background has a sync to do because of what was written. Called with mu held.
func (l *Log) due() bool {
	n := l.writes.Load()
	many := n > 0 && l.written.Load()-l.synced.Load() >= uint64(n) || l.seg.off-l.seg.safe >= aheadBytes
	return many && !l.syncing.Load()
}

// note takes down a failure and says whether it is the first. Called with mu held.
func (l *Log) note(err error) (first bool) {
	if err == nil || l.err != nil {
		return false
	}
	l.err = err
	return true
}

func (l *Log) tell(err error) {
	if l.o.Changed != nil {
		l.o.Changed(err)
	}
}

// wakeWaiters wakes those whose record is safe, all of them after a failure, and one of the rest to lead; and all who are only
// told. Called with mu held.
func (l *Log) wakeWaiters() {
	rest := l.waiters[:0]
	leader := false
	for _, w := range l.waiters {
		if l.err != nil || l.Reached(w.seq) || !leader {
			leader = leader || l.err == nil && !l.Reached(w.seq)
			w.ch <- struct{}{}
			continue
		}
		rest = append(rest, w)
	}
	clear(l.waiters[len(rest):])
	l.waiters = rest
	for _, wake := range l.watchers {
		wake()
	}
	clear(l.watchers)
	l.watchers = l.watchers[:0]
}

// wake has the background look round.
func (l *Log) wake() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// Cut has a new segment begin as soon as a file for it is prepared, so that what is before now can be dropped.
func (l *Log) Cut() {
	l.cut.Store(true)
	if l.spareState.CompareAndSwap(spareNone, spareWanted) {
		l.wake()
	}
}

// Pending says whether the history still waits for its base.
func (l *Log) Pending() bool { return l.pending.Load() }

// Settle says that the history's base is complete.
func (l *Log) Settle() {
	if l.pending.Swap(false) {
		l.Cut()
	}
}
