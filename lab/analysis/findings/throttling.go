package findings

import "fmt"

var cpuThrottling = rule{
	RuleInfo: RuleInfo{
		ID: "cpu-throttling", Title: "A CPU limit stops the process", About: Machine,
		Explanation: "A control group that has used up its quota stands still until the next period (100 ms as a rule), with all its threads: seen from outside a stall.",
		Evidence:    "throttled time and periods of the control groups of server and generator",
		Threshold:   "throttled in at least 5 % of the periods, or for at least 5 % of the time",
	},
	find: findThrottling,
}

// One period in twenty makes the p95 that of a stall.
const throttledMin = 0.05

func findThrottling(v *view) *Finding {
	f := &Finding{Subject: "server's control group", Advice: "Raise the limit (cpu.max; in Kubernetes limits.cpu), or lower the number of threads (GOMAXPROCS, io-threads) to fit it."}
	ns, seconds, ok := v.delta("cgroup", "cpu_throttled_ns")
	share := 0.0
	if ok {
		share = ns / (seconds * 1e9)
	}
	throttled, _, ok1 := v.delta("cgroup", "cpu_throttled_periods")
	periods, _, ok2 := v.delta("cgroup", "cpu_periods")
	if ok1 && ok2 && periods > 0 {
		if r := throttled / periods; r >= throttledMin {
			f.add(v.during(Evidence{Text: fmt.Sprintf("throttled in %s of %s periods", amount(throttled), amount(periods)), Share: min(r, 1), Source: "samples.jsonl"}))
			f.Cost = min(r, 1)
		}
	}
	if share >= throttledMin {
		f.add(v.during(Evidence{Text: fmt.Sprintf("throttled for %s in all", duration(ns)), Share: min(share, 1), Source: "samples.jsonl"}))
		f.Cost = min(max(share, f.Cost), 1)
	}
	if ns, seconds, ok := v.delta("cgroup", "generator_cpu_throttled_ns"); ok && ns/(seconds*1e9) >= throttledMin {
		own := min(ns/(seconds*1e9), 1)
		if own > f.Cost {
			f.Subject, f.Cost = "generator's control group", own
		}
		f.add(v.during(Evidence{Text: fmt.Sprintf("the load generator itself was throttled for %s", duration(ns)), Share: own, Source: "samples.jsonl"}))
	}
	if len(f.Evidence) == 0 {
		return nil
	}
	return f.most(f.Cost, "the time")
}
