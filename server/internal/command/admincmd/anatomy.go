package admincmd

import (
	"fmt"
	"strconv"
	"strings"

	"redline/server/internal/command"
	"redline/server/internal/observe"
	"redline/server/internal/session"
)

// LATENCY ANATOMY is not a command of Redis 7.0: it tells in which stage requests spend their time, over a sample of them
// (directive latency-anatomy-sampling), and what the slowest ones waited for.

const (
	slowestDefault = 10
	anatomyUsage   = "ERR use LATENCY ANATOMY, LATENCY ANATOMY SLOWEST [count] or LATENCY ANATOMY RESET"
)

func latencyAnatomy(c *command.Call) {
	a := &session.From(c).Hub.Stats.Anatomy
	switch {
	case len(c.Args) == 2:
		anatomyStages(c, a)
	case command.Is(c.Args[2], "slowest") && len(c.Args) <= 4:
		anatomySlowest(c, a)
	case command.Is(c.Args[2], "reset") && len(c.Args) == 3:
		a.Reset()
		c.Reply.OK()
	default:
		c.Reply.Error(anatomyUsage)
	}
}

// eachStage calls fn for every stage and then for all of them together.
func eachStage(a *observe.Anatomy, fn func(name string, d *observe.Distribution, sumNs int64)) {
	var d observe.Distribution // one for all: it is large
	sum := int64(0)
	for s := range observe.Stages {
		d, sum = a.Stage(s)
		fn(s.String(), &d, sum)
	}
	d, sum = a.Total()
	fn("total", &d, sum)
}

// anatomyStages answers with a map of stages: times in microseconds since the start or the last reset.
func anatomyStages(c *command.Call, a *observe.Anatomy) {
	c.Reply.Map(int(observe.Stages) + 1)
	eachStage(a, func(name string, d *observe.Distribution, sumNs int64) {
		c.Reply.BulkString(name)
		c.Reply.Map(6)
		c.Reply.BulkString("count")
		c.Reply.Int(d.Count)
		micros := func(name string, ns float64) {
			c.Reply.BulkString(name)
			c.Reply.HumanDouble(float64(int64(ns)) / 1000)
		}
		micros("mean-us", mean(d, sumNs))
		micros("p50-us", float64(d.At(50)))
		micros("p99-us", float64(d.At(99)))
		micros("p99.9-us", float64(d.At(99.9)))
		micros("max-us", float64(d.At(100)))
	})
}

func mean(d *observe.Distribution, sumNs int64) float64 {
	if d.Count == 0 {
		return 0
	}
	return float64(sumNs) / float64(d.Count)
}

// anatomySlowest answers with the slowest requests of the last minute or two, slowest first, one map each.
func anatomySlowest(c *command.Call, a *observe.Anatomy) {
	n := int64(slowestDefault)
	if len(c.Args) == 4 {
		var ok bool
		if n, ok = c.RangeArg(3, 1, 2*observe.SlowestMax, fmt.Sprintf("ERR count must be from 1 to %d", 2*observe.SlowestMax)); !ok {
			return
		}
	}
	list := a.Slowest(int(n), session.From(c).Hub.Clock())
	c.Reply.Array(len(list))
	for i := range list {
		r := &list[i]
		c.Reply.Map(5 + int(observe.Stages))
		text := func(name, value string) {
			c.Reply.BulkString(name)
			c.Reply.BulkString(value)
		}
		micros := func(name string, ns int64) {
			c.Reply.BulkString(name)
			c.Reply.HumanDouble(float64(ns) / 1000)
		}
		c.Reply.BulkString("time-ms")
		c.Reply.Int(r.Unix.UnixMilli())
		text("command", r.Command)
		text("key", r.Key)
		text("client", r.Client)
		micros("total-us", r.Times.Total())
		for s := range observe.Stages {
			micros(s.String()+"-us", r.Times[s])
		}
	}
}

// infoAnatomy writes the same for programs: totals that only grow until a reset, and the filled buckets of the histograms as
// "longest ns in it=count", from which distributions over any stretch of time follow.
func infoAnatomy(r *report) {
	r.field("anatomy_sampling", r.conf.AnatomySampling)
	eachStage(&r.hub.Stats.Anatomy, func(name string, d *observe.Distribution, sumNs int64) {
		name = "anatomy_" + strings.ReplaceAll(name, "-", "_")
		r.field(name, fmt.Sprintf("count=%d,sum_ns=%d,mean_ns=%.0f,p50_ns=%d,p99_ns=%d,p999_ns=%d,max_ns=%d",
			d.Count, sumNs, mean(d, sumNs), d.At(50), d.At(99), d.At(99.9), d.At(100)))
		var buckets []byte
		d.Buckets(func(upToNs, count int64) {
			if len(buckets) > 0 {
				buckets = append(buckets, ',')
			}
			buckets = append(strconv.AppendInt(buckets, upToNs, 10), '=')
			buckets = strconv.AppendInt(buckets, count, 10)
		})
		r.field(name+"_histogram", string(buckets))
	})
}
