package attribution

import (
	"fmt"

	"github.com/google/pprof/profile"

	"redline/lab/record"
)

// load is what the driver and the probes say of a run: how many requests were completed when, and what CPU time the server
// used.
type load struct {
	startedUnixNs int64
	fromNs, toNs  int64 // the measured phase
	completed     []stretch
	cores         float64 // that the machine gives
	serverCPU     float64 // seconds in the measured phase; 0: not known
	metrics       []metricsPoint
}

// stretch is a slice of the run with the requests completed in it.
type stretch struct {
	from, to  int64
	completed float64
}

// metricsPoint is what Go's memory statistics said at one time.
type metricsPoint struct {
	ns             int64
	mallocs, bytes float64
}

// span is a stretch of time in nanoseconds since the run's start.
type span struct{ from, to int64 }

func readLoad(d *record.Dir) (*load, error) {
	run := d.Run()
	l := &load{startedUnixNs: run.StartedUnixNs, cores: float64(run.Conditions.CPUs)}
	if q := run.Conditions.CgroupCPUQuota; q > 0 && (q < l.cores || l.cores == 0) {
		l.cores = q
	}
	for _, p := range run.Phases {
		if p.Name != record.PhaseMeasure {
			continue
		}
		if l.toNs == 0 {
			l.fromNs = p.StartNs
		}
		l.toNs = max(l.toNs, p.EndNs)
	}
	for s, err := range d.Slices() {
		if damaged(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		l.completed = append(l.completed, stretch{s.TNs, s.TNs + s.DurNs, float64(s.Total().Completed)})
		if s.Phase == record.PhaseMeasure {
			l.toNs = max(l.toNs, s.TNs+s.DurNs) // a run that was killed has no end of its phase
		}
	}
	return l, l.readSamples(d)
}

// readSamples takes the server's CPU time and Go's memory statistics from samples.jsonl.
func (l *load) readSamples(d *record.Dir) error {
	var cpu []metricsPoint // mallocs holds seconds
	for s, err := range d.Samples() {
		if damaged(err) {
			break
		}
		if err != nil {
			return err
		}
		switch s.Source {
		case "server_proc":
			user, ok := s.Values["cpu_user_ns"]
			if system, both := s.Values["cpu_system_ns"]; ok && both {
				cpu = append(cpu, metricsPoint{ns: s.TNs, mallocs: (user + system) / 1e9})
			}
		case "metrics":
			mallocs, ok := s.Values["go_memstats_mallocs_total"]
			if bytes, both := s.Values["alloc_total_bytes"]; ok && both {
				l.metrics = append(l.metrics, metricsPoint{s.TNs, mallocs, bytes})
			}
		}
	}
	if from, to, ok := bounds(cpu, l.fromNs, l.toNs); ok {
		// Samples fall near the bounds of the phase, not on them.
		l.serverCPU = (to.mallocs - from.mallocs) * float64(l.toNs-l.fromNs) / float64(to.ns-from.ns)
	}
	return nil
}

// bounds returns the points nearest to two times. They must lie apart by half of the time between at least, and not fall.
func bounds(points []metricsPoint, fromNs, toNs int64) (from, to metricsPoint, ok bool) {
	if len(points) == 0 {
		return from, to, false
	}
	from, to = points[0], points[0]
	for _, p := range points {
		if distance(p.ns, fromNs) < distance(from.ns, fromNs) {
			from = p
		}
		if distance(p.ns, toNs) < distance(to.ns, toNs) {
			to = p
		}
	}
	return from, to, to.ns-from.ns > 0 && 2*(to.ns-from.ns) >= toNs-fromNs && to.mallocs >= from.mallocs
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// requests returns how many requests were completed in a stretch of time; parts of slices count in proportion.
func (l *load) requests(from, to int64) (sum float64) {
	for _, s := range l.completed {
		if s.to <= s.from {
			continue
		}
		if inside := min(s.to, to) - max(s.from, from); inside > 0 {
			sum += s.completed * float64(inside) / float64(s.to-s.from)
		}
	}
	return sum
}

// spanOf is when a CPU profile was taken; the measured phase where it does not tell.
func (l *load) spanOf(p *profile.Profile) span {
	from := p.TimeNanos - l.startedUnixNs
	if p.TimeNanos == 0 || p.DurationNanos <= 0 || from < 0 || from > l.toNs {
		if p.DurationNanos > 0 {
			return span{l.fromNs, l.fromNs + p.DurationNanos}
		}
		return span{l.fromNs, l.toNs}
	}
	return span{from, from + p.DurationNanos}
}

// between is the time from one snapshot to another; the measured phase where they do not tell.
func (l *load) between(before, after *profile.Profile) span {
	from, to := before.TimeNanos-l.startedUnixNs, after.TimeNanos-l.startedUnixNs
	if before.TimeNanos == 0 || from < 0 || to <= from {
		return span{l.fromNs, l.toNs}
	}
	return span{from, to}
}

func (s span) String() string {
	return fmt.Sprintf("%.1f s to %.1f s", float64(s.from)/1e9, float64(s.to)/1e9)
}
