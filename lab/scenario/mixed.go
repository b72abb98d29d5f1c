package scenario

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"redline/lab/workload"
)

var mixed = Scenario{
	Name: "mixed",
	What: "strings, counters, hashes, lists, sets, sorted sets and deadlines together",
	Pass: "no errors, p99 <= 10 ms, and the counters add up to the increments that were answered",
	Params: []Param{
		{"connections", Count, "50", "connections"},
		{"rate", Count, "10k", "requests per second"},
		{"duration", Duration, "15s", "of the measured phase"},
		{"keys", Count, "10k", "keys of each type"},
	},
	run: runMixed,
}

const mixedP99 = 10 * time.Millisecond

// mixedOps covers every type with a write and a read.
func mixedOps() []workload.Op {
	return []workload.Op{
		get(30), set(10),
		op("setex", 5, true, "SET", "{key}:t", "{value}", "PX", "500"),
		op("ttl", 5, false, "PTTL", "{key}:t"),
		op("incr", 10, true, "INCR", "{key}:n"),
		op("hset", 6, true, "HSET", "{key}:h", "{int}", "{value}"),
		op("hget", 6, false, "HGET", "{key}:h", "{int}"),
		op("lpush", 5, true, "LPUSH", "{key}:l", "{value}"),
		op("rpop", 5, true, "RPOP", "{key}:l"),
		op("lrange", 4, false, "LRANGE", "{key}:l", "0", "9"),
		op("sadd", 4, true, "SADD", "{key}:s", "{int}"),
		op("scard", 2, false, "SCARD", "{key}:s"),
		op("zadd", 4, true, "ZADD", "{key}:z", "{int}", "{int}"),
		op("zrange", 2, false, "ZRANGE", "{key}:z", "0", "9"),
		op("del", 2, true, "DEL", "{key}:h"),
	}
}

func runMixed(ctx context.Context, b *bench) error {
	spec := open(float64(b.count("rate")), b.count("connections"), b.count("keys"), b.duration("duration"), mixedOps()...)
	spec.Phases = spec.Phases[1:] // no warm-up: every increment counts
	m, err := b.Load(ctx, spec)
	if err != nil {
		return err
	}
	b.figure("throughput", m.ThroughputPerS, "1/s")
	b.latencies("all", m, mixedP99)
	b.errorsOf("all", m)
	for _, o := range m.Ops {
		b.figure(o.Name+": response time p99", float64(o.Response.Quantile(0.99)), "ns")
		if o.Name == "incr" && m.Counts.Errors == 0 {
			sum, err := b.sumCounters(&m.Spec)
			if err != nil {
				return err
			}
			b.exactly("counters add up to", float64(sum), float64(o.Counts.Completed))
		}
	}
	return nil
}

// counterBatch is how many counters are read at once.
const counterBatch = 1000

// sumCounters adds up what INCR {key}:n has made.
func (b *bench) sumCounters(spec *workload.Spec) (sum int64, err error) {
	for from := int64(0); from < spec.Keys.Count; from += counterBatch {
		args := []string{"MGET"}
		for i := from; i < min(from+counterBatch, spec.Keys.Count); i++ {
			args = append(args, keyName(spec, i)+":n")
		}
		v, err := b.Client().Do(args...)
		if err != nil {
			return 0, err
		}
		for _, e := range v.Elems {
			if e.IsNull() {
				continue
			}
			n, err := strconv.ParseInt(e.Text(), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("a counter holds %.40q", e.Text())
			}
			sum += n
		}
	}
	return sum, nil
}

// keyName is key i of a load, as its requests name it.
func keyName(spec *workload.Spec, i int64) string {
	width := max(workload.KeyDigits, len(strconv.FormatInt(spec.Keys.Count-1, 10)))
	return fmt.Sprintf("%s%0*d", spec.Keys.Prefix, width, i)
}
