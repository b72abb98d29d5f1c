package workload

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// kolmogorov compares samples with a distribution function and fails above the
// 99.9th percentile of the Kolmogorov law.
func kolmogorov(t *testing.T, samples []float64, cdf func(float64) float64) {
	t.Helper()
	slices.Sort(samples)
	n, d := float64(len(samples)), 0.0
	for i, x := range samples {
		p := cdf(x)
		d = max(d, p-float64(i)/n, float64(i+1)/n-p)
	}
	if limit := 1.949 / math.Sqrt(n); d > limit {
		t.Errorf("the largest distance is %.5f, above %.5f", d, limit)
	}
}

func drawMany(l Law, n int) []float64 {
	d := newDrawer(l)
	rng := rand.NewPCG(3, 4)
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(d.draw(rng))
	}
	return out
}

// Continuous laws are drawn in large units, so that rounding to whole numbers is
// far below what the test can see.
func TestContinuousLaws(t *testing.T) {
	for _, text := range []string{"lognormal:1s:10s", "lognormal:1s:10s:max=2s", "lognormal:1ms:1s"} {
		l, err := ParseLaw(text, Time)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(text, func(t *testing.T) {
			cut := normalCDF(math.Log(l.limit()/l.Value) / l.sigma())
			cdf := func(x float64) float64 {
				return min(1, normalCDF(math.Log(x/l.Value)/l.sigma())/cut)
			}
			samples := drawMany(l, 50_000)
			kolmogorov(t, samples, cdf)
			if most := samples[len(samples)-1]; most > l.limit() {
				t.Errorf("%g is above the limit %g", most, l.limit())
			}
		})
	}
	for _, text := range []string{"exponential:1s", "exponential:1s:max=2s"} {
		l, err := ParseLaw(text, Time)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(text, func(t *testing.T) {
			cut := -math.Expm1(-l.limit() / l.Value)
			kolmogorov(t, drawMany(l, 50_000), func(x float64) float64 { return min(1, -math.Expm1(-x/l.Value)/cut) })
		})
	}
	t.Run("uniform", func(t *testing.T) {
		l := Law{Kind: UniformLaw, Min: 1e9, Max: 3e9}
		kolmogorov(t, drawMany(l, 50_000), func(x float64) float64 { return (x - 1e9) / 2e9 })
	})
}

func TestDiscreteLaws(t *testing.T) {
	const n = 200_000
	count := func(l Law, values []float64) []int {
		counts := make([]int, len(values))
		for _, x := range drawMany(l, n) {
			counts[slices.Index(values, x)]++
		}
		return counts
	}
	list, err := ParseLaw("list:64B=80,1KB=15,10KB=5%", Bytes)
	if err != nil {
		t.Fatal(err)
	}
	chiSquare(t, count(list, []float64{64, 1024, 10240}), []float64{0.8 * n, 0.15 * n, 0.05 * n})
	uniform, err := ParseLaw("uniform:3-7", Count)
	if err != nil {
		t.Fatal(err)
	}
	chiSquare(t, count(uniform, []float64{3, 4, 5, 6, 7}), []float64{n / 5, n / 5, n / 5, n / 5, n / 5})
	weightless, err := ParseLaw("list:5=1,6=0", Count)
	if err != nil {
		t.Fatal(err)
	}
	if counts := count(weightless, []float64{5}); counts[0] != n {
		t.Errorf("%d of %d", counts[0], n)
	}
}

// The mean that estimates are made with is that of what is drawn.
func TestLawMeans(t *testing.T) {
	for _, text := range []string{"250", "uniform:0-1000", "lognormal:1000:20k", "lognormal:1000:20k:max=3k", "exponential:1000", "exponential:1000:max=1500", "list:10=1,1000=3"} {
		l, err := ParseLaw(text, Count)
		if err != nil {
			t.Fatal(err)
		}
		sum, squares := 0.0, 0.0
		const n = 100_000
		for _, x := range drawMany(l, n) {
			sum, squares = sum+x, squares+x*x
		}
		mean := sum / n
		deviation := math.Sqrt(max(squares/n-mean*mean, 0) / n)
		if math.Abs(mean-l.Mean()) > 4*deviation+0.5 { // half a unit for rounding
			t.Errorf("%s: drawn %.2f, stated %.2f", text, mean, l.Mean())
		}
	}
}

func TestParseLaw(t *testing.T) {
	for _, text := range []string{"64B", "0B", "uniform:16B-1KB", "lognormal:1KB:64KB", "lognormal:1KB:64KB:max=1MB", "exponential:1KB", "list:64B=80,1KB=15.5"} {
		l, err := ParseLaw(text, Bytes)
		if err != nil || l.Text(Bytes) != text {
			t.Errorf("%s: %s, %v", text, l.Text(Bytes), err)
		}
	}
	for _, text := range []string{"10ms", "uniform:1h-2h30m", "exponential:1.5s", "1us"} {
		if l, err := ParseLaw(text, Time); err != nil || l.Text(Time) != text {
			t.Errorf("%s: %s, %v", text, l.Text(Time), err)
		}
	}
	for _, bad := range []string{"", "x", "-1", "uniform:5", "uniform:9-3", "lognormal:5", "lognormal:0:5", "lognormal:9:5", "exponential:0", "list:", "list:5=0", "list:5=-1",
		"list:5=x", "odd:5", "uniform:1-2:max=5", "1e30", "NaN"} {
		if _, err := ParseLaw(bad, Count); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// Sizes that belong to a key do not change, follow the law over the keys, and are
// the same in preloading and in the load.
func TestSizePerKey(t *testing.T) {
	s := valid()
	s.Keys.Count = 20_000
	s.Keys.Dist = Dist{Kind: Uniform}
	s.Values = Values{Size: Law{Kind: UniformLaw, Min: 10, Max: 19}, PerKey: true}
	s.Ops = []Op{{Name: "set", Weight: 1, Command: []string{"SET", "{key}", "{value}"}, Writes: true}}
	sizes := map[string]int{}
	p := Preload(s)
	p.Threads = 2
	for thread := range 2 {
		g, err := NewGenerator(&p, thread, 2)
		if err != nil {
			t.Fatal(err)
		}
		for g.Pick() >= 0 {
			args, _ := parseCommand(t, g.Append(nil, 0))
			sizes[args[1]] = len(args[2])
		}
	}
	counts, expected := make([]int, 10), make([]float64, 10)
	for _, n := range sizes {
		counts[n-10]++
	}
	for i := range expected {
		expected[i] = float64(s.Keys.Count) / 10
	}
	chiSquare(t, counts, expected)
	g, err := NewGenerator(&s, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		args, _ := parseCommand(t, g.Append(nil, 0))
		if len(args[2]) != sizes[args[1]] {
			t.Fatalf("%s has %d bytes, and had %d when preloaded", args[1], len(args[2]), sizes[args[1]])
		}
	}
}
