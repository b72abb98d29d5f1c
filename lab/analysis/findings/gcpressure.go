package findings

import "fmt"

var gcPressure = rule{
	RuleInfo: RuleInfo{
		ID: "gc-pressure", Title: "Garbage collection takes much of the processor", About: Server,
		Explanation: "The collector marks the whole live heap in every cycle. How often it does depends on how fast memory is allocated and on how much the heap may grow between cycles (GOGC, GOMEMLIMIT).",
		Evidence:    "CPU profile (time in the collector), and cycles against the bytes allocated and the heap from the runtime's metrics",
		Threshold:   "the collector's work that no single allocating function explains is surely at least 10 % of the server's CPU time, from at least 30 samples",
	},
	find: findGCPressure,
}

const (
	// A Go program with the default settings usually stays below this.
	gcShareMin = 0.10
	// Go starts no cycle before the heap has this size at GOGC=100.
	minHeapBytes = 4 << 20
	// Fewer cycles do not tell how far apart cycles are.
	leastCycles = 3
	// The setting is at fault when most cycles would not be there without it; sampling
	// the heap now and then alone makes up to a third of them look needless.
	needlessMin = 0.5
)

func findGCPressure(v *view) *Finding {
	if v.cpu == nil {
		return nil
	}
	gc, needless := v.cpu.share(isCollecting), v.needlessGC()
	cost := gc
	if top, ok := v.topAllocator(); ok { // its part is told there
		cost = gc * (1 - (1-needless)*top.bytesShare)
	}
	if !sure(cost, v.cpu.samples, gcShareMin) {
		return nil
	}
	f := &Finding{Subject: "garbage collector",
		Advice: "Allocate less a request, keep pointers out of large live data, or give the heap more room (GOGC, GOMEMLIMIT)."}
	f.most(cost, "the server's CPU time")
	f.add(v.during(Evidence{Text: fmt.Sprintf("the collector took %s of the server's CPU time", percent(gc)), Share: gc, Function: "runtime.gcBgMarkWorker", Source: cpuFile}))
	if cycles, seconds, ok := v.delta("metrics", "gc_cycles"); ok && cycles > 0 {
		text := fmt.Sprintf("%s cycles, one each %s", amount(cycles), duration(seconds/cycles*1e9))
		if _, _, end, ok := v.gauge("metrics", "heap_alloc_bytes"); ok {
			text += fmt.Sprintf(", with a heap of %s", size(end))
		}
		f.add(v.during(Evidence{Text: text, Source: "samples.jsonl"}))
	}
	if needless > needlessMin {
		f.Subject = "GC setting"
		if _, _, percent, ok := v.gauge("metrics", "go_gc_gogc_percent"); ok && percent < 100 {
			f.Subject = fmt.Sprintf("GOGC=%.0f", percent)
		}
		f.Advice = "Raise GOGC (100 is the default), or set GOMEMLIMIT to what the machine can spare and GOGC=off."
		f.add(Evidence{Text: fmt.Sprintf("%s of the cycles came before the heap had doubled: the setting asks for them, not the allocations", percent(needless)),
			Share: needless, Source: "samples.jsonl"})
	}
	return f
}

// needlessGC is the share of collector cycles that would not have been there if
// the heap had been allowed to double in between, as it is by default. It is 0 where
// the target does not tell.
func (v *view) needlessGC() float64 {
	cycles, _, ok1 := v.delta("metrics", "gc_cycles")
	allocated, _, ok2 := v.delta("metrics", "alloc_total_bytes")
	live, _, _, ok3 := v.gauge("metrics", "heap_alloc_bytes") // the least seen is nearest to what lives
	if !ok1 || !ok2 || !ok3 || cycles < leastCycles {
		return 0
	}
	needed := allocated / max(live, minHeapBytes)
	return min(max(1-needed/cycles, 0), 1)
}
