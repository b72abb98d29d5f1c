package scenario

import (
	"context"
	"time"

	"redline/lab"
	"redline/lab/workload"
)

var hotKey = Scenario{
	Name: "hot-key",
	What: "all requests on one key, in turns with the same load over many keys",
	Pass: "at a fixed rate p99 <= 10 ms and no errors; as fast as it goes, at least 0.6 x the throughput of many keys; a hot counter loses nothing",
	Params: []Param{
		{"connections", Count, "50", "connections"},
		{"rate", Count, "10k", "requests per second of the open loop"},
		{"duration", Duration, "4s", "of each step"},
		{"keys", Count, "100k", "keys of the load that is compared with"},
	},
	run: runHotKey,
}

const (
	hotKeyP99 = 10 * time.Millisecond
	// hotKeyShare allows for one lock, or one thread, that serves everybody.
	hotKeyShare = 0.6
	// hotKeyPipeline makes the server's share of the cost large against the
	// generator's.
	hotKeyPipeline = 16
)

func runHotKey(ctx context.Context, b *bench) error {
	conns, keys, d := b.count("connections"), b.count("keys"), b.duration("duration")
	ops := []workload.Op{get(0.9), set(0.1)}
	if err := b.fill(ctx, closed(conns, keys, d, ops...)); err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		keys int64
	}{{"many keys", keys}, {"one key", 1}} {
		b.tell("%s at a fixed rate", step.name)
		m, err := b.Load(ctx, open(float64(b.count("rate")), conns, step.keys, d, ops...))
		if err != nil {
			return err
		}
		b.latencies(step.name, m, hotKeyP99)
		b.errorsOf(step.name, m)
	}
	if err := b.hotThroughput(ctx, conns, keys, d, ops); err != nil {
		return err
	}
	return b.hotCounter(ctx, conns, d)
}

// hotThroughput compares closed loops in the order A B B A, which keeps a drift
// of the machine off the ratio.
func (b *bench) hotThroughput(ctx context.Context, conns, keys int64, d time.Duration, ops []workload.Op) error {
	var sum [2]float64
	for _, side := range []int{0, 1, 1, 0} {
		b.tell("%s as fast as it goes", []string{"many keys", "one key"}[side])
		spec := closed(conns, []int64{keys, 1}[side], d, ops...)
		spec.Pipeline = hotKeyPipeline
		m, err := b.Load(ctx, spec)
		if err != nil {
			return err
		}
		b.generatorBound(m)
		sum[side] += m.ThroughputPerS
	}
	b.figure("many keys: throughput", sum[0]/2, "1/s")
	b.least("one key: throughput", sum[1]/2, "1/s", hotKeyShare*sum[0]/2)
	return nil
}

// generatorBound says once that the generator set the throughput of a closed
// loop, so that it shows less than the whole effect.
func (b *bench) generatorBound(m *lab.Measured) {
	const busy = 0.9
	if m.CPURatio >= busy && len(b.result.Caveats) == 0 {
		b.caveatf("the generator was busy all the time: the throughputs are lower bounds of what the server can do")
	}
}

// hotCounter increments one counter from all connections and reads it.
func (b *bench) hotCounter(ctx context.Context, conns int64, d time.Duration) error {
	spec := closed(conns, 1, d, op("incr", 1, true, "INCR", "{key}:n"))
	spec.Phases = spec.Phases[1:] // every increment counts
	m, err := b.Load(ctx, spec)
	if err != nil {
		return err
	}
	b.errorsOf("hot counter", m)
	n, err := b.sumCounters(&m.Spec)
	if err != nil {
		return err
	}
	b.exactly("hot counter stands at", float64(n), float64(m.Counts.Completed))
	return nil
}
