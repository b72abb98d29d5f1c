package workload

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Loop says what makes the driver send a request.
type Loop string

const (
	// Open sends when the schedule says so, whatever the replies do: what
	// independent users do.
	Open Loop = "open"
	// Closed sends when the previous replies have arrived, after Spec.Think: what
	// a fixed number of workers do, and what hides stalls from its own
	// measurements.
	Closed Loop = "closed"
	// PartlyOpen lets sessions arrive as the schedule says; each then sends its
	// requests one after another, with thinking between: what visitors do. The
	// intended time of a session's first request is its arrival, that of each
	// further one is the previous reply plus the time of thinking.
	PartlyOpen Loop = "partly-open"
)

// Arrivals says how an open or partly open loop spaces arrivals.
type Arrivals string

const (
	Constant Arrivals = "constant" // evenly
	Poisson  Arrivals = "poisson"  // independently of each other
)

// Spec is a workload.
type Spec struct {
	Name string
	// Test is the named test the phases make up (load, stress, spike, soak), or
	// empty. It decides how the result is judged, not what is sent.
	Test     string
	Loop     Loop
	Arrivals Arrivals // open and partly open loop only
	// Connections is how many the driver keeps open, over all its threads.
	Connections int
	// Pipeline is the highest number of requests in flight on a connection. An
	// open loop sends at most that many before it queues; a closed loop sends
	// that many at once and waits for all their replies.
	Pipeline int
	Threads  int
	// Think is how long a connection of a closed loop waits after its replies
	// before it sends again, in nanoseconds. Not given: not at all.
	Think Law
	// Session is what arrives in a partly open loop.
	Session Session
	// Keys is the first group of keys, and the prefix of those of all groups.
	Keys   Keys
	Groups []Group // further groups
	// ValueBytes is the length of what {value} stands for where Values gives none.
	ValueBytes int
	Values     Values
	Ops        []Op
	Phases     []Phase
	// Thresholds are what a pass requires, beside those of the operations.
	Thresholds []Threshold
	// Stop ends the load early when the thresholds are missed. May be nil.
	Stop *StopRule
	// Timeout is how long the client waits for a reply before it gives up on the
	// connection and counts what was in flight there as failed.
	Timeout time.Duration
	// BacklogMax bounds how many requests an open loop holds back when no
	// connection is free; what is intended beyond is counted as dropped.
	BacklogMax int
	// Seed decides all that is random. Loads of one seed and different Draws have the same data set, and other arrivals and
	// choices: repeats that share their luck are none.
	Seed, Draw uint64
}

// source returns the random numbers of one thread for one use.
func (s *Spec) source(thread int, use uint64) *rand.PCG {
	return rand.NewPCG(s.Seed, uint64(thread)<<32|use^s.Draw<<48)
}

// Session is what one arrival of a partly open loop does.
type Session struct {
	Requests Law // how many requests it sends; drawn for each session
	Think    Law // nanoseconds between a reply and the next request; drawn each time
}

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
	if s.Stop != nil {
		stop := *s.Stop
		if stop.Window == 0 {
			stop.Window = stopWindow
		}
		if stop.Windows == 0 {
			stop.Windows = stopWindows
		}
		s.Stop = &stop
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
	for i := range s.Ops {
		op := &s.Ops[i]
		if op.Writes || slices.ContainsFunc(op.All(), op.changes) {
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

// AskedPerS is how many requests per second the measured phases ask for on
// average; 0 in a closed loop.
func (s *Spec) AskedPerS() float64 {
	if s.Loop == Closed {
		return 0
	}
	arrivals, seconds := 0.0, 0.0
	for _, p := range s.Phases {
		if p.Name == PhaseMeasure {
			arrivals += (p.RateFrom + p.RateTo) / 2 * p.Duration.Seconds()
			seconds += p.Duration.Seconds()
		}
	}
	if s.Loop == PartlyOpen {
		arrivals *= s.Session.Requests.Mean()
	}
	if seconds == 0 {
		return 0
	}
	return arrivals / seconds
}
