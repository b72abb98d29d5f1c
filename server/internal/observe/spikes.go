package observe

import (
	"slices"
	"strings"
	"sync"
)

// Spikes is the latency monitor: for each kind of event the last times it took longer than latency-monitor-threshold.
// The zero value is ready.
type Spikes struct {
	mu     sync.Mutex
	events map[string]*series // guarded by mu
}

// Spike is one moment of an event. Several within a second are one, the longest.
type Spike struct {
	Unix int64 // seconds
	Ms   int64
}

type series struct {
	spikes []Spike // oldest first
	max    int64
}

// spikesMax is how many moments of an event are kept, as in Redis (latency.h).
const spikesMax = 160

// The events that are recorded.
const (
	EventCommand     = "command"
	EventFastCommand = "fast-command"
	EventExpireCycle = "expire-cycle"
)

// Add records an event.
func (s *Spikes) Add(event string, unix, ms int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.events == nil {
		s.events = make(map[string]*series)
	}
	e := s.events[event]
	if e == nil {
		e = &series{}
		s.events[event] = e
	}
	e.max = max(e.max, ms)
	if n := len(e.spikes); n > 0 && e.spikes[n-1].Unix == unix {
		e.spikes[n-1].Ms = max(e.spikes[n-1].Ms, ms)
		return
	}
	if len(e.spikes) == spikesMax {
		e.spikes = append(e.spikes[:0], e.spikes[1:]...)
	}
	e.spikes = append(e.spikes, Spike{unix, ms})
}

// Latest is an event's last moment and its longest ever.
type Latest struct {
	Event string
	Spike
	Max int64 // ms
}

// Latest returns all events by name.
func (s *Spikes) Latest() []Latest {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Latest, 0, len(s.events))
	for name, e := range s.events {
		all = append(all, Latest{name, e.spikes[len(e.spikes)-1], e.max})
	}
	slices.SortFunc(all, func(a, b Latest) int { return strings.Compare(a.Event, b.Event) })
	return all
}

// History returns the moments of an event, oldest first, and its longest ever in ms.
func (s *Spikes) History(event string) (spikes []Spike, longest int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.events[event]; e != nil {
		return slices.Clone(e.spikes), e.max
	}
	return nil, 0
}

// Reset forgets events, all of them when none is named, and returns how many it forgot.
func (s *Spikes) Reset(events ...string) (forgot int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(events) == 0 {
		forgot = len(s.events)
		clear(s.events)
	}
	for _, e := range events {
		if _, ok := s.events[e]; ok {
			delete(s.events, e)
			forgot++
		}
	}
	return forgot
}
