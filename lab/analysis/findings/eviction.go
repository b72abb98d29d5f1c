package findings

import (
	"fmt"
	"regexp"
)

var evictionPressure = rule{
	RuleInfo: RuleInfo{
		ID: "eviction-pressure", Title: "Memory is full: keys are evicted to make room", About: Server,
		Explanation: "At maxmemory, a write must first choose and remove other keys. That takes time in the request, and what was removed is missed later.",
		Evidence:    "evicted keys and misses from INFO, CPU profile",
		Threshold:   "at least one eviction for each 100 requests",
	},
	find: findEviction,
}

// Rarer evictions are housekeeping of a cache that has found its size.
const evictionsPerRequestMin = 0.01

var evicting = regexp.MustCompile(`(?i)evict`)

func findEviction(v *view) *Finding {
	evicted, seconds, ok := v.delta("info", "info_evicted_keys")
	done := v.sum.ThroughputPerS * seconds
	if !ok || done == 0 || evicted/done < evictionsPerRequestMin {
		return nil
	}
	// Without a profile: an eviction finds and removes a key, about the work of a request.
	cost := evicted / (evicted + done)
	f := &Finding{Subject: "maxmemory", Advice: "Give the server more memory, store less (shorter values, times to live), or spread the keys over more servers."}
	if p, src := v.profileOfCPU(); p != nil && p.samples >= leastSamples {
		if share := p.share(func(k *stack) bool { return k.has(evicting) }); share > 0 {
			cost = max(share, evictionsPerRequestMin)
			e := v.during(Evidence{Text: fmt.Sprintf("evicting took %s of the server's CPU time", percent(share)), Share: share, Source: src})
			if at := p.sites(func(k *stack) bool { return k.has(evicting) }); len(at) > 0 {
				e = e.at(at[0].frame)
			}
			f.add(e)
		}
	}
	f.most(cost, "the server's work")
	f.add(v.during(Evidence{Text: fmt.Sprintf("%s keys evicted, %.2g a request", amount(evicted), evicted/done), Source: "samples.jsonl"}))
	if misses, ok := v.rate("info", "info_keyspace_misses"); ok && misses > 0 {
		f.add(v.during(Evidence{Text: fmt.Sprintf("%s reads a second found no key", amount(misses)), Source: "samples.jsonl"}))
	}
	if limit := v.run.Conditions.ServerConfig["maxmemory"]; limit != "" && limit != "0" {
		f.add(Evidence{Text: "maxmemory is " + limit, Source: "run.json"})
	}
	return f
}
