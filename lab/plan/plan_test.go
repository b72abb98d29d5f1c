package plan

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"redline/lab"
	"redline/lab/analysis/capacity"
	"redline/lab/analysis/usl"
	"redline/lab/record"
	"redline/lab/workload"
)

// queue is a simulated target: one server that takes the same time for each request, in virtual time.
type queue struct {
	service time.Duration
	rng     *rand.Rand
	busy    float64         // what the generator's threads are said to use
	late    int             // so many trials go out late
	down    bool            // answers nothing
	draws   map[uint64]bool // of the loads so far
	// throughput is that of the closed loop; nil: the law with lambda 1/service, sigma 0.05 and kappa 0.0005.
	throughput func(n float64) float64
}

// load does what a Session's Load does, for the queue.
func (q *queue) load(_ context.Context, w workload.Spec) (*lab.Measured, error) {
	if q.draws[w.Draw] {
		return nil, errors.New("two loads have the same arrivals")
	}
	q.draws[w.Draw] = true
	m := &lab.Measured{Spec: w, Ops: make([]lab.OpMeasured, len(w.Ops)), CPURatio: q.busy}
	if q.down {
		m.Note = "connection refused"
		return m, nil
	}
	span := w.Phases[len(w.Phases)-1].Duration
	m.DurationS = span.Seconds()
	if w.Loop == workload.Closed {
		q.closed(m, w.Connections)
		return m, nil
	}
	rate := w.Phases[len(w.Phases)-1].RateTo
	if q.late > 0 {
		q.late--
		m.Pacing.Record(int64(time.Second))
		m.Response.Record(int64(time.Second))
		m.Counts.Intended, m.Counts.Completed = 1, 1
		return m, nil
	}
	gap := 1e9 / rate
	at, free, done := 0.0, 0.0, 0
	for at < float64(span) {
		if w.Arrivals == workload.Poisson {
			at += gap * q.rng.ExpFloat64()
		} else {
			at += gap
		}
		m.Counts.Intended++
		if (free-at)/gap > float64(w.BacklogMax) {
			m.Counts.Dropped++
			continue
		}
		free = max(free, at) + float64(q.service)
		m.Response.Record(int64(free - at))
		m.Counts.Completed++
		if free < float64(span) {
			done++
		}
	}
	m.Counts.BytesIn, m.Counts.BytesOut = 100*m.Counts.Completed, 50*m.Counts.Completed
	m.ThroughputPerS = float64(done) / m.DurationS
	return m, nil
}

// closed follows the law, with noise.
func (q *queue) closed(m *lab.Measured, n int) {
	c := float64(n)
	x := c / q.service.Seconds() / (1 + 0.05*(c-1) + 0.0005*c*(c-1))
	if q.throughput != nil {
		x = q.throughput(c)
	}
	x *= 1 + 0.01*q.rng.NormFloat64()
	m.ThroughputPerS = x
	m.Counts.Completed = int64(x * m.DurationS)
	m.Counts.BytesIn, m.Counts.BytesOut = 100*m.Counts.Completed, 50*m.Counts.Completed
	m.Response.Record(int64(c / x * 1e9))
}

// make makes a plan for the queue.
func (q *queue) plan(t *testing.T, o Options) (*Plan, error) {
	t.Helper()
	if o.SLO.ResponseP99Ns == 0 {
		o.SLO = record.SLO{ResponseP99Ns: int64(20 * time.Millisecond)}
	}
	o.Spec.Workload.Connections = 50
	p := newPlanner(o.withDefaults())
	p.load, q.draws = q.load, map[uint64]bool{}
	return p.plan, p.all(t.Context())
}

// TestKnownCapacity: the interval holds the truth, and is no wider than a tenth.
func TestKnownCapacity(t *testing.T) {
	for _, tt := range []struct {
		perS     float64
		arrivals workload.Arrivals
		trial    time.Duration
	}{
		{5000, workload.Constant, 3 * time.Second}, {20_000, workload.Constant, 3 * time.Second},
		{5000, workload.Poisson, time.Second}, {5000, workload.Poisson, 3 * time.Second}, {20_000, workload.Poisson, time.Second},
	} {
		const slo = 0.010
		truth := tt.perS
		if tt.arrivals == workload.Poisson {
			// The tail of M/D/1's waiting time falls as exp(-2 mu (1-rho)/rho t), nearly; solved for 1 % at the service level.
			truth = tt.perS * (1 - math.Log(100)/(2*tt.perS*(slo-1/tt.perS)))
		}
		const runs = 20
		held, wide := 0, 0
		off := 0.0
		for seed := range uint64(runs) {
			q := &queue{service: time.Duration(1e9 / tt.perS), rng: rand.New(rand.NewPCG(seed, 3))}
			o := Options{Trial: tt.trial, NoSweep: true, SLO: record.SLO{ResponseP99Ns: slo * 1e9}}
			o.Spec.Workload.Arrivals = tt.arrivals
			plan, err := q.plan(t, o)
			if err != nil {
				t.Fatalf("%+v, seed %d: %v", tt, seed, err)
			}
			c := plan.Capacity
			off += (c.Value/truth - 1) / runs
			if c.Low <= truth && truth <= c.High {
				held++
			} else {
				t.Logf("%+v: %.0f in [%.0f, %.0f]?", tt, truth, c.Low, c.High)
			}
			if c.High/c.Low > 1.1 {
				wide++
			}
		}
		if held < 19 || wide > 0 {
			t.Errorf("%+v: %d of %d intervals hold %.0f, %d are too wide", tt, held, runs, truth, wide)
		}
		if math.Abs(off) > 0.01 {
			t.Errorf("%+v: %+.2f %% off on average", tt, 100*off)
		}
	}
}

// TestHeldOut: the loads that the fit has not seen are predicted.
func TestHeldOut(t *testing.T) {
	q := &queue{service: 100 * time.Microsecond, rng: rand.New(rand.NewPCG(1, 3))}
	plan, err := q.plan(t, Options{Ask: Ask{Rate: 50_000, PerYear: 2, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}})
	if err != nil {
		t.Fatal(err)
	}
	s := plan.Scalability
	if math.Abs(s.Sigma.Value/0.05-1) > 0.1 || math.Abs(s.Kappa.Value/0.0005-1) > 0.15 || s.ErrorPerS > 0.05 || s.ErrorMean > 0.05 {
		t.Errorf("%+v", s)
	}
	predicted := 0
	for _, l := range plan.Loads {
		if l.PredictedPerS != nil {
			predicted++
		}
	}
	if predicted != 5 || len(plan.Loads) != 20 {
		t.Errorf("%d of %d loads predicted, want 5 of 20", predicted, len(plan.Loads))
	}
	n := plan.Needs
	// 10,000 per second at 70 % is 7,000 a machine, so 8 take 50,000.
	if n.Machines != 8 || n.NetworkBitsPerS != 50_000*150*8/8 || n.Ends == nil || n.Ends.At.IsZero() {
		t.Errorf("%+v", n)
	}
	if plan.RecoversAtPerS == 0 || len(plan.Caveats) != 0 || s.Predictor != ByUSL {
		t.Errorf("recovers at %g, caveats %v, predicted by %s", plan.RecoversAtPerS, plan.Caveats, s.Predictor)
	}
}

// TestKnee: a server that is full at once is predicted by the queueing law, and one whose throughput
// grows faster than its load is said to be asleep at the low ones.
func TestKnee(t *testing.T) {
	knee := func(n float64) float64 { return math.Min(n*15e3, 125e3) }
	q := &queue{service: 8 * time.Microsecond, rng: rand.New(rand.NewPCG(1, 3)), throughput: knee}
	plan, err := q.plan(t, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := plan.Scalability
	if s.Predictor != ByQueueing || s.ErrorPerS > 0.1 || s.ErrorMean > 0.1 || len(plan.Caveats) != 0 {
		t.Errorf("%+v, %v", s, plan.Caveats)
	}
	if k := s.Queueing; math.Abs(k.CapacityPerS.Value/125e3-1) > 0.05 || math.Abs(k.AloneNs.Value*15e3/1e9-1) > 0.05 || k.Full.Low > 125.0/15 || k.Full.High < 125.0/15 {
		t.Errorf("%+v", k)
	}
	q.throughput = func(n float64) float64 {
		if n < 6 {
			return knee(n) / 2
		}
		return knee(n)
	}
	if plan, err = q.plan(t, Options{}); err != nil || plan.Scalability.Predictor != ByNeighbours || plan.Scalability.ErrorPerS > 0.1 || len(plan.Caveats) != 1 || !strings.Contains(plan.Caveats[0], "from 5 to 6 requests in flight throughput grew") {
		t.Errorf("%+v, %v, %v", plan.Scalability, plan.Caveats, err)
	}
}

// TestNeighbours: a line between neighbours, and nothing beyond them.
func TestNeighbours(t *testing.T) {
	ns := neighboursOf([]usl.Point{{N: 2, X: 90}, {N: 2, X: 110}, {N: 8, X: 400}, {N: 8, X: 400}})
	x, band, err := ns.predict(4)
	if err != nil || math.Abs(x/math.Sqrt(400*math.Sqrt(90*110))-1) > 1e-9 || !(band.Low < x && x < band.High && band.High/band.Low < 1.3) {
		t.Errorf("%g in %+v, %v", x, band, err)
	}
	for n, want := range map[float64]float64{2: math.Sqrt(90 * 110), 8: 400} {
		if x, _, err = ns.predict(n); err != nil || math.Abs(x/want-1) > 1e-9 {
			t.Errorf("at %g: %g, %v", n, x, err)
		}
	}
	for _, n := range []float64{0, 1, 9, math.NaN()} {
		if _, _, err = ns.predict(n); !errors.Is(err, usl.ErrTooFar) {
			t.Errorf("at %g: %v", n, err)
		}
	}
}

// TestHeldUp: a machine that holds the generator up for some trials costs those, and not the plan.
func TestHeldUp(t *testing.T) {
	q := &queue{service: 100 * time.Microsecond, rng: rand.New(rand.NewPCG(1, 3)), late: 5}
	plan, err := q.plan(t, Options{})
	if err != nil || plan.Capacity == nil {
		t.Fatal(err)
	}
	if plan, err = q.plan(t, Options{NoSweep: true, Ask: Ask{Rate: 50_000}}); err != nil || plan.Scalability != nil || len(plan.Loads) > 0 || plan.Needs.NetworkBitsPerS == 0 {
		t.Errorf("without a sweep: %+v, %v", plan, err)
	}
	q.late = 1000
	var u *Undecided
	if _, err = q.plan(t, Options{}); !errors.As(err, &u) || !strings.Contains(err.Error(), "--awake") {
		t.Errorf("always late: %v", err)
	}
	p, calls := newPlanner(Options{SLO: record.SLO{ResponseP99Ns: int64(time.Millisecond)}}.withDefaults()), 0
	p.load = func(context.Context, workload.Spec) (*lab.Measured, error) {
		calls++
		m := &lab.Measured{DurationS: 1}
		if calls > 4 {
			m.CPURatio = 0.99
		}
		m.Pacing.Record(int64(time.Second))
		m.Response.Record(int64(time.Second))
		m.Counts.Intended, m.Counts.Completed = 1, 1
		return m, nil
	}
	if _, err = p.trial(t.Context(), "search", 500); !errors.As(err, &u) || calls != 5 {
		t.Errorf("late, then busy: %d trials, %v", calls, err)
	}
}

// TestNoAnswer: what is no capacity of the server is no number.
func TestNoAnswer(t *testing.T) {
	for _, tt := range []struct {
		name string
		q    queue
		o    Options
		want string
	}{
		{"the service level is out of reach", queue{service: 100 * time.Microsecond},
			Options{SLO: record.SLO{ResponseP99Ns: 50_000}}, "missed even at the lowest rate"},
		{"the generator is busy", queue{service: 100 * time.Microsecond, busy: 0.99}, Options{}, "generator saturates first"},
		{"the target is down", queue{service: 100 * time.Microsecond, down: true}, Options{}, "nothing was answered: connection refused"},
		{"faster than asked for", queue{service: time.Microsecond}, Options{Search: capacity.Options{High: 10_000}}, "met even at the highest rate"},
	} {
		tt.q.rng = rand.New(rand.NewPCG(1, 3))
		plan, err := tt.q.plan(t, tt.o)
		var u *Undecided
		if !errors.As(err, &u) || !strings.Contains(err.Error(), tt.want) || plan.Capacity != nil {
			t.Errorf("%s: %v, want ... %s ...", tt.name, err, tt.want)
		}
	}
	if _, err := Make(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "--slo-p99") {
		t.Errorf("without a service level: %v", err)
	}
}
