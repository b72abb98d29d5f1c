// Package capacity finds the highest rate at which a service level is met, from trials at rates it chooses, with an
// interval; and answers what follows from it: headroom, number of machines, the date at which capacity ends. It knows
// numbers only: whoever runs the trials tells it what came out.
//
// Near capacity chance decides whether a trial meets its service level, so bisection alone would take one unlucky trial
// for the truth. The search therefore keeps a probability for every possible capacity and asks where the answer tells
// most: the method QUEST of psychophysics (A. B. Watson, D. G. Pelli, "QUEST: A Bayesian adaptive psychometric method",
// Perception & Psychophysics 33, 1983), with the steepness of the transition unknown as well.
package capacity

import (
	"errors"
	"fmt"
	"slices"

	"redline/lab/analysis/stats"
)

// Trial is one measurement at a rate.
type Trial struct {
	Rate float64 `json:"rate"` // asked for, 1/s
	Met  bool    `json:"met"`  // the service level, throughput included
	// Achieved is the throughput that came out, 1/s.
	Achieved float64 `json:"achieved"`
}

// Options of a search. Zero fields stand for the defaults.
type Options struct {
	Low  float64 // first rate to try; default 100 per second
	High float64 // highest rate to try; default 10 million per second
	// Width is how wide the interval may be at most, as a share of the capacity. Default 0.08.
	Width float64
	// TrialsMin and TrialsMax bound how many trials are made after the first one that missed: at least so many, that a
	// lucky start is not believed, and at most so many. Default 10 and 100.
	TrialsMin, TrialsMax int
}

func (o Options) withDefaults() Options {
	if o.Low == 0 {
		o.Low = 100
	}
	if o.High == 0 {
		o.High = 10e6
	}
	if o.Width == 0 {
		o.Width = 0.08
	}
	if o.TrialsMin == 0 {
		o.TrialsMin = 10
	}
	if o.TrialsMax == 0 {
		o.TrialsMax = 100
	}
	return o
}

// Why a search ended without an answer.
var (
	// ErrNeverMet: the service level is missed at the lowest rate already, so no load can be planned with it.
	ErrNeverMet = errors.New("the service level is missed even at the lowest rate")
	// ErrAlwaysMet: it is met at the highest rate that was to be tried.
	ErrAlwaysMet = errors.New("the service level is met even at the highest rate")
	// ErrNotSettled: TrialsMax trials did not narrow it down.
	ErrNotSettled = errors.New("the trials contradict each other too much to tell the capacity")
)

// Result is the answer of a search.
type Result struct {
	Capacity float64        `json:"capacity"` // 1/s, the median of what is believed
	CI       stats.Interval `json:"ci"`       // 95 %
	// Wide tells that the interval is wider than was asked for, after TrialsMax trials.
	Wide bool `json:"wide"`
	// Saturation is the highest throughput seen in any trial, 1/s: it may be well above the capacity.
	Saturation float64 `json:"saturation"`
	Trials     []Trial `json:"trials"`
}

// growth is the factor between rates while nothing has missed yet.
const growth = 2

// Search chooses rates. Its use: ask Next for a rate, measure, tell Add, until Next is done; then Result.
type Search struct {
	o      Options
	trials []Trial
	low    float64 // highest rate that met before the first that missed
	belief *belief // from the first trial that missed on
	checks []Trial // of the settled interval, see check
	// refuted: a settled interval has not stood its check.
	refuted bool
	err     error
}

// A settled interval is checked by trials clearly below and clearly above it, as the model behind it has a transition
// even where there is none: a system that fails by chance at any rate.
const (
	checkTrials = 3
	checkMargin = 1.1
)

// wideMost is how many times as wide as asked an interval may be after TrialsMax trials to be an answer, though a wide one.
const wideMost = 3

// NewSearch begins a search.
func NewSearch(o Options) *Search { return &Search{o: o.withDefaults()} }

// Next returns the rate of the next trial, or false when the search is over.
func (s *Search) Next() (rate float64, more bool) {
	switch {
	case s.err != nil:
		return 0, false
	case len(s.trials) == 0:
		return s.o.Low, true
	case s.belief == nil:
		last := s.trials[len(s.trials)-1].Rate
		return min(last*growth, s.o.High), true
	}
	n := s.belief.trials
	ci := s.belief.interval(0.95)
	if n >= s.o.TrialsMax {
		if s.refuted || ci.High/ci.Low-1 > wideMost*s.o.Width {
			s.err = ErrNotSettled
		}
		return 0, false
	}
	if n >= s.o.TrialsMin && ci.High/ci.Low-1 <= s.o.Width {
		return s.check(ci)
	}
	return s.belief.next(), true
}

// check returns the rate of the next trial that checks the interval, or false when it has stood the check.
func (s *Search) check(ci stats.Interval) (rate float64, more bool) {
	if n := len(s.checks); n < 2*checkTrials {
		if n%2 == 0 {
			return ci.Low / checkMargin, true
		}
		return ci.High * checkMargin, true
	}
	wrong := 0
	for i, t := range s.checks {
		if t.Met != (i%2 == 0) {
			wrong++
		}
	}
	if wrong <= 1 { // one may be an accident
		return 0, false
	}
	for _, t := range s.checks {
		s.belief.learn(t)
	}
	s.checks, s.refuted = nil, true
	return s.belief.next(), true
}

// Add tells the outcome of a trial.
func (s *Search) Add(t Trial) {
	s.trials = append(s.trials, t)
	if s.belief != nil {
		if ci := s.belief.interval(0.95); s.belief.trials >= s.o.TrialsMin && ci.High/ci.Low-1 <= s.o.Width {
			s.checks = append(s.checks, t) // not learnt: what is checked must not move
			return
		}
		s.belief.learn(t)
		return
	}
	switch {
	case t.Met && t.Rate >= s.o.High:
		s.err = fmt.Errorf("%w: %g per second", ErrAlwaysMet, s.o.High)
	case t.Met:
		s.low = t.Rate
	case s.low > 0:
		s.belief = newBelief(s.o.Low, s.o.High)
		for _, t := range s.trials {
			s.belief.learn(t)
		}
		s.belief.trials = 1
	case s.missesAtLow() >= 2: // once may be an accident
		s.err = fmt.Errorf("%w: %g per second", ErrNeverMet, s.o.Low)
	}
}

func (s *Search) missesAtLow() (n int) {
	for _, t := range s.trials {
		if !t.Met {
			n++
		}
	}
	return n
}

// Result returns the answer once Next is done.
func (s *Search) Result() (*Result, error) {
	if s.err != nil {
		return nil, s.err
	}
	if s.belief == nil {
		return nil, ErrNotSettled
	}
	r := &Result{Capacity: s.belief.quantile(0.5), CI: s.belief.interval(0.95), Trials: slices.Clone(s.trials)}
	r.Wide = r.CI.High/r.CI.Low-1 > s.o.Width
	for _, t := range s.trials {
		r.Saturation = max(r.Saturation, t.Achieved)
	}
	return r, nil
}

// TakeOut corrects the estimate for trials that cannot see all: bias is the share by which they put it too high, and unseen
// the share by which it may be lower beyond that.
func (r *Result) TakeOut(bias, unseen float64) {
	r.Capacity /= 1 + bias
	r.CI.Low /= (1 + bias) * (1 + unseen)
	r.CI.High /= 1 + bias
}

// Hysteresis compares trials on the way up with trials at the same rates on the way down from overload. It returns the
// highest rate at which the system, once overloaded, meets its service level again, and whether that is below what it
// could take before: then it does not recover by itself, and the capacity to plan with is the lower one.
func Hysteresis(r *Result, down []Trial) (recovers float64, worse bool) {
	for _, t := range down {
		if t.Met {
			recovers = max(recovers, t.Rate)
		} else if t.Rate <= r.CI.Low {
			worse = true
		}
	}
	return recovers, worse
}
