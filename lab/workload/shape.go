package workload

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Grain is the resolution in time of what is recorded. Stages are whole numbers
// of it, so that no slice belongs to two of them.
const Grain = 100 * time.Millisecond

// WholeGrains rounds d up to the grain.
func WholeGrains(d time.Duration) time.Duration { return (d + Grain - 1) / Grain * Grain }

// ShapeKind names a course of the rate over time.
type ShapeKind string

const (
	ConstantShape ShapeKind = "constant" // Rate for For
	SoakShape     ShapeKind = "soak"     // the same, in three stages, so that the end can be told from the start
	RampShape     ShapeKind = "ramp"     // evenly From to To
	StepsShape    ShapeKind = "steps"    // From, From + Step, ... up to To, each for Each; or each Factor times the one before
	SpikeShape    ShapeKind = "spike"    // Rate for Before, Peak for For, Rate for After, with Rise on both sides
	SineShape     ShapeKind = "sine"     // Rate + Swing * sin, beginning at Rate and rising, for For
	CurveShape    ShapeKind = "curve"    // through Points
	PieceShape    ShapeKind = "piece"    // a ramp whose duration is not rounded: part of a shape that was written out
)

// Shape is a course of the rate over time, in arrivals per second.
type Shape struct {
	Kind                     ShapeKind
	Warmup                   bool // it is applied and not measured
	Label                    string
	Rate, From, To, Step     float64
	Factor                   float64
	Peak, Swing              float64
	For, Each, Before, After time.Duration
	Rise, Period             time.Duration
	Points                   []Point
}

// Point is one of a curve.
type Point struct {
	At   time.Duration
	Rate float64
}

const (
	// A chord of a sine is off by (2 pi / 48)^2 / 8 of the swing at most: 0.2 %.
	sinePieces = 48
	// More stages than this are a typing error, more pieces a curve that should be
	// thinned out.
	maxSteps  = 1000
	maxPieces = 100_000
)

// Phases are the linear pieces of the shape.
func (sh *Shape) Phases() ([]Phase, error) {
	b := builder{name: PhaseMeasure, label: sh.Label}
	if sh.Warmup {
		b.name = PhaseWarmup
	}
	var err error
	switch sh.Kind {
	case ConstantShape:
		b.add("", sh.For, sh.Rate, sh.Rate)
	case SoakShape:
		sh.soak(&b)
	case RampShape:
		b.add("", sh.For, sh.From, sh.To)
	case PieceShape:
		b.piece("", sh.For, sh.From, sh.To)
	case StepsShape:
		err = sh.steps(&b)
	case SpikeShape:
		b.add("before", sh.Before, sh.Rate, sh.Rate)
		b.add("spike", sh.Rise, sh.Rate, sh.Peak)
		b.add("spike", sh.For, sh.Peak, sh.Peak)
		b.add("spike", sh.Rise, sh.Peak, sh.Rate)
		b.add("after", sh.After, sh.Rate, sh.Rate)
	case SineShape:
		err = sh.sine(&b)
	case CurveShape:
		err = sh.curve(&b)
	default:
		err = fmt.Errorf("shape %q: want constant, ramp, steps, spike, soak, sine or curve", sh.Kind)
	}
	if err == nil && len(b.phases) == 0 {
		err = fmt.Errorf("the shape %s takes no time: give it a duration", sh.Kind)
	}
	return b.phases, err
}

// builder collects phases; those of no length are left out.
type builder struct {
	name, label string
	phases      []Phase
}

func (b *builder) add(label string, d time.Duration, from, to float64) {
	b.piece(label, WholeGrains(d), from, to)
}

func (b *builder) piece(label string, d time.Duration, from, to float64) {
	if b.label != "" {
		label = strings.TrimSpace(b.label + " " + label)
	}
	if d > 0 {
		b.phases = append(b.phases, Phase{Name: b.name, Label: label, Duration: d, RateFrom: from, RateTo: to})
	}
}

// soak is a constant rate in stages of 20, 60 and 20 % of the time.
func (sh *Shape) soak(b *builder) {
	end := WholeGrains(sh.For / 5)
	if middle := WholeGrains(sh.For) - 2*end; middle > 0 {
		b.add("start", end, sh.Rate, sh.Rate)
		b.add("middle", middle, sh.Rate, sh.Rate)
		b.add("end", end, sh.Rate, sh.Rate)
		return
	}
	b.add("", sh.For, sh.Rate, sh.Rate)
}

func (sh *Shape) steps(b *builder) error {
	if sh.Step == 0 && sh.Factor == 0 || sh.Step != 0 && sh.Factor != 0 {
		return errors.New("the shape steps needs either a step, such as 1k/s, or a factor, such as 1.25")
	}
	if !(sh.From > 0) || !(sh.To >= sh.From) || sh.Step < 0 || sh.Factor != 0 && !(sh.Factor > 1) {
		return fmt.Errorf("steps from %s to %s: want a rate above 0, one not below it, and a positive step or a factor above 1", FormatCount(sh.From), FormatCount(sh.To))
	}
	var rates []float64
	for r := sh.From; r <= sh.To*(1+1e-9); {
		if rates = append(rates, r); len(rates) > maxSteps {
			return fmt.Errorf("more than %d steps: make them larger", maxSteps)
		}
		if sh.Factor > 0 {
			r *= sh.Factor
		} else {
			r = sh.From + float64(len(rates))*sh.Step
		}
	}
	for i, r := range rates {
		b.add(fmt.Sprintf("step %d of %d", i+1, len(rates)), sh.Each, r, r)
	}
	return nil
}

func (sh *Shape) sine(b *builder) error {
	if sh.Period < Grain || !(sh.Swing >= 0) || sh.Swing > sh.Rate {
		return fmt.Errorf("a sine needs a period of at least %v and a swing of at most its rate", Grain)
	}
	total := WholeGrains(sh.For)
	n := math.Ceil(float64(total) / float64(sh.Period) * sinePieces)
	if n > maxPieces {
		return fmt.Errorf("%.0f periods are too many: make the period longer or the test shorter", float64(total)/float64(sh.Period))
	}
	at := func(d time.Duration) float64 {
		return max(0, sh.Rate+sh.Swing*math.Sin(2*math.Pi*float64(d)/float64(sh.Period)))
	}
	for i := range int(n) {
		from := min(time.Duration(float64(i)*float64(sh.Period)/sinePieces), total)
		to := min(time.Duration(float64(i+1)*float64(sh.Period)/sinePieces), total)
		b.piece("", to-from, at(from), at(to))
	}
	return nil
}

// curve runs through the points; the first one is its start.
func (sh *Shape) curve(b *builder) error {
	if len(sh.Points) < 2 || len(sh.Points) > maxPieces {
		return fmt.Errorf("a curve of %d points: want 2 to %d", len(sh.Points), maxPieces)
	}
	for i, p := range sh.Points {
		if !(p.Rate >= 0) || p.Rate > maxRatePerS {
			return fmt.Errorf("point %d of the curve has the rate %g: want 0 to %g", i+1, p.Rate, float64(maxRatePerS))
		}
		if i == 0 {
			continue
		}
		before := sh.Points[i-1]
		if p.At < before.At {
			return fmt.Errorf("point %d of the curve is at %v, before the point above it at %v: sort them by time", i+1, p.At, before.At)
		}
		b.piece("", p.At-before.At, before.Rate, p.Rate)
	}
	// The last piece takes what is missing to a whole grain.
	if n := len(b.phases); n > 0 {
		total := sh.Points[len(sh.Points)-1].At - sh.Points[0].At
		b.phases[n-1].Duration += WholeGrains(total) - total
	}
	return nil
}

// ReadCurve reads the points of a curve: lines of a time, in seconds or with a
// unit, and a rate. A heading, empty lines and lines that begin with # are passed
// over. Errors name the line.
func ReadCurve(r io.Reader) ([]Point, error) {
	c := csv.NewReader(r)
	c.Comment, c.FieldsPerRecord, c.TrimLeadingSpace = '#', -1, true
	var points []Point
	for first := true; ; first = false {
		row, err := c.Read()
		if err == io.EOF {
			return points, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := c.FieldPos(0)
		if len(row) < 2 {
			return nil, fmt.Errorf("line %d: want a time and a rate with a comma between them", line)
		}
		at, errAt := parseSeconds(row[0])
		rate, errRate := ParseRate(row[1])
		if first && errAt != nil && errRate != nil {
			continue // a heading
		}
		if err := errors.Join(errAt, errRate); err != nil {
			return nil, fmt.Errorf("line %d: %s", line, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		if len(points) == maxPieces {
			return nil, fmt.Errorf("line %d: more than %d points", line, maxPieces)
		}
		points = append(points, Point{at, rate})
	}
}

// parseSeconds reads a duration, or a number of seconds.
func parseSeconds(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if s, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(s) || math.Abs(s) > 3e9 {
			return 0, fmt.Errorf("time %q: want seconds", text)
		}
		return time.Duration(s * float64(time.Second)), nil
	}
	return ParseDuration(text)
}
