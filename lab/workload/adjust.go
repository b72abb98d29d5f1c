package workload

import (
	"fmt"
	"strings"
	"time"
)

// ScaleRate multiplies all rates so that the highest becomes peak, per second. An
// open loop that has no rate is not changed.
func (s *Spec) ScaleRate(peak float64) {
	was := s.PeakRate()
	if was == 0 {
		return
	}
	s.Phases = append([]Phase(nil), s.Phases...)
	for i := range s.Phases {
		p := &s.Phases[i]
		p.RateFrom *= peak / was
		p.RateTo *= peak / was
	}
}

// Stretch changes the durations of all measured phases by one factor, so that
// together they take d, in whole grains a stage.
func (s *Spec) Stretch(d time.Duration) {
	total := time.Duration(0)
	for _, p := range s.Phases {
		if p.Name != PhaseWarmup {
			total += p.Duration
		}
	}
	if total == 0 {
		return
	}
	out := make([]Phase, 0, len(s.Phases))
	exact, at := 0.0, time.Duration(0) // where a phase ends, and where it ends in whole grains
	for i, p := range s.Phases {
		if p.Name != PhaseWarmup {
			exact += float64(p.Duration) / float64(total) * float64(d)
			end := time.Duration(exact)
			if i+1 == len(s.Phases) || s.Phases[i+1].Name != p.Name || s.Phases[i+1].Label != p.Label {
				end = max(WholeGrains(end), (at/Grain+1)*Grain)
			}
			if p.Duration = end - at; p.Duration <= 0 {
				continue // shorter than a nanosecond
			}
			at = end
		}
		out = append(out, p)
	}
	s.Phases = out
}

// SetWarmup replaces the warm-up by one of d, which may be 0, at the rate with
// which the measured phases begin.
func (s *Spec) SetWarmup(d time.Duration) {
	var measured []Phase
	for _, p := range s.Phases {
		if p.Name != PhaseWarmup {
			measured = append(measured, p)
		}
	}
	s.Phases = measured
	if d > 0 && len(measured) > 0 {
		rate := measured[0].RateFrom
		if rate == 0 {
			rate = measured[0].RateTo / 2 // a ramp from nothing
		}
		s.Phases = append([]Phase{{Name: PhaseWarmup, Duration: WholeGrains(d), RateFrom: rate, RateTo: rate}}, measured...)
	}
}

const shapeForm = "want constant, ramp:FROM-TO, steps:FROM-TO:STEP, spike:PEAK, sine:SWING:PERIOD or soak"

// ParseShape reads the short form of a shape around a rate and over a duration:
// "constant", "soak", "ramp:1k-10k", "steps:1k-10k:1k" (all steps together take
// the duration), "spike:50k" or "sine:4k:1m".
func ParseShape(text string, rate float64, d time.Duration) (Shape, error) {
	kind, args, _ := strings.Cut(strings.TrimSpace(text), ":")
	sh := Shape{Kind: ShapeKind(kind), Rate: rate, For: d}
	first, second, has := strings.Cut(args, ":")
	var err error
	span := func() {
		from, to, ok := strings.Cut(first, "-")
		if !ok {
			err = fmt.Errorf("two rates with a dash between them are missing")
			return
		}
		if sh.From, err = ParseRate(from); err == nil {
			sh.To, err = ParseRate(to)
		}
	}
	known := true
	switch sh.Kind {
	case ConstantShape, SoakShape:
		known = args == ""
	case RampShape:
		known = !has
		span()
	case StepsShape:
		if span(); err == nil {
			sh.Step, err = ParseRate(second)
		}
		if err == nil && sh.Step > 0 && sh.To >= sh.From {
			sh.Each = d / time.Duration(1+int64((sh.To-sh.From)/sh.Step*(1+1e-9)))
		}
	case SpikeShape:
		known = !has
		sh.Peak, err = ParseRate(args)
		sh.Before, sh.For, sh.After = d/5, d/5, d-2*(d/5)
	case SineShape:
		if sh.Swing, err = ParseRate(first); err == nil {
			sh.Period, err = ParseDuration(second)
		}
	default:
		known = false
	}
	if err == nil && !known {
		err = fmt.Errorf("it is not known")
	}
	if err != nil {
		return sh, fmt.Errorf("shape %.60q: %w; %s", text, err, shapeForm)
	}
	return sh, nil
}
