package findings

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

var goroutineGrowth = rule{
	RuleInfo: RuleInfo{
		ID: "goroutine-growth", Title: "Goroutines multiply with the load", About: Server,
		Explanation: "Each goroutine holds a stack of at least 2 KiB, and the collector scans all of them. A design that starts one for each key or request grows with the data instead of with the connections.",
		Evidence:    "number of goroutines over the run, goroutine profiles at the start and the end of the measured phase, the execution trace (who started them)",
		Threshold:   "at least 500 more goroutines, and 3 times as many, than at the start of the run, beyond those of new connections",
	},
	find: findGoroutineGrowth,
}

const (
	// A server starts some for its own work and some for each connection; hundreds
	// more than there were belong to something that grows.
	goroutinesMin     = 500
	goroutinesTimes   = 3
	goroutineMinBytes = 2048 + 512 // the least stack, and the runtime's record of it
)

var starting = regexp.MustCompile(`^runtime\.(newproc|newproc1|goexit0|goexit1|goready|gfget|malg|timeSleep|runOneTimer|\(\*timers?\).*|gdestroy)$`)

func isStarting(k *stack) bool { return k.has(starting) }

func findGoroutineGrowth(v *view) *Finding {
	first, most, atNs, ok := v.goroutineCounts()
	grown := most - first
	if !ok || grown < goroutinesMin || most < goroutinesTimes*first {
		return nil
	}
	f := &Finding{Subject: "goroutines",
		Advice: "Keep what is to happen later in one structure (a timer wheel, a heap by deadline) that one goroutine works through, and handle requests on the goroutine of their connection."}
	cost := 0.0
	if _, rss, _, ok := v.gaugeOf(v.whole, "server_proc", "rss_bytes"); ok && rss > 0 {
		bytes := grown * goroutineMinBytes
		if least, most, _, ok := v.gaugeOf(v.whole, "metrics", "go_memstats_stack_inuse_bytes"); ok {
			bytes = max(bytes, most-least)
		}
		cost = min(bytes/rss, 1)
	}
	of := "the server's memory"
	if p := v.cpu; p != nil && p.samples >= leastSamples {
		if share := p.share(isStarting); share > cost {
			cost, of = share, "the server's CPU time"
		}
	}
	// Where neither is known, what they hold of the machine's memory is the least.
	if cost == 0 {
		cost = max(grown*goroutineMinBytes/float64(max(v.run.Conditions.MemoryBytes, 1<<30)), 0.01)
	}
	f.atMost(cost, of)
	f.add(Evidence{Text: fmt.Sprintf("from %s goroutines to %s", amount(first), amount(most)), FromNs: v.startNs(), ToNs: max(atNs, v.startNs()), Source: "samples.jsonl"}.
		fromTo(first, most, "goroutines"))
	v.nameStarter(f)
	return f
}

// goroutineCounts is how many there were at the start of the run and at most, and
// when. The profiles count as samples: where there are no metrics, they are all.
func (v *view) goroutineCounts() (first, most float64, atNs int64, ok bool) {
	_, _, _, counted := v.gaugeOf(v.whole, "info", "info_connected_clients")
	perClient := func(ns int64) float64 {
		if !counted {
			return 0
		}
		// Two each: a server with a reader and a writer a connection is not growing.
		return 2 * max(0, v.valueAt("info", "info_connected_clients", ns)-v.valueAt("info", "info_connected_clients", v.startNs()))
	}
	for _, s := range v.whole["metrics"] {
		n, has := s.Values["goroutines"]
		if !has {
			continue
		}
		if !ok {
			first, ok = n, true
		}
		if n -= perClient(s.TNs); n > most {
			most, atNs = n, s.TNs
		}
	}
	if !ok && v.goroutinesBefore != nil && v.goroutines != nil {
		return v.goroutinesBefore.total, v.goroutines.total, v.toNs, true
	}
	return first, most, atNs, ok
}

// valueAt is what was sampled last up to ns, or first of all; 0 when nothing was.
func (v *view) valueAt(source, name string, ns int64) (value float64) {
	found := false
	for _, s := range v.whole[source] {
		x, ok := s.Values[name]
		if !ok || found && s.TNs > ns {
			continue
		}
		value, found = x, true
	}
	return value
}

// startNs is when the first sample was taken.
func (v *view) startNs() int64 {
	for _, s := range v.whole["metrics"] {
		return s.TNs
	}
	return v.fromNs
}

// nameStarter finds the function that starts the goroutines: an execution trace
// knows, a CPU profile may have seen it, and the goroutines of a closure carry the
// name of the function around it.
func (v *view) nameStarter(f *Finding) {
	if p, src := v.profileOfCPU(); p != nil {
		newproc := func(k *stack) bool { return k.has(goStatement) }
		for _, s := range p.sites(newproc) {
			f.Subject = s.function
			f.add(Evidence{Text: fmt.Sprintf("%s was seen starting goroutines", s.function), Share: s.value / p.total, Source: src}.at(s.frame))
			break
		}
	}
	if e, entry, ok := v.multiplied(); ok {
		f.Subject = entry
		f.add(e)
	}
	if v.trace == nil {
		return
	}
	for _, c := range v.trace.CreatedBy {
		if machinery.MatchString(c.Function) {
			continue
		}
		share := 0.0
		if v.trace.GoroutinesCreated > 0 {
			share = min(c.Count/v.trace.GoroutinesCreated, 1)
		}
		if share >= 0.5 {
			f.Subject = enclosing(c.Function)
		}
		f.add(Evidence{Text: fmt.Sprintf("%s started %s goroutines in %s", c.Function, amount(c.Count), duration(v.trace.SpanNs)), Function: c.Function,
			File: shortFile(c.Function, c.File), Line: c.Line, Share: share, Source: traceFile})
		break
	}
}

var goStatement = regexp.MustCompile(`^runtime\.newproc1?$`)

// multiplied compares the goroutine profiles: what the goroutines that became more
// run, and the function that starts them.
func (v *view) multiplied() (e Evidence, starter string, ok bool) {
	before, after := v.goroutinesBefore.entries(), v.goroutines.entries()
	most := 0.0
	for _, name := range slices.Sorted(maps.Keys(union(before, after))) {
		a, b := before[name], after[name]
		if d := max(a.value, b.value) - min(a.value, b.value); d > most && d >= goroutinesMin/2 {
			most = d
			x, total := b, 0.0
			if a.value > b.value {
				x, total = a, v.goroutinesBefore.total
			} else {
				total = v.goroutines.total
			}
			starter, ok = enclosing(name), true
			e = v.during(Evidence{Text: fmt.Sprintf("%s goroutines run %s", amount(x.value), name), Share: x.value / total, Source: goroutineFile}.
				at(x.frame).fromTo(a.value, b.value, "goroutines"))
		}
	}
	return e, starter, ok
}

func union(a, b map[string]site) map[string]site {
	out := maps.Clone(b)
	if out == nil {
		out = map[string]site{}
	}
	for name, s := range a {
		if _, has := out[name]; !has {
			out[name] = s
		}
	}
	return out
}

// entries counts goroutines by the program's function that they began with.
func (s *stacks) entries() map[string]site {
	out := map[string]site{}
	if s == nil {
		return out
	}
	for i := range s.all {
		frames := s.all[i].frames
		for j := len(frames) - 1; j >= 0; j-- {
			if machinery.MatchString(frames[j].function) {
				continue
			}
			e := out[frames[j].function]
			e.frame = frames[j]
			e.value += s.all[i].value
			out[frames[j].function] = e
			break
		}
	}
	return out
}

var closure = regexp.MustCompile(`(\.(func\d+|gowrap\d+|deferwrap\d+|\d+))+$`)

// enclosing is the function around a closure, and any other function itself.
func enclosing(function string) string { return closure.ReplaceAllString(function, "") }
