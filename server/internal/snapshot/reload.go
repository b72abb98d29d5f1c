package snapshot

import (
	"context"

	"redline/server/internal/keyspace"
)

// ReloadOptions are those of DEBUG RELOAD.
type ReloadOptions struct {
	NoSave  bool // load the file as it is
	NoFlush bool // keep what is there
	Merge   bool // the file's keys take the place of those that are there
}

// Reload saves the data, empties the keyspace and loads the data again, while the caller holds all shards' locks. What it
// returns is to be called when the locks are off: it gives memory back.
func (s *Service) Reload(o ReloadOptions) (release func(), err error) {
	sp := s.o.Space
	release = func() {}
	j, ctx, err := s.start(context.Background(), false)
	if err != nil { // its walk waits for the locks, so it cannot be waited for
		return release, err
	}
	if sv := sp.Saver(); sv != nil { // that of the log: its point in time has passed, so it can be completed from here
		sv.Finish()
	}
	if o.NoSave {
		defer s.forget(j)
	} else if err := s.run(ctx, j, true); err != nil {
		return release, err
	}
	if !o.NoFlush {
		release = flush(sp)
	}
	lo := s.LoadOptions()
	lo.Held, lo.Replace = true, o.Merge
	res, err := LoadFile(context.Background(), s.o.FS, s.Path(), lo)
	if err == nil {
		s.Loaded(res)
	}
	return release, err
}

// forget ends a job that was to keep others away only.
func (s *Service) forget(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.job = nil
	j.cancel()
	close(j.done)
}

// flush empties all databases.
func flush(sp *keyspace.Space) (release func()) {
	var all []func()
	for i := range sp.Shards() {
		for n := range sp.Databases() {
			if f := sp.Shard(i).DB(n).Flush(); f != nil {
				all = append(all, f)
			}
		}
	}
	return func() {
		for _, f := range all {
			f()
		}
	}
}
