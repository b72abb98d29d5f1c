package plan

import (
	"iter"
	"math"
	"slices"
	"sort"

	"redline/lab/analysis/queueing"
	"redline/lab/analysis/stats"
	"redline/lab/analysis/usl"
)

// fitter fits a predictor of throughput to points in ascending order of concurrency.
type fitter func(points []usl.Point) (func(n float64) float64, error)

func fitUSL(points []usl.Point) (func(n float64) float64, error) {
	m, err := usl.Solve(points)
	return m.Throughput, err
}

func fitQueueing(points []usl.Point) (func(n float64) float64, error) {
	m, err := queueing.Solve(points)
	return m.Throughput, err
}

func fitNeighbours(points []usl.Point) (func(n float64) float64, error) {
	ns := neighboursOf(points)
	return func(n float64) float64 {
		x, _, err := ns.predict(n)
		if err != nil {
			return math.NaN()
		}
		return x
	}, nil
}

// loads yields the bounds of the points of each concurrency.
func loads(points []usl.Point) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		from := 0
		for to := range points {
			if to+1 == len(points) || points[to+1].N != points[from].N {
				if !yield(from, to+1) {
					return
				}
				from = to + 1
			}
		}
	}
}

// unseen is how far off a predictor is at concurrencies that were left out of its fit, one after the other: the mean
// squared logarithm. Those at the ends are always in: what lies beyond is nothing that a plan predicts.
func unseen(points []usl.Point, fit fitter) float64 {
	first, last := points[0].N, points[len(points)-1].N
	sum, count := 0.0, 0
	for i, j := range loads(points) {
		n := points[i].N
		if n == first || n == last {
			continue
		}
		throughput, err := fit(slices.Concat(points[:i], points[j:]))
		if err != nil {
			return math.Inf(1)
		}
		for _, p := range points[i:j] {
			d := math.Log(p.X / throughput(n))
			sum += d * d
			count++
		}
	}
	return sum / float64(count)
}

// neighbours are the measured loads in ascending order.
type neighbours []neighbour

// neighbour is what was measured at a concurrency: the mean logarithm of its throughput, and that mean's squared error.
type neighbour struct{ logN, logX, err2 float64 }

func neighboursOf(points []usl.Point) (out neighbours) {
	for i, j := range loads(points) {
		sum, sum2 := 0.0, 0.0
		for _, p := range points[i:j] {
			x := math.Log(p.X)
			sum, sum2 = sum+x, sum2+x*x
		}
		n := float64(j - i)
		mean := sum / n
		out = append(out, neighbour{math.Log(points[i].N), mean, max(0, sum2/n-mean*mean) / max(1, n-1)})
	}
	return out
}

// predict draws a line between the two loads around n, in logarithms: a law is right everywhere or wrong everywhere, but
// how fast a few clients are served also depends on how the system wakes whom.
func (ns neighbours) predict(n float64) (float64, stats.Interval, error) {
	at := math.Log(n)
	i := sort.Search(len(ns), func(i int) bool { return ns[i].logN >= at })
	if !(n >= 1) || i == len(ns) || i == 0 && ns[0].logN > at {
		return 0, stats.Interval{}, usl.ErrTooFar
	}
	b := ns[i]
	a := ns[max(0, i-1)]
	t := 1.0
	if a.logN < b.logN {
		t = (at - a.logN) / (b.logN - a.logN)
	}
	x := (1-t)*a.logX + t*b.logX
	half := 1.96 * math.Sqrt((1-t)*(1-t)*a.err2+t*t*b.err2)
	return math.Exp(x), stats.Interval{Low: math.Exp(x - half), High: math.Exp(x + half)}, nil
}
