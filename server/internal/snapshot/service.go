package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"redline/server/internal/collection"
	"redline/server/internal/config"
	"redline/server/internal/keyspace"
	"redline/server/internal/rdb"
	"redline/vfs"
)

// ErrSaving is returned when a snapshot for the RDB file is being written already.
var ErrSaving = errors.New("background save already in progress")

// Service writes the RDB file that the settings dir and dbfilename name: when a client asks for it, when a save point is
// due, and when the server ends. It remembers how that went.
type Service struct {
	o ServiceOptions

	mu        sync.Mutex // a leaf
	job       *job       // guarded by mu; nil: none is under way
	scheduled bool       // guarded by mu: one is to begin as soon as it can
	past      past       // guarded by mu

	saved  atomic.Int64 // what Changes was at the point in time of the last good file
	failed atomic.Bool  // the last one in the background failed
}

// ServiceOptions are what a Service stands on.
type ServiceOptions struct {
	Space   *keyspace.Space
	FS      vfs.FS
	Config  *config.Config
	Log     *slog.Logger
	Now     func() time.Time
	Changes func() int64 // how many changes were made so far: it must not lag behind what a shard's lock protects
	Facts   func() []Aux // what stands in the file's head; nil: nothing
}

// past is how it went so far.
type past struct {
	good     time.Time     // when the last file was complete; at first when the server started
	tried    time.Time     // when the last one in the background began
	took     time.Duration // what it took; below 0: there was none
	saves    int64
	staged   int64 // of the last one
	loaded   int64 // keys that were loaded last
	outdated int64 // keys that were left out then, as their deadline had passed
}

// job is a snapshot under way.
type job struct {
	began      time.Time
	background bool
	cancel     context.CancelFunc
	killed     atomic.Bool
	done       chan struct{}
	progress   Progress
	changes    int64 // at its point in time; valid once it is over
}

// NewService returns a Service.
func NewService(o ServiceOptions) *Service {
	return &Service{o: o, past: past{good: o.Now(), took: -1}}
}

// Path returns the name of the RDB file.
func (s *Service) Path() string {
	v := s.o.Config.Values()
	return filepath.Join(v.Dir, v.DBFilename)
}

// Save writes the file and returns when it is on disk.
func (s *Service) Save(ctx context.Context) error {
	j, ctx, err := s.start(ctx, false)
	if err != nil {
		return err
	}
	return s.run(ctx, j, false)
}

// Background begins to write the file and returns at once. If that is not possible now, because of another kind of
// snapshot, it returns ErrBusy, or with schedule begins later and returns scheduled.
func (s *Service) Background(schedule bool) (scheduled bool, err error) {
	if s.o.Space.Saving() {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case s.job != nil:
			return false, ErrSaving
		case !schedule:
			return false, ErrBusy
		}
		s.scheduled = true
		return true, nil
	}
	j, ctx, err := s.start(context.Background(), true)
	if err != nil {
		return false, err
	}
	go func() { _ = s.run(ctx, j, false) }() // it is logged, and remembered
	return false, nil
}

func (s *Service) start(ctx context.Context, background bool) (*job, context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job != nil {
		return nil, nil, ErrSaving
	}
	j := &job{began: s.o.Now(), background: background, done: make(chan struct{})}
	ctx, j.cancel = context.WithCancel(ctx)
	s.job = j
	s.scheduled = false
	if background {
		s.past.tried = j.began
	}
	return j, ctx, nil
}

// run writes the file.
func (s *Service) run(ctx context.Context, j *job, held bool) error {
	v := s.o.Config.Values()
	path := s.Path()
	res, err := Write(ctx, Options{
		Space: s.o.Space, FS: s.o.FS, Path: path, Compress: v.RDBCompressed, Checksum: v.RDBChecksum, Access: AccessOf(v),
		Now: s.o.Now, Held: held, KeyDelayUs: v.RDBKeySaveDelayUs, Progress: &j.progress,
		OnPoint: func() []Aux {
			j.changes = s.o.Changes()
			if s.o.Facts == nil {
				return nil
			}
			return s.o.Facts()
		},
	})
	j.cancel()
	s.over(j, res, err, path)
	return err
}

// AccessOf returns what the eviction policy goes by.
func AccessOf(v *config.Values) Access {
	switch {
	case strings.HasSuffix(v.MaxMemoryPolicy, "-lfu"):
		return Frequency
	case strings.HasSuffix(v.MaxMemoryPolicy, "-lru"):
		return Idle
	}
	return NoAccess
}

// over remembers how a job ended.
func (s *Service) over(j *job, res Result, err error, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(j.done)
	s.job = nil
	now := s.o.Now()
	took := now.Sub(j.began)
	if j.background {
		s.past.took = took
	}
	switch {
	case err == nil:
		s.past.good, s.past.staged = now, res.Staged
		s.past.saves++
		s.saved.Store(j.changes)
		s.failed.Store(false)
		s.o.Log.Info("the data is on disk", "file", path, "keys", res.Keys, "bytes", res.Bytes, "took", took, "staged", res.Staged)
	case j.killed.Load(): // as intended: it says nothing about the disk
		s.o.Log.Info("a snapshot was given up", "file", path)
	case errors.Is(err, ErrBusy) && j.background:
		s.scheduled = true
	default:
		if j.background {
			s.failed.Store(true)
		}
		s.o.Log.Error("the data could not be saved; see that the directory can be written to and the disk has room", "file", path, "err", err)
	}
}

// retryAfter is how long a save point waits after a failure: CONFIG_BGSAVE_RETRY_DELAY of Redis.
const retryAfter = 5 * time.Second

// Tick begins a snapshot if one is due. It is to be called a few times a second.
func (s *Service) Tick() {
	s.mu.Lock()
	busy, scheduled, good, tried := s.job != nil, s.scheduled, s.past.good, s.past.tried
	s.mu.Unlock()
	if busy || s.o.Space.Saving() {
		return
	}
	now, changes := s.o.Now(), s.Changes()
	if s.failed.Load() && now.Sub(tried) <= retryAfter {
		return
	}
	due := scheduled
	for _, p := range s.o.Config.Values().Save {
		if changes >= p.Changes && now.Sub(good) > time.Duration(p.Seconds)*time.Second {
			s.o.Log.Info("a save point is due", "changes", changes, "seconds", p.Seconds)
			due = true
			break
		}
	}
	if due {
		_, _ = s.Background(true) // it is logged, and tried again
	}
}

// Changes returns how many changes are not in the file.
func (s *Service) Changes() int64 { return s.o.Changes() - s.saved.Load() }

// Flushed is told that all databases were emptied. What is being written in the background is given up, and with save points
// the file is written anew, so that the data does not come back with the next start: as Redis does.
func (s *Service) Flushed() {
	s.kill()
	if len(s.o.Config.Values().Save) > 0 {
		s.mu.Lock()
		s.scheduled = true
		s.mu.Unlock()
	}
}

// kill gives up what is being written in the background.
func (s *Service) kill() *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job == nil || !s.job.background {
		return s.job
	}
	s.job.killed.Store(true)
	s.job.cancel()
	return s.job
}

// Close gives up what is being written in the background, and returns when nothing is written any more. No shard may be
// locked by the caller.
func (s *Service) Close() {
	if j := s.kill(); j != nil {
		<-j.done
	}
}

// errMisconf is what writers are told while the data cannot be saved, in Redis' words.
const errMisconf = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the " +
	"data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails " +
	"(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."

// Deny returns the error with which writers are to be refused, or nothing.
func (s *Service) Deny() string {
	if !s.failed.Load() { // fast path
		return ""
	}
	if v := s.o.Config.Values(); !v.StopWrites || len(v.Save) == 0 {
		return ""
	}
	return errMisconf
}

// Status is how it went so far, and what is under way.
type Status struct {
	Changes       int64 // that are not in the file
	Saving        bool  // in the background
	Good          bool  // the last one in the background was
	LastSave      time.Time
	LastTook      time.Duration // below 0: there was none
	Took          time.Duration // of the one under way; below 0: there is none
	Saves         int64
	Staged        int64 // most bytes that waited in memory
	Keys, Total   int64 // of the one under way
	KeysLoaded    int64
	KeysExpired   int64 // left out while loading
	CurrentStaged int64
}

// Status returns how it went so far.
func (s *Service) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.past
	st := Status{Changes: s.Changes(), Good: !s.failed.Load(), LastSave: p.good, LastTook: p.took, Took: -1, Saves: p.saves,
		Staged: p.staged, KeysLoaded: p.loaded, KeysExpired: p.outdated}
	if j := s.job; j != nil {
		st.Saving, st.Keys, st.Total = j.background, j.progress.Keys.Load(), j.progress.Total.Load()
		st.CurrentStaged = j.progress.Staged.Load()
		if j.background {
			st.Took = s.o.Now().Sub(j.began)
		}
	}
	return st
}

// Loaded is told of data that was loaded: it is on disk.
func (s *Service) Loaded(res LoadResult) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past.loaded, s.past.outdated = res.Keys, res.Expired
	s.saved.Store(s.o.Changes())
	if res.Libraries > 0 {
		s.o.Log.Warn("libraries of functions in the RDB file were left out: there are no functions here", "libraries", res.Libraries)
	}
	if res.Modules > 0 {
		s.o.Log.Warn("data of modules in the RDB file was left out: there are no modules here", "parts", res.Modules)
	}
}

// LoadOptions returns the options for loading under the present settings.
func (s *Service) LoadOptions() LoadOptions {
	v := s.o.Config.Values()
	return LoadOptions{Space: s.o.Space, Limits: LimitsOf(v), LFU: v.LFU, Now: s.o.Now, SkipChecksum: !v.RDBChecksum}
}

// LimitsOf returns the limits of the small encodings under the settings.
func LimitsOf(v *config.Values) rdb.Limits {
	return rdb.Limits{
		List:      v.ListMaxListpackSize,
		Hash:      collection.HashLimits{Entries: v.HashMaxListpackEntries, Value: v.HashMaxListpackValue},
		SetIntset: v.SetMaxIntsetEntries,
		ZSet:      collection.ZSetLimits{Entries: v.ZSetMaxListpackEntries, Value: v.ZSetMaxListpackValue},
	}
}

// LoadAtStart loads the RDB file, if there is one. found is false if not.
func (s *Service) LoadAtStart(ctx context.Context, p *LoadProgress) (found bool, err error) {
	o, began := s.LoadOptions(), s.o.Now()
	o.Progress = p
	res, err := LoadFile(ctx, s.o.FS, s.Path(), o)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return true, fmt.Errorf("%w; 'redline check' tells more, and another 'dbfilename' starts without it", err)
	}
	s.Loaded(res)
	s.o.Log.Info("loaded the data from disk", "file", s.Path(), "keys", res.Keys, "expired", res.Expired, "bytes", res.Bytes, "took", s.o.Now().Sub(began))
	return true, nil
}
