package gate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// pairs makes n pairs of B = ratio x A with relative noise, some of them disturbed, on a machine that drifts.
func pairs(rng *rand.Rand, n int, ratio, noise float64) (a, b []float64) {
	drift := 1.0
	for range n {
		drift *= 1 + 0.02*rng.NormFloat64()
		x, y := 100*drift*(1+noise*rng.NormFloat64()), 100*ratio*drift*(1+noise*rng.NormFloat64())
		if rng.Float64() < 0.05 {
			y *= 1.5
		}
		if rng.Float64() < 0.05 {
			x *= 1.5
		}
		a, b = append(a, x), append(b, y)
	}
	return a, b
}

// run goes through the looks as whoever measures does.
func run(rng *rand.Rand, ratios []float64, noise float64, o Options) string {
	o = o.WithDefaults()
	var series []Series
	for i, r := range ratios {
		a, b := pairs(rng, o.Looks[len(o.Looks)-1], r, noise)
		series = append(series, Series{Metric: string(rune('a' + i)), Gating: true, A: a, B: b})
	}
	verdict := Undecided
	for _, n := range o.Looks {
		var part []Series
		for _, s := range series {
			s.A, s.B = s.A[:n], s.B[:n]
			part = append(part, s)
		}
		if verdict, _ = Decide(part, o); verdict != Undecided {
			return verdict
		}
	}
	return verdict
}

// TestErrorRates checks what a gate promises: at most 5 alarms in 100 comparisons of a thing with itself, 18 of 20
// slow-downs of 5 % caught, and nearly all of 10 %.
func TestErrorRates(t *testing.T) {
	const n = 200
	for _, tt := range []struct {
		name      string
		ratios    []float64
		low, high int // of n
	}{
		{"the same twice", []float64{1, 1}, 0, 10},
		{"5 % slower", []float64{1.05, 1}, 180, n},
		{"10 % slower in both", []float64{1.1, 1.1}, 198, n},
		{"1 % slower, which does not matter", []float64{1.01, 1}, 0, 20},
		{"faster", []float64{0.9, 1}, 0, 5},
	} {
		alarms := 0
		for seed := range uint64(n) {
			if run(rand.New(rand.NewPCG(seed, 8)), tt.ratios, 0.03, Options{}) == Regression {
				alarms++
			}
		}
		if alarms < tt.low || alarms > tt.high {
			t.Errorf("%s: %d regressions in %d, want %d to %d", tt.name, alarms, n, tt.low, tt.high)
		}
	}
}

// TestNoise: where the noise hides what matters, there is no verdict.
func TestNoise(t *testing.T) {
	decided := 0
	for seed := range uint64(50) {
		if run(rand.New(rand.NewPCG(seed, 9)), []float64{1}, 0.4, Options{}) != Undecided {
			decided++
		}
	}
	if decided > 8 {
		t.Errorf("%d of 50 decided in noise of 40 %%%%", decided)
	}
}

// TestPairsWanted: an interval of half the width takes four times the pairs.
func TestPairsWanted(t *testing.T) {
	finding := func(ratio, spread float64, better string) Finding {
		f := Finding{Better: better, Ratio: ratio, Low: ratio / spread, High: ratio * spread, Pairs: 100}
		f.Judge(0.03)
		return f
	}
	for _, tt := range []struct {
		f    Finding
		want int
	}{
		{finding(1, 1.03*1.03, "lower"), 400},
		{finding(1, 1.03*1.03, "higher"), 400},
		{finding(1.05, 1.05*1.05, "lower"), 400},
		{finding(1/1.05, 1.05*1.05, "higher"), 400},
		{finding(1, 1.01, "lower"), 0},      // decided
		{finding(1.0299999, 2, "lower"), 0}, // at the limit
	} {
		if got := tt.f.PairsWanted(0.03); got != tt.want && got != tt.want+1 { // rounded
			t.Errorf("%v: %d pairs, want %d", tt.f, got, tt.want)
		}
	}
}

func TestDirection(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	a, b := pairs(rng, 48, 0.9, 0.01)
	for _, tt := range []struct {
		higher bool
		want   string
	}{{false, Pass}, {true, Regression}} {
		v, fs := Decide([]Series{{Metric: "m", Higher: tt.higher, Gating: true, A: a, B: b}}, Options{})
		if v != tt.want || len(fs) != 1 || math.Abs(fs[0].Ratio-0.9) > 0.01 || fs[0].Low > 0.9 || fs[0].High < 0.9 {
			t.Errorf("higher is better %v: %s %v", tt.higher, v, fs)
		}
	}
	// What does not gate does not decide; what was not measured cannot pass.
	if v, _ := Decide([]Series{{Metric: "m", Higher: true, A: a, B: b}}, Options{}); v != Pass {
		t.Error("a metric that does not gate decided: " + v)
	}
	if v, fs := Decide([]Series{{Metric: "m", Gating: true, A: []float64{1, 0, math.NaN()}, B: []float64{1, 1, 1}}}, Options{}); v != Undecided || len(fs) != 0 {
		t.Errorf("without pairs: %s %v", v, fs)
	}
}

// TestSignedRank compares with published values: Hollander and Wolfe, example 3.1 (Hamilton depression scale).
func TestSignedRank(t *testing.T) {
	d := []float64{-0.952, 0.147, -1.022, -0.430, -0.620, -0.590, -0.490, 0.080, -0.010}
	mid, low, high := SignedRank(d, 0.96)
	if math.Abs(mid+0.46) > 1e-9 || math.Abs(low+0.786) > 1e-9 || math.Abs(high+0.010) > 1e-9 {
		t.Errorf("%g (%g, %g), want -0.46 (-0.786, -0.010)", mid, low, high)
	}
}

// TestWalsh compares with sorting all averages.
func TestWalsh(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		values := make([]float64, 1+rng.IntN(20))
		for i := range values {
			if values[i] = rng.NormFloat64(); rng.IntN(2) == 0 {
				values[i] = float64(rng.IntN(3)) // the same ones again
			}
		}
		slices.Sort(values)
		var all []float64
		for i, x := range values {
			for _, y := range values[i:] {
				all = append(all, (x+y)/2)
			}
		}
		slices.Sort(all)
		for k, want := range all {
			if got := walsh(values, k); got != want {
				t.Fatalf("%v: rank %d is %v, want %v", values, k, got, want)
			}
		}
	}
}

func TestCalibrate(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	a, b := pairs(rng, 48, 1.2, 0.02) // the difference that is there must not count
	c := Calibrate([]Series{{Metric: "m", Gating: true, A: a, B: b}}, Options{}, 0.05, rng)
	if c.FalseAlarms > 0.05 || c.Missed > 0.1 || c.Rounds != calibrationRounds {
		t.Errorf("%+v", c)
	}
}

func BenchmarkCalibrate(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var series []Series
	for _, name := range []string{"a", "b"} {
		x, y := pairs(rng, 192, 1, 0.1)
		series = append(series, Series{Metric: name, Gating: true, A: x, B: y})
	}
	for b.Loop() {
		Calibrate(series, Options{}, 0.05, rng)
	}
}
