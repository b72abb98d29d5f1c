package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestTrendKnown compares with figures worked out by hand for a short series:
// S = 8 of 10 pairs, variance 5*4*15/18, z = 7/sqrt(16.67).
func TestTrendKnown(t *testing.T) {
	t.Parallel()
	got := TrendOf([]float64{1, 2, 3, 4, 5}, []float64{1, 3, 2, 4, 5})
	if got.Slope != 1 || math.Abs(got.P-0.0432) > 0.0005 {
		t.Errorf("%+v", got)
	}
	// With ties the variance is (5*4*15 - 2*(2*1*9))/18 = 14.67.
	got = TrendOf([]float64{0, 1, 2, 3, 4}, []float64{2, 2, 1, 3, 1})
	if math.Abs(kendallVariance([]float64{2, 2, 1, 3, 1})-264.0/18) > 1e-9 {
		t.Errorf("variance with ties: %g", kendallVariance([]float64{2, 2, 1, 3, 1}))
	}
	if got.P != 1 { // S is negative: three pairs rise, five fall
		t.Errorf("%+v", got)
	}
	if got := TrendOf([]float64{1, 2}, []float64{1, 2}); got.P != 1 || got.Slope != 0 {
		t.Errorf("two points: %+v", got)
	}
	if got := TrendOf([]float64{1, 2, 3, 4}, []float64{7, 7, 7, 7}); got.P != 1 || got.Slope != 0 {
		t.Errorf("constant: %+v", got)
	}
}

// TestTrendFalseAlarms calibrates the test on series without a trend, and its
// interval on series with one.
func TestTrendFalseAlarms(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	const series, points, slope = 2000, 24, 0.3
	alarms, covered := 0, 0
	for range series {
		x, flat, rising := make([]float64, points), make([]float64, points), make([]float64, points)
		for i := range x {
			x[i], flat[i] = float64(i), rng.NormFloat64()
			rising[i] = slope*x[i] + rng.NormFloat64()
		}
		if TrendOf(x, flat).P < 0.05 {
			alarms++
		}
		if r := TrendOf(x, rising); r.Low <= slope && slope <= r.High {
			covered++
		}
	}
	if share := float64(alarms) / series; share < 0.035 || share > 0.065 {
		t.Errorf("false alarms of %g, want 0.05", share)
	}
	if share := float64(covered) / series; share < 0.93 || share > 0.98 {
		t.Errorf("coverage of %g, want 0.95", share)
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	x, y := Blocks([]float64{1, 2, 3, 4, 5}, []float64{1, 1, 4, 4, 10}, 2)
	if len(x) != 2 || x[0] != 1.5 || x[1] != 4 || y[0] != 1 || y[1] != 6 {
		t.Errorf("%v %v", x, y)
	}
	if x, _ := Blocks([]float64{1, 2}, []float64{1, 2}, 5); len(x) != 2 {
		t.Errorf("%v", x)
	}
}
