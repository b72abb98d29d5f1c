package findings

import (
	"fmt"
	"slices"

	"redline/lab/analysis/stats"
)

var expiryStorm = rule{
	RuleInfo: RuleInfo{
		ID: "expiry-storm", Title: "Keys that expire together hold up requests", About: Load,
		Explanation: "Many keys with one deadline must be removed in one go. A server that does it without pause lets other requests wait.",
		Evidence:    "expired keys from INFO between samples, and response times in that span against the rest of the measured phase",
		Threshold:   "at least 2,000 keys a second expire, 5 times the usual, and requests in that span waited at least 5 % of all response time longer than usual",
	},
	find: findExpiryStorm,
}

const (
	// Redis' active expiry removes about this many a second in its ordinary cycles
	// (20 keys, 10 times a second, in each of some databases) without being noticed.
	stormKeysPerSMin = 2000
	stormTimes       = 5
	// What costs less than a twentieth of the response time is not worth a change.
	spanShareMin = 0.05
)

func findExpiryStorm(v *view) *Finding {
	spans, keys := v.bursts("info", "info_expired_keys", stormKeysPerSMin, stormTimes)
	share, inside, usual, ok := v.excess(spans)
	if !ok || share < spanShareMin {
		return nil
	}
	f := &Finding{Subject: "keys with one deadline",
		Advice: "Spread deadlines (add up to a tenth of the time to live at random), or use a server that removes expired keys in bounded steps."}
	f.most(share, "the response time")
	f.add(Evidence{Text: fmt.Sprintf("%s keys expired", amount(keys)), FromNs: spans[0].fromNs, ToNs: spans[len(spans)-1].toNs, Source: "samples.jsonl"})
	f.add(slower(spans, inside, usual, share))
	return f
}

// slower tells of response times in spans.
func slower(spans []span, inside, usual, share float64) Evidence {
	return Evidence{Text: fmt.Sprintf("response time was %s on average meanwhile, %s otherwise", duration(inside), duration(usual)), Share: min(share, 1),
		FromNs: spans[0].fromNs, ToNs: spans[len(spans)-1].toNs, Source: "latency.hlog"}.fromTo(usual, inside, "ns")
}

// bursts are the spans between samples in which a counter grew by at least leastPerS
// and times as fast as usual, and by how much in all. Half a second is added to each:
// what waited is answered after it.
func (v *view) bursts(source, name string, leastPerS, times float64) (out []span, grown float64) {
	type step struct {
		span
		grown, perS float64
	}
	var steps []step
	var rates []float64
	list := v.samples[source]
	for i := 1; i < len(list); i++ {
		a, okA := list[i-1].Values[name]
		b, okB := list[i].Values[name]
		ns := list[i].TNs - list[i-1].TNs
		if !okA || !okB || ns <= 0 || b < a {
			continue
		}
		s := step{span{list[i-1].TNs, list[i].TNs + 5e8}, b - a, (b - a) / float64(ns) * 1e9}
		steps = append(steps, s)
		rates = append(rates, s.perS)
	}
	slices.Sort(rates)
	for _, s := range steps {
		if s.perS >= leastPerS && s.perS >= times*stats.Quantile(rates, 0.5) {
			out = append(out, s.span)
			grown += s.grown
		}
	}
	return out, grown
}
