package capacity

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestFor(t *testing.T) {
	for _, tt := range []struct {
		rate, per, util float64
		machines        int
		headroom        float64
	}{
		{70_000, 100_000, 0.7, 1, 0.3},
		{70_001, 100_000, 0.7, 2, 0.649995},
		{1_000_000, 50_000, 0.5, 40, 0.5},
		{1, 50_000, 0.7, 1, 0.99998},
	} {
		n, err := For(tt.rate, tt.per, tt.util)
		if err != nil || n.Machines != tt.machines || math.Abs(n.Headroom-tt.headroom) > 1e-9 {
			t.Errorf("%+v: %+v %v", tt, n, err)
		}
	}
	for _, bad := range [][3]float64{{0, 1, 1}, {1, 0, 1}, {1, 1, 0}, {1, 1, 1.1}, {math.NaN(), 1, 1}} {
		if _, err := For(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
}

var day0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// weeks makes a history of two years with noise, a season and outliers.
func weeks(f func(years float64) float64) (h []Sample) {
	rng := rand.New(rand.NewPCG(1, 1))
	for w := range 104 {
		years := float64(w) / 52.18
		rate := f(years) * (1 + 0.05*rng.NormFloat64())
		if w%13 == 5 {
			rate *= 3 // a sale
		}
		h = append(h, Sample{day0.AddDate(0, 0, 7*w), rate})
	}
	return h
}

func TestHistory(t *testing.T) {
	for _, tt := range []struct {
		fit  string
		f    func(float64) float64
		want float64 // years from the start until 10,000 per second
	}{
		{"linear", func(y float64) float64 { return 1000 + 2000*y }, 4.5},
		{"exponential", func(y float64) float64 { return 1000 * math.Pow(2, y) }, math.Log2(10)},
	} {
		e, err := EndFromHistory(weeks(tt.f), 10_000)
		if err != nil || e.Fit != tt.fit || math.Abs(float64(e.At.Sub(day0))/float64(year)/tt.want-1) > 0.05 {
			t.Errorf("%s: %+v %v, want %g years", tt.fit, e, err, tt.want)
		}
	}
	if e, err := EndFromHistory(weeks(func(float64) float64 { return 1000 }), 1e9); err != nil || !e.At.IsZero() {
		t.Errorf("flat: %+v %v", e, err)
	}
	if e, err := EndFromHistory(weeks(func(y float64) float64 { return 1000 + 2000*y }), 2000); err != nil || !e.At.Equal(day0.AddDate(0, 0, 7*103)) {
		t.Errorf("over it already: %+v %v", e, err)
	}
	for _, bad := range [][]Sample{nil, {{day0, 1}, {day0, 1}, {day0, 1}, {day0, 1}, {day0, 1}},
		{{day0, 1}, {day0, 1}, {day0, 0}, {day0, 1}, {day0.AddDate(0, 1, 0), 1}}} {
		if e, err := EndFromHistory(bad, 1); err == nil {
			t.Errorf("%v: %+v", bad, e)
		}
	}
}

func TestGrowth(t *testing.T) {
	if e := EndAtGrowth(day0, 1000, 2, 8000); math.Abs(float64(e.At.Sub(day0))/float64(year)-3) > 1e-6 {
		t.Errorf("%+v", e)
	}
	for _, never := range []float64{1, 0.9, 1.01} {
		if e := EndAtGrowth(day0, 1000, never, 1e6); !e.At.IsZero() {
			t.Errorf("growth %g: %+v", never, e)
		}
	}
}
