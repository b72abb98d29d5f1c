package workload

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// LawKind names a distribution of amounts.
type LawKind string

const (
	FixedLaw       LawKind = "fixed"
	UniformLaw     LawKind = "uniform"     // between Min and Max
	LognormalLaw   LawKind = "lognormal"   // most near Median, few far above it
	ExponentialLaw LawKind = "exponential" // around Mean
	ListLaw        LawKind = "list"        // one of Choices
)

// Law is a distribution of amounts: sizes in bytes, times in nanoseconds, or
// counts; whoever uses it says which. The zero Law is not given.
type Law struct {
	Kind     LawKind
	Value    float64 // fixed: the value; exponential: the mean; log-normal: the median
	P99      float64 // log-normal: 1 % lie above; at least Value
	Min, Max float64 // uniform: the bounds, both included; Max also cuts off the others where it is not 0
	Choices  []Choice
}

// Choice is one entry of a weighted list.
type Choice struct{ Value, Weight float64 }

// Fixed is the law of one value.
func Fixed(v float64) Law { return Law{Kind: FixedLaw, Value: v} }

// Given tells whether l is a law.
func (l Law) Given() bool { return l.Kind != "" }

// Unit says what the amounts of a Law are, for reading and writing them.
type Unit int

const (
	Count Unit = iota
	Bytes
	Time // nanoseconds
)

func (u Unit) parse(text string) (float64, error) {
	switch u {
	case Bytes:
		return ParseSize(text)
	case Time:
		d, err := ParseDuration(text)
		return float64(d), err
	}
	return ParseCount(text)
}

// Format writes an amount with its unit.
func (u Unit) Format(v float64) string {
	switch u {
	case Bytes:
		return FormatSize(v)
	case Time:
		return FormatDuration(time.Duration(v))
	}
	return FormatCount(v)
}

const lawForm = "want an amount, uniform:MIN-MAX, lognormal:MEDIAN:P99, exponential:MEAN or list:AMOUNT=WEIGHT,..."

// ParseLaw reads "64B", "uniform:16B-1KB", "lognormal:1KB:64KB",
// "exponential:10ms" or "list:64B=80,1KB=15,10KB=5". The log-normal and the
// exponential law take a last part "max=AMOUNT", above which nothing is drawn.
func ParseLaw(text string, u Unit) (Law, error) {
	kind, args, has := strings.Cut(strings.TrimSpace(text), ":")
	if !has {
		v, err := u.parse(kind)
		if err != nil {
			return Law{}, fmt.Errorf("%w; %s", err, lawForm)
		}
		return Fixed(v), Law{Kind: FixedLaw, Value: v}.validate(u)
	}
	l := Law{Kind: LawKind(kind)}
	if head, limit, ok := strings.Cut(args, ":max="); ok && (l.Kind == LognormalLaw || l.Kind == ExponentialLaw) {
		v, err := u.parse(limit)
		if err != nil {
			return l, err
		}
		args, l.Max = head, v
	}
	if err := l.parseArgs(args, u); err != nil {
		return l, fmt.Errorf("%q: %w; %s", text, err, lawForm)
	}
	return l, l.validate(u)
}

func (l *Law) parseArgs(args string, u Unit) (err error) {
	two := func(sep string, a, b *float64) error {
		left, right, ok := strings.Cut(args, sep)
		if !ok {
			return fmt.Errorf("two amounts with %q between them are missing", sep)
		}
		if *a, err = u.parse(left); err == nil {
			*b, err = u.parse(right)
		}
		return err
	}
	switch l.Kind {
	case FixedLaw, ExponentialLaw:
		l.Value, err = u.parse(args)
		return err
	case UniformLaw:
		return two("-", &l.Min, &l.Max)
	case LognormalLaw:
		return two(":", &l.Value, &l.P99)
	case ListLaw:
		for _, part := range strings.Split(args, ",") {
			amount, weight, ok := strings.Cut(part, "=")
			c := Choice{Weight: 1}
			if c.Value, err = u.parse(amount); err != nil {
				return err
			}
			if ok {
				if c.Weight, err = strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(weight), "%"), 64); err != nil {
					return fmt.Errorf("the weight %q is not a number", weight)
				}
			}
			l.Choices = append(l.Choices, c)
		}
		return nil
	}
	return fmt.Errorf("the law %q is unknown", l.Kind)
}

// Text is the form ParseLaw reads.
func (l Law) Text(u Unit) string {
	limit := ""
	if l.Max > 0 {
		limit = ":max=" + u.Format(l.Max)
	}
	switch l.Kind {
	case FixedLaw:
		return u.Format(l.Value)
	case UniformLaw:
		return "uniform:" + u.Format(l.Min) + "-" + u.Format(l.Max)
	case LognormalLaw:
		return "lognormal:" + u.Format(l.Value) + ":" + u.Format(l.P99) + limit
	case ExponentialLaw:
		return "exponential:" + u.Format(l.Value) + limit
	case ListLaw:
		parts := make([]string, len(l.Choices))
		for i, c := range l.Choices {
			parts[i] = u.Format(c.Value) + "=" + strconv.FormatFloat(c.Weight, 'f', -1, 64)
		}
		return "list:" + strings.Join(parts, ",")
	}
	return ""
}

// lawMax bounds amounts: far above any use, and exact as an integer.
const lawMax = 1e17

func (l Law) validate(u Unit) error {
	fine := func(v float64) bool { return v >= 0 && v <= lawMax } // false for NaN
	text := l.Text(u)
	switch l.Kind {
	case "":
		return nil
	case FixedLaw:
		if !fine(l.Value) {
			return fmt.Errorf("%s: want 0 or more", text)
		}
	case UniformLaw:
		if !fine(l.Min) || !fine(l.Max) || l.Min > l.Max {
			return fmt.Errorf("%s: want two amounts of which the first is not above the second", text)
		}
	case LognormalLaw:
		if !fine(l.Value) || !fine(l.P99) || l.Value <= 0 || l.P99 < l.Value || !fine(l.Max) || l.Max > 0 && l.Max < l.Value {
			return fmt.Errorf("%s: want a median above 0, a p99 and a maximum not below it", text)
		}
	case ExponentialLaw:
		if !fine(l.Value) || l.Value <= 0 || !fine(l.Max) {
			return fmt.Errorf("%s: want a mean above 0", text)
		}
	case ListLaw:
		return l.validateList(fine)
	default:
		return fmt.Errorf("law %q: %s", l.Kind, lawForm)
	}
	return nil
}

func (l Law) validateList(fine func(float64) bool) error {
	sum := 0.0
	for _, c := range l.Choices {
		if !fine(c.Value) || !(c.Weight >= 0) {
			return fmt.Errorf("weighted list: %g with weight %g: want amounts and weights of 0 or more", c.Value, c.Weight)
		}
		sum += c.Weight
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		return fmt.Errorf("weighted list: its weights add up to %g: want more than 0", sum)
	}
	return nil
}

// limit is the largest amount the law draws.
func (l Law) limit() float64 {
	switch l.Kind {
	case FixedLaw:
		return l.Value
	case UniformLaw:
		return l.Max
	case ListLaw:
		most := 0.0
		for _, c := range l.Choices {
			most = max(most, c.Value)
		}
		return most
	}
	if l.Max > 0 {
		return l.Max
	}
	// Without a bound of the user's: one that cuts off next to nothing of a
	// response curve and still keeps one draw from taking all memory.
	if l.Kind == LognormalLaw {
		return 10 * l.P99
	}
	return 20 * l.Value // e^-20: two in a billion
}

// least is the smallest amount the law draws, before rounding.
func (l Law) least() float64 {
	switch l.Kind {
	case FixedLaw:
		return l.Value
	case UniformLaw:
		return l.Min
	case ListLaw:
		least := lawMax
		for _, c := range l.Choices {
			if c.Weight > 0 {
				least = min(least, c.Value)
			}
		}
		return least
	}
	return 0
}

// Mean is the expected amount.
func (l Law) Mean() float64 {
	switch l.Kind {
	case UniformLaw:
		return (l.Min + l.Max) / 2
	case ListLaw:
		sum, weights := 0.0, 0.0
		for _, c := range l.Choices {
			sum, weights = sum+c.Value*c.Weight, weights+c.Weight
		}
		return sum / weights
	case LognormalLaw:
		// Of the law cut at its limit m: exp(mu + s^2/2) P(Z < a - s) / P(Z < a), with
		// a = (ln m - mu) / s.
		s := l.sigma()
		if s == 0 {
			return l.Value
		}
		a := math.Log(l.limit()/l.Value) / s
		return l.Value * math.Exp(s*s/2) * normalCDF(a-s) / normalCDF(a)
	case ExponentialLaw:
		m := l.limit() / l.Value
		return l.Value * (1 - m*math.Exp(-m)/-math.Expm1(-m))
	}
	return l.Value
}

// z99 is the quantile of the standard normal law at 0.99.
const z99 = 2.3263478740408408

// sigma is that of the logarithm.
func (l Law) sigma() float64 { return math.Log(l.P99/l.Value) / z99 }

func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// drawer turns uniform random numbers into amounts of a law. It allocates
// nothing once made.
type drawer struct {
	kind     LawKind
	base     int64   // fixed, uniform
	span     uint64  // uniform: how many values
	value    float64 // median or mean
	sigma    float64
	cut      float64 // the law's probability below its limit
	limits   []uint64
	choices  []int64
	constant bool
	limit    int64
}

func newDrawer(l Law) drawer {
	d := drawer{kind: l.Kind, value: l.Value, sigma: l.sigma(), limit: int64(math.Round(l.limit()))}
	switch l.Kind {
	case "", FixedLaw:
		d.base, d.constant = int64(math.Round(l.Value)), true
	case UniformLaw:
		d.base = int64(math.Round(l.Min))
		d.span = uint64(int64(math.Round(l.Max))-d.base) + 1
		d.constant = d.span == 1
	case LognormalLaw:
		if d.sigma == 0 {
			d.base, d.constant = int64(math.Round(l.Value)), true
			break
		}
		d.cut = normalCDF(math.Log(l.limit()/l.Value) / d.sigma)
	case ExponentialLaw:
		d.cut = -math.Expm1(-l.limit() / l.Value)
	case ListLaw:
		weights := make([]float64, len(l.Choices))
		for i, c := range l.Choices {
			weights[i] = c.Weight
			d.choices = append(d.choices, int64(math.Round(c.Value)))
		}
		d.limits = shares(weights)
	}
	return d
}

// most is the largest amount it draws.
func (d *drawer) most() int64 { return d.limit }

// at is the amount that the random bits x stand for: each amount gets its share
// of all x.
func (d *drawer) at(x uint64) int64 {
	if d.constant {
		return d.base
	}
	switch d.kind {
	case UniformLaw:
		hi, _ := bits.Mul64(x, d.span)
		return d.base + int64(hi)
	case LognormalLaw:
		p := float64(x>>11+1) / (1<<53 + 1) * d.cut // in (0, cut)
		return int64(math.Round(d.value * math.Exp(d.sigma*math.Sqrt2*math.Erfinv(2*p-1))))
	case ExponentialLaw:
		p := float64(x>>11) / (1 << 53) * d.cut
		return int64(math.Round(-math.Log1p(-p) * d.value))
	}
	x >>= 32
	for i, limit := range d.limits {
		if x < limit {
			return d.choices[i]
		}
	}
	return d.choices[len(d.choices)-1]
}

// shares returns, for each weight, the end of its share of 1 << 32. The last one
// with a weight gets what rounding leaves.
func shares(weights []float64) []uint64 {
	sum, upTo := 0.0, 0.0
	for _, w := range weights {
		sum += w
	}
	limits := make([]uint64, len(weights))
	last := 0
	for i, w := range weights {
		upTo += w
		limits[i] = uint64(upTo / sum * (1 << 32))
		if w > 0 {
			last = i
		}
	}
	for i := last; i < len(limits); i++ {
		limits[i] = 1 << 32
	}
	return limits
}
