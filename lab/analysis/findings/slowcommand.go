package findings

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var slowCommand = rule{
	RuleInfo: RuleInfo{
		ID: "slow-command", Title: "One command is slow", About: Server,
		Explanation: "A command that takes long makes its own clients wait, and on a server with one thread everybody else's.",
		Evidence:    "service times by operation, time by command from INFO commandstats, the slow log, goroutines found waiting in the command",
		Threshold:   "an operation's median service time is at least 1 ms and 5 times that of the fastest, or a command takes at least 1 ms a call in the server; and that is at least 10 % of the time that requests (usually) take",
	},
	find:   findSlowCommand,
	causes: []string{"fsync-stall", "lock-contention", "unfair-shards"},
}

const (
	// A thousand times what a simple command takes: nobody means to wait that long.
	slowNsMin = 1e6
	// Commands differ by small factors; several is a different kind of work.
	slowTimes    = 5
	slowShareMin = 0.10
	// What costs less of all the time there was is not worth a change.
	slowCostMin = 0.03
	// An operation with fewer requests has no median worth quoting.
	slowRequestsMin = 20
)

func findSlowCommand(v *view) *Finding {
	f := &Finding{Advice: "See what the command does there: a scan of a large value, a wait for a file or another server, a lock. Use a bounded form (HSCAN for HGETALL, UNLINK for DEL) or take the work out of the command."}
	for _, look := range []func(*view, *Finding){(*view).slowOperation, (*view).slowStats, (*view).slowLogged} {
		look(v, f)
	}
	if f.Subject == "" {
		return nil
	}
	v.whereSlow(f)
	f.most(f.Cost, "the time requests are under way")
	return f
}

// offer makes a command the subject unless another one costs more.
func (f *Finding) offer(subject string, cost float64, e Evidence) {
	cost = min(cost, 1)
	if cost > f.Cost {
		f.Subject, f.Cost = subject, cost
	}
	f.add(e)
}

// slowOperation compares the operations of the load with each other: half the
// requests of a slow one wait, not only those that a stall hit.
func (v *view) slowOperation(f *Finding) {
	// The share of the time is taken twice: of all time that there was, which is the
	// cost, and of what the operations usually take. On a machine that stalls, the
	// stalls are most of the first and hide a slow command; the second says it is one.
	fastest, total, usual := 0.0, 0.0, 0.0
	for _, op := range v.sum.Ops {
		if op.Operations < slowRequestsMin {
			continue
		}
		total += float64(op.ServiceNs.Mean) * float64(op.Operations)
		p50 := float64(op.ServiceNs.P50)
		usual += p50 * float64(op.Operations)
		if fastest == 0 || p50 < fastest {
			fastest = p50
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.sum.Ops)) {
		op := v.sum.Ops[name]
		p50 := float64(op.ServiceNs.P50)
		if op.Operations < slowRequestsMin || p50 < slowNsMin || p50 < slowTimes*fastest {
			continue
		}
		lost := (p50 - fastest) * float64(op.Operations)
		cost := lost / total
		if lost/usual < slowShareMin || cost < slowCostMin {
			continue
		}
		f.offer(strings.ToUpper(name), cost, v.during(Evidence{Text: fmt.Sprintf("%s takes %s (median service time), the fastest operation %s", name, duration(p50), duration(fastest)),
			Share: min(cost, 1), Source: "latency.hlog"}).fromTo(fastest, p50, "ns"))
	}
}

// slowStats reads how long commands ran within the server.
func (v *view) slowStats(f *Finding) {
	for _, name := range v.commandNames() {
		calls, _, ok1 := v.delta("info", "info_cmdstat_"+name+"_calls")
		us, seconds, ok2 := v.delta("info", "info_cmdstat_"+name+"_usec")
		if !ok1 || !ok2 || calls < slowRequestsMin || us*1e3/calls < slowNsMin || v.inFlightNs == 0 {
			continue
		}
		cost := us * 1e3 / (v.inFlightNs * seconds / v.seconds())
		if cost < slowShareMin {
			continue
		}
		f.offer(strings.ToUpper(name), cost, v.during(Evidence{Text: fmt.Sprintf("%s ran for %s a call in the server, %s calls", name, duration(us*1e3/calls), amount(calls)),
			Share: min(cost, 1), Source: "samples.jsonl"}))
	}
}

// commandNames are the commands that INFO commandstats was sampled for.
func (v *view) commandNames() []string {
	names := map[string]bool{}
	for _, s := range v.samples["info"] {
		for name := range s.Values {
			if rest, ok := strings.CutPrefix(name, "info_cmdstat_"); ok {
				if cmd, ok := strings.CutSuffix(rest, "_usec"); ok {
					names[cmd] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// slowLogged sums up the slow log. On a server with one thread, this is time that
// nobody else was served.
func (v *view) slowLogged(f *Finding) {
	us, n := map[string]float64{}, map[string]int{}
	for _, e := range v.slowlog {
		if len(e.Args) > 0 && e.USec*1e3 >= slowNsMin {
			name := strings.ToUpper(e.Args[0])
			us[name] += e.USec
			n[name]++
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(us), func(a, b string) int { return cmp.Or(cmp.Compare(us[b], us[a]), strings.Compare(a, b)) }) {
		cost := us[name] * 1e3 / max(float64(v.measureNs), v.inFlightNs)
		if cost < slowShareMin {
			continue
		}
		f.offer(name, cost, v.during(Evidence{Text: fmt.Sprintf("the slow log holds %d calls of %s, %s in all", n[name], name, duration(us[name]*1e3)),
			Share: min(cost, 1), Source: slowlogFile}))
	}
}

// whereSlow looks for a function of the command's name that goroutines were found
// waiting in, or that the processor spent its time in.
func (v *view) whereSlow(f *Finding) {
	named, err := regexp.Compile(`(?i)[._)*a-z0-9]*` + regexp.QuoteMeta(strings.ToLower(f.Subject)) + `[a-z0-9]*$`)
	if err != nil {
		return
	}
	for _, p := range []struct {
		s      *stacks
		what   string
		source string
	}{{v.goroutines, "goroutines", goroutineFile}, {v.goroutinesBefore, "goroutines", "profiles/goroutine.before.pb.gz"}, {v.cpu, "CPU time", cpuFile}} {
		if p.s == nil {
			continue
		}
		for i := range p.s.all {
			k := &p.s.all[i]
			at, ok := k.culprit()
			if !ok || !named.MatchString(at.function[strings.LastIndexByte(at.function, '.')+1:]) {
				continue
			}
			f.add(v.during(Evidence{Text: fmt.Sprintf("%s were found in %s", p.what, at.function), Share: k.value / p.s.total, Source: p.source}.at(at)))
			return
		}
	}
}
