package report

import (
	"fmt"
	"strings"

	"redline/lab/record"
)

func (in *input) title() string {
	name := strings.TrimSpace(in.name() + " " + in.run.Target.Version)
	w := in.run.Workload
	load := mix(w.Mix)
	if w.RatePerS > 0 {
		load += " at " + perSecond(w.RatePerS).String()
	}
	return strings.TrimSuffix(name+": "+load, ": ")
}

func (in *input) subtitle() string {
	return fmt.Sprintf("%s run %s, %s", in.run.Kind, in.run.ID, instant(in.run.StartedUnixNs))
}

func (in *input) verdict() Verdict {
	v := Verdict{State: "undecided", Label: "Could not decide", Reasons: []string{}}
	switch {
	case in.run.State == record.StateFailed || in.run.State == record.StateInterrupted:
		v.Headline = strings.TrimSuffix("The run was "+in.run.State+": "+in.run.StateReason, ": ") + "."
		return v
	case in.run.State == record.StateRunning:
		v.Headline = "The run did not end: it was killed, or it still goes on. What it recorded until then is shown."
		return v
	case in.sum == nil:
		v.Headline = "The run has no summary."
		return v
	}
	switch in.sum.Verdict {
	case "pass":
		v.State, v.Label = "pass", "Passed"
	case "fail":
		v.State, v.Label = "fail", "Failed"
	}
	v.Reasons = list(in.sum.Reasons)
	v.Headline = in.headline()
	return v
}

func (in *input) headline() string {
	s := in.sum
	return fmt.Sprintf("%s answered %s requests per second; 99 of 100 responses came within %s.",
		in.name(), strings.TrimSuffix(perSecond(s.ThroughputS).String(), "/s"), latency(s.Response.P99))
}

func (in *input) name() string {
	switch k := in.run.Target.Kind; k {
	case "", "unknown":
		return "The server"
	default:
		return strings.ToUpper(k[:1]) + k[1:]
	}
}

func (in *input) figures() []Figure {
	s := in.sum
	if s == nil {
		return nil
	}
	figure := func(label string, q quantity, note string) Figure {
		return Figure{label, q.value, q.unit, note, record.SummaryFile}
	}
	note := "closed loop"
	if r := in.run.Workload.RatePerS; r > 0 {
		note = "of " + perSecond(r).String() + " planned"
	}
	out := []Figure{
		figure("Throughput", perSecond(s.ThroughputS), note),
		figure("Response p50", latency(s.Response.P50), "service "+latency(s.Service.P50).String()),
		figure("Response p99", latency(s.Response.P99), "service "+latency(s.Service.P99).String()),
		figure("Response p99.9", latency(s.Response.P999), "max "+latency(s.Response.Max).String()),
		figure("Errors", quantity{grouped(s.Errors), ""}, fmt.Sprintf("%s late, %s dropped", grouped(s.Late), grouped(s.Dropped))),
	}
	if s.CPUUs != nil {
		out = append(out, figure("Server CPU", quantity{digits(*s.CPUUs), "\u00b5s"}, "per request"))
	}
	return out
}

func summarySection(in *input) (Section, bool) {
	sec := Section{ID: "summary", Title: "Summary"}
	s := in.sum
	if s == nil {
		return sec, false
	}
	sentences := []Sentence{
		sentence(in.workloadSentence(), record.RunFile),
		sentence(fmt.Sprintf("It completed %s requests, %s per second. Half of the responses came within %s, 99 %% within %s, 99.9 %% within %s; the slowest took %s.",
			grouped(s.Operations), strings.TrimSuffix(perSecond(s.ThroughputS).String(), "/s"), latency(s.Response.P50), latency(s.Response.P99),
			latency(s.Response.P999), latency(s.Response.Max)), record.SummaryFile),
	}
	for _, tell := range []func() (Sentence, bool){in.worstMoment, in.serverUse, in.hottest, in.trust} {
		if one, ok := tell(); ok {
			sentences = append(sentences, one)
		}
	}
	sec.Blocks = []Block{prose(sentences...)}
	return sec, true
}

func (in *input) workloadSentence() string {
	w := in.run.Workload
	how := "as fast as replies came back"
	if w.RatePerS > 0 {
		how = "at a planned " + perSecond(w.RatePerS).String()
	}
	return fmt.Sprintf("%s was asked %s over %s %s, on %s with values of %s.", in.name(), mix(w.Mix),
		count(int64(w.Connections), "connection", "connections"), how, count(w.Keys, "key", "keys"), size(float64(w.ValueBytes)))
}
