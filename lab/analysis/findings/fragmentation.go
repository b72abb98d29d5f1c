package findings

import "fmt"

var memoryFragmentation = rule{
	RuleInfo: RuleInfo{
		ID: "memory-fragmentation", Title: "Memory is held and not used", About: Server,
		Explanation: "The process holds much more memory than its data needs: the allocator has holes that fit nothing, or a peak in the past was not given back.",
		Evidence:    "resident memory against used memory",
		Threshold:   "at least 1.5 times the used memory and 64 MiB more, at the end of the measured phase",
	},
	find: findFragmentation,
}

const (
	// Redis' own documentation calls 1.5 the ratio from which fragmentation matters.
	fragRatioMin = 1.5
	// Code, stacks and buffers of a small server make up tens of MiB.
	fragBytesMin = 64 << 20
)

func findFragmentation(v *view) *Finding {
	_, _, used, ok1 := v.gauge("info", "info_used_memory_bytes")
	_, _, rss, ok2 := v.gauge("server_proc", "rss_bytes")
	source := "samples.jsonl"
	if !ok2 {
		_, _, rss, ok2 = v.gauge("info", "info_used_memory_rss_bytes")
	}
	if !ok1 || !ok2 || used <= 0 || rss < fragRatioMin*used || rss-used < fragBytesMin {
		return nil
	}
	f := &Finding{Subject: "memory", Advice: "Switch on active defragmentation (activedefrag yes), call MEMORY PURGE, or restart after a peak; for a Go server look at the heap's idle spans."}
	f.atMost(1-used/rss, "the memory")
	f.add(v.during(Evidence{Text: fmt.Sprintf("%s resident, %s used: %.2f times", size(rss), size(used), rss/used), Share: 1 - used/rss, Source: source}))
	if _, _, n, ok := v.gauge("info", "info_mem_fragmentation_ratio"); ok {
		f.add(v.during(Evidence{Text: fmt.Sprintf("the server reports a fragmentation ratio of %.2f", n), Source: source}))
	}
	return f
}
