package summary

import (
	"fmt"
	"time"

	"redline/lab/record"
	"redline/lab/workload"
)

// Bounds of the judgement. Each says when a figure can no longer be believed or
// a load was not met.
const (
	// A thread this busy delays what is due next: the queueing delay at one server
	// grows as 1/(1-ratio).
	cpuRatioMax = 0.9
	// Beyond this, pacing error is no longer small against a usual response time.
	pacingCaveat = int64(time.Millisecond)
	// Without an SLO on latency the verdict is about rate and errors, which late
	// sending touches only when it is gross. With one, half of the SLO is the limit.
	pacingLimit = int64(50 * time.Millisecond)
	// An open loop that gets less than this share of its rate did not keep it up.
	rateShareMin = 0.99
	// Little's law is an identity; sampling ends and slices leave a few percent.
	littleShareMax = 0.2
	hostBusyMax    = 0.95
	stealMax       = 0.05
	missShare      = 0.5
)

// judge sets the verdict. The order matters: what cannot be believed is not
// judged.
func (c *computation) judge() {
	s := c.sum
	c.caveats()
	missed := c.judgeRules()
	if why := c.undecidable(); why != "" {
		s.Verdict, s.Reasons = Undecided, []string{why}
		return
	}
	if why := c.limited(); len(why) > 0 {
		s.Verdict, s.Reasons = GeneratorLimited, why
		return
	}
	if why := c.failures(missed); len(why) > 0 {
		s.Verdict, s.Reasons = Fail, why
		return
	}
	s.Verdict = Pass
	if len(s.Reasons) == 0 { // a stress test has said it
		s.Reasons = append(s.Reasons, c.success())
	}
}

func (c *computation) undecidable() string {
	switch {
	case c.run.State == record.StateInterrupted:
		return "the run was interrupted"
	case c.run.State == record.StateFailed:
		return "the run failed: " + c.run.StateReason
	case c.measureNs == 0:
		return "nothing was measured"
	case c.run.State == record.StateRunning:
		return "the run did not come to its end: it was killed, or still goes on"
	case c.sum.Intended == 0:
		return "no request was due in the measured phase"
	}
	return ""
}

// limited tells in what the generator was the bottleneck.
func (c *computation) limited() (why []string) {
	g := &c.sum.Generator
	open := c.sum.Loop == string(workload.Open)
	if g.CPURatio != nil && *g.CPURatio >= cpuRatioMax && !(open && c.kept()) {
		why = append(why, fmt.Sprintf("the generator's threads used %.0f %% of their CPUs: add threads or lower the load", 100**g.CPURatio))
	}
	limit := pacingLimit
	if slo := c.run.SLO.ResponseP99Ns; slo > 0 {
		limit = min(limit, slo/2)
	}
	for _, t := range c.rules {
		if t.Metric == workload.Response && t.Stat == "p99" && t.Value > 0 {
			limit = min(limit, int64(t.Value)/2)
		}
	}
	if open && g.PacingP99Ns > limit {
		why = append(why, fmt.Sprintf("1 %% of requests were sent more than %v after their time although a connection was free: the machine does not let the generator run",
			time.Duration(g.PacingP99Ns).Round(time.Microsecond)))
	}
	return append(why, c.heldUp()...)
}

// kept tells whether an open loop got the rate it asked for. The end of a run
// cuts off what waits at that instant, hence the allowance of a request for each
// connection.
func (c *computation) kept() bool {
	intended, allowance := float64(c.sum.Intended), float64(c.run.Workload.Connections)
	return float64(c.sum.Operations+c.sum.Errors) >= rateShareMin*intended-allowance &&
		float64(c.lastBacklog) <= (1-rateShareMin)*intended+allowance
}

// failures tells what the server missed, beside the thresholds in why.
func (c *computation) failures(why []string) []string {
	s, slo := c.sum, c.run.SLO
	if s.Operations == 0 {
		return []string{"no request was answered without an error"}
	}
	stress := c.run.Workload.Stop != ""
	if ratio := float64(s.Errors) / float64(s.Operations+s.Errors); ratio > slo.ErrorRatio && !(slo.ErrorRatio == 0 && c.has(workload.Errors)) && !stress {
		why = append(why, fmt.Sprintf("%.3g %% of requests failed, allowed are %.3g %%", 100*ratio, 100*slo.ErrorRatio))
	}
	if slo.ResponseP99Ns > 0 && s.ResponseNs.P99 > slo.ResponseP99Ns {
		why = append(why, fmt.Sprintf("response time p99 is %v, allowed is %v", short(s.ResponseNs.P99), short(slo.ResponseP99Ns)))
	}
	if s.Loop == string(workload.Open) && !c.kept() && !c.has(workload.Throughput) && !stress {
		why = append(why, fmt.Sprintf("the server did not keep up: %.0f of %.0f requests per second", s.ThroughputPerS, float64(s.Intended)/s.DurationS))
	}
	return why
}

func (c *computation) success() string {
	s := c.sum
	text := fmt.Sprintf("%.0f requests per second with p99 %v", s.ThroughputPerS, short(s.ResponseNs.P99))
	if slo := c.run.SLO.ResponseP99Ns; slo > 0 {
		text += fmt.Sprintf(" (allowed %v)", short(slo))
	}
	if s.Errors == 0 {
		return text + " and no errors"
	}
	return text + fmt.Sprintf(" and %d errors, within the allowed share", s.Errors)
}

// caveats notes what a reader of the figures must know.
func (c *computation) caveats() {
	s, g := c.sum, &c.sum.Generator
	note := func(format string, args ...any) { s.Caveats = append(s.Caveats, fmt.Sprintf(format, args...)) }
	if s.Loop == string(workload.Closed) {
		note("closed loop: response time cannot show waiting that the server's own stalls caused")
	}
	if g.PacingP99Ns > pacingCaveat {
		note("pacing error p99 is %v: part of the response time is the generator's", short(g.PacingP99Ns))
	}
	if h := s.Host; h != nil {
		if h.BusyRatio > hostBusyMax {
			note("the host's CPUs were %.0f %% busy: server and generator competed for them", 100*h.BusyRatio)
		}
		if h.StealRatio > stealMax {
			note("the hypervisor took %.0f %% of the CPU time", 100*h.StealRatio)
		}
	}
	s.Caveats = append(s.Caveats, c.hiccupCaveat()...)
	s.Caveats = append(s.Caveats, c.selfCaveats()...)
	if gets := s.Operations; gets > 0 && float64(s.Misses) > missShare*float64(gets) {
		note("%.0f %% of replies were null: the keys were not there", 100*float64(s.Misses)/float64(gets))
	}
	if want := int64(c.run.Workload.Connections); c.measureNs > 0 && c.connections < want {
		note("at one time only %d of %d connections were usable", c.connections, want)
	}
	if c.run.State == record.StateRunning {
		note("the run did not end: figures cover what was recorded")
	}
}

func short(ns int64) time.Duration {
	d := time.Duration(ns)
	switch {
	case d > time.Second:
		return d.Round(time.Millisecond)
	case d > time.Millisecond:
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(100 * time.Nanosecond)
}
