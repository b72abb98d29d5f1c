package findings

import "fmt"

var snapshotStall = rule{
	RuleInfo: RuleInfo{
		ID: "snapshot-stall", Title: "Requests are slower while a snapshot is written", About: Server,
		Explanation: "Forking copies page tables while nobody is served, and copying pages afterwards competes with requests for memory and disk.",
		Evidence:    "snapshots and log rewrites under way (INFO), response times meanwhile against the rest of the measured phase, duration of the last fork",
		Threshold:   "requests answered while one was under way waited at least 5 % of all response time longer than usual",
	},
	find: findSnapshot,
}

func findSnapshot(v *view) *Finding {
	var spans []span
	list := v.samples["info"]
	for i := range list {
		if list[i].Values["info_rdb_bgsave_in_progress"] == 0 && list[i].Values["info_aof_rewrite_in_progress"] == 0 {
			continue
		}
		// It began after the sample before and ended before the next.
		spans = append(spans, span{list[max(i-1, 0)].TNs, list[min(i+1, len(list)-1)].TNs})
	}
	share, inside, usual, ok := v.excess(spans)
	if !ok || share < spanShareMin {
		return nil
	}
	f := &Finding{Subject: "snapshot", Advice: "Save on a replica, at quiet hours or less often; switch transparent huge pages off; or use a server that saves without fork."}
	f.most(share, "the response time")
	f.add(slower(spans, inside, usual, share))
	if us, ok := v.largest("info", "info_latest_fork_us"); ok && us > 0 {
		f.add(Evidence{Text: fmt.Sprintf("the last fork took %s", duration(us*1e3)), Source: "samples.jsonl"})
	}
	if s, ok := v.run.Conditions.ServerConfig["save"]; ok && s != "" {
		f.add(Evidence{Text: "save is " + s, Source: "run.json"})
	}
	return f
}

// largest is the greatest value of a gauge in the measured phase.
func (v *view) largest(source, name string) (float64, bool) {
	_, most, _, ok := v.gauge(source, name)
	return most, ok
}
