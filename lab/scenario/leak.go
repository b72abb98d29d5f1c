package scenario

import (
	"context"
	"time"

	"redline/lab/analysis/stats"
	"redline/lab/workload"
)

var memoryLeak = Scenario{
	Name: "memory-leak",
	What: "a load that creates, changes, expires and deletes at a steady size, watched for growth; make it long with --duration",
	Pass: "no growth that is both significant and large, in resident memory, used memory, Go heap and goroutines; no errors",
	Params: []Param{
		{"duration", Duration, "60s", "of the measured phase; hours find slow leaks"},
		{"settle", Duration, "15s", "before it, until buffers and heap have their size"},
		{"rate", Count, "5k", "requests per second"},
		{"keys", Count, "1k", "keys of each type; few, so that the data has its size when settling ends"},
		{"churn", Count, "50", "connections made and closed per second meanwhile"},
	},
	run: runMemoryLeak,
}

const (
	// Growth is large from this share of the mean or, for small amounts, from so
	// many bytes: below that lie the sizes of an allocator's pages and of buffers.
	leakShare      = 0.05
	leakBytes      = 8 << 20
	leakGoroutines = 20
	// leakSignificance is the error of the trend test; four values are tested.
	leakSignificance = 0.01
	// leakBlocks is how many blocks a series is cut into before the test, as
	// neighbouring samples depend on each other.
	leakBlocks = 24
)

// leakOps keep the size of the data steady: fixed keys, bounded collections,
// short deadlines.
func leakOps() []workload.Op {
	return []workload.Op{
		set(20), get(20),
		op("setex", 10, true, "SET", "{key}:t", "{value}", "PX", "1000"),
		op("append", 5, true, "APPEND", "{key}:a", "{value}"),
		op("reset", 5, true, "DEL", "{key}:a"),
		op("hset", 8, true, "HSET", "{key}:h", "{int}", "{value}"),
		op("hclear", 8, true, "DEL", "{key}:h"),
		op("lpush", 8, true, "LPUSH", "{key}:l", "{value}"),
		op("ltrim", 8, true, "LTRIM", "{key}:l", "0", "2"), // few, so that lists are soon full
		op("zadd", 4, true, "ZADD", "{key}:z", "{int}", "{int}"),
		op("zclear", 4, true, "DEL", "{key}:z"),
	}
}

func runMemoryLeak(ctx context.Context, b *bench) error {
	spec := open(float64(b.count("rate")), 50, b.count("keys"), b.duration("duration"), leakOps()...)
	spec.Phases[0].Duration = wholeSlices(b.duration("settle"))
	if err := b.fill(ctx, spec); err != nil {
		return err
	}
	churning, end := context.WithCancel(ctx)
	defer end()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		b.trickle(churning, float64(b.count("churn")))
	}()
	start := b.Writer().Now()
	m, err := b.Load(ctx, spec)
	end()
	<-gone
	if err != nil {
		return err
	}
	b.errorsOf("load", m)
	b.figure("throughput", m.ThroughputPerS, "1/s")
	from := start + int64(spec.Phases[0].Duration)
	tested := 0
	for _, v := range []struct {
		name, of, unit string
		floor          float64
	}{
		{"rss_bytes", "resident memory", "bytes", leakBytes},
		{"info_used_memory_bytes", "used memory", "bytes", leakBytes},
		{"heap_alloc_bytes", "Go heap", "bytes", leakBytes},
		{"goroutines", "goroutines", "", leakGoroutines},
	} {
		points := b.series.between(v.name, from, from+int64(spec.Phases[1].Duration))
		if len(points) < 2*leakBlocks/3 {
			b.skip(v.of, "the target does not tell, or the run is too short for a trend")
			continue
		}
		tested++
		b.slope(v.of, v.unit, points, v.floor)
	}
	if tested == 0 {
		return cannot("nothing to watch for growth: the target tells neither its process nor INFO")
	}
	return nil
}

// slope tests a series for growth.
func (b *bench) slope(name, unit string, points []point, floor float64) {
	x, y := make([]float64, len(points)), make([]float64, len(points))
	mean := 0.0
	for i, p := range points {
		x[i], y[i] = float64(p.tNs)/1e9, p.value
		mean += p.value / float64(len(points))
	}
	x, y = stats.Blocks(x, y, leakBlocks)
	t := stats.TrendOf(x, y)
	span := x[len(x)-1] - x[0]
	growth := t.Slope * span
	b.figure(name+": mean", mean, unit)
	limit := max(leakShare*mean, floor)
	if t.P > leakSignificance { // not told apart from none
		growth = 0
	}
	b.most(name+": significant growth over the measured phase", growth, unit, limit)
	if growth > limit {
		b.failf("%s grows by %s an hour (%s to %s with 95 %% confidence)", name, amount(t.Slope*3600, unit), amount(t.Low*3600, unit), amount(t.High*3600, unit))
	}
}

// trickle makes and closes connections at a rate until ctx ends.
func (b *bench) trickle(ctx context.Context, perS float64) {
	tick := time.NewTicker(time.Duration(1e9 / perS))
	defer tick.Stop()
	c := &churn{b: b}
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = c.visit(ctx, leaving(i%int(leavings))) // the load's own errors count
		}
	}
}
