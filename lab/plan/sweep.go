package plan

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"redline/lab/analysis/queueing"
	"redline/lab/analysis/stats"
	"redline/lab/analysis/usl"
	"redline/lab/workload"
)

// Load is what came out at one concurrency of the closed loop.
type Load struct {
	Concurrency int     `json:"concurrency"`
	PerS        float64 `json:"per_s"`
	MeanNs      float64 `json:"response_mean_ns"`
	// FitPerS is the throughput that the predictor sees here; nil in plans of older versions.
	FitPerS *Estimate `json:"fit_per_s,omitempty"`
	// Predicted is the predictor's throughput, of loads that it has not seen.
	PredictedPerS   *float64 `json:"predicted_per_s,omitempty"`
	PredictedMeanNs *float64 `json:"predicted_mean_ns,omitempty"`
}

// Scalability is the fitted laws, and how well what predicts best does it.
type Scalability struct {
	Lambda Estimate `json:"lambda"`
	Sigma  Estimate `json:"sigma"`
	Kappa  Estimate `json:"kappa"`
	// Peak is the concurrency of the highest throughput, 0 when the model sees none.
	Peak     float64 `json:"peak_concurrency"`
	RSquared float64 `json:"r_squared"`
	// Queueing is nil when throughput does not level off.
	Queueing *Queueing `json:"queueing"`
	// Predictor names what predicts: ByUSL, ByQueueing or ByNeighbours.
	Predictor string `json:"predictor"`
	// Error is the largest error of a prediction at a load that the fit has not seen, as a share.
	ErrorPerS float64 `json:"prediction_error_per_s"`
	ErrorMean float64 `json:"prediction_error_mean"`
	Why       string  `json:"why"` // in words
}

// Queueing is the queueing view: see package queueing.
type Queueing struct {
	AloneNs      Estimate `json:"alone_ns"`            // a request without others
	CapacityPerS Estimate `json:"capacity_per_s"`      // of the busiest resource
	Full         Estimate `json:"full_at_concurrency"` // from here on requests wait for each other
	Sharpness    float64  `json:"sharpness"`
}

// Predictors: the two laws, and a line through the measured loads on either side.
const (
	ByUSL        = "usl"
	ByQueueing   = "queueing"
	ByNeighbours = "neighbours"
)

// Estimate is a figure with its 95 % confidence interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Bounds of the sweep. Each concurrency is measured in turns with all others, upwards and downwards, so that a drift of
// the machine falls on all alike; short and often rather than long, as what disturbs a shared machine lasts for seconds.
const (
	sweepRepeatsMin = 3
	sweepRepeatsMax = 12
	// sweepErrorMax ends it: the standard error of each concurrency's mean throughput, as a share.
	sweepErrorMax = 0.015
	// sweepShare is by how much one measurement is shorter than a trial.
	sweepShare = 3
)

// sweep measures throughput over concurrency in a closed loop and fits the laws.
func (p *planner) sweep(ctx context.Context) error {
	all := append(slices.Clone(p.o.Concurrency), p.o.HeldOut...)
	slices.Sort(all)
	seen := map[int][]Load{}
	busy := 0
	for turn := 0; turn < sweepRepeatsMax && (turn < sweepRepeatsMin || standardError(seen) > sweepErrorMax); turn++ {
		for _, n := range all {
			l, generator, err := p.closed(ctx, n)
			if err != nil || ctx.Err() != nil {
				return err
			}
			seen[n] = append(seen[n], l)
			if generator >= generatorBusy {
				busy = max(busy, n)
			}
		}
		slices.Reverse(all)
	}
	if busy > 0 {
		p.plan.Caveats = append(p.plan.Caveats, fmt.Sprintf(
			"the generator's threads were busy at concurrency %d: the scalability curve is that of generator and server together", busy))
	}
	return p.fit(seen)
}

// closed measures one concurrency.
func (p *planner) closed(ctx context.Context, n int) (Load, float64, error) {
	w := p.o.Spec.Workload
	w.Loop, w.Connections, w.Pipeline, w.Timeout = workload.Closed, n, 1, timeout
	w.Threads = min(w.Threads, n)
	w.Phases = p.phases(0)
	for i := range w.Phases {
		w.Phases[i].Duration /= sweepShare
	}
	m, err := p.apply(ctx, w)
	if err != nil {
		return Load{}, 0, err
	}
	if m.Counts.Completed == 0 && ctx.Err() == nil {
		return Load{}, 0, undecided("with %d connections nothing was answered: %s", n, m.Note)
	}
	p.o.Say(fmt.Sprintf("%8.0f/s  with %d connections, closed loop", m.ThroughputPerS, n))
	p.plan.SaturationPerS = max(p.plan.SaturationPerS, m.ThroughputPerS)
	return Load{Concurrency: n, PerS: m.ThroughputPerS, MeanNs: m.Response.Mean()}, m.CPURatio, nil
}

// standardError returns the largest of any concurrency's mean throughput, as a share.
func standardError(seen map[int][]Load) float64 {
	worst := 0.0
	for _, ls := range seen {
		mean, sum := average(ls).PerS, 0.0
		for _, l := range ls {
			sum += (l.PerS - mean) * (l.PerS - mean)
		}
		n := float64(len(ls))
		worst = max(worst, math.Sqrt(sum/(n-1)/n)/mean)
	}
	return worst
}

// law predicts throughput at a concurrency, with its 95 % interval.
type law func(n float64) (float64, stats.Interval, error)

// fit fits the laws to what was not held out, and has the best predictor predict the rest.
func (p *planner) fit(seen map[int][]Load) error {
	var points []usl.Point
	for _, n := range p.o.Concurrency {
		for _, l := range seen[n] {
			points = append(points, usl.Point{N: float64(n), X: l.PerS})
		}
	}
	rng := rand.New(rand.NewPCG(1, 2)) // a fixed seed: the same run always gives the same plan
	f, err := usl.Compute(points, rng)
	if err != nil {
		return undecided("%v", err)
	}
	sc := &Scalability{Lambda: estimate(f.Lambda, f.LambdaCI), Sigma: estimate(f.Sigma, f.SigmaCI), Kappa: estimate(f.Kappa, f.KappaCI), RSquared: f.RSquared,
		Predictor: ByUSL, Why: explain(f)}
	if peak := f.Peak(); !math.IsInf(peak, 1) {
		sc.Peak = peak
	}
	predict, least := law(f.Predict), unseen(points, fitUSL)
	if q, err := queueing.Compute(points, rng); err == nil {
		sc.Queueing = &Queueing{AloneNs: estimate(q.Alone*1e9, stats.Interval{Low: q.AloneCI.Low * 1e9, High: q.AloneCI.High * 1e9}),
			CapacityPerS: estimate(q.Capacity, q.CapacityCI), Full: estimate(q.Full(), q.FullCI), Sharpness: q.Sharpness}
		if off := unseen(points, fitQueueing); off < least {
			predict, least, sc.Predictor = q.Predict, off, ByQueueing
		}
	}
	if unseen(points, fitNeighbours) < least {
		predict, sc.Predictor = neighboursOf(points).predict, ByNeighbours
	}
	for n, ls := range seen {
		l := average(ls)
		if x, band, err := predict(float64(n)); err == nil {
			at := estimate(x, band)
			l.FitPerS = &at
			if slices.Contains(p.o.HeldOut, n) && !slices.Contains(p.o.Concurrency, n) {
				mean := float64(n) / x * 1e9
				l.PredictedPerS, l.PredictedMeanNs = &x, &mean
				sc.ErrorPerS = max(sc.ErrorPerS, math.Abs(x/l.PerS-1))
				sc.ErrorMean = max(sc.ErrorMean, math.Abs(mean/l.MeanNs-1))
			}
		}
		p.plan.Loads = append(p.plan.Loads, l)
	}
	slices.SortFunc(p.plan.Loads, func(a, b Load) int { return a.Concurrency - b.Concurrency })
	if why := p.asleep(); why != "" {
		p.plan.Caveats = append(p.plan.Caveats, why)
	}
	p.plan.Scalability = sc
	return nil
}

// asleepMin is by how much more than the concurrency throughput must grow for asleep to speak.
const asleepMin = 1.4

// asleep says where throughput grew faster than concurrency, which no law of waiting describes.
func (p *planner) asleep() string {
	for i := 1; i < len(p.plan.Loads); i++ {
		a, b := p.plan.Loads[i-1], p.plan.Loads[i]
		if grew, share := b.PerS/a.PerS, float64(b.Concurrency)/float64(a.Concurrency); grew > asleepMin*share {
			return fmt.Sprintf("from %d to %d requests in flight throughput grew %.1f-fold: with few of them the CPUs fall asleep in between, which no scalability law knows (--awake keeps them awake)",
				a.Concurrency, b.Concurrency, grew)
		}
	}
	return ""
}

func average(ls []Load) Load {
	out := Load{Concurrency: ls[0].Concurrency}
	for _, l := range ls {
		out.PerS += l.PerS / float64(len(ls))
		out.MeanNs += l.MeanNs / float64(len(ls))
	}
	return out
}

func estimate(v float64, ci stats.Interval) Estimate {
	return Estimate{Value: v, Low: min(ci.Low, v), High: max(ci.High, v)}
}

// explain says in words what holds throughput back.
func explain(f *usl.Fit) string {
	text := fmt.Sprintf("contention (what runs one at a time) is %.1f %% of the work", 100*f.Sigma)
	switch {
	case f.Sigma < 0.005 && f.Kappa < 1e-6:
		return "throughput grows with concurrency as far as was measured"
	case math.IsInf(f.Peak(), 1):
		return text + fmt.Sprintf(": throughput cannot exceed %.0f per second however many clients there are", f.Limit())
	}
	return text + fmt.Sprintf(", coherency (clients slowing each other down) %.3g per pair: throughput peaks at %.0f requests in flight and falls beyond", f.Kappa, f.Peak())
}
