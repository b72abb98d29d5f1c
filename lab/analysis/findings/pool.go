package findings

import "fmt"

var poolTooSmall = rule{
	RuleInfo: RuleInfo{
		ID: "pool-too-small", Title: "Requests wait for a free connection", About: Load,
		Explanation: "All connections are busy waiting for replies while the server has time to spare: requests queue in the client, where the server cannot see them.",
		Evidence:    "response time against service time, places in flight that were taken, the server's CPU use",
		Threshold:   "waiting for a connection is at least 20 % of the response time and 100 us a request, at least 70 % of the places are taken, and the server is not out of CPU",
	},
	find: findPool,
	causes: []string{"connection-churn", "lock-contention", "unfair-shards", "slow-command", "fsync-stall", "gc-pressure", "allocation-hot-spot", "cpu-steal", "hiccups", "cpu-throttling",
		"server-queueing", "generator-limited", "noisy-neighbour", "expiry-storm", "snapshot-stall", "disk-saturation", "big-key"},
}

const (
	poolShareMin  = 0.20
	poolWaitNsMin = 100_000
	poolTakenMin  = 0.70
)

func findPool(v *view) *Finding {
	w := &v.run.Workload
	response, service := sumOf(v.response), sumOf(v.service)
	places := float64(w.Connections * max(w.Pipeline, 1))
	if w.Loop == "closed" || response.count == 0 || service.count == 0 || places == 0 || v.measureNs == 0 || v.cpuShort() {
		return nil
	}
	// What the generator was late itself is not the pool's.
	late := 0.0
	if v.pacing.count > 0 {
		late = v.pacing.mean()
	}
	wait := response.mean() - service.mean() - late
	taken := v.inFlightNs / float64(v.measureNs) / places
	if wait < poolWaitNsMin || wait < poolShareMin*response.mean() || taken < poolTakenMin {
		return nil
	}
	f := &Finding{Subject: fmt.Sprintf("%d connections", w.Connections), Advice: "Use more connections, or send several requests on each without waiting (pipelining)."}
	f.most(wait/response.mean(), "the response time")
	f.add(v.during(Evidence{Text: fmt.Sprintf("of %s response time on average, %s was waiting for a connection", duration(response.mean()), duration(wait)),
		Share: wait / response.mean(), Source: "latency.hlog"}.fromTo(service.mean(), response.mean(), "ns")))
	f.add(v.during(Evidence{Text: fmt.Sprintf("%s of %.0f places in flight were taken", percent(min(taken, 1)), places), Share: min(taken, 1), Source: "slices.jsonl"}))
	if cores, ok := v.serverCores(); ok {
		f.add(v.during(Evidence{Text: fmt.Sprintf("the server used %.2f of %.0f processors", cores, v.usableCores()), Source: "samples.jsonl"}))
	}
	return f
}
