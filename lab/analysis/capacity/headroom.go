package capacity

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// DefaultUtilisation is how much of the capacity is planned with: the rest is for peaks within the day, for a machine
// that fails, and because latency climbs long before throughput ends.
const DefaultUtilisation = 0.7

// Need is what a target rate takes.
type Need struct {
	Rate        float64 `json:"rate"`        // 1/s, asked for
	Utilisation float64 `json:"utilisation"` // planned with
	// Capacity is what one machine must be able to take if it is to be the only one: rate / utilisation.
	Capacity float64 `json:"capacity"`
	Machines int     `json:"machines"` // of the capacity that was found
	// Headroom is 1 - load/capacity at the target rate on that many machines.
	Headroom float64 `json:"headroom"`
}

// For computes what a rate needs, given what one machine takes. perMachine should be the lower end of the interval: a
// plan that holds only if the estimate was lucky is none.
func For(rate, perMachine, utilisation float64) (Need, error) {
	if !(rate > 0) || !(perMachine > 0) || !(utilisation > 0) || utilisation > 1 {
		return Need{}, errors.New("a rate and a capacity above 0 and a utilisation of 0 to 1 are needed")
	}
	n := math.Ceil(rate/(perMachine*utilisation) - 1e-9)
	return Need{Rate: rate, Utilisation: utilisation, Capacity: rate / utilisation, Machines: int(n), Headroom: 1 - rate/(perMachine*n)}, nil
}

// Sample is the load at a time, of a history.
type Sample struct {
	At   time.Time
	Rate float64 // 1/s
}

// End says when a growing load reaches a capacity.
type End struct {
	At      time.Time `json:"at"`       // zero: never, the load does not grow
	PerYear float64   `json:"per_year"` // growth of the load, as a factor
	Fit     string    `json:"fit"`      // "linear", "exponential" or "given"
	Rate    float64   `json:"rate"`     // today's load, 1/s
}

const year = 365.25 * 24 * time.Hour

// horizon bounds how far into the future a date is given: beyond it the guess says nothing.
const horizon = 20 * year

// EndAtGrowth says when a load that grows by a factor a year reaches a capacity.
func EndAtGrowth(now time.Time, rate, perYear, capacity float64) End {
	e := End{PerYear: perYear, Fit: "given", Rate: rate}
	if rate >= capacity {
		e.At = now
		return e
	}
	if perYear > 1 {
		if d := math.Log(capacity/rate) / math.Log(perYear) * float64(year); d < float64(horizon) {
			e.At = now.Add(time.Duration(d))
		}
	}
	return e
}

// SamplesMin is how many samples a trend needs, over how long a time at least.
const (
	SamplesMin = 5
	spanMin    = 24 * time.Hour
)

// EndFromHistory says when a load reaches a capacity if it goes on as it did. The trend is the median of the slopes
// between all pairs of samples (Theil 1950, Sen 1968), which outliers such as a sale or an outage do not move; of a
// line and an exponential curve the one that fits better is taken.
func EndFromHistory(history []Sample, capacity float64) (End, error) {
	if len(history) < SamplesMin {
		return End{}, fmt.Errorf("a trend needs %d samples at least, not %d", SamplesMin, len(history))
	}
	h := slices.Clone(history)
	slices.SortFunc(h, func(a, b Sample) int { return a.At.Compare(b.At) })
	for _, s := range h {
		if !(s.Rate > 0) || math.IsInf(s.Rate, 0) {
			return End{}, fmt.Errorf("rate %g at %s: want more than 0", s.Rate, s.At.Format(time.DateOnly))
		}
	}
	first, last := h[0].At, h[len(h)-1].At
	if last.Sub(first) < spanMin {
		return End{}, fmt.Errorf("the history covers %s: a trend needs a day at least", last.Sub(first))
	}
	x, line, curve := make([]float64, len(h)), make([]float64, len(h)), make([]float64, len(h))
	for i, s := range h {
		x[i], line[i], curve[i] = float64(s.At.Sub(last))/float64(year), s.Rate, math.Log(s.Rate)
	}
	lineAt, lineSlope := theilSen(x, line)
	curveAt, curveSlope := theilSen(x, curve)
	var lineOff, curveOff []float64
	for i := range x {
		lineOff = append(lineOff, math.Abs(line[i]-(lineAt+lineSlope*x[i])))
		curveOff = append(curveOff, math.Abs(line[i]-math.Exp(curveAt+curveSlope*x[i])))
	}
	if median(curveOff) < median(lineOff) {
		e := EndAtGrowth(last, math.Exp(curveAt), math.Exp(curveSlope), capacity)
		e.Fit = "exponential"
		return e, nil
	}
	e := End{Rate: lineAt, PerYear: (lineAt + lineSlope) / lineAt, Fit: "linear"}
	switch d := (capacity - lineAt) / lineSlope * float64(year); {
	case lineAt >= capacity:
		e.At = last
	case lineSlope > 0 && d < float64(horizon):
		e.At = last.Add(time.Duration(d))
	}
	return e, nil
}

// pairsMax bounds the work on a long history: every n-th sample is enough for a trend.
const pairsMax = 1000

// theilSen returns the robust line's value at x = 0 and its slope.
func theilSen(x, y []float64) (at0, slope float64) {
	step := max(1, len(x)/pairsMax)
	var slopes []float64
	for i := 0; i < len(x); i += step {
		for j := i + step; j < len(x); j += step {
			if x[j] > x[i] {
				slopes = append(slopes, (y[j]-y[i])/(x[j]-x[i]))
			}
		}
	}
	slope = median(slopes)
	offsets := make([]float64, len(x))
	for i := range x {
		offsets[i] = y[i] - slope*x[i]
	}
	return median(offsets), slope
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Clone(values)
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
