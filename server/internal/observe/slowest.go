package observe

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// slowest keeps the slowest requests of the present minute and of the one before, so that what is shown is never older
// than two minutes and never shorter than one. The zero value is ready.
type slowest struct {
	least atomic.Int64 // ns: what a request must exceed to come in; 0 while there is room
	until atomic.Int64 // unix ns: end of the present minute

	mu   sync.Mutex
	now  []SlowRequest // guarded by mu; slowest first
	then []SlowRequest // guarded by mu
}

const (
	// SlowestMax is how many are kept of a minute: more than anybody reads.
	SlowestMax = 32
	slowestAge = time.Minute
)

func (s *slowest) wants(total int64, now time.Time) bool {
	return total > s.least.Load() || now.UnixNano() >= s.until.Load()
}

// turn begins a new minute if the present one is over. mu is held.
func (s *slowest) turn(now time.Time) {
	until := s.until.Load()
	if now.UnixNano() < until {
		return
	}
	s.then, s.now = s.now, nil
	if now.UnixNano() >= until+int64(slowestAge) {
		s.then = nil // nothing was slow for a whole minute
	}
	s.least.Store(0)
	s.until.Store(now.Add(slowestAge).UnixNano())
}

func (s *slowest) add(r SlowRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(r.Unix)
	s.now = append(s.now, r)
	slices.SortStableFunc(s.now, slowerFirst)
	if len(s.now) > SlowestMax {
		s.now[SlowestMax] = SlowRequest{}
		s.now = s.now[:SlowestMax]
	}
	if len(s.now) == SlowestMax {
		s.least.Store(s.now[SlowestMax-1].Times.Total())
	}
}

func slowerFirst(a, b SlowRequest) int { return cmp.Compare(b.Times.Total(), a.Times.Total()) }

func (s *slowest) list(n int, now time.Time) []SlowRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now)
	all := slices.Concat(s.now, s.then)
	slices.SortStableFunc(all, slowerFirst)
	return all[:min(n, len(all))]
}

func (s *slowest) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.then = nil, nil
	s.least.Store(0)
	s.until.Store(0)
}
