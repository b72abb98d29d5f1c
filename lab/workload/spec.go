package workload

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Loop says what makes the driver send a request.
type Loop string

const (
	// Open sends when the schedule says so, whatever the replies do: what
	// independent users do.
	Open Loop = "open"
	// Closed sends when the previous replies have arrived: what a fixed number
	// of workers do, and what hides stalls from its own measurements.
	Closed Loop = "closed"
)

// Arrivals says how an open loop spaces requests.
type Arrivals string

const (
	Constant Arrivals = "constant" // evenly
	Poisson  Arrivals = "poisson"  // independently of each other
)

// Spec is a workload.
type Spec struct {
	Name     string
	Loop     Loop
	Arrivals Arrivals // open loop only
	// Connections is how many the driver keeps open, over all its threads.
	Connections int
	// Pipeline is the highest number of requests in flight on a connection. An
	// open loop sends at most that many before it queues; a closed loop sends
	// that many at once and waits for all their replies.
	Pipeline int
	Threads  int
	Keys     Keys
	// ValueBytes is the length of what {value} stands for.
	ValueBytes int
	Ops        []Op
	Phases     []Phase
	// Timeout is how long the client waits for a reply before it gives up on the
	// connection and counts what was in flight there as failed.
	Timeout time.Duration
	// BacklogMax bounds how many requests an open loop holds back when no
	// connection is free; what is intended beyond is counted as dropped.
	BacklogMax int
	Seed       uint64
}

// Keys is the set of keys {key} stands for: Prefix and a number below Count in
// fixed width, so that all keys of a workload have the same length.
type Keys struct {
	Prefix string
	Count  int64
	Dist   Dist
}

// Op is one kind of request.
type Op struct {
	Name   string
	Weight float64
	// Command holds the arguments. In each of them {key} stands for a key,
	// {value} for a value and {int} for a number below Keys.Count.
	Command []string
	Writes  bool // it may change the data
}

// Phase is a stretch of time with one target rate, which moves evenly from
// RateFrom to RateTo (requests per second; both 0 in a closed loop).
type Phase struct {
	Name     string
	Duration time.Duration
	RateFrom float64
	RateTo   float64
}

// Bounds of what a Spec may ask for; each is far above what one machine can do
// and low enough that a typing error shows.
const (
	maxRatePerS    = 50e6
	maxConnections = 100_000
	maxPipeline    = 10_000
	maxThreads     = 256
	maxKeys        = 10_000_000_000
	maxValueBytes  = 512 << 20 // the protocol's limit of a string
	maxPrefixBytes = 1 << 10
	maxBacklog     = 1 << 20 // 8 MB of pending instants
)

// WithDefaults fills what was left at zero and depends on other fields.
func (s Spec) WithDefaults(cpus int) Spec {
	if s.Threads == 0 {
		// Half of the cores stay for the server when it runs on the same machine;
		// a single thread is best where there are at most two.
		s.Threads = max(1, min(4, cpus/2, s.Connections))
	}
	if s.Timeout == 0 {
		s.Timeout = 5 * time.Second
	}
	if s.BacklogMax == 0 {
		// What waits longer than a client would is lost to its user anyway.
		s.BacklogMax = int(min(max(s.PeakRate()*s.Timeout.Seconds(), 1024), maxBacklog))
	}
	if s.Pipeline == 0 {
		s.Pipeline = 1
	}
	if s.Arrivals == "" {
		s.Arrivals = Constant
	}
	return s
}

// PeakRate is the highest rate of any phase, per second.
func (s *Spec) PeakRate() float64 {
	peak := 0.0
	for _, p := range s.Phases {
		peak = max(peak, p.RateFrom, p.RateTo)
	}
	return peak
}

// Duration is the sum of all phases.
func (s *Spec) Duration() time.Duration {
	var d time.Duration
	for _, p := range s.Phases {
		d += p.Duration
	}
	return d
}

// Writes tells whether any operation may change data.
func (s *Spec) Writes() bool {
	for _, op := range s.Ops {
		if op.Writes {
			return true
		}
	}
	return false
}

// Mix is the share of each operation; the shares sum to 1.
func (s *Spec) Mix() map[string]float64 {
	sum := 0.0
	for _, op := range s.Ops {
		sum += op.Weight
	}
	mix := map[string]float64{}
	for _, op := range s.Ops {
		mix[op.Name] += op.Weight / sum
	}
	return mix
}

// Validate returns an error of one line that names what is wrong and the likely
// fix, or nil.
func (s *Spec) Validate() error {
	for _, check := range []func(*Spec) error{checkLoop, checkSizes, checkKeys, checkOps, checkPhases} {
		if err := check(s); err != nil {
			return err
		}
	}
	return nil
}

func checkLoop(s *Spec) error {
	if s.Loop != Open && s.Loop != Closed {
		return fmt.Errorf("loop %q: want open or closed", s.Loop)
	}
	if s.Arrivals != Constant && s.Arrivals != Poisson {
		return fmt.Errorf("arrivals %q: want constant or poisson", s.Arrivals)
	}
	return nil
}

func checkSizes(s *Spec) error {
	for _, f := range []struct {
		name      string
		got       int
		low, high int
	}{
		{"connections", s.Connections, 1, maxConnections},
		{"pipeline", s.Pipeline, 1, maxPipeline},
		{"threads", s.Threads, 1, maxThreads},
		{"value size", s.ValueBytes, 0, maxValueBytes},
		{"backlog", s.BacklogMax, 1, maxBacklog},
	} {
		if f.got < f.low || f.got > f.high {
			return fmt.Errorf("%s is %d: want %d to %d", f.name, f.got, f.low, f.high)
		}
	}
	if s.Threads > s.Connections {
		return fmt.Errorf("%d threads for %d connections: each thread needs a connection, so lower threads or raise connections",
			s.Threads, s.Connections)
	}
	if s.Timeout < time.Millisecond || s.Timeout > time.Hour {
		return fmt.Errorf("timeout is %v: want 1ms to 1h", s.Timeout)
	}
	return nil
}

func checkKeys(s *Spec) error {
	k := &s.Keys
	if k.Count < 1 || k.Count > maxKeys {
		return fmt.Errorf("key count is %d: want 1 to %d", k.Count, int64(maxKeys))
	}
	if len(k.Prefix) > maxPrefixBytes || strings.ContainsAny(k.Prefix, "{}*?[]\\\r\n\x00") {
		return fmt.Errorf("key prefix %.40q: want at most %d bytes without {}*?[]\\ and control characters", k.Prefix, maxPrefixBytes)
	}
	return k.Dist.validate()
}

func checkOps(s *Spec) error {
	if len(s.Ops) == 0 {
		return fmt.Errorf("no operations: give a mix such as get=0.9,set=0.1")
	}
	seen := map[string]bool{}
	for _, op := range s.Ops {
		if op.Name == "" || strings.ContainsAny(op.Name, ":, \r\n\"") {
			return fmt.Errorf("operation name %q: want a word without colons, commas, quotes and spaces", op.Name)
		}
		if seen[op.Name] {
			return fmt.Errorf("operation %s is given twice: add up its weights", op.Name)
		}
		seen[op.Name] = true
		if !(op.Weight > 0) || math.IsInf(op.Weight, 0) {
			return fmt.Errorf("operation %s has weight %g: want more than 0", op.Name, op.Weight)
		}
		if len(op.Command) == 0 || op.Command[0] == "" {
			return fmt.Errorf("operation %s has no command", op.Name)
		}
		for _, arg := range op.Command {
			if _, err := splitArg(arg); err != nil {
				return fmt.Errorf("operation %s: %w", op.Name, err)
			}
		}
	}
	return nil
}

func checkPhases(s *Spec) error {
	if len(s.Phases) == 0 {
		return fmt.Errorf("no phases: give a duration")
	}
	for _, p := range s.Phases {
		if p.Duration <= 0 || p.Duration > 10*365*24*time.Hour {
			return fmt.Errorf("duration of phase %s is %v: want more than 0", p.Name, p.Duration)
		}
		if s.Loop == Closed {
			continue
		}
		for _, r := range []float64{p.RateFrom, p.RateTo} {
			if !(r >= 0) || r > maxRatePerS {
				return fmt.Errorf("rate of phase %s is %g per second: want 0 to %g", p.Name, r, float64(maxRatePerS))
			}
		}
		if p.RateFrom == 0 && p.RateTo == 0 {
			return fmt.Errorf("rate of phase %s is 0: give a rate, or use a closed loop", p.Name)
		}
	}
	return nil
}
