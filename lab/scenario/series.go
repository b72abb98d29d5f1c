package scenario

import (
	"sync"

	"redline/lab/record"
)

// kept are the sampled values that scenarios look at, by source and name.
var kept = map[string][]string{
	"server_proc": {"rss_bytes"},
	"metrics":     {"heap_alloc_bytes", "goroutines"},
	"info":        {"info_used_memory_bytes"},
	"host":        {hostBusy},
}

// Names of series of CPU time in nanoseconds.
const (
	hostBusy     = "host_cpu_busy_ns"
	serverCPU    = "server_proc cpu"
	generatorCPU = "generator cpu"
)

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
	if user, ok := sample.Values["cpu_user_ns"]; ok {
		name := sample.Source + " cpu"
		s.points[name] = append(s.points[name], point{sample.TNs, user + sample.Values["cpu_system_ns"]})
	}
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

// othersShare is how much of the machine's CPUs was taken by programs that are
// neither the server nor the lab; ok is false where that cannot be seen, as with
// a server on another machine.
func (s *series) othersShare(cpus int) (share float64, ok bool) {
	var used [3]float64
	span := 0.0
	for i, name := range []string{hostBusy, serverCPU, generatorCPU} {
		p := s.between(name, 0, 0)
		if len(p) < 2 {
			return 0, false
		}
		first, last := p[0], p[len(p)-1]
		used[i] = last.value - first.value
		if i == 0 {
			span = float64(last.tNs - first.tNs)
		}
	}
	if span <= 0 || cpus < 1 {
		return 0, false
	}
	return max(used[0]-used[1]-used[2], 0) / span / float64(cpus), true
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
