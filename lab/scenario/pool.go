package scenario

import (
	"context"
	"fmt"
	"math"
	"time"

	"redline/lab"
	"redline/lab/record"
	"redline/lab/workload"
)

var poolExhaustion = Scenario{
	Name: "pool-exhaustion",
	What: "requests that hold a connection for a while, through a pool that is too small and through one of the size that follows from Little's law",
	Pass: "the small pool queues as Little's law says, nothing fails, and the advised size waits no longer than half a service time at p99",
	Params: []Param{
		{"rate", Count, "500", "requests per second"},
		{"hold", Duration, "100ms", "how long a request holds its connection"},
		{"duration", Duration, "6s", "of each step"},
	},
	run: runPool,
}

const (
	// poolSmall is the size of the small pool as a share of what is needed: the
	// queue then grows by a tenth of the arrivals.
	poolSmall = 0.9
	// poolWait is how much of a service time a request may wait, at p99, in a pool
	// of the right size.
	poolWait = 0.5
	// poolLittle is how far the measured number in flight may be off the law, as
	// sampling ends in the middle of requests.
	poolLittle = 0.1
)

// holding is a request that takes d at the server without costing it anything:
// it waits on a list that nobody pushes to.
func holding(d time.Duration) workload.Op {
	return op("hold", 1, false, "BLPOP", "{key}:nobody", fmt.Sprintf("%.3f", d.Seconds()))
}

func runPool(ctx context.Context, b *bench) error {
	rate, hold := float64(b.count("rate")), b.duration("hold")
	ample := int64(math.Ceil(2*rate*hold.Seconds())) + 10
	m, err := b.pool(ctx, fmt.Sprintf("ample pool of %d", ample), ample)
	if err != nil {
		return err
	}
	service := m.Service.Mean() / 1e9
	need := rate * service // Little's law: what is in flight on average
	b.figure("connections in use on average", m.Concurrency, "")
	b.little("ample pool", m, service)

	small := max(1, int64(poolSmall*need))
	if m, err = b.pool(ctx, fmt.Sprintf("pool of %d", small), small); err != nil {
		return err
	}
	b.least("small pool: waiting for a connection on average", m.Backlog, "", 1)
	b.figure("small pool: response time p99", float64(m.Response.Quantile(0.99)), "ns")
	b.figure("small pool: service time p99", float64(m.Service.Quantile(0.99)), "ns")
	b.little("small pool", m, m.Service.Mean()/1e9)

	size := poolSize(rate, service, poolWait*service, 0.01)
	b.advise("at %.0f requests per second of %s each, %.1f connections are busy on average (Little's law); a pool of %d lets 99 %% of requests wait no longer than %s (Erlang C)",
		rate, durationText(time.Duration(service*1e9)), need, size, durationText(time.Duration(poolWait*service*1e9)))
	name := fmt.Sprintf("advised pool of %d", size)
	if m, err = b.pool(ctx, name, int64(size)); err != nil {
		return err
	}
	wait := float64(m.Response.Quantile(0.99) - m.Service.Quantile(0.99))
	b.most(name+": wait p99", max(wait, 0), "ns", poolWait*service*1e9)
	b.figure(name+": response time p99", float64(m.Response.Quantile(0.99)), "ns")
	b.trust(name, m, time.Duration(poolWait*service*1e9))
	return nil
}

// pool applies the load through a pool of n connections. Arrivals are random,
// as those of independent users are.
func (b *bench) pool(ctx context.Context, name string, n int64) (*lab.Measured, error) {
	spec := open(float64(b.count("rate")), n, 1, b.duration("duration"), holding(b.duration("hold")))
	spec.Arrivals = workload.Poisson
	// Without a bound in the way, the queue may grow as it must.
	spec.BacklogMax = int(float64(b.count("rate"))*spec.Duration().Seconds()) + 1
	if len(spec.Phases) > 1 {
		spec.Phases = spec.Phases[len(spec.Phases)-1:]
		spec.Phases[0].Name = record.PhaseMeasure
	}
	b.tell("%s", name)
	m, err := b.Load(ctx, spec)
	if err != nil {
		return nil, err
	}
	b.errorsOf(name, m)
	return m, nil
}

// little compares the number of requests in flight with throughput x service
// time.
func (b *bench) little(name string, m *lab.Measured, serviceS float64) {
	if m.Concurrency == 0 {
		return
	}
	b.bounded(name+": in flight / Little's law", m.ThroughputPerS*serviceS/m.Concurrency, "", Bound{">=", 1 - poolLittle})
}

// poolSize is the least number of connections with which no more than share of
// the requests wait longer than waitS, for Poisson arrivals at ratePerS that hold
// a connection for serviceS on average: Erlang's C formula, P(wait > t) =
// C(n, a) exp(-(n/serviceS - ratePerS) t).
func poolSize(ratePerS, serviceS, waitS, share float64) int {
	a := ratePerS * serviceS
	n := int(a) + 1
	for ; n < maxCount; n++ {
		if erlangC(n, a)*math.Exp(-(float64(n)/serviceS-ratePerS)*waitS) <= share {
			break
		}
	}
	return n
}

// erlangC is the probability that a request has to wait, with n servers and a
// load of a < n Erlang, by the recursion of Erlang's B formula.
func erlangC(n int, a float64) float64 {
	blocked := 1.0
	for i := 1; i <= n; i++ {
		blocked = a * blocked / (float64(i) + a*blocked)
	}
	rho := a / float64(n)
	return blocked / (1 - rho + rho*blocked)
}
