package findings

import (
	"fmt"
	"math"
)

var tooShort = rule{
	RuleInfo: RuleInfo{
		ID: "too-short", Title: "The run is too short to trust its tail", About: Measurement,
		Explanation: "A percentile rests on the few requests beyond it, and what happens every few seconds (collector, expiry, flushes, other tenants) must happen often enough to be averaged.",
		Evidence:    "length of the measured phase, number of requests beyond the p99",
		Threshold:   "a measured phase of less than 10 s, or fewer than 10,000 requests",
	},
	find: findTooShort,
}

const (
	// A hundred requests beyond the p99 give it to about 10 %.
	tailMin    = 100
	secondsMin = 10
)

func findTooShort(v *view) *Finding {
	tail := float64(v.sum.Operations) / 100
	seconds := v.sum.DurationS
	if v.sum.Operations == 0 || tail >= tailMin && seconds >= secondsMin {
		return nil
	}
	f := &Finding{Subject: "measured phase", Advice: "Measure for at least 30 s, and longer for rare events: --duration 30s."}
	cost := 1 / math.Sqrt(max(tail, 1))
	f.add(v.during(Evidence{Text: fmt.Sprintf("%s requests beyond the p99 know it to about %s", amount(tail), percent(min(cost, 1))), Share: min(cost, 1), Source: "latency.hlog"}))
	if tail >= tailMin {
		cost = 0.01
	}
	if seconds < secondsMin {
		f.add(v.during(Evidence{Text: fmt.Sprintf("the measured phase is %s", duration(seconds*1e9)), Source: "run.json"}))
		// The standard error of a mean over so few seconds, if each differs from the
		// next by as much as it is: no better guess is possible without more of them.
		cost = max(cost, 0.1/math.Sqrt(max(seconds, 1)))
	}
	return f.doubtful(min(cost, 1), "each figure is left to chance, and more of the rare ones")
}
