package usl

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// cisco is the read-only series of Percona's sysbench runs on a Cisco UCS server (2011), read 1, 2, ... 32 threads; the
// parameters are those of B. Schwartz, "Practical Scalability Analysis with the Universal Scalability Law", 2015.
var cisco = []float64{955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71, 8646.7,
	9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806, 12089.37, 12075.41,
	12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39}

func series(xs []float64) []Point {
	points := make([]Point, len(xs))
	for i, x := range xs {
		points[i] = Point{N: float64(i + 1), X: x}
	}
	return points
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s = %g, want %g", what, got, want)
	}
}

// TestPublished compares with fits in the literature.
func TestPublished(t *testing.T) {
	f, err := Compute(series(cisco), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "lambda", f.Lambda, 995.6486, 1e-4)
	near(t, "sigma", f.Sigma, 0.02671591, 1e-4)
	near(t, "kappa", f.Kappa, 7.690945e-4, 1e-4)
	near(t, "peak", math.Floor(f.Peak()), 35, 0)
	near(t, "limit", f.Limit(), 12341, 2e-4)
	if !f.SigmaCI.Contains(f.Sigma) || !f.KappaCI.Contains(f.Kappa) || !f.PeakCI.Contains(f.Peak()) || f.RSquared < 0.99 {
		t.Errorf("%+v", f)
	}

	// SPEC SDM91 on a Sun SPARCcenter 2000, with the parameters that S. Möding's "usl" for R prints.
	var sdm []Point
	for _, p := range [][2]float64{{1, 64.9}, {18, 995.9}, {36, 1652.4}, {72, 1853.2}, {108, 1828.9}, {144, 1775.0}, {216, 1702.2}} {
		sdm = append(sdm, Point{N: p[0], X: p[1]})
	}
	if f, err = Compute(sdm, rand.New(rand.NewPCG(1, 1))); err != nil {
		t.Fatal(err)
	}
	near(t, "lambda", f.Lambda, 89.9952, 1e-3)
	near(t, "sigma", f.Sigma, 0.0277285, 1e-3)
	near(t, "kappa", f.Kappa, 0.0001044, 1e-3)
}

var loads = []float64{1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128}

// TestRecovers has noisy series of a known law fitted: over 100 of them the parameters that matter come back within a
// tenth, and the intervals hold the truth about as often as they say.
func TestRecovers(t *testing.T) {
	for _, want := range []Model{{1000, 0.05, 0.0005}, {50_000, 0.2, 0.001}, {300, 0.02, 0.00005}} {
		held, off := 0, 0
		for seed := range uint64(100) {
			rng := rand.New(rand.NewPCG(seed, 7))
			var points []Point
			for _, share := range []float64{0, 0.03, 0.06, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3} { // of the peak: on both sides of it
				n := max(1, math.Round(share*want.Peak()))
				points = append(points, Point{N: n, X: want.Throughput(n) * (1 + 0.01*rng.NormFloat64())})
			}
			f, err := Compute(points, rng)
			if err != nil {
				t.Fatal(err)
			}
			if f.SigmaCI.Contains(want.Sigma) {
				held++
			}
			for _, p := range [][2]float64{{f.Lambda, want.Lambda}, {f.Sigma, want.Sigma}, {f.Kappa, want.Kappa}, {f.Limit(), want.Limit()}} {
				if math.Abs(p[0]/p[1]-1) > 0.1 {
					off++
					t.Logf("seed %d: %g, want %g", seed, p[0], p[1])
				}
			}
		}
		if off > 8 { // of 400: 2 %
			t.Errorf("%+v: %d of 400 parameters off by more than a tenth", want, off)
		}
		if held < 85 {
			t.Errorf("%+v: %d of 100 intervals hold sigma, want about 95", want, held)
		}
	}
}

// TestBounds: a system that scales better than linear, or exactly so, has no negative parameters.
func TestBounds(t *testing.T) {
	for _, pow := range []float64{1, 1.2} {
		var points []Point
		for _, n := range loads {
			points = append(points, Point{N: n, X: 100 * math.Pow(n, pow)})
		}
		f, err := Compute(points, rand.New(rand.NewPCG(1, 1)))
		if err != nil || f.Sigma < 0 || f.Kappa < 0 {
			t.Errorf("N^%g: %+v %v", pow, f, err)
		}
		if pow == 1 && (f.Sigma > 1e-9 || f.Kappa > 1e-9 || math.Abs(f.Lambda-100) > 1e-6) {
			t.Errorf("linear: %+v", f)
		}
	}
	if m := (Model{Lambda: 10, Sigma: 0.1}); m.Limit() != 100 || !math.IsInf(m.Peak(), 1) {
		t.Errorf("Amdahl: limit %g, peak %g", m.Limit(), m.Peak())
	}
}

// TestWeights: a point that is known badly moves the fit little.
func TestWeights(t *testing.T) {
	want := Model{1000, 0.05, 0.0005}
	var points []Point
	for _, n := range loads {
		points = append(points, Point{N: n, X: want.Throughput(n), Err: 1})
	}
	points[5].X *= 0.5
	points[5].Err = 1e6
	f, err := Compute(points, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "sigma", f.Sigma, want.Sigma, 1e-3)
}

func TestRefuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	if _, err := Compute([]Point{{N: 1, X: 1}, {N: 2, X: 2}, {N: 2, X: 2}, {N: 3, X: 3}}, rng); !errors.Is(err, ErrFewPoints) {
		t.Errorf("three concurrencies: %v", err)
	}
	for _, bad := range []Point{{N: 0, X: 1}, {N: 1, X: 0}, {N: 1, X: math.NaN()}, {N: math.NaN(), X: 1}, {N: 1, X: math.Inf(1)}} {
		if _, err := Compute(append(series(cisco), bad), rng); !errors.Is(err, ErrBadPoint) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	f, err := Compute(series(cisco), rng)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Predict(65); !errors.Is(err, ErrTooFar) {
		t.Errorf("65 of 32: %v", err)
	}
	if x, _, err := f.Predict(40); err != nil || math.Abs(x-f.Throughput(40)) > 0 {
		t.Errorf("40 of 32: %g %v", x, err)
	}
	near(t, "latency", f.Latency(10), 10/f.Throughput(10), 1e-12)
}

// The band of noisy data holds the truth, is narrow where was measured, and ends where predictions end.
func TestBand(t *testing.T) {
	truth := Model{Lambda: 1000, Sigma: 0.05, Kappa: 0.001}
	rng := rand.New(rand.NewPCG(3, 4))
	var points []Point
	for _, n := range []float64{1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32} {
		points = append(points, Point{N: n, X: truth.Throughput(n) * (1 + 0.02*rng.NormFloat64())})
	}
	f, err := Compute(points, rng)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []float64{1, 5, 20, 32} {
		_, b, err := f.Predict(n)
		if err != nil {
			t.Fatal(err)
		}
		x := f.Throughput(n)
		if b.Low > x || b.High < x || b.High/b.Low > 1.2 || b.Low > truth.Throughput(n)*1.03 || b.High < truth.Throughput(n)*0.97 {
			t.Errorf("at %v the band is %v, the fit %v, the truth %v", n, b, x, truth.Throughput(n))
		}
	}
	if _, _, err := f.Predict(100); err == nil {
		t.Error("a band far beyond what was measured")
	}
}
