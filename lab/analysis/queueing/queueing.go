// Package queueing fits the queueing view of a closed loop to measured throughput: N clients, each with one request
// under way, before one resource that is busier than all others.
//
//	X(N) = ((N / R)^-p + C^-p)^(-1/p)
//
// N/R and C are the asymptotic bounds of operational analysis (P. J. Denning and J. P. Buzen, "The Operational Analysis
// of Queueing Network Models", ACM Computing Surveys 10(3), 1978): R is the time of a request that is alone, C what the
// busiest resource can do. p is how sharply one bound goes over into the other: 1 is Amdahl's law, about 2 to 3 random
// service times, more than that even ones, which queue only when the resource is full. The Universal Scalability Law
// has no such knee; this one has no throughput that falls again. The package knows numbers only.
package queueing

import (
	"errors"
	"math"
	"math/rand/v2"

	"redline/lab/analysis/stats"
	"redline/lab/analysis/usl"
)

// Model is a fitted law.
type Model struct {
	Alone     float64 // R, seconds
	Capacity  float64 // C, per second
	Sharpness float64 // p, sharpest >= p >= 1
}

// Throughput returns X(n), per second.
func (m Model) Throughput(n float64) float64 {
	return math.Pow(math.Pow(n/m.Alone, -m.Sharpness)+math.Pow(m.Capacity, -m.Sharpness), -1/m.Sharpness)
}

// Full returns the concurrency at which the bounds meet: from there on requests wait for each other.
func (m Model) Full() float64 { return m.Alone * m.Capacity }

// Fit is a model with how sure it is, at 95 %.
type Fit struct {
	Model
	AloneCI, CapacityCI, FullCI stats.Interval

	maxN  float64
	drawn []Model // of the bootstrap
}

// ErrNoKnee is returned by Solve and Compute beside the errors of usl.Check.
var ErrNoKnee = errors.New("throughput does not level off within what was measured: measure higher concurrencies")

// rounds of the bootstrap: an error of about half a percent of the level.
const rounds = 1000

// Solve fits a model by least squares of the logarithms, as noise of throughput grows with it.
func Solve(points []usl.Point) (Model, error) {
	_, m, err := start(points)
	return m, err
}

// Compute is Solve with bounds, by a bootstrap of the residuals. rng makes them repeatable.
func Compute(points []usl.Point, rng *rand.Rand) (*Fit, error) {
	s, best, err := start(points)
	if err != nil {
		return nil, err
	}
	f := &Fit{Model: best}
	logX, fitted, residuals := make([]float64, len(points)), make([]float64, len(points)), make([]float64, len(points))
	for i, p := range points {
		f.maxN = max(f.maxN, p.N)
		fitted[i] = math.Log(best.Throughput(p.N))
		// Widened for the three parameters that the fit spent.
		residuals[i] = (math.Log(p.X) - fitted[i]) * math.Sqrt(float64(len(points))/float64(max(1, len(points)-3)))
	}
	for range rounds {
		for i := range logX {
			logX[i] = fitted[i] + residuals[rng.IntN(len(residuals))]
		}
		if m, ok := s.solve(logX); ok {
			f.drawn = append(f.drawn, m)
		}
	}
	f.AloneCI = f.bounds(func(m Model) float64 { return m.Alone })
	f.CapacityCI = f.bounds(func(m Model) float64 { return m.Capacity })
	f.FullCI = f.bounds(Model.Full)
	return f, nil
}

// start checks the points and fits them.
func start(points []usl.Point) (*solver, Model, error) {
	if err := usl.Check(points); err != nil {
		return nil, Model{}, err
	}
	logX := make([]float64, len(points))
	for i, p := range points {
		logX[i] = math.Log(p.X)
	}
	s := newSolver(points)
	best, ok := s.solve(logX)
	if !ok {
		return nil, Model{}, ErrNoKnee
	}
	return s, best, nil
}

// Predict is Throughput for a concurrency that was not measured, with its 95 % interval. It refuses to go as far as the
// Universal Scalability Law's does.
func (f *Fit) Predict(n float64) (float64, stats.Interval, error) {
	if !(n >= 1 && n <= f.maxN*usl.ExtrapolateMax) {
		return 0, stats.Interval{}, usl.ErrTooFar
	}
	return f.Throughput(n), f.bounds(func(m Model) float64 { return m.Throughput(n) }), nil
}

func (f *Fit) bounds(figure func(Model) float64) stats.Interval {
	values := make([]float64, len(f.drawn))
	for i, m := range f.drawn {
		values[i] = figure(m)
	}
	return stats.Central95(values)
}

// sharpest is where a knee cannot be told from a corner.
const sharpest = 16

// solver finds the model of least squares. For a given p the law is linear in R^p and C^-p once it is raised to the
// power -p, so that only p is searched for.
type solver struct {
	p      []float64
	powers [][]float64 // of each p, of each point: N^-p
}

func newSolver(points []usl.Point) *solver {
	s := &solver{}
	for p := 1.0; p <= sharpest; p *= math.Sqrt2 {
		row := make([]float64, len(points))
		for i, point := range points {
			row[i] = math.Pow(point.N, -p)
		}
		s.p, s.powers = append(s.p, p), append(s.powers, row)
	}
	return s
}

// solve fits the logarithms of the points' throughputs; their concurrencies are those of newSolver.
func (s *solver) solve(logX []float64) (best Model, ok bool) {
	least := math.Inf(1)
	for i, p := range s.p {
		if m, badness, fits := linear(logX, s.powers[i], p); fits && badness < least {
			best, least, ok = m, badness, true
		}
	}
	return best, ok
}

// linear solves X^-p = a N^-p + b with R = a^(1/p) and C = b^(-1/p), and returns the sum of the squared errors of log X.
// One of those is 1/(p X^-p) times that of X^-p.
func linear(logX, powers []float64, p float64) (Model, float64, bool) {
	unit := logX[0] // keeps the powers within range
	var n2, n1, one, ny, y1 float64
	for i, n := range powers {
		y := math.Exp(-p * (logX[i] - unit))
		w := 1 / (y * y)
		n2, n1, one = n2+w*n*n, n1+w*n, one+w
		ny, y1 = ny+w*n*y, y1+w*y
	}
	det := n2*one - n1*n1
	a, b := (ny*one-y1*n1)/det, (n2*y1-n1*ny)/det
	if !(a > 0) || !(b > 0) {
		return Model{}, 0, false
	}
	badness := 0.0
	for i, n := range powers {
		d := logX[i] - unit + math.Log(a*n+b)/p
		badness += d * d
	}
	return Model{Alone: math.Pow(a, 1/p) * math.Exp(-unit), Capacity: math.Pow(b, -1/p) * math.Exp(unit), Sharpness: p}, badness, true
}
