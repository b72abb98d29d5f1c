package observe

import (
	"math"
	"runtime/metrics"
	"time"
)

// Collector is what Go's garbage collector has done and is set to.
type Collector struct {
	Cycles   int64
	CPU      time.Duration // spent on collecting, idle cores' help not counted
	CPUTotal time.Duration // that the process could have had: cores times time, up to the last collection
	Live     int64         // bytes found live by the last collection
	Goal     int64         // size of the heap at which the next one is to end
	Percent  int64         // GOGC; negative: off
	Limit    int64         // GOMEMLIMIT in bytes; math.MaxInt64: none
	Idle     int64         // bytes of the heap that are free and not given back to the system
	Allocs   int64         // bytes allocated so far
}

// Pauses are the times for which collections stopped all else, in seconds by bucket: n[i] of them lay between bounds[i]
// and bounds[i+1].
type Pauses struct {
	n      []uint64
	bounds []float64
}

var collectorMetrics = []string{
	"/gc/cycles/total:gc-cycles", "/cpu/classes/gc/total:cpu-seconds", "/cpu/classes/gc/mark/idle:cpu-seconds", "/cpu/classes/total:cpu-seconds",
	"/gc/heap/live:bytes", "/gc/heap/goal:bytes", "/gc/gogc:percent", "/gc/gomemlimit:bytes",
	"/memory/classes/heap/free:bytes", "/gc/heap/allocs:bytes",
}

// ReadCollector asks the Go runtime.
func ReadCollector() Collector {
	s := make([]metrics.Sample, len(collectorMetrics))
	for i, name := range collectorMetrics {
		s[i].Name = name
	}
	metrics.Read(s)
	whole := func(i int) int64 {
		if s[i].Value.Kind() != metrics.KindUint64 {
			return 0
		}
		return int64(min(s[i].Value.Uint64(), math.MaxInt64))
	}
	seconds := func(i int) time.Duration {
		if s[i].Value.Kind() != metrics.KindFloat64 {
			return 0
		}
		return time.Duration(s[i].Value.Float64() * float64(time.Second))
	}
	return Collector{
		Cycles: whole(0), CPU: seconds(1) - seconds(2), CPUTotal: seconds(3),
		Live: whole(4), Goal: whole(5), Percent: whole(6), Limit: whole(7), Idle: whole(8), Allocs: whole(9),
	}
}

// ReadPauses asks the Go runtime, for some kilobytes.
func ReadPauses() (p Pauses) {
	s := []metrics.Sample{{Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(s)
	if s[0].Value.Kind() == metrics.KindFloat64Histogram {
		h := s[0].Value.Float64Histogram()
		p = Pauses{h.Counts, h.Buckets}
	}
	return p
}

// Share is the part of the process's possible processor time that was spent on collecting since an earlier reading.
func (c *Collector) Share(since *Collector) float64 {
	if total := c.CPUTotal - since.CPUTotal; total > 0 {
		return float64(c.CPU-since.CPU) / float64(total)
	}
	return 0
}

// Count returns the number of pauses.
func (p *Pauses) Count() (n int64) {
	for _, k := range p.n {
		n += int64(k)
	}
	return n
}

// At returns the time that a percentage of the pauses did not exceed, to the width of Go's buckets.
func (p *Pauses) At(percent float64) time.Duration {
	want := max(uint64(percent/100*float64(p.Count())+0.5), 1)
	for i, k := range p.n {
		if k < want {
			want -= k
			continue
		}
		upper := p.bounds[i+1]
		if math.IsInf(upper, 1) {
			upper = p.bounds[i]
		}
		return time.Duration(upper * float64(time.Second))
	}
	return 0
}
