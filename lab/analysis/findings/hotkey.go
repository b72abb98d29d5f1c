package findings

import "fmt"

var hotKey = rule{
	RuleInfo: RuleInfo{
		ID: "hot-key", Title: "One key takes much of the load", About: Load,
		Explanation: "All requests for one key go to one shard, one thread, one lock: more servers or processors do not help them.",
		Evidence:    "the server's own list of hot keys",
		Threshold:   "one key has at least 20 % of the accesses and 20 times its even share",
	},
	find: findHotKey,
}

const (
	// Below a fifth, a fifth processor still shares the load evenly.
	hotShareMin = 0.20
	// In a set of a few keys each has a large share.
	hotTimes = 20
)

func findHotKey(v *view) *Finding {
	var top topKey
	for _, k := range v.hot {
		if k.Share == 0 && v.sum.ThroughputPerS > 0 {
			k.Share = k.RatePerS / v.sum.ThroughputPerS
		}
		if k.Share > top.Share {
			top = k
		}
	}
	if top.Share < hotShareMin || top.Share*float64(max(v.run.Workload.Keys, 1)) < hotTimes {
		return nil
	}
	top.Share = min(top.Share, 1)
	// It costs as far as the server has work to do: an idle one serves any key.
	cost := top.Share
	if cores, ok := v.serverCores(); ok {
		cost *= min(cores, 1)
	}
	f := &Finding{Subject: top.Key, Advice: "Keep a copy in the clients (client-side caching), spread reads over replicas, or split the key into parts under several names."}
	f.atMost(max(cost, 0.01), "the load of the busiest core")
	text := fmt.Sprintf("%s of the accesses", percent(top.Share))
	if top.RatePerS > 0 {
		text += fmt.Sprintf(", %s a second", amount(top.RatePerS))
	}
	f.add(v.during(Evidence{Text: text, Share: top.Share, Source: hotFile}))
	return f
}
