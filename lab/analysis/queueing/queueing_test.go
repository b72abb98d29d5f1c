package queueing

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"redline/lab/analysis/usl"
)

var loads = []float64{1, 2, 4, 8, 16, 32, 64, 128}

// TestRecovers has noisy series of a known law fitted: the parameters come back within a tenth, and the intervals hold
// the truth about as often as they say.
func TestRecovers(t *testing.T) {
	for _, want := range []Model{{Alone: 60e-6, Capacity: 125_000, Sharpness: 4}, {Alone: 2e-3, Capacity: 5000, Sharpness: 2}, {Alone: 1e-3, Capacity: 8000, Sharpness: 16}} {
		held, off := 0, 0
		for seed := range uint64(50) {
			rng := rand.New(rand.NewPCG(seed, 7))
			var points []usl.Point
			for _, n := range loads {
				for range 4 {
					points = append(points, usl.Point{N: n, X: want.Throughput(n) * (1 + 0.05*rng.NormFloat64())})
				}
			}
			f, err := Compute(points, rng)
			if err != nil {
				t.Fatal(err)
			}
			if f.FullCI.Contains(want.Full()) {
				held++
			}
			x, band, err := f.Predict(12)
			if err != nil || !band.Contains(x) {
				t.Errorf("at 12: %g in %+v, %v", x, band, err)
			}
			for _, p := range [][2]float64{{f.Alone, want.Alone}, {f.Capacity, want.Capacity}, {x, want.Throughput(12)}} {
				if math.Abs(p[0]/p[1]-1) > 0.1 {
					off++
					t.Logf("%+v, seed %d: %g, want %g", want, seed, p[0], p[1])
				}
			}
		}
		if off > 3 || held < 44 {
			t.Errorf("%+v: %d of 150 figures are off by more than a tenth, %d of 50 intervals hold the knee", want, off, held)
		}
	}
}

// closed is the exact throughput of n clients with a delay of their own before one server with exponential service
// times (mean value analysis: M. Reiser and S. S. Lavenberg, JACM 27(2), 1980).
func closed(delay, service float64, n int) float64 {
	waiting, x := 0.0, 0.0
	for i := 1; i <= n; i++ {
		response := service * (1 + waiting)
		x = float64(i) / (delay + response)
		waiting = x * response
	}
	return x
}

// TestExactNetwork: the law follows the exact solution of such a queue closely, also where it was not fitted.
func TestExactNetwork(t *testing.T) {
	var points []usl.Point
	for _, n := range loads {
		points = append(points, usl.Point{N: n, X: closed(55e-6, 8e-6, int(n))})
	}
	f, err := Compute(points, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{3, 6, 12, 24, 48, 96} {
		if got, want := f.Throughput(float64(n)), closed(55e-6, 8e-6, n); math.Abs(got/want-1) > 0.04 {
			t.Errorf("at %d: %.0f, want %.0f", n, got, want)
		}
	}
	if math.Abs(f.Full()/(63.0/8)-1) > 0.05 || math.Abs(f.Capacity/125_000-1) > 0.03 {
		t.Errorf("%+v, full at %g", f.Model, f.Full())
	}
}

// TestRefusals: what cannot be fitted or predicted is an error.
func TestRefusals(t *testing.T) {
	var linear, falling []usl.Point
	for _, n := range loads {
		linear = append(linear, usl.Point{N: n, X: 100 * math.Pow(n, 1.2)})
		falling = append(falling, usl.Point{N: n, X: 1000 / n})
	}
	for name, tt := range map[string]struct {
		points []usl.Point
		want   error
	}{
		"no knee":    {linear, ErrNoKnee},
		"falling":    {falling, ErrNoKnee},
		"few":        {linear[:3], usl.ErrFewPoints},
		"nothing":    {nil, usl.ErrFewPoints},
		"throughput": {append([]usl.Point{{N: 1, X: math.Inf(1)}}, linear...), usl.ErrBadPoint},
		"none":       {append([]usl.Point{{N: 1}}, linear...), usl.ErrBadPoint},
		"clients":    {append([]usl.Point{{N: math.NaN(), X: 1}}, linear...), usl.ErrBadPoint},
	} {
		if _, err := Compute(tt.points, rand.New(rand.NewPCG(1, 1))); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	var points []usl.Point
	for _, n := range loads {
		points = append(points, usl.Point{N: n, X: closed(1e-3, 1e-4, int(n))})
	}
	f, err := Compute(points, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []float64{0, 1000, math.NaN()} {
		if _, _, err := f.Predict(n); !errors.Is(err, usl.ErrTooFar) {
			t.Errorf("at %g: %v", n, err)
		}
	}
}
