// Package duel compares two servers that run at the same time under the same load in short turns, in pairs of random
// order, and decides with lab/analysis/gate whether B is slower.
//
// Short turns, and not whole runs one after the other: on a shared machine whole runs of one binary differ by a fifth,
// while neighbouring moments differ by a few percent. Each server has a run directory of its own that holds all its
// turns.
package duel

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"redline/lab"
	"redline/lab/analysis/delta"
	"redline/lab/analysis/gate"
	"redline/lab/record"
	"redline/lab/workload"
)

// Options say what to compare.
type Options struct {
	A, B    lab.Spec      // server or target of each, and the workload: both the same, of which the last phase's rate is used
	Turn    time.Duration // length of one measurement; default 100 ms
	Gate    gate.Options
	Metrics []string // that decide; nil: DefaultMetrics
	// CalibrateFor is the slow-down whose chance of being missed is told. Default 0.05.
	CalibrateFor float64
	// ProfileFor is how long each side is profiled after the decision, in turns that
	// do not count; 0: not at all.
	ProfileFor time.Duration
	// Say is told in one line what happens. May be nil.
	Say func(line string)
}

// Result is the answer. docs/format/gate.md describes it.
type Result struct {
	Format      int              `json:"format"`
	A           record.Target    `json:"a"`
	B           record.Target    `json:"b"`
	Verdict     string           `json:"verdict"`
	Reasons     []string         `json:"reasons"`
	Caveats     []string         `json:"caveats"`
	Findings    []gate.Finding   `json:"findings"`
	Calibration gate.Calibration `json:"calibration"`
	Effect      float64          `json:"smallest_effect"`
	Alpha       float64          `json:"alpha"`
	Pairs       int              `json:"pairs"`
	TurnNs      int64            `json:"turn_ns"`
	RunDirs     [2]string        `json:"run_dirs"`
	// Profiles are what a request costs each side, and the functions that changed
	// most; empty when the sides were not profiled.
	Profiles []delta.Profile `json:"profiles"`
	// Report is the path of a report with the differential flame graphs, set by who
	// writes one.
	Report string `json:"report,omitempty"`
}

const (
	// turnDefault: for the same time, turns of 200 ms give intervals half as wide as turns of a second, and of 100 ms
	// narrower ones still, as what disturbs a shared machine comes in bursts that then spoil fewer of them.
	turnDefault = 100 * time.Millisecond
	// slice is the resolution of the run directories: a turn begins with a slice, so long ones would be mostly waiting.
	slice = 10 * time.Millisecond
)

// metric is one figure of a turn.
type metric struct {
	name   string
	higher bool
	of     func(*lab.Measured) float64
}

func quantile(q float64) func(*lab.Measured) float64 {
	return func(m *lab.Measured) float64 { return float64(m.Response.Quantile(q)) }
}

// metrics are all that are measured, in the order of a report.
var metrics = []metric{
	{"server_cpu_per_request", false, func(m *lab.Measured) float64 {
		if n := m.Counts.Completed + m.Counts.Errors; n > 0 {
			return float64(m.ServerCPU) / float64(n) / 1e3 // us
		}
		return 0
	}},
	{"throughput", true, func(m *lab.Measured) float64 { return m.ThroughputPerS }},
	{"response_mean", false, func(m *lab.Measured) float64 { return m.Response.Mean() }},
	{"response_p50", false, quantile(0.5)},
	{"response_p90", false, quantile(0.9)},
	{"response_p99", false, quantile(0.99)},
}

// MetricNames are those of the metrics that are measured.
func MetricNames() (names []string) {
	for _, m := range metrics {
		names = append(names, m.name)
	}
	return names
}

// DefaultMetrics decide unless others are named: what a request costs the server, and in a closed loop how many it can
// answer. In an open loop throughput is what was asked for, whoever answers.
func DefaultMetrics(loop workload.Loop) []string {
	if loop == workload.Closed {
		return []string{"server_cpu_per_request", "throughput"}
	}
	return []string{"server_cpu_per_request", "response_p50"}
}

// duel is one under way.
type duel struct {
	o      Options
	sides  [2]*side
	r      *Result
	rounds int
	// decided is set with the verdict; an interruption after it costs only profiles.
	decided bool
}

// side is A or B.
type side struct {
	s      *lab.Session
	spec   workload.Spec
	values map[string][]float64
	counts record.OpCounts
	late   bool // the generator was the bottleneck in some turn
	note   string
}

// Run makes the comparison. It returns a Result whenever turns were made.
func Run(ctx context.Context, o Options) (*Result, error) {
	o.Gate = o.Gate.WithDefaults()
	if o.Turn == 0 {
		o.Turn = turnDefault
	}
	if o.CalibrateFor == 0 {
		o.CalibrateFor = 0.05
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Metrics == nil {
		o.Metrics = DefaultMetrics(o.A.Workload.Loop)
	}
	o.A.Slice, o.B.Slice = slice, slice
	d := &duel{o: o, r: &Result{Format: 1, Reasons: []string{}, Caveats: []string{}, Findings: []gate.Finding{}, Profiles: []delta.Profile{},
		Effect: o.Gate.Effect, Alpha: o.Gate.Alpha, TurnNs: int64(o.Turn)}}
	dirA, err := lab.Attend(ctx, o.A, func(ctx context.Context, a *lab.Session) error {
		dirB, err := lab.Attend(ctx, o.B, func(ctx context.Context, b *lab.Session) error {
			d.sides = [2]*side{newSide(a, o.A.Workload), newSide(b, o.B.Workload)}
			return d.all(ctx)
		})
		d.r.RunDirs[1] = dirB
		return err
	})
	d.r.RunDirs[0] = dirA
	if err != nil {
		return nil, err
	}
	if !d.decided {
		return nil, ErrInterrupted
	}
	d.r.explain()
	return d.r, nil
}

// ErrInterrupted says that there was no time for an answer.
var ErrInterrupted = errors.New("interrupted: a comparison needs all its turns")

func newSide(s *lab.Session, w workload.Spec) *side {
	return &side{s: s, spec: w, values: map[string][]float64{}}
}

func describe(s *lab.Session) record.Target {
	return record.Target{URL: s.Target().URL(), Kind: s.Identity().Kind, Version: s.Identity().Version, PID: s.PID(),
		Local: s.Target().Loopback(), StartedByLab: s.Owned()}
}

// all makes pairs until there is a verdict or no look is left.
func (d *duel) all(ctx context.Context) error {
	d.r.A, d.r.B = describe(d.sides[0].s), describe(d.sides[1].s)
	if err := d.prepare(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	for _, pairs := range d.o.Gate.Looks {
		for d.rounds < pairs {
			if err := d.pair(ctx); err != nil || ctx.Err() != nil {
				return err
			}
		}
		d.r.Verdict, d.r.Findings = gate.Decide(d.series(), d.o.Gate)
		d.say()
		if d.r.Verdict != gate.Undecided {
			break
		}
	}
	d.conclude()
	d.decided = true
	d.profile(ctx)
	return nil
}

// prepare loads the data and makes a turn of each that does not count: connections, caches, the heap's size.
func (d *duel) prepare(ctx context.Context) error {
	for i, s := range d.sides {
		if preload := [2]bool{d.o.A.Preload, d.o.B.Preload}[i]; preload {
			if err := s.s.Preload(ctx, s.spec); err != nil {
				return err
			}
		}
		if _, err := d.turn(ctx, s); err != nil || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// pair measures both, the one or the other first by chance: in a fixed order, A B B A say, what comes back with the turns'
// own period, such as the turns of another gate, falls on the same side again and again and looks like a difference.
func (d *duel) pair(ctx context.Context) error {
	order := []int{0, 1}
	if rand.IntN(2) == 1 {
		order = []int{1, 0}
	}
	var ms [2]*lab.Measured
	for _, i := range order {
		var err error
		if ms[i], err = d.turn(ctx, d.sides[i]); err != nil || ctx.Err() != nil {
			return err
		}
	}
	for i, s := range d.sides {
		s.counts.Add(ms[i].Counts)
		if ms[i].Note != "" {
			s.note = ms[i].Note
		}
		s.late = s.late || limited(ms[i])
		for _, m := range metrics {
			s.values[m.name] = append(s.values[m.name], m.of(ms[i]))
		}
	}
	d.rounds++
	return nil
}

// turn is one measurement.
func (d *duel) turn(ctx context.Context, s *side) (*lab.Measured, error) {
	return s.s.Load(ctx, turnOf(s.spec, d.o.Turn))
}

// turnOf is a workload with one measured phase at the rate of its last one.
func turnOf(w workload.Spec, length time.Duration) workload.Spec {
	rate := 0.0
	if n := len(w.Phases); n > 0 {
		rate = w.Phases[n-1].RateTo
	}
	w.Phases = []workload.Phase{{Name: record.PhaseMeasure, Duration: length, RateFrom: rate, RateTo: rate}}
	return w
}

// limited tells whether an open loop fell behind because of the generator.
func limited(m *lab.Measured) bool {
	const busy, share = 0.9, 0.99
	return m.Spec.Loop == workload.Open && m.CPURatio >= busy && m.ThroughputPerS*m.DurationS < share*float64(m.Counts.Intended)
}

func (d *duel) series() (out []gate.Series) {
	for _, m := range metrics {
		gating := false
		for _, name := range d.o.Metrics {
			gating = gating || name == m.name
		}
		out = append(out, gate.Series{Metric: m.name, Higher: m.higher, Gating: gating, A: d.sides[0].values[m.name], B: d.sides[1].values[m.name]})
	}
	return out
}

func (d *duel) say() {
	for _, f := range d.r.Findings {
		if f.Gating {
			d.o.Say(fmt.Sprintf("after %d pairs: %s", d.rounds, f))
		}
	}
}

// errorShareMax is how much larger a share of failed requests B may have.
const errorShareMax = 0.001

// conclude adds what the figures do not show, and how far the verdict is to be trusted.
func (d *duel) conclude() {
	r, a, b := d.r, d.sides[0], d.sides[1]
	r.Pairs = d.rounds
	r.Calibration = gate.Calibrate(d.series(), d.o.Gate, d.o.CalibrateFor, rand.New(rand.NewPCG(1, 2))) // the same data, the same figures
	for _, f := range r.Findings {
		if f.Gating && f.Verdict != gate.Pass {
			reason := f.String()
			if n := f.PairsWanted(r.Effect); n > r.Pairs {
				reason += fmt.Sprintf("; in this noise about %d pairs would tell (--pairs)", n)
			}
			r.Reasons = append(r.Reasons, reason)
		}
	}
	missing(r, d.o.Metrics)
	if ea, eb := errorShare(a.counts), errorShare(b.counts); eb > ea+errorShareMax {
		r.Verdict = gate.Regression
		r.Reasons = append(r.Reasons, fmt.Sprintf("%.3g %% of B's requests failed, %.3g %% of A's: %s", 100*eb, 100*ea, b.note))
	}
	if (a.late || b.late) && r.Verdict != gate.Regression {
		r.Verdict = gate.Undecided
		r.Reasons = append(r.Reasons, "the generator was the bottleneck: lower the rate or add threads")
	}
	if len(r.Reasons) == 0 {
		r.Reasons = append(r.Reasons, fmt.Sprintf("no metric that decides is worse by %.3g %% or more", 100*r.Effect))
	}
	if r.Calibration.FalseAlarms > r.Alpha {
		r.Caveats = append(r.Caveats, fmt.Sprintf("in this noise the gate raises a false alarm in %.1f %% of comparisons, more than the %.1f %% asked for",
			100*r.Calibration.FalseAlarms, 100*r.Alpha))
	}
	if r.Verdict == gate.Pass && r.Calibration.Missed > 0.2 {
		r.Caveats = append(r.Caveats, fmt.Sprintf("in this noise a slow-down of %.3g %% would be missed in %.0f %% of comparisons: more pairs help (--pairs)",
			100*r.Calibration.Slower, 100*r.Calibration.Missed))
	}
}

// missing names metrics that should have decided and could not be measured.
func missing(r *Result, wanted []string) {
	for _, name := range wanted {
		found := false
		for _, f := range r.Findings {
			found = found || f.Metric == name
		}
		if !found {
			r.Reasons = append(r.Reasons, name+" could not be measured (the process is not on this machine, or nothing was answered)")
		}
	}
}

func errorShare(c record.OpCounts) float64 {
	if n := c.Completed + c.Errors; n > 0 {
		return float64(c.Errors) / float64(n)
	}
	return 0
}
