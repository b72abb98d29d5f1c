package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/session"
	"redline/server/internal/wal"
	"redline/vfs"
)

// persist keeps the log of changes: it is opened here, switched on and off, shortened, and brought back at start.
//
// Sessions and the engine know it as command.Log and session.Journal. Whether there is a log changes only with all shards
// locked; a goroutine, the keeper, does all that takes time: it makes bases, switches, and begins a new history when the
// present one cannot be continued.
type persist struct {
	hub *session.Hub
	log *slog.Logger
	fs  vfs.FS
	// segmentBytes is the size of a segment of the log; 0: the usual one.
	segmentBytes int64

	current atomic.Pointer[wal.Log] // nil: off

	wanted  atomic.Bool // appendonly
	last    uint64      // the last record of a log that was switched off; the keeper's
	waiting []waiter    // guarded by mu
	failing atomic.Bool // the log cannot be written

	lockMu sync.Mutex
	lock   io.Closer // guarded by lockMu: of the directory; nil: it is not ours

	mu      sync.Mutex
	rewrite rewriteState       // guarded by mu
	opened  *wal.Log           // guarded by mu: a log that is to be switched on, with its history
	cancel  context.CancelFunc // guarded by mu: ends making the base

	kick  chan struct{}
	stop  chan struct{}
	ended chan struct{}
}

// waiter is who waits for a record to be on disk.
type waiter struct {
	seq  uint64
	done func()
}

// rewriteState is what is known of bases that were made or are wanted.
type rewriteState struct {
	wanted      bool // BGREWRITEAOF
	running     bool
	began       time.Time
	lastSeconds int64
	count       int64
	failed      bool
	retryAt     time.Time
	baseBytes   int64 // size of base and log when the base was made
	fileBytes   int64 // of the base alone
	mark        int64 // the log's bytes at the base's record
}

func newPersist(h *session.Hub, fs vfs.FS, log *slog.Logger) *persist {
	p := &persist{hub: h, fs: fs, log: log, kick: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	p.rewrite.lastSeconds = -1
	h.Journal = p
	h.Engine.Log = p
	h.Engine.LogOff.Store(true)
	return p
}

// dir is where the log is.
func (p *persist) dir(v *config.Values) string { return filepath.Join(v.Dir, v.AppendDirname) }

func policy(v *config.Values) wal.Policy {
	return wal.Policy{Always: v.AppendFsync == "always", EverySecond: v.AppendFsync == "everysec", Writes: v.AppendFsyncWrites}
}

// setPolicy carries out a change of appendfsync.
func (p *persist) setPolicy(v *config.Values) error {
	if l := p.current.Load(); l != nil {
		l.SetPolicy(policy(v))
	}
	return nil
}

// Commit implements command.Log.
func (p *persist) Commit(nowMs int64, effects []command.Effect) uint64 {
	l := p.current.Load()
	if l == nil {
		return 0
	}
	return l.Commit(nowMs, effects)
}

// Target implements session.Journal. Under "always" even who only reads waits for all there is: he may have seen a write
// that is not on disk yet.
func (p *persist) Target(own uint64) uint64 {
	l := p.current.Load()
	switch {
	case l == nil:
		return 0
	case l.Always():
		return l.Appended()
	}
	return own
}

// Reached implements session.Journal.
func (p *persist) Reached(seq uint64) bool {
	l := p.current.Load()
	return l == nil || l.Reached(seq)
}

// Wait implements session.Journal.
func (p *persist) Wait(seq uint64) error {
	l := p.current.Load()
	if l == nil {
		return nil
	}
	return reason(l.Wait(seq))
}

// Await implements session.Journal.
func (p *persist) Await(seq uint64, wake func()) (done bool, err error) {
	l := p.current.Load()
	if l == nil {
		return true, nil
	}
	done, err = l.Await(seq, wake)
	return done, reason(err)
}

// Syncs implements session.Journal.
func (p *persist) Syncs() bool {
	l := p.current.Load()
	return l != nil && l.Always()
}

// reason shortens an error to what a client can do something with: the system's words, as Redis tells them.
func reason(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errors.New(strings.ToUpper(errno.Error()[:1]) + errno.Error()[1:])
	}
	return err
}

// changed is told when the log fails and when it works again.
func (p *persist) changed(err error) {
	p.failing.Store(err != nil)
	p.hub.Frozen.Store(err != nil)
	if err == nil {
		p.log.Info("the log can be written again: writes are accepted")
		return
	}
	p.log.Error("cannot write the log: writes are refused until it can be written again", "err", err)
	p.wake()
}

// admit refuses what may not run now: everything but a few commands while the data is being loaded, and writes while the
// log cannot be written.
func (p *persist) admit(s *session.Session, spec *command.Spec, _ [][]byte) string {
	if p.hub.Loading.Active() && (!spec.Is(command.Loading) || anyQueued(s, spec, func(q *command.Spec) bool { return !q.Is(command.Loading) })) {
		return "LOADING Redis is loading the dataset in memory"
	}
	if p.failing.Load() && (writes(spec) || spec.FullName == "ping" || anyQueued(s, spec, writes)) {
		if l := p.current.Load(); l != nil {
			if err := l.Err(); err != nil {
				return command.ErrLogFailed + reason(err).Error()
			}
		}
	}
	return ""
}

func writes(spec *command.Spec) bool { return spec.Is(command.Write) }

// anyQueued says whether a command is the EXEC of one with a property.
func anyQueued(s *session.Session, spec *command.Spec, is func(*command.Spec) bool) bool {
	if spec.FullName == "exec" {
		for _, q := range s.Txn.Queue {
			if is(q.Spec) {
				return true
			}
		}
	}
	return false
}

// synced is told after each sync.
func (p *persist) synced(seq uint64) {
	p.mu.Lock()
	var ready []func()
	rest := p.waiting[:0]
	for _, w := range p.waiting {
		if w.seq <= seq {
			ready = append(ready, w.done)
		} else {
			rest = append(rest, w)
		}
	}
	clear(p.waiting[len(rest):])
	p.waiting = rest
	p.mu.Unlock()
	for _, done := range ready {
		done()
	}
}

// OnDisk implements session.Journal.
func (p *persist) OnDisk(seq uint64, done func()) bool {
	l := p.current.Load()
	if l == nil {
		return false
	}
	p.mu.Lock()
	if l.Synced() < seq {
		p.waiting = append(p.waiting, waiter{seq, done})
		p.mu.Unlock()
		if p.hub.Config.Values().AppendFsync == "no" {
			go func() { _ = l.Sync() }() // a failure is told to Changed
		}
		return true
	}
	p.mu.Unlock()
	done()
	return true
}

// Info implements session.Journal.
func (p *persist) Info() session.JournalInfo {
	l := p.current.Load()
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &p.rewrite
	starting := p.starting()
	i := session.JournalInfo{On: p.wanted.Load(), Rewriting: r.running || starting, Scheduled: r.wanted && !r.running && !starting, Rewrites: r.count, LastSeconds: r.lastSeconds,
		CurrentSeconds: -1, RewriteFailed: r.failed, WriteFailed: p.failing.Load(), BaseBytes: r.baseBytes}
	if r.running {
		i.CurrentSeconds = int64(p.hub.Clock().Sub(r.began).Seconds())
	}
	if l != nil {
		st := l.Stats()
		i.Bytes, i.Buffered, i.Syncing, i.LateSyncs = r.fileBytes+st.Bytes-r.mark, st.Buffered, st.Syncing, st.Late
		i.Written, i.Synced = l.Appended(), l.Synced()
	}
	return i
}

// starting says whether the keeper is about to make a base: for clients it is under way. Called with mu held.
func (p *persist) starting() bool {
	r := &p.rewrite
	return r.wanted && !r.running && !p.hub.Engine.Space.Saving() && !p.hub.Clock().Before(r.retryAt)
}

// idle says whether no base is being made or about to be.
func (p *persist) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.rewrite.running && !p.starting()
}

// settleMax bounds how long DEBUG LOADAOF waits for a base that is being made.
const settleMax = 30 * time.Second

// beforeReload has DEBUG LOADAOF wait for a base that is being made: with all shards locked it could not be completed, and
// what was logged before it is complete is of no use without it.
func (p *persist) beforeReload(_ *session.Session, spec *command.Spec, args [][]byte) string {
	if spec.FullName != "debug" || len(args) != 2 || !command.Is(args[1], "loadaof") {
		return ""
	}
	for end := p.hub.Clock().Add(settleMax); !p.idle() && p.hub.Clock().Before(end); {
		time.Sleep(time.Millisecond)
	}
	return ""
}

// wake has the keeper look round.
func (p *persist) wake() {
	select {
	case p.kick <- struct{}{}:
	default:
	}
}
