package admincmd

import (
	"math"

	"redline/server/internal/observe"
)

// part is one part of the process's resident memory.
type part struct {
	name  string
	bytes int64
}

// parts divides the resident memory into parts that add up to it. Those of the blocks' storage are exact; of Go's heap
// the live part is as of its last collection, and what has been added since counts as idle. What Go has for its own
// bookkeeping is mostly mapped and never touched: it counts as far as the system says that anonymous memory is resident.
// What is left over either way, or is counted and not resident, is unexplained.
func (f *footprint) parts() []part {
	k, g := &f.keyspace, &f.runtime
	goOther := max(f.other-f.clients-g.Stacks, 0)
	goIdle := max(g.Heap-max(k.Objects-f.arena, 0)-f.clients-goOther, 0)
	anonymous := f.host.Resident - f.host.File
	runtime := min(max(anonymous-k.Resident-f.arenaResident-g.Heap-g.Stacks, 0), max(g.Total-g.Heap-g.Stacks, 0))
	list := []part{
		{"keys", k.Names},
		{"values", max(k.Blocks-k.Names-k.Index-k.Wheels, 0)},
		{"index", k.Index},
		{"expiry", k.Wheels},
		{"fragmentation", k.Resident - k.Blocks + f.arenaResident - f.arena},
		{"collections", k.Objects},
		{"client_buffers", f.clients},
		{"go_live", goOther},
		{"go_idle", goIdle},
		{"go_stacks", g.Stacks},
		{"go_runtime", runtime},
		{"program", f.host.File},
	}
	rest := f.host.Resident
	for _, p := range list {
		rest -= p.bytes
	}
	return append(list, part{"unexplained", rest})
}

// doctorParts says what is notable about the parts.
func (f *footprint) doctorParts(say func(format string, args ...any)) {
	const notable = 10 << 20
	if waste := f.keyspace.Resident - f.keyspace.Blocks + f.arenaResident - f.arena; waste > notable && waste > f.keyspace.Blocks/2 {
		say("Fragmentation: %s of the storage's %s hold nothing. They are compacted unless activedefrag is off.", human(waste), human(f.keyspace.Resident))
	}
	for _, p := range f.parts() {
		if p.name == "go_idle" && p.bytes > notable && p.bytes > f.host.Resident/4 {
			say("Go's heap: %s are garbage or kept for later. See gc_percent in INFO, and GOGC in docs/OPERATIONS.md.", human(p.bytes))
		}
		if p.name == "unexplained" && p.bytes > notable && p.bytes > f.host.Resident/20 {
			say("Unexplained: %s of the resident memory are in none of the parts of MEMORY STATS.", human(p.bytes))
		}
	}
	c := observe.ReadCollector()
	if share := c.Share(&observe.Collector{}); share > 0.1 {
		say("Garbage collection took %.0f%% of the processors so far. A higher GOGC, or a higher GOMEMLIMIT, trades memory for it.", 100*share)
	}
}

// infoCollector tells of Go's garbage collector.
func infoCollector(r *report) {
	c, pauses := observe.ReadCollector(), observe.ReadPauses()
	r.field("gc_cycles", c.Cycles)
	r.field("gc_cpu_percent", decimals(100*c.Share(&observe.Collector{})))
	r.field("gc_pauses", pauses.Count())
	r.field("gc_pause_p99_us", pauses.At(99).Microseconds())
	r.field("gc_pause_max_us", pauses.At(100).Microseconds())
	r.field("gc_percent", c.Percent)
	r.field("gc_heap_goal", c.Goal)
	if c.Limit == math.MaxInt64 {
		c.Limit = 0
	}
	r.field("gc_memory_limit", c.Limit)
}
