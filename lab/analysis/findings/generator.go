package findings

import (
	"fmt"

	"redline/lab/analysis/summary"
)

var generatorLimited = rule{
	RuleInfo: RuleInfo{
		ID: "generator-limited", Title: "The load generator was the bottleneck", About: Measurement,
		Explanation: "The generator could not send or read as fast as asked. What was measured is its own limit, and the server's is somewhere above.",
		Evidence:    "the generator's CPU use, its waits for a processor, unread replies, lateness",
		Threshold:   "the summary's verdict is generator-limited",
	},
	find: findGenerator,
}

func findGenerator(v *view) *Finding {
	g := &v.sum.Generator
	if v.sum.Verdict != summary.GeneratorLimited {
		return nil
	}
	cost := g.UnreadRatio
	if g.WaitRatio != nil {
		cost = max(cost, *g.WaitRatio)
	}
	if g.CPURatio != nil {
		cost = max(cost, *g.CPURatio)
	}
	if asked := v.sum.AskedPerS; asked > 0 {
		cost = max(cost, 1-v.sum.ThroughputPerS/asked)
	}
	f := &Finding{Subject: "load generator", Advice: "Use more threads (--threads) or another machine for the generator, or lower the rate."}
	f.doubtful(max(cost, v.pacingShare(), 0.01), "what was measured may be the generator's own limit")
	for _, why := range v.sum.Reasons {
		f.add(v.during(Evidence{Text: why, Source: "slices.jsonl"}))
	}
	if g.CPURatio != nil {
		f.add(v.during(Evidence{Text: fmt.Sprintf("its threads worked for %s of the time", percent(*g.CPURatio)), Share: min(*g.CPURatio, 1), Source: "slices.jsonl"}))
	}
	return f
}

// pacingShare is the generator's own lateness as a share of the response time.
func (v *view) pacingShare() float64 {
	response := sumOf(v.response)
	if response.sumNs == 0 {
		return 0
	}
	return min(v.pacing.sumNs/response.sumNs, 1)
}
