package findings

import "fmt"

var clientLatency = rule{
	RuleInfo: RuleInfo{
		ID: "client-latency", Title: "Part of the latency arises in the client", About: Measurement,
		Explanation: "Requests were sent late although a connection was free, or replies lay unread: the client's machine, not the server, made them slow.",
		Evidence:    "pacing error against response time, unread replies, the generator's waits for a processor",
		Threshold:   "lateness is at least 20 % of the response time with a p99 of 1 ms, or replies lay unread at 20 % of the looks, or the generator's threads waited for a processor for 20 % of the time",
	},
	find:   findClientLatency,
	causes: []string{"generator-limited", "hiccups"},
}

const (
	// A fifth is where the server's share of the latency stops being the figure.
	clientShareMin = 0.20
	// As in the caveats of the summary.
	clientPacingNsMin = 1e6
)

func findClientLatency(v *view) *Finding {
	g := &v.sum.Generator
	f := &Finding{Subject: "client", Advice: "Give the client processors of its own, collect less garbage in it, or use fewer threads than processors."}
	if share := v.pacingShare(); share >= clientShareMin && g.PacingP99Ns >= clientPacingNsMin {
		f.Cost = share
		f.add(v.during(Evidence{Text: fmt.Sprintf("requests were sent %s late on average (p99 %s)", duration(v.pacing.mean()), duration(float64(g.PacingP99Ns))), Share: share,
			Source: "pacing.hlog"}))
	}
	if g.UnreadRatio >= clientShareMin {
		f.Cost = max(f.Cost, g.UnreadRatio)
		f.add(v.during(Evidence{Text: fmt.Sprintf("replies lay unread at %s of the looks", percent(g.UnreadRatio)), Share: min(g.UnreadRatio, 1), Source: "slices.jsonl"}))
	}
	if g.WaitRatio != nil && *g.WaitRatio >= clientShareMin {
		f.Cost = max(f.Cost, *g.WaitRatio)
		f.add(v.during(Evidence{Text: fmt.Sprintf("the generator's threads were ready and had no processor for %s of the time", percent(*g.WaitRatio)), Share: min(*g.WaitRatio, 1),
			Source: "slices.jsonl"}))
	}
	if len(f.Evidence) == 0 {
		return nil
	}
	return f.doubtful(f.Cost, "the response time may be the client's own")
}
