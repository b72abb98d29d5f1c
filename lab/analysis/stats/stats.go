// Package stats holds the statistics the lab states its results with. It knows
// numbers only: no run, no file, no verdict.
//
// RatioIntervals is the one to reach for when two things were measured in turns.
package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is a confidence interval.
type Interval struct {
	Low, High float64
}

// Contains tells whether x lies in the interval, ends included.
func (i Interval) Contains(x float64) bool { return i.Low <= x && x <= i.High }

// Quantile is the value at quantile q of 0 .. 1 of sorted values, interpolated
// between neighbours (type 7 of Hyndman and Fan, the default of R). It is NaN
// without values.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Central95 returns the interval that holds the central 95 % of values, which it sorts. Some may be +Inf, between which
// nothing can be interpolated. Without values its ends are NaN.
func Central95(values []float64) Interval {
	slices.Sort(values)
	at := func(q float64) float64 {
		if i := int(math.Ceil(q * float64(len(values)-1))); i < len(values) && math.IsInf(values[i], 1) {
			return values[i]
		}
		return Quantile(values, q)
	}
	return Interval{Low: at(0.025), High: at(0.975)}
}

// Mean is the arithmetic mean, NaN without values.
func Mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// Runs are the observations of one side: one slice a run, of what was seen in
// each stretch of time.
type Runs[T any] [][]T

// Bootstrap settings. 2,000 rounds leave an error of about half a percent of the
// level; 95 % is what readers expect.
const (
	Rounds = 2000
	Level  = 0.95
)

// RatioIntervals estimates confidence intervals of statistic(b) / statistic(a),
// for n statistics at once, by a bootstrap in two steps: each round draws runs
// with replacement, and then stretches with replacement within each drawn run.
// Drawing stretches alone would take runs for interchangeable, and so report
// differences between any two runs of the same thing as real.
//
// Stretches must be long enough to be nearly independent; the lab uses seconds.
// statistics fills out with the n values for a resample. An interval is nil when
// too few rounds have a defined ratio.
func RatioIntervals[T any](rng *rand.Rand, a, b Runs[T], n int, statistics func(sample []T, out []float64)) []*Interval {
	intervals := make([]*Interval, n)
	if len(a) == 0 || len(b) == 0 {
		return intervals
	}
	ratios := make([][]float64, n)
	ofA, ofB := make([]float64, n), make([]float64, n)
	var buf []T
	for range Rounds {
		buf = a.draw(rng, buf[:0])
		statistics(buf, ofA)
		buf = b.draw(rng, buf[:0])
		statistics(buf, ofB)
		for i := range ratios {
			if r := ofB[i] / ofA[i]; !math.IsNaN(r) && !math.IsInf(r, 0) {
				ratios[i] = append(ratios[i], r)
			}
		}
	}
	for i, r := range ratios {
		if len(r) < Rounds/2 {
			continue
		}
		slices.Sort(r)
		intervals[i] = &Interval{Quantile(r, (1-Level)/2), Quantile(r, (1+Level)/2)}
	}
	return intervals
}

// draw appends one resample of all runs to buf.
func (r Runs[T]) draw(rng *rand.Rand, buf []T) []T {
	for range r {
		run := r[rng.IntN(len(r))]
		for range run {
			buf = append(buf, run[rng.IntN(len(run))])
		}
	}
	return buf
}
