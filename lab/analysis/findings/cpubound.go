package findings

import "fmt"

var cpuBound = rule{
	RuleInfo: RuleInfo{
		ID: "cpu-bound", Title: "The server is out of CPU", About: Server,
		Explanation: "The server uses all the processor it can get. What it spends most on decides its capacity.",
		Evidence:    "CPU time of the server's process against what it may use (one processor for servers that run commands on one thread), CPU profile",
		Threshold:   "at least 90 % of what it may use",
	},
	find:   findCPUBound,
	causes: []string{"allocation-hot-spot", "gc-pressure", "no-pipelining"},
}

// At 90 % utilisation a queue is ten times as long as at 10 %.
const cpuBoundMin = 0.9

func findCPUBound(v *view) *Finding {
	cores, ok := v.serverCores()
	usable := v.usableCores()
	if !ok || cores < cpuBoundMin*usable {
		return nil
	}
	f := &Finding{Subject: "CPU", Advice: "Make the hottest functions cheaper (flame graph), send more commands in one batch, or add servers."}
	if usable == 1 {
		f.Subject = "main thread"
	}
	// Without a profile, nothing says how much could be won.
	share := 0.1
	p, src := v.profileOfCPU()
	if p != nil && p.samples >= leastSamples {
		hot := p.hottest()
		share = hot.value / p.total
		f.add(v.during(Evidence{Text: fmt.Sprintf("the hottest function, %s, took %s of the CPU time itself", hot.function, percent(share)), Share: share, Source: src}.at(hot.frame)))
	}
	f.most(min(share, 0.95), "the server's CPU time")
	f.add(v.during(Evidence{Text: fmt.Sprintf("the server used %.2f of %.0f processors it can use", cores, usable), Share: min(cores/usable, 1), Source: "samples.jsonl"}))
	return f
}

// usableCores is how many processors the server's commands can run on.
func (v *view) usableCores() float64 {
	n := v.cpus()
	if q := v.run.Conditions.CgroupCPUQuota; q > 0 {
		n = min(n, q)
	}
	switch v.run.Target.Kind {
	case "redis", "valkey":
		return 1 // commands run on one thread, whatever io-threads says
	}
	return n
}

// hottest is the function with the most time of its own.
func (s *stacks) hottest() site {
	self := map[string]*site{}
	var best *site
	for i := range s.all {
		k := &s.all[i]
		if len(k.frames) == 0 {
			continue
		}
		e := self[k.frames[0].function]
		if e == nil {
			e = &site{frame: k.frames[0]}
			self[k.frames[0].function] = e
		}
		e.value += k.value
		if best == nil || e.value > best.value {
			best = e
		}
	}
	if best == nil {
		return site{}
	}
	return *best
}
