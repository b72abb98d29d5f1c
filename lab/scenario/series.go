package scenario

import (
	"sync"

	"redline/lab/record"
)

// kept are the sampled values that scenarios look at, by source and name.
var kept = map[string][]string{
	"server_proc": {"rss_bytes"},
	"metrics":     {"heap_alloc_bytes", "goroutines"},
	"info":        {"info_used_memory_bytes", "info_connected_clients"},
}

// point is a value at a time.
type point struct {
	tNs   int64
	value float64
}

// series keeps samples while a scenario runs. Samples come from any goroutine.
type series struct {
	mu     sync.Mutex
	points map[string][]point
}

func newSeries() *series { return &series{points: map[string][]point{}} }

func (s *series) take(sample *record.Sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range kept[sample.Source] {
		if v, ok := sample.Values[name]; ok {
			s.points[name] = append(s.points[name], point{sample.TNs, v})
		}
	}
}

// between returns the points of a value from one time to another, 0 for no end.
func (s *series) between(name string, fromNs, toNs int64) []point {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []point
	for _, p := range s.points[name] {
		if p.tNs >= fromNs && (toNs == 0 || p.tNs <= toNs) {
			out = append(out, p)
		}
	}
	return out
}

// highest is the greatest value of points; ok is false without one.
func highest(points []point) (v float64, ok bool) {
	for _, p := range points {
		if !ok || p.value > v {
			v, ok = p.value, true
		}
	}
	return v, ok
}
