package session

import (
	"sync/atomic"

	"redline/server/internal/command"
)

// Journal is the log of changes as sessions and commands see it. Its methods may be called by any goroutine; those that
// wait, with no shard locked.
type Journal interface {
	// Target returns the record that must be safe before replies made up to now may leave, to a client whose own last
	// record is own; 0: none.
	Target(own uint64) uint64
	// Reached says whether a record is as safe as the settings ask.
	Reached(seq uint64) bool
	// Wait waits for that. It returns an error when the record cannot be made safe now.
	Wait(seq uint64) error

	// Await is Wait for loops, which must not wait for others: it returns true if the record is as safe as the settings ask,
	// or cannot be made so now, which the error tells. If nobody is at it the caller is, which takes as long as the disk.
	// Else wake is called once when who is at it has done; then Await has to be called again. wake only raises a flag: it
	// is called with locks held, from any goroutine.
	Await(seq uint64, wake func()) (done bool, err error)
	// Syncs says whether a round waits for the disk, so that it pays to have many records in it.
	Syncs() bool

	// Info returns what INFO shows.
	Info() JournalInfo
	// Rewrite has a new base made and the log before it dropped: BGREWRITEAOF. It says whether that begins at once, or
	// why it cannot be.
	Rewrite() (now bool, err error)
	// Reload throws all data away and loads it again from the log: DEBUG LOADAOF. c holds all shards.
	Reload(c *command.Call) error
	// OnDisk calls done once a record is on disk, from any goroutine, or at once if it is. It returns false if the log is
	// off.
	OnDisk(seq uint64, done func()) bool
}

// JournalInfo are figures of the log.
type JournalInfo struct {
	On             bool
	Rewriting      bool
	Scheduled      bool // a new base is wanted and waits for another snapshot to end
	Rewrites       int64
	LastSeconds    int64 // that the last new base took; -1: there was none
	CurrentSeconds int64 // since the present one began; -1: there is none
	RewriteFailed  bool  // the last one
	WriteFailed    bool  // the log cannot be written now
	Bytes          int64 // of base and log
	BaseBytes      int64 // of base and log when the base was made
	Buffered       int64 // bytes that are not in the file yet
	Syncing        bool
	LateSyncs      int64
	Written        uint64 // records ever
	Synced         uint64 // of them on disk
}

// Loading is whether the data is being loaded, and how far that is.
type Loading struct {
	active atomic.Bool
	began  atomic.Int64 // unix seconds

	Total  atomic.Int64 // bytes; 0: not known
	Loaded atomic.Int64
}

// Begin says that the data is being loaded from now on (unix seconds).
func (l *Loading) Begin(now int64) {
	l.Total.Store(0)
	l.Loaded.Store(0)
	l.began.Store(now)
	l.active.Store(true)
}

// End says that the data is there.
func (l *Loading) End() { l.active.Store(false) }

// Active says whether the data is being loaded.
func (l *Loading) Active() bool { return l.active.Load() }

// Began returns when loading began, in unix seconds.
func (l *Loading) Began() int64 { return l.began.Load() }

// span is where in the output the reply of a command stands that changed something.
type span struct{ from, to int }

// wrote takes down that the reply from mark on tells of a change that the log has under a number.
func (s *Session) wrote(seq uint64, mark int) {
	if seq == 0 {
		return
	}
	s.own = max(s.own, seq)
	if len(s.out.Buf) > mark {
		s.spans = append(s.spans, span{mark, len(s.out.Buf)})
	}
}

// hold fixes for which record the present output has to wait. It is called at the end of whatever appends to it.
func (s *Session) hold() {
	if j := s.Hub.Journal; j != nil && len(s.out.Buf) > 0 {
		s.need = j.Target(s.own)
	}
}

// Held returns the record for which the output waits. The transport calls Hub.Journal.Wait, or has itself woken, and then
// Release.
func (s *Session) Held() (seq uint64, held bool) {
	if s.need == 0 {
		return 0, false
	}
	if s.Hub.Journal.Reached(s.need) {
		s.need = 0
		s.logDone()
		return 0, false
	}
	s.logWaits()
	return s.need, true
}

// Release lets the output leave, after Wait has returned err. If what it tells of could not be made safe, the replies of
// the commands that changed something are replaced by an error: they may or may not come to be. Those of commands that
// only read leave as they are: reading goes on while the disk fails.
func (s *Session) Release(err error) {
	s.need = 0
	s.logDone()
	if err == nil || len(s.spans) == 0 {
		return
	}
	old := s.out.Buf
	s.out.Buf = make([]byte, 0, len(old))
	from := 0
	for _, p := range s.spans {
		if p.to > len(old) || p.from < from { // taken back by CLIENT REPLY
			continue
		}
		s.out.Buf = append(s.out.Buf, old[from:p.from]...)
		s.out.Error(command.ErrLogFailed + err.Error())
		s.Hub.Stats.Error("MISCONF")
		from = p.to
	}
	s.out.Buf = append(s.out.Buf, old[from:]...)
	s.spans = s.spans[:0]
	s.recycle(old)
}

// LastRecord returns the number of the last record of the log with a change that this client made, or 0.
func (s *Session) LastRecord() uint64 { return s.own }
