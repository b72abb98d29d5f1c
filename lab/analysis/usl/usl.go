// Package usl fits the Universal Scalability Law to measured throughput: how a system's throughput grows with the
// concurrency it is given, where it peaks and what holds it back.
//
// The law (N. J. Gunther, "Guerrilla Capacity Planning", Springer 2007, chapter 4):
//
//	X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
//
// lambda is the throughput of one worker, sigma the share of work that is serialised (contention: locks, one core, one
// disk), kappa the cost of workers keeping each other informed (coherency: cache lines, retries). With kappa = 0 it is
// Amdahl's law. The package knows numbers only.
package usl

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"redline/lab/analysis/stats"
)

// Point is one measurement: throughput X, in requests per second, at concurrency N.
type Point struct {
	N float64
	X float64
	// Err is the standard error of X, from repeats; 0 where it is not known. With all of them known, points count by how
	// well they are known, else all count alike.
	Err float64
}

// Model is a fitted law.
type Model struct {
	Lambda float64 `json:"lambda"` // 1/s, throughput at N = 1
	Sigma  float64 `json:"sigma"`  // 0 .. : contention
	Kappa  float64 `json:"kappa"`  // 0 .. : coherency
}

// Fit is a model with how sure it is and how well it describes the points.
type Fit struct {
	Model
	LambdaCI stats.Interval `json:"lambda_ci"`
	SigmaCI  stats.Interval `json:"sigma_ci"`
	KappaCI  stats.Interval `json:"kappa_ci"`
	// PeakCI bounds the concurrency of the highest throughput. High is +Inf when kappa may be 0: then throughput need not
	// peak at all.
	PeakCI   stats.Interval `json:"-"`
	RSquared float64        `json:"r_squared"`
	MaxN     float64        `json:"max_n"` // the largest N that was measured: Predict goes at most ExtrapolateMax times as far
	// drawn are the models of the bootstrap: any figure of the law is bounded by theirs.
	drawn []Model
}

// PointsMin is how many different concurrencies a fit of three parameters needs: fewer fit anything.
const PointsMin = 4

// ExtrapolateMax bounds how far beyond the largest measured concurrency a model is believed.
const ExtrapolateMax = 2

// Errors of Check, and so of Compute and Solve.
var (
	ErrFewPoints = fmt.Errorf("a scalability fit needs throughput at %d different concurrencies at least: measure more of them", PointsMin)
	ErrBadPoint  = errors.New("a scalability fit needs concurrency of at least 1 and throughput above 0 in each point")
	// ErrTooFar is returned by Predict.
	ErrTooFar = errors.New("too far beyond what was measured to be believed: measure closer to it")
)

// Throughput returns X(n).
func (m Model) Throughput(n float64) float64 {
	return m.Lambda * n / (1 + m.Sigma*(n-1) + m.Kappa*n*(n-1))
}

// Latency returns the mean time that a request spends in the system at concurrency n, in seconds (Little's law).
func (m Model) Latency(n float64) float64 { return n / m.Throughput(n) }

// Peak returns the concurrency of the highest throughput, +Inf when there is none.
func (m Model) Peak() float64 {
	if m.Kappa <= 0 {
		return math.Inf(1)
	}
	return math.Max(1, math.Sqrt(math.Max(0, 1-m.Sigma)/m.Kappa))
}

// Limit returns the throughput that no concurrency can exceed: that of the peak, or Amdahl's lambda/sigma; +Inf when
// the model sees neither.
func (m Model) Limit() float64 {
	if p := m.Peak(); !math.IsInf(p, 1) {
		return m.Throughput(p)
	}
	if m.Sigma <= 0 {
		return math.Inf(1)
	}
	return m.Lambda / m.Sigma
}

// Predict is Throughput for a concurrency that was not measured, with its 95 % interval; it refuses to go far.
func (f *Fit) Predict(n float64) (float64, stats.Interval, error) {
	if !(n >= 1 && n <= f.MaxN*ExtrapolateMax) {
		return 0, stats.Interval{}, ErrTooFar
	}
	values := make([]float64, len(f.drawn))
	for i, m := range f.drawn {
		values[i] = m.Throughput(n)
	}
	return f.Throughput(n), stats.Central95(values), nil
}

// rounds of the bootstrap: an error of about half a percent of the level.
const rounds = 1000

// Compute fits a model with sigma >= 0 and kappa >= 0 by least squares, and bounds it with 95 % confidence by a
// bootstrap of the residuals relative to the model (noise of throughput grows with it). rng makes the bounds
// repeatable.
func Compute(points []Point, rng *rand.Rand) (*Fit, error) {
	if err := Check(points); err != nil {
		return nil, err
	}
	best := solve(points)
	f := &Fit{Model: best, RSquared: rSquared(points, best)}
	for _, p := range points {
		f.MaxN = max(f.MaxN, p.N)
	}
	var lambda, sigma, kappa, peak []float64
	relative := residuals(points, best)
	draw := slices.Clone(points)
	for range rounds {
		for i := range draw {
			draw[i].X = best.Throughput(points[i].N) * max(1e-3, 1+relative[rng.IntN(len(relative))])
		}
		m := solve(draw)
		f.drawn = append(f.drawn, m)
		lambda, sigma, kappa, peak = append(lambda, m.Lambda), append(sigma, m.Sigma), append(kappa, m.Kappa), append(peak, m.Peak())
	}
	f.LambdaCI, f.SigmaCI, f.KappaCI, f.PeakCI = stats.Central95(lambda), stats.Central95(sigma), stats.Central95(kappa), stats.Central95(peak)
	return f, nil
}

// Solve is Compute without the bounds.
func Solve(points []Point) (Model, error) {
	if err := Check(points); err != nil {
		return Model{}, err
	}
	return solve(points), nil
}

// Check returns why no law of throughput over concurrency can be fitted to the points, nil if one can.
func Check(points []Point) error {
	seen := map[float64]bool{}
	for _, p := range points {
		if !(p.N >= 1) || !(p.X > 0) || math.IsInf(p.X, 0) || math.IsInf(p.N, 0) {
			return ErrBadPoint
		}
		seen[p.N] = true
	}
	if len(seen) < PointsMin {
		return ErrFewPoints
	}
	return nil
}

// residuals returns each point's deviation as a share of the model's value, widened for the three parameters that the
// fit spent.
func residuals(points []Point, m Model) []float64 {
	out := make([]float64, len(points))
	widen := math.Sqrt(float64(len(points)) / float64(max(1, len(points)-3)))
	mean := 0.0
	for i, p := range points {
		out[i] = (p.X/m.Throughput(p.N) - 1) * widen
		mean += out[i] / float64(len(points))
	}
	for i := range out {
		out[i] -= mean
	}
	return out
}

func rSquared(points []Point, m Model) float64 {
	mean := 0.0
	for _, p := range points {
		mean += p.X / float64(len(points))
	}
	var res, tot float64
	for _, p := range points {
		res += sq(p.X - m.Throughput(p.N))
		tot += sq(p.X - mean)
	}
	if tot == 0 {
		return 1
	}
	return 1 - res/tot
}

func sq(x float64) float64 { return x * x }
