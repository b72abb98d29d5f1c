package findings

import "fmt"

var swapping = rule{
	RuleInfo: RuleInfo{
		ID: "swapping", Title: "The server waits for memory from the disk", About: Machine,
		Explanation: "Pages of the server were put on disk for lack of memory. Touching one takes as long as a read of the disk, a thousand times a memory access.",
		Evidence:    "the host's swapping, major page faults of the server, pressure stall information for memory",
		Threshold:   "at least 1 MiB read back from swap, or at least 10 major faults a second and 100 in all, by a server that was not just started",
	},
	find: findSwapping,
}

const (
	swapBytesMin   = 1 << 20
	faultsMin      = 100
	faultsPerSMin  = 10
	faultNs        = 100e3 // a read of 4 KiB from a fast SSD
	memoryStallMin = 0.001
)

func findSwapping(v *view) *Finding {
	f := &Finding{Subject: "memory", Advice: "Give the machine more memory or the server less (maxmemory), and switch swap off for it (vm.swappiness, memory.swap.max)."}
	if in, _, ok := v.delta("host", "swap_in_bytes"); ok && in >= swapBytesMin {
		f.add(v.during(Evidence{Text: fmt.Sprintf("%s were read back from swap", size(in)), Source: "samples.jsonl"}))
		f.Cost = in / 4096 * faultNs / max(v.inFlightNs, 1)
	}
	if n, seconds, ok := v.delta("server_proc", "major_faults"); ok && n >= faultsMin && n/seconds >= faultsPerSMin {
		f.add(v.during(Evidence{Text: fmt.Sprintf("the server met %s pages that were not in memory, %s a second", amount(n), amount(n/seconds)), Source: "samples.jsonl"}))
		f.Cost = max(f.Cost, n*faultNs/max(v.inFlightNs, 1))
	}
	if len(f.Evidence) == 0 {
		return nil
	}
	if us, seconds, ok := v.delta("psi", "psi_memory_some_us"); ok && us/1e6/seconds >= memoryStallMin {
		share := min(us/1e6/seconds, 1)
		f.Cost = max(f.Cost, share)
		f.add(v.during(Evidence{Text: fmt.Sprintf("tasks were stalled for lack of memory for %s of the time", percent(share)), Share: share, Source: "samples.jsonl"}))
	}
	return f.most(min(max(f.Cost, 0.01), 1), "the time requests are under way")
}
