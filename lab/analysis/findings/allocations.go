package findings

import (
	"fmt"
	"regexp"
	"slices"
)

var allocationHotSpot = rule{
	RuleInfo: RuleInfo{
		ID: "allocation-hot-spot", Title: "One function allocates too much", About: Server,
		Explanation: "Memory taken for every request costs twice: when it is taken and cleared, and when the collector finds that it is garbage.",
		Evidence:    "CPU profile (time in the allocator, by caller, and in the collector) and what the allocation profile gained over the load",
		Threshold:   "allocating in one function, with its part of the collector's work, is surely at least 10 % of the server's CPU time, from at least 30 samples",
	},
	find: findAllocations,
}

// Below a tenth of the CPU time, a pool would win less than usual differences
// between two builds.
const allocShareMin = 0.10

var (
	allocating = regexp.MustCompile(`^runtime\.(mallocgc|newobject|newarray|makeslice|makeslicecopy|growslice|makemap|rawstring|rawbyteslice)`)
	collecting = regexp.MustCompile(`^runtime\.(gcBgMarkWorker|gcAssistAlloc|gcStart|gcMarkDone|gcMarkTermination|gcDrain|bgsweep|bgscavenge|sweepone|deductSweepCredit|gcSweep|gcWriteBarrier|wbBufFlush)`)
)

func isCollecting(k *stack) bool { return k.has(collecting) }
func isAllocating(k *stack) bool { return k.has(allocating) && !k.has(collecting) }

func findAllocations(v *view) *Finding {
	if v.cpu == nil {
		return nil
	}
	top, ok := v.topAllocator()
	if !ok || !sure(top.cost, v.cpu.samples, allocShareMin) {
		return nil
	}
	f := &Finding{Subject: top.function,
		Advice: "Keep the memory in a pool, or let the caller pass a buffer to append to. A heap profile by alloc_objects shows the lines; `go build -gcflags=-m` says what escapes."}
	f.most(top.cost, "the server's CPU time")
	f.add(v.during(Evidence{Text: fmt.Sprintf("allocating in %s, and collecting what it allocated, took %s of the CPU time", top.function, percent(top.cost)),
		Share: top.cost, Source: cpuFile}.at(top.frame)))
	if top.bytes > 0 {
		text := fmt.Sprintf("%s of all allocated bytes: %s", percent(top.bytesShare), size(top.bytes))
		if v.loadRequests > 0 {
			text += fmt.Sprintf(", %s a request", size(top.bytes/v.loadRequests))
		}
		f.add(Evidence{Text: text, Share: top.bytesShare, Source: allocsFile}.at(top.frame))
	}
	return f
}

// allocator is what allocating in one function costs.
type allocator struct {
	frame
	cost              float64 // share of the CPU time
	bytes, bytesShare float64
}

// topAllocator is the costliest: by the time spent allocating in it, and by its
// share of the bytes as its share of the collector's necessary work.
func (v *view) topAllocator() (allocator, bool) {
	gc := v.cpu.share(isCollecting) * (1 - v.needlessGC())
	var all []allocator
	for _, s := range v.cpu.sites(isAllocating) {
		all = append(all, allocator{frame: s.frame, cost: s.value / v.cpu.total})
	}
	for _, s := range v.allocs.sites(nil) {
		i := slices.IndexFunc(all, func(a allocator) bool { return a.function == s.function })
		if i < 0 {
			i = len(all)
			all = append(all, allocator{})
		}
		a := &all[i]
		a.frame, a.bytes, a.bytesShare = s.frame, s.value, s.value/v.allocs.total
		a.cost += gc * a.bytesShare
	}
	if len(all) == 0 {
		return allocator{}, false
	}
	return slices.MaxFunc(all, func(a, b allocator) int {
		if a.cost < b.cost {
			return -1
		}
		return 1
	}), true
}
