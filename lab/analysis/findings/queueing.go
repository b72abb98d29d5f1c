package findings

import "fmt"

var serverQueueing = rule{
	RuleInfo: RuleInfo{
		ID: "server-queueing", Title: "Requests queue at the server", About: Server,
		Explanation: "Most of a request's time at the server is waiting for its turn and not work. Near saturation the queue grows without bound: a little more load or a short stall multiplies response times.",
		Evidence:    "service times: the mean against the fastest twentieth, which met no queue; requests in flight",
		Threshold:   "the mean is at least 4 times the fastest twentieth and at least 1 ms, with at least 4 requests in flight on average",
	},
	find: findQueueing,
	causes: []string{"lock-contention", "unfair-shards", "slow-command", "fsync-stall", "gc-pressure", "allocation-hot-spot", "cpu-steal", "hiccups", "cpu-throttling", "expiry-storm",
		"snapshot-stall", "goroutine-growth", "connection-churn", "noisy-neighbour", "disk-saturation", "big-key", "generator-limited", "eviction-pressure"},
}

const (
	queueTimes = 4
	// Below a millisecond, wake-ups and the network make up such differences.
	queueMeanNsMin   = 1e6
	queueInFlightMin = 4
)

func findQueueing(v *view) *Finding {
	all := sumOf(v.service)
	if all.count == 0 || v.measureNs == 0 {
		return nil
	}
	base, mean := float64(all.d.Quantile(0.05)), all.mean()
	inFlight := v.inFlightNs / float64(v.measureNs)
	if mean < queueTimes*base || mean < queueMeanNsMin || inFlight < queueInFlightMin {
		return nil
	}
	f := &Finding{Subject: "server",
		Advice: "Find what the server is busy with (the other findings, the flame graph), lower the load, or add servers. Stay below about 70 % of the capacity to keep the tail flat."}
	f.most(1-base/mean, "the service time")
	f.add(v.during(Evidence{Text: fmt.Sprintf("service time was %s on average, the fastest twentieth of the requests took at most %s", duration(mean), duration(base)),
		Share: 1 - base/mean, Source: "latency.hlog"}.fromTo(base, mean, "ns")))
	f.add(v.during(Evidence{Text: fmt.Sprintf("%.1f requests were in flight on average", inFlight), Source: "slices.jsonl"}))
	if s := v.stages["queue"]; s.meanNs > 0 {
		f.add(v.during(Evidence{Text: fmt.Sprintf("the server reports %s a request from its arrival until it was read, %s of the time in the server", duration(s.meanNs), percent(s.share)),
			Share: min(s.share, 1), Source: infoFile}))
	}
	if cores, ok := v.serverCores(); ok {
		f.add(v.during(Evidence{Text: fmt.Sprintf("the server used %.2f processors", cores), Source: "samples.jsonl"}))
	}
	return f
}
