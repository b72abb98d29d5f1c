package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestQuantile(t *testing.T) {
	v := []float64{1, 2, 3, 4, 10}
	for q, want := range map[float64]float64{0: 1, 0.25: 2, 0.5: 3, 0.875: 7, 1: 10} {
		if got := Quantile(v, q); got != want {
			t.Errorf("q%g = %g, want %g", q, got, want)
		}
	}
	if !math.IsNaN(Quantile(nil, 0.5)) || Mean(v) != 4 {
		t.Error("empty quantile or mean")
	}
}

// normals draws runs whose means differ from run to run as well.
func normals(rng *rand.Rand, runs, n int, mean, between, within float64) Runs[float64] {
	out := make(Runs[float64], runs)
	for i := range out {
		m := mean + between*rng.NormFloat64()
		for range n {
			out[i] = append(out[i], m+within*rng.NormFloat64())
		}
	}
	return out
}

func meanOnly(sample []float64, out []float64) { out[0] = Mean(sample) }

// TestRatioIntervalCoverage checks the interval against the truth it should
// contain: nearly always when runs differ only within themselves, and wide
// enough not to claim a difference that is one between runs.
func TestRatioIntervalCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	covered := 0
	const trials = 60
	for range trials {
		a, b := normals(rng, 2, 20, 100, 0, 10), normals(rng, 2, 20, 120, 0, 10)
		ci := RatioIntervals(rng, a, b, 1, meanOnly)[0]
		if ci == nil || ci.Low > ci.High {
			t.Fatal(ci)
		}
		if ci.Contains(1.2) {
			covered++
		}
	}
	if covered < trials*85/100 {
		t.Errorf("the true ratio was inside in %d of %d trials", covered, trials)
	}
}

func TestRatioIntervalUndefined(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	if RatioIntervals(rng, nil, Runs[float64]{{1}}, 1, meanOnly)[0] != nil {
		t.Error("an interval without runs")
	}
	if RatioIntervals(rng, Runs[float64]{{0}}, Runs[float64]{{1}}, 1, meanOnly)[0] != nil {
		t.Error("an interval of a division by zero")
	}
}

func TestCentral95(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		values    []float64
		low, high float64
	}{
		{[]float64{40, 0, 20}, 1, 39},
		{[]float64{inf, 0, 20}, 1, inf},
		{[]float64{inf, inf}, inf, inf},
		{[]float64{7}, 7, 7},
	} {
		if got := Central95(tt.values); got != (Interval{tt.low, tt.high}) {
			t.Errorf("%v: %+v", tt.values, got)
		}
	}
	if got := Central95(nil); !math.IsNaN(got.Low) || !math.IsNaN(got.High) {
		t.Errorf("no values: %+v", got)
	}
}
