package summary

import (
	"fmt"

	"redline/hist"
	"redline/lab/record"
	"redline/lab/workload"
)

// Rule is one threshold of the workload and what was measured.
type Rule struct {
	Rule string `json:"rule"`
	// Value is in nanoseconds, per second, or a share, as the rule's own; nil when
	// there was nothing to measure.
	Value *float64 `json:"value"`
	Met   bool     `json:"met"`
}

// Stage is a part of the measured phase with a label of its own, such as a step
// of a stress test. Replies that came after the end of the load count in the
// last one.
type Stage struct {
	Label          string  `json:"label"`
	DurationS      float64 `json:"duration_s"`
	AskedPerS      float64 `json:"asked_per_s"` // due in it, per second
	Operations     int64   `json:"operations"`
	Errors         int64   `json:"errors"`
	ThroughputPerS float64 `json:"throughput_per_s"`
	ResponseNs     Latency `json:"response_ns"`
	ServiceNs      Latency `json:"service_ns"`
	Met            bool    `json:"met"` // all thresholds that apply to it
}

// part is what is gathered of a stretch of the run for judging: by operation,
// and of all under the empty name.
type part struct {
	label        string
	fromNs, toNs int64
	lengthNs     int64 // of its measured slices
	counts       map[string]record.OpCounts
	hists        map[string]*opHists
}

func newPart(label string, from, to int64) *part {
	return &part{label: label, fromNs: from, toNs: to, counts: map[string]record.OpCounts{}, hists: map[string]*opHists{}}
}

// stageParts are the stages of the measured phase; none if it is of one piece.
func stageParts(run *record.Run) (parts []*part) {
	for _, p := range run.Phases {
		if p.Name == record.PhaseMeasure {
			parts = append(parts, newPart(p.Label, p.StartNs, p.EndNs))
		}
	}
	if len(parts) == 1 && parts[0].label == "" {
		return nil
	}
	return parts
}

// partAt is the stage at ns, or nil.
func (c *computation) partAt(ns int64) *part {
	n := len(c.parts)
	for i, p := range c.parts {
		if ns >= p.fromNs && (i == n-1 || ns < c.parts[i+1].fromNs) {
			return p
		}
	}
	return nil
}

// countParts takes a slice of the measured phase or the cooldown.
func (c *computation) countParts(s *record.Slice) {
	for _, p := range []*part{c.whole, c.partAt(s.TNs)} {
		if p == nil {
			continue
		}
		if s.Phase == record.PhaseMeasure {
			p.lengthNs += s.DurNs
		}
		for name, o := range s.Ops {
			for _, key := range []string{name, ""} {
				sum := p.counts[key]
				sum.Add(o)
				p.counts[key] = sum
			}
		}
	}
}

// latencyParts takes a histogram of the same.
func (c *computation) latencyParts(l *record.Latency) {
	p := c.partAt(l.TNs)
	if p == nil {
		return
	}
	for _, key := range []string{l.Op, ""} {
		if key != "" && !c.named[key] {
			continue // no rule asks for it
		}
		h := p.hists[key]
		if h == nil {
			h = &opHists{hist.New(), hist.New()}
			p.hists[key] = h
		}
		switch l.Kind {
		case record.KindResponse:
			h.response.Merge(l.Hist)
		case record.KindService:
			h.service.Merge(l.Hist)
		}
	}
}

// figures are those of a part, of one operation or all.
func (p *part) figures(op string) *workload.Figures {
	n := p.counts[op]
	f := &workload.Figures{Seconds: float64(p.lengthNs) / 1e9, Intended: n.Intended, Completed: n.Completed, Errors: n.Errors, Misses: n.Misses,
		Late: n.Late, Dropped: n.Dropped}
	if h := p.hists[op]; h != nil {
		f.Response, f.Service = h.response, h.service
	}
	return f
}

// readRules parses the thresholds of the run.
func (c *computation) readRules() {
	c.named = map[string]bool{}
	for _, text := range c.run.Workload.Thresholds {
		t, err := workload.ParseThreshold(text)
		if err != nil {
			c.sum.Caveats = append(c.sum.Caveats, "a threshold cannot be read: "+err.Error())
			continue
		}
		c.rules = append(c.rules, t)
		c.named[t.Op] = true
	}
}

// apply holds a rule against a part.
func apply(t *workload.Threshold, p *part) Rule {
	out := Rule{Rule: t.String()}
	if v, ok := t.Measure(p.figures(t.Op)); ok {
		out.Value, out.Met = &v, t.Holds(v)
	}
	return out
}

// judgeRules holds all rules against what they are about and returns those that
// are missed. Of a run with a stop rule that is each stage for itself, and the
// whole is not judged: it was driven until it failed.
func (c *computation) judgeRules() (missed []string) {
	c.whole.hists = c.ops
	c.whole.hists[""] = &opHists{c.response, c.service}
	defer delete(c.ops, "")
	c.sumUpStages()
	if c.run.Workload.Stop != "" {
		return c.judgeSteps()
	}
	for i := range c.rules {
		t := &c.rules[i]
		p := c.whole
		if t.Stage != "" {
			p = c.stage(t.Stage)
		}
		r := Rule{Rule: t.String()}
		if p != nil {
			r = apply(t, p)
		}
		c.sum.Thresholds = append(c.sum.Thresholds, r)
		if !r.Met {
			missed = append(missed, miss(t, r))
		}
	}
	return missed
}

func miss(t *workload.Threshold, r Rule) string {
	if r.Value == nil {
		return fmt.Sprintf("threshold %s: there was nothing to measure", t)
	}
	return fmt.Sprintf("threshold %s was missed: %s", t, t.Amount(neat(t, *r.Value)))
}

// neat rounds a figure to what is worth reading.
func neat(t *workload.Threshold, v float64) float64 {
	if t.Metric == workload.Response || t.Metric == workload.Service {
		return float64(short(int64(v)))
	}
	if t.Metric == workload.Throughput && !t.Share {
		return float64(int64(v + 0.5))
	}
	return float64(int64(v*1e5+0.5)) / 1e5
}

// stage is the part with the label, or nil.
func (c *computation) stage(label string) *part {
	for _, p := range c.parts {
		if p.label == label {
			return p
		}
	}
	return nil
}

// sumUpStages fills Summary.Stages.
func (c *computation) sumUpStages() {
	for _, p := range c.parts {
		f := p.figures("")
		st := Stage{Label: p.label, DurationS: f.Seconds, Operations: f.Completed, Errors: f.Errors, Met: len(c.missedIn(p)) == 0}
		if f.Seconds > 0 {
			st.AskedPerS, st.ThroughputPerS = float64(f.Intended)/f.Seconds, float64(f.Completed)/f.Seconds
		}
		if c.sum.Loop == string(workload.Closed) {
			st.AskedPerS = 0
		}
		if h := p.hists[""]; h != nil {
			st.ResponseNs, st.ServiceNs = LatencyOf(h.response), LatencyOf(h.service)
		}
		c.sum.Stages = append(c.sum.Stages, st)
	}
}

// missedIn returns the rules that a stage misses. An operation of which nothing
// was due there misses nothing.
func (c *computation) missedIn(p *part) (missed []string) {
	for i := range c.rules {
		t := &c.rules[i]
		if t.Stage != "" && t.Stage != p.label || p.counts[t.Op].Intended == 0 {
			continue
		}
		if r := apply(t, p); !r.Met {
			missed = append(missed, miss(t, r))
		}
	}
	return missed
}

// judgeSteps finds the last step up to which all thresholds were met.
func (c *computation) judgeSteps() (missed []string) {
	met := 0
	for met < len(c.parts) && len(c.missedIn(c.parts[met])) == 0 && !(c.run.Stopped != "" && met == len(c.parts)-1) {
		met++
	}
	why := c.run.Stopped
	if met < len(c.parts) {
		if m := c.missedIn(c.parts[met]); len(m) > 0 {
			why = m[0]
		}
	}
	if met == 0 {
		return []string{"the first step was too much already: " + why}
	}
	best := &c.sum.Stages[met-1]
	c.sum.HighestPerS = best.ThroughputPerS
	text := fmt.Sprintf("held up to %.0f requests per second (%s), p99 %v", best.ThroughputPerS, best.Label, short(best.ResponseNs.P99))
	if met == len(c.parts) {
		c.sum.Reasons = append(c.sum.Reasons, text+"; the test ended before the server did: give a higher rate or more steps")
		return nil
	}
	c.sum.Reasons = append(c.sum.Reasons, fmt.Sprintf("%s; at %.0f/s (%s) no longer: %s", text, c.sum.Stages[met].AskedPerS, c.parts[met].label, why))
	return nil
}

// has tells whether a rule judges a metric of the whole run.
func (c *computation) has(m workload.Metric) bool {
	for _, t := range c.rules {
		if t.Metric == m && t.Op == "" && t.Stage == "" {
			return true
		}
	}
	return false
}
