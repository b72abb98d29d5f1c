package series

import (
	"maps"
	"math"
	"slices"

	"redline/lab/record"
)

// Series is values over time. NaN stands for a gap.
type Series struct {
	Seconds []float64 // since the start of the run, ascending
	Values  []float64
}

// Samples is everything the probes sampled.
type Samples struct {
	byName map[sampleName]Series
}

type sampleName struct{ source, name string }

// LoadSamples reads the samples of a run.
func LoadSamples(dir *record.Dir) (*Samples, error) {
	s := &Samples{byName: map[sampleName]Series{}}
	for sample, err := range dir.Samples() {
		if err != nil {
			return nil, err
		}
		for name, v := range sample.Values {
			key := sampleName{sample.Source, name}
			series := s.byName[key]
			series.Seconds = append(series.Seconds, float64(sample.TNs)/1e9)
			series.Values = append(series.Values, v)
			s.byName[key] = series
		}
	}
	return s, nil
}

// Names lists the values of a source, sorted.
func (s *Samples) Names(source string) []string {
	var names []string
	for key := range maps.Keys(s.byName) {
		if key.source == source {
			names = append(names, key.name)
		}
	}
	slices.Sort(names)
	return names
}

// Gauge is a value as it was sampled, and whether it was sampled at all.
func (s *Samples) Gauge(source, name string) (Series, bool) {
	series, ok := s.byName[sampleName{source, name}]
	return series, ok
}

// Rate is the growth of a counter per second, each value at the end of its
// interval. A counter that fell was reset, by a restart for instance, and gives
// a gap. One sample alone has no rate.
//
// Intervals shorter than half the usual one are joined to the next: samples are
// also taken when a phase begins, and as CPU time ticks every 10 ms, a few
// milliseconds would turn one tick into a spike of several cores.
func (s *Samples) Rate(source, name string) (Series, bool) {
	series, ok := s.byName[sampleName{source, name}]
	if !ok || len(series.Values) < 2 {
		return Series{}, false
	}
	return series.rate(), true
}

func (s Series) rate() Series {
	var out Series
	shortest := s.usualInterval() / 2
	base := 0
	for i := 1; i < len(s.Values); i++ {
		dt, dv := s.Seconds[i]-s.Seconds[base], s.Values[i]-s.Values[base]
		if dt < shortest || dt <= 0 {
			continue
		}
		v := math.NaN()
		if dv >= 0 {
			v = dv / dt
		}
		out.Seconds = append(out.Seconds, s.Seconds[i])
		out.Values = append(out.Values, v)
		base = i
	}
	return out
}

// usualInterval is the median time between values.
func (s Series) usualInterval() float64 {
	gaps := make([]float64, len(s.Seconds)-1)
	for i := range gaps {
		gaps[i] = s.Seconds[i+1] - s.Seconds[i]
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

// Times is the same series with every value multiplied.
func (s Series) Times(factor float64) Series {
	out := Series{Seconds: s.Seconds, Values: make([]float64, len(s.Values))}
	for i, v := range s.Values {
		out.Values[i] = v * factor
	}
	return out
}

// Within is the part of a series from one time to another, in seconds.
func (s Series) Within(from, to float64) Series {
	i, _ := slices.BinarySearch(s.Seconds, from)
	j, _ := slices.BinarySearch(s.Seconds, to)
	return Series{s.Seconds[i:j], s.Values[i:j]}
}

// Mean is the mean of the values that are not gaps, NaN when there is none.
func (s Series) Mean() float64 {
	sum, n := 0.0, 0
	for _, v := range s.Values {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n) // 0/0 is NaN
}

// Max is the largest value, NaN when there is none.
func (s Series) Max() float64 {
	most := math.NaN()
	for _, v := range s.Values {
		if math.IsNaN(most) || v > most {
			most = v
		}
	}
	return most
}

// ThinMean reduces a series to at most n points, each the mean of its
// neighbours that are not gaps: the right choice for rates, as a mean rate is
// the rate over the longer time.
func (s Series) ThinMean(n int) Series { return s.thin(n, Series.Mean) }

// ThinMax reduces a series to at most n points, each the highest of its
// neighbours: for gauges, so that no peak is lost.
func (s Series) ThinMax(n int) Series { return s.thin(n, Series.Max) }

func (s Series) thin(n int, combine func(Series) float64) Series {
	if len(s.Values) <= n || n <= 0 {
		return s
	}
	per := (len(s.Values) + n - 1) / n
	var out Series
	for from := 0; from < len(s.Values); from += per {
		to := min(from+per, len(s.Values))
		out.Seconds = append(out.Seconds, s.Seconds[(from+to-1)/2])
		out.Values = append(out.Values, combine(Series{s.Seconds[from:to], s.Values[from:to]}))
	}
	return out
}
