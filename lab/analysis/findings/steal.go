package findings

import "fmt"

var cpuSteal = rule{
	RuleInfo: RuleInfo{
		ID: "cpu-steal", Title: "The hypervisor takes processor time", About: Machine,
		Explanation: "The machine is virtual and its host gave the processors to others while this one wanted to run. Requests stall for it, and no change to the server helps.",
		Evidence:    "steal time of the host's processors",
		Threshold:   "at least 5 % of the processor time",
	},
	find: findSteal,
}

// As in the caveats of the summary: less is usual on shared machines.
const stealMin = 0.05

func findSteal(v *view) *Finding {
	perS, ok := v.rate("host", "host_cpu_steal_ns")
	steal := perS / 1e9 / v.cpus()
	if !ok || steal < stealMin {
		return nil
	}
	busy, _ := v.hostBusy()
	f := &Finding{Subject: "hypervisor", Advice: "Measure on a machine with dedicated processors, or repeat when the neighbours are quiet."}
	f.most(steal/max(steal+busy, steal), "the processor time that was wanted")
	f.add(v.during(Evidence{Text: fmt.Sprintf("%s of the processor time was stolen, %s was in use", percent(steal), percent(busy)), Share: min(steal, 1), Source: "samples.jsonl"}))
	return f
}
