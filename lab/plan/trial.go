package plan

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"redline/lab"
	"redline/lab/analysis/capacity"
	"redline/lab/record"
	"redline/lab/workload"
)

// Trial is what came out at one rate.
type Trial struct {
	capacity.Trial
	Stage         string  `json:"stage"` // search or down
	ResponseP50Ns int64   `json:"response_p50_ns"`
	ResponseP99Ns int64   `json:"response_p99_ns"`
	ErrorRatio    float64 `json:"error_ratio"`
	Why           string  `json:"why,omitempty"` // the service level was missed
}

// open returns the workload at a rate.
func (p *planner) open(rate float64) workload.Spec {
	w := p.o.Spec.Workload
	w.Loop, w.Timeout = workload.Open, timeout
	wait := max(backlogFor*time.Duration(p.o.SLO.ResponseP99Ns), backlogLeast)
	w.BacklogMax = max(1024, min(1<<20, int(rate*wait.Seconds())))
	w.Phases = p.phases(rate)
	return w
}

// apply makes a load, whose arrivals and choices are its own: all trials with the same ones would share their luck.
func (p *planner) apply(ctx context.Context, w workload.Spec) (*lab.Measured, error) {
	p.loads++
	w.Draw = p.loads
	return p.load(ctx, w)
}

func (p *planner) phases(rate float64) []workload.Phase {
	return []workload.Phase{
		{Name: record.PhaseWarmup, Duration: p.o.Warmup, RateFrom: rate, RateTo: rate},
		{Name: record.PhaseMeasure, Duration: p.o.Trial, RateFrom: rate, RateTo: rate},
	}
}

// trial tries a rate. One that the generator spoiled is repeated: it says nothing of the server.
func (p *planner) trial(ctx context.Context, stage string, rate float64) (Trial, error) {
	for try := 1; ; try++ {
		m, err := p.apply(ctx, p.open(rate))
		if err != nil || ctx.Err() != nil {
			return Trial{}, err
		}
		t := p.judge(stage, rate, m)
		why, tries, cause := spoiled(m, t, p.o.SLO)
		if why == "" {
			p.plan.Trials = append(p.plan.Trials, t)
			p.o.Say(t.String())
			return t, nil
		}
		if try >= tries { // what spoils them may change in between
			return Trial{}, undecided("%s: at %.0f per second %s; the server took %.0f per second within the service level until then",
				cause, rate, why, p.highestMet())
		}
		p.o.Say(fmt.Sprintf("%8.0f/s  again: %s", rate, why))
	}
}

// Bounds of the judgement of a trial.
const (
	rateShareMin   = 0.99
	generatorBusy  = 0.9
	pacingShareMax = 0.5 // of the service level: beyond it the lateness is the generator's
)

// judge says whether a trial met the service level.
func (p *planner) judge(stage string, rate float64, m *lab.Measured) Trial {
	t := Trial{Trial: capacity.Trial{Rate: rate, Achieved: m.ThroughputPerS}, Stage: stage,
		ResponseP50Ns: m.Response.Quantile(0.5), ResponseP99Ns: m.Response.Quantile(0.99)}
	if n := m.Counts.Completed + m.Counts.Errors; n > 0 {
		t.ErrorRatio = float64(m.Counts.Errors) / float64(n)
		p.plan.BytesPerRequest = float64(m.Counts.BytesIn+m.Counts.BytesOut) / float64(n)
	}
	switch {
	case m.Counts.Completed == 0:
		t.Why = "nothing was answered: " + m.Note
	case t.ErrorRatio > p.o.SLO.ErrorRatio:
		t.Why = fmt.Sprintf("%.3g %% of requests failed: %s", 100*t.ErrorRatio, m.Note)
	case fallsBehind(m):
		t.Why = fmt.Sprintf("got %.0f per second", m.ThroughputPerS)
	case t.ResponseP99Ns > p.o.SLO.ResponseP99Ns:
		t.Why = fmt.Sprintf("p99 %v", time.Duration(t.ResponseP99Ns).Round(10*time.Microsecond))
	}
	t.Met = t.Why == ""
	return t
}

// fallsBehind tells whether a trial ended with more requests open than are always under way at its end.
func fallsBehind(m *lab.Measured) bool {
	intended, answered := float64(m.Counts.Intended), m.ThroughputPerS*m.DurationS+float64(m.Counts.Errors)
	return answered < rateShareMin*intended-float64(m.Spec.Connections)
}

// spoiled says how the generator, and not the server, decided a trial that missed, how often that is tried, and what
// the cause is if it stays so.
func spoiled(m *lab.Measured, t Trial, slo record.SLO) (why string, tries int, cause string) {
	if t.Met {
		return "", 0, ""
	}
	if m.CPURatio >= generatorBusy {
		return fmt.Sprintf("its threads used %.0f %% of their CPUs", 100*m.CPURatio), triesBusy, "the generator saturates first"
	}
	if p := m.Pacing.Quantile(0.99); float64(p) > pacingShareMax*float64(slo.ResponseP99Ns) {
		return fmt.Sprintf("it sent 1 %% of requests more than %v late although a connection was free", time.Duration(p).Round(10*time.Microsecond)), triesLate,
			"the machine does not let the generator keep its schedule (a virtual one may with --awake)"
	}
	return "", 0, ""
}

// String is the trial's progress line.
func (t Trial) String() string {
	word := "met"
	if !t.Met {
		word = "missed: " + t.Why
	}
	return fmt.Sprintf("%8.0f/s  p50 %-9v p99 %-9v %s", t.Rate, time.Duration(t.ResponseP50Ns).Round(time.Microsecond),
		time.Duration(t.ResponseP99Ns).Round(10*time.Microsecond), word)
}

func (p *planner) highestMet() (rate float64) {
	for _, t := range p.plan.Trials {
		if t.Met {
			rate = max(rate, t.Rate)
		}
	}
	return rate
}

// search finds the capacity.
func (p *planner) search(ctx context.Context) error {
	s := capacity.NewSearch(p.o.Search)
	for {
		rate, more := s.Next()
		if !more || ctx.Err() != nil {
			break
		}
		t, err := p.trial(ctx, "search", rate)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		s.Add(t.Trial)
	}
	if ctx.Err() != nil {
		return nil
	}
	r, err := s.Result()
	if err != nil {
		return undecided("no capacity for p99 <= %v: %v%s", time.Duration(p.o.SLO.ResponseP99Ns), err, p.lastMiss())
	}
	r.TakeOut(p.tooShort(r.Capacity))
	p.plan.Capacity = &Estimate{Value: r.Capacity, Low: r.CI.Low, High: r.CI.High}
	p.plan.SaturationPerS = max(p.plan.SaturationPerS, r.Saturation)
	if r.Wide {
		p.plan.Caveats = append(p.plan.Caveats, fmt.Sprintf("%d trials contradict each other: the interval is wider than asked for; longer trials or a quieter machine help", len(r.Trials)))
	}
	p.found = r
	return nil
}

// luck is how far above the truth half of the trials still meet the service level, in standard deviations of the number
// of random arrivals in a trial: the bursts that make long queues are rare, and most short trials have too few of them.
// From simulated M/D/1 queues of 5,000 to 100,000 per second, p99 of 2 to 20 ms and trials of 1 and 3 s: 1.8 to 2.1, and
// less where the trial is hardly longer than it takes a queue to build up.
const luck = 1.8

// tooShort says what trials as short as these do to a capacity: bias, by what share they put it too high; and unseen, the
// overload that they may not see beyond that, as a queue that grows so slowly that the service level holds until the trial
// ends looks like none: service level over length.
func (p *planner) tooShort(capacity float64) (bias, unseen float64) {
	if p.o.Spec.Workload.Arrivals == workload.Poisson {
		bias = luck / math.Sqrt(capacity*p.o.Trial.Seconds())
	}
	return bias, max(0, float64(p.o.SLO.ResponseP99Ns)/float64(p.o.Trial)-bias)
}

func (p *planner) lastMiss() string {
	for i := len(p.plan.Trials) - 1; i >= 0; i-- {
		if t := p.plan.Trials[i]; !t.Met {
			return fmt.Sprintf(" (at %.0f per second: %s)", t.Rate, strings.TrimSuffix(t.Why, ": "))
		}
	}
	return ""
}

// downShares are the rates on the way down from overload, as shares of the interval's ends: first what overloads, then
// what was met on the way up.
var downShares = []float64{1.5, 0.98, 0.9, 0.75, 0.5}

// down comes back from overload, to see whether the server recovers at the rates it could take before.
func (p *planner) down(ctx context.Context) error {
	var trials []capacity.Trial
	for i, share := range downShares {
		rate := p.found.CI.Low * share
		if i == 0 {
			rate = p.found.CI.High * share
		}
		t, err := p.trial(ctx, "down", rate)
		if err != nil {
			if i == 0 { // the generator cannot overload it: nothing to come down from
				p.plan.Caveats = append(p.plan.Caveats, "no way down from overload was tried: "+err.Error())
				return nil
			}
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		trials = append(trials, t.Trial)
		if t.Met && i > 0 {
			break
		}
	}
	recovers, worse := capacity.Hysteresis(p.found, trials)
	p.plan.RecoversAtPerS = recovers
	if worse {
		p.plan.Caveats = append(p.plan.Caveats, fmt.Sprintf(
			"hysteresis: once overloaded the server meets the service level again only at %.0f per second; plan with that", recovers))
	}
	return nil
}
