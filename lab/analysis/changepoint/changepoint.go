// Package changepoint finds where a series of measurements changed its level: for drifts in the history of a benchmark
// that no comparison of two neighbours shows. It knows numbers only.
//
// The method is E-divisive with means (D. S. Matteson, N. A. James, "A Nonparametric Approach for Multiple Change Point
// Analysis of Multivariate Data", JASA 109, 2014): the point that splits a stretch into the two most different parts, by
// the energy distance between them, is a change if a permutation test says that chance rarely gives as large a one; both
// parts are then searched again. It assumes no distribution and stands single outliers.
package changepoint

import (
	"math"
	"math/rand/v2"
	"slices"

	"redline/lab/analysis/stats"
)

// Options of Find. The zero value stands for the defaults.
type Options struct {
	// Alpha is the chance of seeing a change in a stretch without one. Default 0.01: a history is looked at again and
	// again.
	Alpha float64
	// MinLength is the smallest number of measurements between changes. Default 3.
	MinLength int
	// MinChange is the smallest change of the median that is reported, as a share. Default 0: all.
	MinChange float64
}

// Change is a point where the level changed.
type Change struct {
	Index int `json:"index"` // of the first measurement at the new level
	// Before and After are the medians of the stretches on both sides.
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	PValue float64 `json:"p_value"` // of the permutation test, 1/(permutations+1) at least
}

// Ratio returns After/Before.
func (c Change) Ratio() float64 { return c.After / c.Before }

const permutations = 499

// Find returns the changes of a series in order. rng drives the permutation test; the same one gives the same answer.
func Find(series []float64, o Options, rng *rand.Rand) []Change {
	if o.Alpha == 0 {
		o.Alpha = 0.01
	}
	if o.MinLength < 1 {
		o.MinLength = 3
	}
	s := &search{o: o, rng: rng}
	s.split(series, 0)
	slices.SortFunc(s.found, func(a, b Change) int { return a.Index - b.Index })
	return s.measure(series)
}

type search struct {
	o     Options
	rng   *rand.Rand
	found []Change
}

// split searches series[...] whose first element has index from in the whole.
func (s *search) split(series []float64, from int) {
	at, q := best(series, s.o.MinLength)
	if at < 0 {
		return
	}
	p := s.pValue(series, q)
	if p > s.o.Alpha {
		return
	}
	s.found = append(s.found, Change{Index: from + at, PValue: p})
	s.split(series[:at], from)
	s.split(series[at:], from+at)
}

// pValue is how often a shuffled series has a split at least as good.
func (s *search) pValue(series []float64, q float64) float64 {
	shuffled := slices.Clone(series)
	atLeast := 1
	for i := range permutations {
		s.rng.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
		if _, other := best(shuffled, s.o.MinLength); other >= q {
			atLeast++
		}
		// Whatever the rest says, it is not significant: most stretches without a change end here.
		if float64(atLeast) > s.o.Alpha*float64(permutations+1)*4 {
			return float64(atLeast) / float64(i+2)
		}
	}
	return float64(atLeast) / float64(permutations+1)
}

// best returns the split of the largest energy statistic
//
//	nm/(n+m) (2 E|X-Y| - E|X-X'| - E|Y-Y'|)
//
// and -1 when the series is too short or has no two different values. It takes O(n^2): moving the split by one element
// changes the three sums by the distances of that element to all others.
func best(series []float64, minLength int) (at int, q float64) {
	n := len(series)
	at, q = -1, 0
	if n < 2*minLength {
		return at, q
	}
	within := 0.0 // pairs of the right part
	for i := range series {
		for j := i + 1; j < n; j++ {
			within += math.Abs(series[i] - series[j])
		}
	}
	left, right, across := 0.0, within, 0.0
	for k := 1; k < n; k++ { // series[k-1] goes to the left part
		toLeft, toRight := 0.0, 0.0
		x := series[k-1]
		for i := range k - 1 {
			toLeft += math.Abs(x - series[i])
		}
		for j := k; j < n; j++ {
			toRight += math.Abs(x - series[j])
		}
		left += toLeft
		right -= toRight
		across += toRight - toLeft
		if k < minLength || n-k < minLength {
			continue
		}
		a, b := float64(k), float64(n-k)
		energy := 2*across/(a*b) - pairs(left, a) - pairs(right, b)
		if v := a * b / (a + b) * energy; v > q {
			at, q = k, v
		}
	}
	return at, q
}

// pairs is the mean distance within a part of n elements.
func pairs(sum, n float64) float64 {
	if n < 2 {
		return 0
	}
	return 2 * sum / (n * (n - 1))
}

// measure adds the levels on both sides of each change, and leaves out changes that are too small to matter: the
// stretches beside them are joined, the smallest first.
func (s *search) measure(series []float64) []Change {
	for {
		smallest, least := -1, s.o.MinChange
		for i := range s.found {
			c := &s.found[i]
			from, to := 0, len(series)
			if i > 0 {
				from = s.found[i-1].Index
			}
			if i < len(s.found)-1 {
				to = s.found[i+1].Index
			}
			c.Before, c.After = median(series[from:c.Index]), median(series[c.Index:to])
			if d := math.Abs(c.After-c.Before) / math.Abs(c.Before); d < least {
				smallest, least = i, d
			}
		}
		if smallest < 0 {
			return s.found
		}
		s.found = slices.Delete(s.found, smallest, smallest+1)
	}
}

func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return stats.Quantile(sorted, 0.5)
}
