package report

import (
	"fmt"
	"math"
	"strings"

	"redline/lab/analysis/summary"
	"redline/lab/record"
)

func (in *input) title() string {
	name := strings.TrimSpace(in.name() + " " + in.run.Target.Version)
	w := in.run.Workload
	load := mix(w.Mix)
	if in.run.Kind == "plan" {
		load = "capacity for " + load
	}
	if w.RatePerS > 0 && !in.manyLoads() {
		load += " at " + perSecond(w.RatePerS).String()
	}
	return strings.TrimSuffix(name+": "+load, ": ")
}

func (in *input) subtitle() string {
	return fmt.Sprintf("%s run %s, %s", in.run.Kind, in.run.ID, instant(in.run.StartedUnixNs))
}

// name is what the target is called in sentences.
func (in *input) name() string {
	switch k := in.run.Target.Kind; k {
	case "", "unknown":
		return "The server"
	default:
		return strings.ToUpper(k[:1]) + k[1:]
	}
}

// ended says how a run came to an early end.
var ended = map[string]string{record.StateFailed: "failed", record.StateInterrupted: "was interrupted"}

func (in *input) verdict() Verdict {
	v := Verdict{State: "undecided", Label: "Could not decide", Reasons: []string{}}
	if in.run.Kind == "plan" {
		in.planVerdict(&v)
	} else if s := in.sum; s != nil {
		v.Headline = in.headline()
		switch s.Verdict {
		case summary.Pass: // its reason is what the headline says
			v.State, v.Label = "pass", "Passed"
		case summary.Fail:
			v.State, v.Label = "fail", "Failed"
			v.Reasons = append(v.Reasons, s.Reasons...)
		case summary.GeneratorLimited:
			v.Label = "The generator was the limit"
			v.Reasons = append(v.Reasons, s.Reasons...)
		default:
			v.Reasons = append(v.Reasons, s.Reasons...)
		}
		v.Reasons = append(v.Reasons, s.Caveats...)
	}
	switch in.run.State {
	case record.StateFailed, record.StateInterrupted:
		v.Headline = strings.TrimSuffix("The run "+ended[in.run.State]+": "+in.run.StateReason, ": ") + ". " + v.Headline
	case record.StateRunning:
		v.Headline = "The run did not end: it was killed, or it still goes on. " + v.Headline
	}
	return v
}

// headline is the answer to "how fast is it" in one sentence, empty when nothing was answered.
func (in *input) headline() string {
	s := in.sum
	if s.Operations == 0 {
		return "Nothing was answered."
	}
	allowed := ""
	if slo := in.run.SLO.ResponseP99Ns; slo > 0 {
		allowed = ", where " + latency(float64(slo)).String() + " are allowed"
	}
	if s.ResponseNs.P99 == 0 { // the latencies could not be read
		return fmt.Sprintf("%s answered %s requests per second; %s.", in.name(), perSecondBare(s.ThroughputPerS), count(s.Errors, "error", "errors"))
	}
	return fmt.Sprintf("%s answered %s requests per second, 99 of 100 within %s%s; %s.",
		in.name(), perSecondBare(s.ThroughputPerS), latency(float64(s.ResponseNs.P99)), allowed, count(s.Errors, "error", "errors"))
}

// perSecondBare is a rate for sentences that say "per second" themselves.
func perSecondBare(v float64) string { return strings.TrimSuffix(perSecond(v).String(), "/s") }

// figures is the top line. Each is computed from the file it names.
func (in *input) figures() []Figure {
	s := in.sum
	if in.plan != nil && in.run.Kind == "plan" {
		return in.planFigures()
	}
	if s == nil || s.Intended == 0 {
		return nil
	}
	figure := func(label string, q quantity, note, source string) Figure {
		return Figure{label, q.value, q.unit, note, source}
	}
	took := func(label string, ns, serviceNs int64) Figure {
		return figure(label, latency(float64(ns)), "service "+latency(float64(serviceNs)).String(), record.LatencyFile)
	}
	asked := "closed loop"
	if in.manyLoads() {
		asked = "over all loads of the run"
	} else if s.AskedPerS > 0 {
		asked = "of " + perSecond(s.AskedPerS).String() + " asked"
	}
	r, v := s.ResponseNs, s.ServiceNs
	tail := took("Response p99.9", r.P999, v.P999)
	tail.Note = "max " + latency(float64(r.Max)).String()
	out := []Figure{figure("Throughput", perSecond(s.ThroughputPerS), asked, record.SlicesFile)}
	if r.Max > 0 { // else the latencies could not be read
		out = append(out, took("Response p50", r.P50, v.P50), took("Response p99", r.P99, v.P99), tail)
	}
	out = append(out, figure("Errors", quantity{grouped(s.Errors), ""}, fmt.Sprintf("%s late, %s dropped", grouped(s.Late), grouped(s.Dropped)), record.SlicesFile))
	if s.ServerCPUUs != nil {
		out = append(out, figure("Server CPU", quantity{digits(*s.ServerCPUUs), "\u00b5s"}, "per request", record.SamplesFile))
	}
	if t := in.table; t != nil && !math.IsNaN(t.AllocationsPerRequest) && t.AllocationsSource != "" {
		out = append(out, figure("Allocations", quantity{digits(t.AllocationsPerRequest), ""}, "per request", t.AllocationsSource))
	}
	return out
}
