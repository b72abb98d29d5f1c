package scenario

import (
	"context"
	"time"
)

var sustained = Scenario{
	Name: "sustained",
	What: "100 workers at a steady rate",
	Pass: ">= 10,000/s, mean < 1 ms, p99 < 10 ms, no errors",
	Params: []Param{
		{"workers", Count, "100", "connections"},
		{"rate", Count, "12k", "requests per second that they make together"},
		{"duration", Duration, "30s", "of the measured phase"},
		{"keys", Count, "100k", "keys, all preloaded"},
	},
	run: runSustained,
}

const (
	sustainedLeast = 10_000 // per second, if the rate asked for is not lower
	sustainedMean  = time.Millisecond
	sustainedP99   = 10 * time.Millisecond
)

// runSustained uses an open loop: a closed one without think time would measure
// workers divided by throughput, by Little's law, and nothing else.
func runSustained(ctx context.Context, b *bench) error {
	rate := float64(b.count("rate"))
	spec := open(rate, b.count("workers"), b.count("keys"), b.duration("duration"), get(0.9), set(0.1))
	if err := b.fill(ctx, spec); err != nil {
		return err
	}
	m, err := b.Load(ctx, spec)
	if err != nil {
		return err
	}
	b.least("throughput", m.ThroughputPerS, "1/s", min(sustainedLeast, 0.99*rate))
	b.most("mean response time", m.Response.Mean(), "ns", float64(sustainedMean))
	b.latencies("all", m, sustainedP99)
	b.figure("mean service time", m.Service.Mean(), "ns")
	b.errorsOf("all", m)
	return nil
}
