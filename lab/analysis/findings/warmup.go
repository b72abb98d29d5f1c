package findings

import (
	"fmt"
	"slices"

	"redline/lab/analysis/stats"
)

var notWarmedUp = rule{
	RuleInfo: RuleInfo{
		ID: "not-warmed-up", Title: "The measured phase begins before the server is warm", About: Measurement,
		Explanation: "Caches, connections, the heap and the processor's clock reach their usual state only under load. What is measured before counts the start as well.",
		Evidence:    "service times of the first quarter of the measured phase against its second half",
		Threshold:   "the first quarter is at least 30 % slower, nine of ten slices in it slower than the median later, and at least 5 % of the time is due to it; only where the load is constant",
	},
	find: findNotWarmedUp,
	// Where others disturb, a slow start is as likely theirs.
	causes: []string{"noisy-neighbour", "cpu-steal", "hiccups", "cpu-throttling", "generator-limited", "swapping"},
}

const (
	warmTimes     = 1.3
	warmShareMin  = 0.05
	warmSlicesMin = 20  // a quarter of fewer are not enough to be nine of ten
	warmNsMin     = 4e9 // in less, a second of the machine's own moods is a quarter
	warmMost      = 0.9
)

func findNotWarmedUp(v *view) *Finding {
	if !v.constantLoad() || len(v.service) < warmSlicesMin || v.measureNs < warmNsMin {
		return nil
	}
	quarter := len(v.service) / 4
	first, later := meansOf(v.service[:quarter]), meansOf(v.service[len(v.service)/2:])
	if len(first) < quarter/2 || len(later) < quarter {
		return nil
	}
	slices.Sort(first)
	slices.Sort(later)
	a, b := stats.Quantile(first, 0.5), stats.Quantile(later, 0.5)
	slower := 0
	for _, m := range first {
		if m > b {
			slower++
		}
	}
	begin, all := sumOf(v.service[:quarter]), sumOf(v.service)
	cost := (begin.sumNs - b*begin.count) / all.sumNs
	if a < warmTimes*b || float64(slower) < warmMost*float64(len(first)) || cost < warmShareMin {
		return nil
	}
	f := &Finding{Subject: "measured phase", Advice: "Warm up for longer: --warmup 10s."}
	f.doubtful(cost, "the time requests are under way belongs to the start")
	s := v.slices[quarter-1]
	f.add(Evidence{Text: fmt.Sprintf("service time was %s in the first quarter and %s in the second half (medians of slices)", duration(a), duration(b)), Share: min(cost, 1),
		FromNs: v.fromNs, ToNs: s.TNs + s.DurNs, Source: "latency.hlog"}.fromTo(a, b, "ns"))
	return f
}

// constantLoad tells whether the measured phase is of one piece.
func (v *view) constantLoad() bool {
	n := 0
	for _, p := range v.run.Phases {
		if p.Name == "measure" {
			n++
		}
	}
	return n == 1 && (v.run.Workload.Test == "" || v.run.Workload.Test == "load" || v.run.Workload.Test == "soak")
}

func meansOf(list []dist) (means []float64) {
	for i := range list {
		if list[i].count > 0 {
			means = append(means, list[i].mean())
		}
	}
	return means
}
