// Package plan answers how much a server can take: the highest rate that meets a service level, with an interval; where
// throughput ends; what holds it back; and what that means in machines, memory and time.
//
// It drives one server through many short trials within one run, so that all of them are in one run directory, and
// leaves the deciding to lab/analysis. A plan gives no number when there is none to give: when the generator or the
// service level itself was the limit, it says so instead (an *Undecided error).
package plan

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"redline/lab"
	"redline/lab/analysis/capacity"
	"redline/lab/record"
	"redline/lab/workload"
)

// Options say what to plan for.
type Options struct {
	// Spec has the target or server and the workload. Its rates, loop and phases are replaced by those of the trials.
	Spec lab.Spec
	// SLO is the service level; a response time p99 is required.
	SLO record.SLO
	// Trial is how long one trial is measured, after Warmup.
	Trial, Warmup time.Duration
	Search        capacity.Options
	// Concurrency are the loads of the sweep, HeldOut those that are predicted from it; nil: the defaults.
	Concurrency, HeldOut []int
	NoSweep              bool // leave throughput over concurrency out
	Ask                  Ask
	// Say is told in one line what happens. May be nil.
	Say func(line string)
}

// Ask is what is to be provided for.
type Ask struct {
	Rate        float64 // requests per second; 0: not asked
	Utilisation float64 // of the capacity, that is planned with; 0: capacity.DefaultUtilisation
	Keys        int64   // to be held; 0: not asked
	PerYear     float64 // growth of the rate as a factor a year; 0: not known
	History     []capacity.Sample
	Now         time.Time
}

// Undecided says why there is no answer.
type Undecided struct{ Reason string }

// Error is the reason.
func (u *Undecided) Error() string { return u.Reason }

func undecided(format string, args ...any) error { return &Undecided{fmt.Sprintf(format, args...)} }

// Defaults of the trials.
const (
	DefaultTrial  = 3 * time.Second
	DefaultWarmup = 500 * time.Millisecond
	// How often a trial is made that the generator spoiled, before the plan gives up: what a busy one cannot send now it
	// cannot send later, but what holds a shared machine up passes.
	triesBusy, triesLate = 3, 10
	// backlogFor bounds what an overloaded trial holds back, in service levels and at least backlogLeast: what waits longer
	// has missed it anyway, and the server shall recover before the next trial.
	backlogFor   = 4
	backlogLeast = 200 * time.Millisecond
	// timeout is how long a trial waits for a reply.
	timeout = 5 * time.Second
)

// planner is a plan being made.
type planner struct {
	o     Options
	s     *lab.Session
	load  func(context.Context, workload.Spec) (*lab.Measured, error) // s.Load
	plan  *Plan
	loads uint64 // made so far
	// found is what the search ended with.
	found *capacity.Result
}

// Make makes a plan. The error is an *Undecided when the trials gave no answer; the run directory tells why.
func Make(ctx context.Context, o Options) (*Plan, error) {
	if o.SLO.ResponseP99Ns <= 0 {
		return nil, fmt.Errorf("a capacity is that of a service level: give one for the response time p99, such as --slo-p99 5ms")
	}
	o = o.withDefaults()
	p := newPlanner(o)
	dir, err := lab.Attend(ctx, o.Spec, func(ctx context.Context, s *lab.Session) error {
		p.s, p.load = s, s.Load
		p.plan.Target = record.Target{URL: s.Target().URL(), Kind: s.Identity().Kind, Version: s.Identity().Version,
			Local: s.Target().Loopback(), StartedByLab: s.Owned()}
		return p.all(ctx)
	})
	p.plan.RunDir = dir
	switch {
	case err != nil:
		return p.plan, err
	case ctx.Err() != nil:
		return p.plan, undecided("interrupted: a plan needs all its trials")
	}
	return p.plan, p.plan.write()
}

func newPlanner(o Options) *planner {
	return &planner{o: o, plan: &Plan{Format: 1, SLO: o.SLO, Loads: []Load{}, Trials: []Trial{}, Caveats: []string{}}}
}

func (o Options) withDefaults() Options {
	if o.Trial == 0 {
		o.Trial = DefaultTrial
	}
	if o.Warmup == 0 {
		o.Warmup = DefaultWarmup
	}
	if o.Concurrency == nil {
		o.Concurrency = []int{1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128}
	}
	if o.HeldOut == nil {
		o.HeldOut = []int{7, 10, 20, 40, 80}
	}
	if o.Ask.Utilisation == 0 {
		o.Ask.Utilisation = capacity.DefaultUtilisation
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	return o
}

// all makes the whole plan, most basic part first: without data and a healthy lowest rate nothing else means anything.
func (p *planner) all(ctx context.Context) error {
	steps := []func(context.Context) error{p.fill, p.search, p.down}
	if !p.o.NoSweep {
		steps = append(steps, p.sweep)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	return p.answer()
}

// fill writes the data set, and sees what a key takes.
func (p *planner) fill(ctx context.Context) error {
	if !p.o.Spec.Preload {
		return nil
	}
	w := p.o.Spec.Workload
	keys := w.PreloadKeys()
	p.o.Say(fmt.Sprintf("writing %d keys", keys))
	before, okBefore := p.memory()
	if err := p.s.Preload(ctx, w); err != nil {
		return err
	}
	if after, ok := p.memory(); ok && okBefore && after > before && keys >= bytesPerKeyFrom {
		perKey := float64(after-before) / float64(keys)
		p.plan.BytesPerKey = &perKey
	}
	return nil
}

// bytesPerKeyFrom is how many keys the growth of a process must be spread over to say something of one.
const bytesPerKeyFrom = 10_000

// memory returns what the server's process holds, in bytes.
func (p *planner) memory() (int64, bool) {
	info, err := p.s.Client().Info("memory")
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(info["used_memory_rss"], 10, 64)
	return n, err == nil
}
