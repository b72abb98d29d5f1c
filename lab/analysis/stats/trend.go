package stats

import (
	"math"
	"slices"
)

// Trend is the slope of a series by robust methods: a few outliers, such as the
// peaks before a garbage collection, change nothing.
type Trend struct {
	// Slope is the Theil-Sen estimate in units of y per unit of x: the median of
	// the slopes between all pairs of points. Low and High bound it with 95 %
	// confidence (Sen 1968).
	Slope, Low, High float64
	// P is the probability that a series without a trend rises as much, by the
	// one-sided Mann-Kendall test: small means growth. Points must not depend on
	// their neighbours; see Blocks.
	P float64
}

// TrendOf computes the trend of y over x, which must be rising. Fewer than three
// points give no slope and P = 1.
func TrendOf(x, y []float64) Trend {
	n := len(x)
	if n < 3 {
		return Trend{P: 1}
	}
	slopes := make([]float64, 0, n*(n-1)/2)
	s := 0 // Mann-Kendall: pairs that rise minus pairs that fall
	for i := range n {
		for j := i + 1; j < n; j++ {
			slopes = append(slopes, (y[j]-y[i])/(x[j]-x[i]))
			switch {
			case y[j] > y[i]:
				s++
			case y[j] < y[i]:
				s--
			}
		}
	}
	slices.Sort(slopes)
	sd := math.Sqrt(kendallVariance(y))
	t := Trend{Slope: Quantile(slopes, 0.5), P: 1}
	const z95 = 1.96
	half := z95 * sd
	pairs := float64(len(slopes))
	at := func(rank float64) float64 { return slopes[int(max(0, min(pairs-1, rank)))] }
	t.Low, t.High = at(math.Floor((pairs-half)/2)), at(math.Ceil((pairs+half)/2))
	if sd > 0 && s > 0 {
		t.P = 0.5 * math.Erfc((float64(s)-1)/sd/math.Sqrt2) // less one for continuity
	}
	return t
}

// kendallVariance is the variance of the Mann-Kendall statistic, with its
// correction for ties.
func kendallVariance(y []float64) float64 {
	sorted := slices.Sorted(slices.Values(y))
	term := func(n float64) float64 { return n * (n - 1) * (2*n + 5) }
	v := term(float64(len(y)))
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		v -= term(float64(j - i))
		i = j
	}
	return v / 18
}

// Blocks cuts a series into at most n blocks of neighbours and returns the mean
// of each: means of long blocks hardly depend on each other where single samples
// do.
func Blocks(x, y []float64, n int) (bx, by []float64) {
	n = min(n, len(x))
	for i := range n {
		from, to := i*len(x)/n, (i+1)*len(x)/n
		bx, by = append(bx, Mean(x[from:to])), append(by, Mean(y[from:to]))
	}
	return bx, by
}
