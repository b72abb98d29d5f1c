package workload

import (
	"fmt"
	"slices"
	"time"
)

// Tests are the names that ApplyTest knows.
var Tests = []string{"load", "stress", "spike", "soak"}

// Proportions of the named tests.
const (
	warmupShare = 0.2 // of the duration, and 10 s at most
	warmupMost  = 10 * time.Second

	stressFactor = 1.25 // each step to the one before: fine enough to name a capacity
	stressSteps  = 32   // 1.25^31 is a thousand times the first rate

	spikeFactor = 5 // times the normal rate
)

// ApplyTest replaces the phases by those of a named test around a rate, gives
// the workload the thresholds of that test if it has none, and sets Test. A
// duration of 0 is the test's own.
//
//   - load: the rate for 1 minute.
//   - stress: steps of 10 s (or duration) from the rate up, each a quarter higher,
//     until the thresholds are missed.
//   - spike: the rate, five times as much for a fifth of the time, and the rate
//     again; 50 s in all. The last stage shows whether the server has recovered.
//   - soak: the rate for 1 hour, whose end is judged for itself as well.
func (s *Spec) ApplyTest(name string, rate float64, duration time.Duration) error {
	if !slices.Contains(Tests, name) {
		return fmt.Errorf("test %q: want load, stress, spike or soak", name)
	}
	if s.Loop == Closed {
		return fmt.Errorf("the test %s sets rates, and the loop is closed: make it open", name)
	}
	if !(rate > 0) || rate > maxRatePerS {
		return fmt.Errorf("the test %s needs a rate of more than 0", name)
	}
	d := map[string]time.Duration{"load": time.Minute, "stress": 10 * time.Second, "spike": 50 * time.Second, "soak": time.Hour}[name]
	if duration > 0 {
		d = duration
	}
	d = max(d, 5*Grain)
	warmup := min(WholeGrains(time.Duration(float64(d)*warmupShare)), warmupMost)
	shape := Shape{Kind: ConstantShape, Rate: rate, For: d}
	rules := []string{"errors <= 0.1%", "throughput >= 99%", "response.p99 < 50ms"}
	s.Stop = nil
	switch name {
	case "stress":
		top := rate
		for range stressSteps - 1 {
			top = min(top*stressFactor, maxRatePerS)
		}
		shape = Shape{Kind: StepsShape, From: rate, To: top, Factor: stressFactor, Each: d}
		// Two windows of a fifth of a step: what passes within it is no failure.
		s.Stop = &StopRule{Window: max(WholeGrains(d/5), 2*Grain), Windows: 2}
	case "spike":
		fifth := WholeGrains(d / 5)
		shape = Shape{Kind: SpikeShape, Rate: rate, Peak: spikeFactor * rate, Before: fifth, For: fifth, After: 3 * fifth, Rise: Grain}
		rules = []string{"errors <= 1%", "response.p99 < 1s", "response.p99 < 50ms in before", "response.p50 < 50ms in after"}
	case "soak":
		shape.Kind = SoakShape
		rules = append(rules, "response.p99 < 50ms in end")
	}
	phases, err := shape.Phases()
	if err != nil {
		return err
	}
	s.Test = name
	s.Phases = append([]Phase{{Name: PhaseWarmup, Duration: max(warmup, Grain), RateFrom: rate, RateTo: rate}}, phases...)
	if len(s.Rules()) == 0 {
		for _, text := range rules {
			t, err := ParseThreshold(text)
			if err != nil {
				panic(err) // the texts are above
			}
			s.Thresholds = append(s.Thresholds, t)
		}
	}
	return nil
}
