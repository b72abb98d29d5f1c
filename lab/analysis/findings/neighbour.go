package findings

import "fmt"

var noisyNeighbour = rule{
	RuleInfo: RuleInfo{
		ID: "noisy-neighbour", Title: "Other processes compete for the processors", About: Machine,
		Explanation: "Neither the server nor the load generator used this processor time. When all processors are in use, both wait for others, and the figures vary with what those do.",
		Evidence:    "processor time of the host against that of server and generator, pressure stall information, run-queue delay",
		Threshold:   "others used at least 15 % of the processors, and the host was at least 80 % busy or tasks waited for a processor for at least 10 % of the time",
	},
	find: findNeighbour,
}

const (
	othersMin  = 0.15
	crowdedMin = 0.80
	cpuWaitMin = 0.10
)

func findNeighbour(v *view) *Finding {
	busy, ok := v.hostBusy()
	server, ok1 := v.serverCores()
	user, ok2 := v.rate("generator", "cpu_user_ns")
	system, ok3 := v.rate("generator", "cpu_system_ns")
	if !ok || !ok1 || !ok2 || !ok3 || !v.run.Target.Local {
		return nil
	}
	own := (server + (user+system)/1e9) / v.cpus()
	others := busy - own
	wait, waits := v.rate("psi", "psi_cpu_some_us")
	if wait /= 1e6; others < othersMin || busy < crowdedMin && !(waits && wait >= cpuWaitMin) {
		return nil
	}
	f := &Finding{Subject: "other processes", Advice: "End them, or pin server and generator to processors of their own (taskset, cpusets), and repeat."}
	f.atMost(min(others, 1), "the processor time")
	f.add(v.during(Evidence{Text: fmt.Sprintf("the processors were %s busy: %s for server and generator, %s for others", percent(busy), percent(own), percent(others)),
		Share: min(others, 1), Source: "samples.jsonl"}))
	if waits {
		f.add(v.during(Evidence{Text: fmt.Sprintf("tasks waited for a processor for %s of the time", percent(wait)), Share: min(wait, 1), Source: "samples.jsonl"}))
	}
	if ns, seconds, ok := v.delta("server_proc", "run_delay_ns"); ok {
		f.add(v.during(Evidence{Text: fmt.Sprintf("the server's threads were ready and had no processor for %s a second", duration(ns/seconds)), Source: "samples.jsonl"}))
	}
	return f
}
