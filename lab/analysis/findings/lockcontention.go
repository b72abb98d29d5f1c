package findings

import "fmt"

var lockContention = rule{
	RuleInfo: RuleInfo{
		ID: "lock-contention", Title: "Requests wait for a lock", About: Server,
		Explanation: "Goroutines that want the same lock run one after the other, however many processors there are. What is spent waiting grows with the load, and faster near saturation.",
		Evidence:    "mutex profile over the load, by the function that held the lock, against the time requests were under way; the server's latency anatomy",
		Threshold:   "waiting for the lock of one function, or for locks by the server's own account, is at least 10 % of the time requests were under way, and at least 10 us a request",
	},
	find:   findLockContention,
	causes: []string{"unfair-shards"},
}

const (
	// Below a tenth of the time in flight, the lock is not what a request waits for.
	lockShareMin = 0.10
	// Less a request is within what one preemption of a lock's holder costs on a busy
	// machine, whatever the program does.
	lockPerRequestNsMin = 10_000
)

func findLockContention(v *view) *Finding {
	f := &Finding{Advice: "Do less while the lock is held: move work, system calls and replies out of it. If that is not enough, cut the data into shards with a lock each."}
	if sites := v.mutex.sites(nil); len(sites) > 0 && v.loadInFlightNs > 0 && v.loadRequests > 0 {
		v.waitedFor(f, sites)
	}
	if s := v.stages["lock-wait"]; s.share >= lockShareMin && s.meanNs >= lockPerRequestNsMin {
		if f.Subject == "" {
			f.Subject = "locks"
		}
		f.Cost = max(f.Cost, min(s.share, 1))
		f.add(v.during(Evidence{Text: fmt.Sprintf("the server reports a wait for locks of %s a request, %s of the time in the server", duration(s.meanNs), percent(s.share)),
			Share: min(s.share, 1), Source: infoFile}))
	}
	if f.Subject == "" {
		return nil
	}
	return f.most(f.Cost, "the time requests are under way")
}

// waitedFor reads the mutex profile.
func (v *view) waitedFor(f *Finding, sites []site) {
	top := sites[0]
	share, each := top.value/v.loadInFlightNs, top.value/v.loadRequests
	if share < lockShareMin || each < lockPerRequestNsMin {
		return
	}
	if most := v.waitable(share); share > most {
		share = most // the rest of it did not wait in requests
	}
	if share < lockShareMin {
		return
	}
	f.Subject, f.Cost = top.function, share
	for _, s := range sites[:min(len(sites), 3)] {
		if s.value < 0.1*top.value {
			break
		}
		f.add(v.during(Evidence{Text: fmt.Sprintf("%s was waited for %s in all, %s a request", s.function, duration(s.value), duration(s.value/v.loadRequests)),
			Share: min(1, s.value/v.loadInFlightNs), Source: mutexFile}.at(s.frame)))
	}
}

// waitable is the most that requests can have waited in the server: what they took
// beyond the fastest of them. In a closed loop, or where most places are taken, the
// fastest have waited as well, and there is no such bound; but what is more than all
// the time of requests was in part the waiting of something else.
func (v *view) waitable(share float64) float64 {
	w := &v.run.Workload
	places := float64(w.Connections * max(w.Pipeline, 1))
	if share <= 1 && (w.Loop == "closed" || v.inFlightNs >= 0.5*places*float64(v.measureNs)) {
		return 1
	}
	all := sumOf(v.service)
	if all.count == 0 {
		return 1
	}
	return max(0, 1-float64(all.d.Quantile(0.05))/all.mean())
}
