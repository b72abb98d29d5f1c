package changepoint

import (
	"math"
	"math/rand/v2"
	"testing"
)

// steps makes a series of levels, each n long, with relative noise.
func steps(rng *rand.Rand, noise float64, n int, levels ...float64) (series []float64) {
	for _, l := range levels {
		for range n {
			series = append(series, l*(1+noise*rng.NormFloat64()))
		}
	}
	return series
}

func TestFindsSteps(t *testing.T) {
	missed, off := 0, 0
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		got := Find(steps(rng, 0.01, 20, 100, 95, 95, 110), Options{}, rng)
		if len(got) != 2 {
			missed++
			continue
		}
		for i, want := range []Change{{Index: 20, Before: 100, After: 95}, {Index: 60, Before: 95, After: 110}} {
			c := got[i]
			if c.Index < want.Index-2 || c.Index > want.Index+2 || math.Abs(c.Ratio()/(want.After/want.Before)-1) > 0.015 {
				off++
			}
		}
	}
	if missed > 3 || off > 3 {
		t.Errorf("of 50 series %d without their two changes, %d changes at the wrong place", missed, off)
	}
}

// TestDrift: a slow slide of 10 % over 60 runs, of which no two neighbours differ by more than the noise, is seen.
func TestDrift(t *testing.T) {
	seen := 0
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var series []float64
		for i := range 60 {
			series = append(series, (100-float64(i)/6)*(1+0.02*rng.NormFloat64()))
		}
		if len(Find(series, Options{}, rng)) > 0 {
			seen++
		}
	}
	if seen < 19 {
		t.Errorf("seen in %d of 20 series", seen)
	}
}

// TestFalseAlarms checks the level of the test on series without a change, of noise with heavy tails.
func TestFalseAlarms(t *testing.T) {
	alarms := 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 3))
		series := make([]float64, 40)
		for i := range series {
			series[i] = 100 + rng.NormFloat64()/math.Max(0.2, math.Abs(rng.NormFloat64()))
		}
		if len(Find(series, Options{}, rng)) > 0 {
			alarms++
		}
	}
	if alarms > 9 { // 1 % of 300, and what chance adds (99.8 % quantile)
		t.Errorf("%d alarms in 300 series without a change", alarms)
	}
}

func TestOutlierAndSmall(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	series := steps(rng, 0.01, 40, 100)
	series[17] = 300
	if got := Find(series, Options{}, rng); len(got) != 0 {
		t.Errorf("an outlier is no change of level: %+v", got)
	}
	series = steps(rng, 0.002, 30, 100, 101)
	if got := Find(series, Options{}, rng); len(got) != 1 {
		t.Errorf("a step of 1 %% in little noise: %+v", got)
	}
	if got := Find(series, Options{MinChange: 0.03}, rng); len(got) != 0 {
		t.Errorf("a step of 1 %% when only 3 %% matter: %+v", got)
	}
	for _, short := range [][]float64{nil, {1}, {1, 2, 3, 4, 5}, {7, 7, 7, 7, 7, 7, 7, 7}} {
		if got := Find(short, Options{}, rng); len(got) != 0 {
			t.Errorf("%v: %+v", short, got)
		}
	}
}
