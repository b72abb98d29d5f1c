package summary

import (
	"redline/hist"
	"redline/lab/record"
	"redline/lab/workload"
)

// computation gathers what Compute reads.
type computation struct {
	run *record.Run
	sum *Summary

	fromNs, toNs int64 // of the measured phase, as far as it was recorded
	measureNs    int64 // sum of its slices
	completed    int64 // in the measured slices alone
	areaNs       float64
	threadCPUNs  int64
	self         selfcheck
	pacing       *hist.Hist
	lastBacklog  int64
	connections  int64 // least number usable
	ops          map[string]*opHists
	response     *hist.Hist
	calm         *hist.Hist // response times of slices that no hiccup reaches
	calmNs       int64
	hiccupList   []record.Hiccup
	reach        record.Reach // theirs
	service      *hist.Hist
	whole        *part   // the measured phase, as rules see it
	parts        []*part // its stages; none if it is of one piece
	rules        []workload.Threshold
	named        map[string]bool // the operations that rules are about
	cumulative   []point         // completed so far over time, for shares of a phase
}

type opHists struct{ response, service *hist.Hist }

// point is the number of requests completed up to a time.
type point struct {
	ns        int64
	completed float64
}

// slices reads slices.jsonl. Requests intended in the measured phase may be
// answered in the cooldown; they count, but not towards throughput.
func (c *computation) slices(d *record.Dir) error {
	c.connections = -1
	total := 0.0
	for s, err := range d.Slices() {
		if err != nil {
			return err
		}
		sum := s.Total()
		total += float64(sum.Completed)
		c.cumulative = append(c.cumulative, point{s.TNs + s.DurNs, total})
		switch s.Phase {
		case record.PhaseMeasure:
			c.measured(&s, sum)
		case record.PhaseCooldown:
		default:
			c.self.inFlight = s.InFlight
			continue
		}
		c.count(&s)
		c.countParts(&s)
	}
	c.sum.DurationS = float64(c.measureNs) / 1e9
	if c.measureNs > 0 {
		c.sum.ThroughputPerS = float64(c.completed) / c.sum.DurationS
	}
	return nil
}

// measured takes what belongs to the measured phase alone.
func (c *computation) measured(s *record.Slice, sum record.OpCounts) {
	if c.measureNs == 0 {
		c.fromNs = s.TNs
	}
	c.toNs = s.TNs + s.DurNs
	c.measureNs += s.DurNs
	c.completed += sum.Completed
	c.areaNs += s.ConcurrencyAvg * float64(s.DurNs)
	c.threadCPUNs += s.ThreadCPUNs - s.SpinNs
	if !c.reach.Into(s.TNs, s.DurNs) {
		c.calmNs += s.DurNs
	}
	c.self.slice(s, sum, c.run.Workload.Pipeline)
	c.sum.BacklogMax = max(c.sum.BacklogMax, s.Backlog)
	c.lastBacklog = s.Backlog
	if c.connections < 0 || s.Connections < c.connections {
		c.connections = s.Connections
	}
}

// count takes what counts in the measured phase and the cooldown.
func (c *computation) count(s *record.Slice) {
	for name, o := range s.Ops {
		op := c.sum.Ops[name]
		op.Operations += o.Completed
		op.Errors += o.Errors
		op.Misses += o.Misses
		c.sum.Ops[name] = op
		c.sum.Intended += o.Intended
		c.sum.Operations += o.Completed
		c.sum.Errors += o.Errors
		c.sum.Misses += o.Misses
		c.sum.Late += o.Late
		c.sum.Dropped += o.Dropped
	}
	for class, n := range s.ErrorClasses {
		c.sum.ErrorClasses[class] += n
	}
}

// latencies reads latency.hlog from the start of the measured phase on.
func (c *computation) latencies(d *record.Dir) error {
	for l, err := range d.Latencies() {
		if err != nil {
			return err
		}
		if l.TNs < c.fromNs || c.measureNs == 0 {
			continue
		}
		c.latencyParts(&l)
		op := c.ops[l.Op]
		if op == nil {
			op = &opHists{hist.New(), hist.New()}
			c.ops[l.Op] = op
		}
		switch l.Kind {
		case record.KindResponse:
			op.response.Merge(l.Hist)
			c.response.Merge(l.Hist)
			if !c.reach.Into(l.TNs, l.DurNs) {
				c.calm.Merge(l.Hist)
			}
		case record.KindService:
			op.service.Merge(l.Hist)
			c.service.Merge(l.Hist)
			c.self.service(&l)
		}
	}
	for l, err := range d.Pacing() {
		if err != nil {
			return err
		}
		if l.TNs >= c.fromNs && l.TNs < c.toNs {
			c.pacing.Merge(l.Hist)
		}
	}
	c.sum.ResponseNs, c.sum.ServiceNs = LatencyOf(c.response), LatencyOf(c.service)
	c.sumHiccups()
	for name, h := range c.ops {
		op := c.sum.Ops[name]
		op.ResponseNs, op.ServiceNs = LatencyOf(h.response), LatencyOf(h.service)
		c.sum.Ops[name] = op
	}
	return nil
}

// samples reads samples.jsonl.
func (c *computation) samples(d *record.Dir) error {
	var server, host []record.Sample
	for s, err := range d.Samples() {
		if err != nil {
			return err
		}
		switch s.Source {
		case "server_proc":
			server = append(server, s)
		case "host":
			host = append(host, s)
		}
	}
	c.serverCPU(server)
	c.memory(server)
	c.host(host)
	c.generator()
	return nil
}

// within returns the first and last sample of the measured phase; ok is false
// when they cover less than half of it. The sample taken at its very start may
// lie just before the first slice, hence the tolerance.
func (c *computation) within(samples []record.Sample) (first, last record.Sample, ok bool) {
	slack := c.run.SliceNs / 2
	for _, s := range samples {
		if s.TNs < c.fromNs-slack || s.TNs > c.toNs+slack {
			continue
		}
		if !ok {
			first, ok = s, true
		}
		last = s
	}
	return first, last, ok && last.TNs-first.TNs > c.measureNs/2
}

func (c *computation) serverCPU(samples []record.Sample) {
	first, last, ok := c.within(samples)
	if !ok {
		return
	}
	cpu := func(s record.Sample) float64 { return s.Values["cpu_user_ns"] + s.Values["cpu_system_ns"] }
	if n := c.completedAt(last.TNs) - c.completedAt(first.TNs); n > 0 {
		us := (cpu(last) - cpu(first)) / n / 1e3
		c.sum.ServerCPUUs = &us
	}
}

// completedAt interpolates the number of requests completed up to ns.
func (c *computation) completedAt(ns int64) float64 {
	before := point{}
	for _, p := range c.cumulative {
		if p.ns >= ns {
			start := max(before.ns, p.ns-c.run.SliceNs)
			if ns <= start {
				return before.completed
			}
			share := float64(ns-start) / float64(p.ns-start)
			return before.completed + share*(p.completed-before.completed)
		}
		before = p
	}
	return before.completed
}

// memory compares the server before and after preloading.
func (c *computation) memory(samples []record.Sample) {
	if len(samples) == 0 {
		return
	}
	rssAt := func(ns int64) int64 { // at the last sample up to ns
		rss := samples[0].Values["rss_bytes"]
		for _, s := range samples {
			if s.TNs > ns {
				break
			}
			rss = s.Values["rss_bytes"]
		}
		return int64(rss)
	}
	m := &Memory{RSSBeforeBytes: int64(samples[0].Values["rss_bytes"])}
	m.RSSAfterBytes = m.RSSBeforeBytes
	m.RSSEndBytes = rssAt(c.toNs + c.run.SliceNs/2)
	for _, p := range c.run.Phases {
		if p.Name != record.PhasePreload || p.EndNs <= p.StartNs {
			continue
		}
		m.PreloadedKeys = c.run.Workload.Keys
		m.RSSBeforeBytes, m.RSSAfterBytes = rssAt(p.StartNs), rssAt(p.EndNs)
		if m.PreloadedKeys > 0 {
			perKey := float64(m.RSSAfterBytes-m.RSSBeforeBytes) / float64(m.PreloadedKeys)
			m.BytesPerKey = &perKey
		}
	}
	c.sum.Memory = m
}

func (c *computation) host(samples []record.Sample) {
	first, last, ok := c.within(samples)
	cpus := float64(c.run.Conditions.CPUs)
	if !ok || cpus == 0 {
		return
	}
	ratio := func(name string) float64 {
		return (last.Values[name] - first.Values[name]) / float64(last.TNs-first.TNs) / cpus
	}
	c.sum.Host = &Host{BusyRatio: ratio("host_cpu_busy_ns"), StealRatio: ratio("host_cpu_steal_ns")}
}

func (c *computation) generator() {
	g := &c.sum.Generator
	if c.measureNs == 0 {
		return
	}
	if c.threadCPUNs > 0 {
		ratio := float64(c.threadCPUNs) / float64(c.measureNs) / float64(max(c.run.Workload.Threads, 1))
		g.CPURatio = &ratio
		if c.completed > 0 {
			us := float64(c.threadCPUNs) / float64(c.completed) / 1e3
			perCPU := 1e6 / us
			g.CPUUs, g.RequestsPerCPU = &us, &perCPU
		}
	}
	if c.pacing.Count() > 0 {
		g.PacingP50Ns, g.PacingP99Ns, g.PacingMaxNs = c.pacing.Quantile(0.5), c.pacing.Quantile(0.99), c.pacing.Max()
		g.PacingCount = c.pacing.Count()
	}
	c.self.fill(g, c.measureNs, c.run.Workload.TimeoutNs, c.run.Workload.Threads)
	g.InFlightCounted = c.areaNs / float64(c.measureNs)
	g.InFlightPredicted = c.sum.ThroughputPerS * float64(c.sum.ServiceNs.Mean) / 1e9
}

// Merged are latencies over several runs.
type Merged struct {
	ResponseNs Latency
	ServiceNs  Latency
	// CalmNs is the response time in the slices that no hiccup reaches; nil unless
	// all runs were watched for them.
	CalmNs *Latency
}

// MergeLatencies merges the latencies of several runs.
func MergeLatencies(dirs []*record.Dir) (m Merged, err error) {
	response, service, calm, watched := hist.New(), hist.New(), hist.New(), len(dirs) > 0
	for _, d := range dirs {
		c := newComputation(d)
		for _, step := range []func(*record.Dir) error{c.hiccups, c.slices, c.latencies} {
			if err := step(d); err != nil {
				return m, err
			}
		}
		response.Merge(c.response)
		service.Merge(c.service)
		calm.Merge(c.calm)
		watched = watched && c.sum.Hiccups != nil
	}
	m.ResponseNs, m.ServiceNs = LatencyOf(response), LatencyOf(service)
	if watched {
		of := LatencyOf(calm)
		m.CalmNs = &of
	}
	return m, nil
}
