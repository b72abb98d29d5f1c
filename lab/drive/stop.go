package drive

import (
	"fmt"

	"redline/hist"
	"redline/lab/workload"
)

// Stopped says why a load was ended before its last phase: the stop rule found
// a threshold missed in so many windows in a row.
type Stopped struct {
	TNs   int64  // when that was found
	Stage string // label of the stage, or its name
	Rule  workload.Threshold
	Value float64 // in the last window; of no meaning without NoValue
	// NoValue tells that there was nothing to measure, as no request was answered.
	NoValue bool
	Windows int
}

// String says it in words.
func (s *Stopped) String() string {
	got := s.Rule.Amount(s.Value)
	if s.NoValue {
		got = "no request was answered"
	}
	return fmt.Sprintf("%s was missed in %d windows in a row during %s: %s", s.Rule.String(), s.Windows, s.Stage, got)
}

// stopper applies a workload.StopRule to the slices of a run.
type stopper struct {
	spec  *workload.Spec
	rules []workload.Threshold
	start int64

	stages []workload.Stage
	sum    *Slice // the window so far
	all    [2]hist.Recorder
	missed int // windows in a row
}

// newStopper returns nil if nothing ends the load early.
func newStopper(spec *workload.Spec, start int64) *stopper {
	rules := spec.Rules()
	if spec.Stop == nil || len(rules) == 0 {
		return nil
	}
	return &stopper{spec: spec, rules: rules, start: start, stages: spec.Stages(), sum: newSlice(len(spec.Ops))}
}

// add takes the next slice and tells when it is enough.
func (s *stopper) add(sl *Slice) *Stopped {
	for len(s.stages) > 1 && sl.TNs-s.start >= int64(s.stages[0].Start+s.stages[0].Duration) {
		s.stages = s.stages[1:]
		s.sum.reset()
	}
	stage := s.stages[0]
	if stage.Name != workload.PhaseMeasure || sl.TNs-s.start >= int64(stage.Start+stage.Duration) {
		return nil
	}
	s.sum.follow(sl)
	if s.sum.DurNs < int64(s.spec.Stop.Window) {
		return nil
	}
	out := s.judge(sl.TNs+sl.DurNs, stage)
	s.sum.reset()
	return out
}

// judge holds the rules against a whole window.
func (s *stopper) judge(now int64, stage workload.Stage) *Stopped {
	name := stage.Label
	if name == "" {
		name = stage.Name
	}
	for i := range s.rules {
		rule := &s.rules[i]
		if rule.Stage != "" && rule.Stage != stage.Label {
			continue
		}
		f := s.figures(rule.Op)
		value, ok := rule.Measure(&f)
		if f.Intended == 0 || ok && rule.Holds(value) {
			continue
		}
		if s.missed++; s.missed < s.spec.Stop.Windows {
			return nil
		}
		return &Stopped{TNs: now, Stage: name, Rule: *rule, Value: value, NoValue: !ok, Windows: s.missed}
	}
	s.missed = 0
	return nil
}

// figures are those of the window, of one operation or all.
func (s *stopper) figures(op string) workload.Figures {
	response, service := &s.all[0], &s.all[1]
	response.Reset()
	service.Reset()
	f := workload.Figures{Seconds: float64(s.sum.DurNs) / 1e9, Response: response, Service: service}
	for i := range s.sum.Ops {
		if op != "" && s.spec.Ops[i].Name != op {
			continue
		}
		o := &s.sum.Ops[i]
		f.Intended += o.Counts.Intended
		f.Completed += o.Counts.Completed
		f.Errors += o.Counts.Errors
		f.Misses += o.Counts.Misses
		f.Late += o.Counts.Late
		f.Dropped += o.Counts.Dropped
		response.Add(&o.Response)
		service.Add(&o.Service)
	}
	return f
}
