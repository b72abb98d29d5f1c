package capacity

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// run has a search ask a system that meets its service level below a capacity, with a transition of some reach.
func run(o Options, met func(rate float64) bool) (*Result, error) {
	s := NewSearch(o)
	for {
		rate, more := s.Next()
		if !more {
			return s.Result()
		}
		ok := met(rate)
		s.Add(Trial{Rate: rate, Met: ok, Achieved: rate})
	}
}

// TestInterval checks the promise: the interval holds the truth 19 times of 20 and is no wider than asked.
func TestInterval(t *testing.T) {
	for _, capacity := range []float64{5000, 137_000} {
		for _, reach := range []float64{0.001, 0.01, 0.02} {
			held, wide, lost, trials := 0, 0, 0, 0
			const seeds = 60
			for seed := range uint64(seeds) {
				rng := rand.New(rand.NewPCG(seed, 5))
				r, err := run(Options{}, func(rate float64) bool {
					if rng.Float64() < 0.01 { // a disturbed trial
						return rng.Float64() < 0.5
					}
					return rng.Float64() < 1/(1+math.Exp(math.Log(rate/capacity)/reach))
				})
				if err != nil {
					lost++
					continue
				}
				trials += len(r.Trials)
				if r.CI.Contains(capacity) {
					held++
				}
				if r.CI.High/r.CI.Low-1 > 0.1 {
					wide++
				}
			}
			if held < (seeds-lost)*92/100 || wide > 0 || lost > seeds/20 {
				t.Errorf("capacity %g, reach %g: of %d searches %d hold it, %d are wide, %d lost", capacity, reach, seeds, held, wide, lost)
			}
			if mean := trials / max(1, seeds-lost); mean > 45 {
				t.Errorf("capacity %g, reach %g: %d trials on average", capacity, reach, mean)
			}
		}
	}
}

func TestNoAnswer(t *testing.T) {
	for _, tt := range []struct {
		name string
		met  func(float64) bool
		want error
	}{
		{"never", func(float64) bool { return false }, ErrNeverMet},
		{"always", func(float64) bool { return true }, ErrAlwaysMet},
		{"by chance", func() func(float64) bool {
			rng := rand.New(rand.NewPCG(1, 1))
			return func(r float64) bool { return r < 300 || rng.Float64() < 0.5 }
		}(), ErrNotSettled},
	} {
		if r, err := run(Options{High: 1e6}, tt.met); !errors.Is(err, tt.want) {
			t.Errorf("%s: %+v %v, want %v", tt.name, r, err, tt.want)
		}
	}
}

// TestOneMissAtTheLowest: a single accident at the first rate does not end the search.
func TestOneMissAtTheLowest(t *testing.T) {
	first := true
	r, err := run(Options{}, func(rate float64) bool {
		if first {
			first = false
			return false
		}
		return rate < 7000
	})
	if err != nil || !r.CI.Contains(7000) {
		t.Errorf("%+v %v", r, err)
	}
}

func TestHysteresis(t *testing.T) {
	r, err := run(Options{}, func(rate float64) bool { return rate < 10_000 })
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		down     []Trial
		recovers float64
		worse    bool
	}{
		{"recovers at once", []Trial{{Rate: 12_000}, {Rate: 9500, Met: true}, {Rate: 8000, Met: true}}, 9500, false},
		{"recovers late", []Trial{{Rate: 12_000}, {Rate: 9000}, {Rate: 6000, Met: true}}, 6000, true},
		{"never", []Trial{{Rate: 12_000}, {Rate: 9000}, {Rate: 6000}}, 0, true},
		{"not asked", nil, 0, false},
	} {
		if recovers, worse := Hysteresis(r, tt.down); recovers != tt.recovers || worse != tt.worse {
			t.Errorf("%s: %g %v", tt.name, recovers, worse)
		}
	}
}
