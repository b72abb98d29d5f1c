package file

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"redline/lab/workload"
)

// openBeside opens files relative to the folder of path.
func openBeside(path string) func(string) (*os.File, error) {
	return func(name string) (*os.File, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		return os.Open(name)
	}
}

// phases reads a list of shapes.
func (d *decoder) phases(v value, s *workload.Spec) error {
	if d.phased {
		return v.fail(errTwice)
	}
	d.phased = true
	return v.list(func(_ int, v value) error {
		sh := workload.Shape{Kind: workload.ConstantShape}
		if err := d.shape(v, &sh); err != nil {
			return err
		}
		if sh.For > maxFor || sh.Each > maxFor || sh.Before > maxFor || sh.After > maxFor || min(sh.For, sh.Each, sh.Before, sh.After, sh.Rise, sh.Period) < 0 {
			return v.failf("the times of a phase must be 0 or more and at most ten years")
		}
		phases, err := sh.Phases()
		s.Phases = append(s.Phases, phases...)
		if err == nil && len(s.Phases) > maxPhases {
			err = fmt.Errorf("%d pieces of rate: want at most %d", len(s.Phases), maxPhases)
		}
		return err
	})
}

const (
	maxFor    = 10 * 365 * 24 * time.Hour
	maxPhases = 200_000
)

func (d *decoder) shape(v value, sh *workload.Shape) error {
	curve := ""
	var stretch time.Duration
	scale := 1.0
	duration := func(into *time.Duration) func(value) error { return scalar(into, workload.ParseDuration) }
	rate := func(into *float64) func(value) error { return scalar(into, workload.ParseRate) }
	err := v.mapping(fields{
		"shape":  scalar(&sh.Kind, func(t string) (workload.ShapeKind, error) { return workload.ShapeKind(t), nil }),
		"label":  scalar(&sh.Label, word),
		"warmup": scalar(&sh.Warmup, boolean),
		"rate":   rate(&sh.Rate), "from": rate(&sh.From), "to": rate(&sh.To), "step": rate(&sh.Step), "peak": rate(&sh.Peak), "swing": rate(&sh.Swing),
		"factor": scalar(&sh.Factor, workload.ParseCount),
		"for":    duration(&sh.For), "each": duration(&sh.Each), "before": duration(&sh.Before), "after": duration(&sh.After),
		"rise": duration(&sh.Rise), "period": duration(&sh.Period),
		"file": scalar(&curve, asIs), "scale": scalar(&scale, workload.ParseShare),
	})
	if err != nil {
		return err
	}
	stretch = sh.For
	if curve == "" {
		if sh.Kind == workload.CurveShape {
			return v.failf("a curve needs a file: lines of a time, a comma and a rate")
		}
		return nil
	}
	if sh.Kind != workload.CurveShape {
		return v.failf("only the shape curve has a file")
	}
	f, err := d.open(curve)
	if err != nil {
		return v.failf("cannot read the curve: %w", err)
	}
	defer f.Close()
	if sh.Points, err = workload.ReadCurve(f); err != nil {
		return v.failf("%s: %w", curve, err)
	}
	stretchCurve(sh, stretch, scale)
	return nil
}

// stretchCurve makes a curve last for d, unless that is 0, and multiplies its
// rates.
func stretchCurve(sh *workload.Shape, d time.Duration, scale float64) {
	if n := len(sh.Points); n > 1 {
		first, total := sh.Points[0].At, sh.Points[n-1].At-sh.Points[0].At
		for i := range sh.Points {
			p := &sh.Points[i]
			p.Rate *= scale
			p.At -= first
			if d > 0 && total > 0 {
				p.At = time.Duration(float64(p.At) / float64(total) * float64(d))
			}
		}
	}
}

// test reads a named test: its name alone, or with a rate and a duration.
func (d *decoder) test(v value, s *workload.Spec) error {
	if d.phased {
		return v.fail(errTwice)
	}
	d.phased = true
	name, rate, duration := "", float64(defaultRate), time.Duration(0)
	if v.isMapping() {
		if err := v.mapping(fields{"name": scalar(&name, asIs), "rate": scalar(&rate, workload.ParseRate), "duration": scalar(&duration, workload.ParseDuration)}); err != nil {
			return err
		}
	} else if err := scalar(&name, asIs)(v); err != nil {
		return err
	}
	d.places["phases"] = v
	d.named = func() error { return v.fail(s.ApplyTest(name, rate, duration)) }
	return nil
}
