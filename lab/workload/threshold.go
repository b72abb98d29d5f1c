package workload

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Metric is what a threshold is about.
type Metric string

const (
	Response   Metric = "response"   // time from intended start to reply, ns
	Service    Metric = "service"    // time from sending to reply, ns
	Errors     Metric = "errors"     // share of requests that failed
	Misses     Metric = "misses"     // share of answered requests with a null reply
	Late       Metric = "late"       // share sent more than 1 ms after their time
	Dropped    Metric = "dropped"    // share never sent
	Throughput Metric = "throughput" // answered per second, or as a share of what was asked
)

// Threshold is one requirement of a pass, such as "response.p99 < 10ms".
type Threshold struct {
	Op     string // the operation it is about; empty is all together
	Metric Metric
	// Stat says what of a response or service time: mean, max or a percentile
	// such as p99.9. Empty for other metrics.
	Stat string
	Cmp  string // < <= > >=
	// Value is in nanoseconds for times and per second for throughput; a share
	// from 0 to 1 where Share is set and for all other metrics.
	Value float64
	Share bool   // of a throughput: Value is a share of what was asked
	Stage string // the label of the stage it is about; empty is the measured phase as a whole
}

// Latencies is a distribution of times in nanoseconds.
type Latencies interface {
	Quantile(q float64) int64
	Mean() float64
	Max() int64
}

// Figures are what thresholds are held against: counts over Seconds, of one
// operation or all.
type Figures struct {
	Seconds                                            float64
	Intended, Completed, Errors, Misses, Late, Dropped int64
	Response, Service                                  Latencies
}

// Measure returns the figure that t is about; ok is false if there is none, as
// with a percentile of no requests.
func (t *Threshold) Measure(f *Figures) (value float64, ok bool) {
	ratio := func(part, of int64) (float64, bool) {
		if of <= 0 {
			return 0, part == 0 && f.Intended > 0
		}
		return float64(part) / float64(of), true
	}
	switch t.Metric {
	case Response, Service:
		l := f.Response
		if t.Metric == Service {
			l = f.Service
		}
		if f.Completed == 0 || l == nil {
			return 0, false
		}
		return t.latency(l), true
	case Errors:
		return ratio(f.Errors, f.Completed+f.Errors)
	case Misses:
		return ratio(f.Misses, f.Completed)
	case Late:
		return ratio(f.Late, f.Intended)
	case Dropped:
		return ratio(f.Dropped, f.Intended)
	}
	if t.Share {
		return ratio(f.Completed, f.Intended)
	}
	if f.Seconds <= 0 {
		return 0, false
	}
	return float64(f.Completed) / f.Seconds, true
}

func (t *Threshold) latency(l Latencies) float64 {
	switch t.Stat {
	case "mean":
		return l.Mean()
	case "max":
		return float64(l.Max())
	}
	return float64(l.Quantile(t.quantile()))
}

// Holds tells whether value, which Measure returned, meets the threshold.
func (t *Threshold) Holds(value float64) bool {
	switch t.Cmp {
	case "<":
		return value < t.Value
	case "<=":
		return value <= t.Value
	case ">":
		return value > t.Value
	}
	return value >= t.Value
}

// quantile is that of a percentile; NaN if Stat is none.
func (t *Threshold) quantile() float64 {
	digits, ok := strings.CutPrefix(t.Stat, "p")
	f, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || !(f > 0 && f <= 100) || strings.ContainsAny(digits, "+-eExX_pPiI") {
		return math.NaN()
	}
	return f / 100
}

// Name is the left side, such as "get.response.p99".
func (t *Threshold) Name() string {
	name := string(t.Metric)
	if t.Stat != "" {
		name += "." + t.Stat
	}
	if t.Op != "" {
		name = t.Op + "." + name
	}
	return name
}

// Amount writes a value of the threshold's kind, with its unit.
func (t *Threshold) Amount(v float64) string {
	switch {
	case t.Metric == Response || t.Metric == Service:
		return FormatDuration(time.Duration(v))
	case t.Metric == Throughput && !t.Share:
		return FormatCount(v) + "/s"
	}
	return strconv.FormatFloat(v*100, 'g', 6, 64) + "%"
}

// String is the form ParseThreshold reads.
func (t Threshold) String() string {
	text := t.Name() + " " + t.Cmp + " " + t.Amount(t.Value)
	if t.Stage != "" {
		text += " in " + t.Stage
	}
	return text
}

const thresholdForm = "write it as response.p99 < 10ms, errors < 0.1% or throughput >= 95%, with the operation and a dot before it for one operation"

// ParseThreshold reads a requirement such as "response.p99 < 10ms",
// "get.service.max <= 1s", "errors < 0.1%", "throughput >= 95%", "throughput >
// 10k/s" or "response.p99 < 20ms in after", where after is the label of a stage.
func ParseThreshold(text string) (Threshold, error) {
	at := strings.IndexAny(text, "<>")
	if at < 0 {
		return Threshold{}, fmt.Errorf("threshold %q has no comparison: %s", text, thresholdForm)
	}
	t := Threshold{Cmp: text[at : at+1]}
	right := text[at+1:]
	if rest, ok := strings.CutPrefix(right, "="); ok {
		t.Cmp, right = t.Cmp+"=", rest
	}
	right, t.Stage, _ = strings.Cut(right, " in ")
	t.Stage = strings.TrimSpace(t.Stage)
	if err := t.parseName(strings.TrimSpace(text[:at])); err != nil {
		return t, fmt.Errorf("threshold %q: %w", text, err)
	}
	if err := t.parseValue(strings.TrimSpace(right)); err != nil {
		return t, fmt.Errorf("threshold %q: %w", text, err)
	}
	return t, t.validate()
}

// metrics in the order in which messages name them.
var metrics = []Metric{Response, Service, Errors, Throughput, Misses, Late, Dropped}

func (t *Threshold) parseName(name string) error {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if !slices.Contains(metrics, Metric(part)) || len(strings.Join(parts[i+1:], "")) > 0 && part != "response" && part != "service" {
			continue
		}
		t.Op = strings.Join(parts[:i], ".")
		t.Metric = Metric(part)
		t.Stat = strings.Join(parts[i+1:], ".")
		return nil
	}
	return fmt.Errorf("%q is not a figure: want response, service, errors, throughput, misses, late or dropped; %s", name, thresholdForm)
}

func (t *Threshold) parseValue(text string) (err error) {
	switch t.Metric {
	case Response, Service:
		var d time.Duration
		d, err = ParseDuration(text)
		t.Value = float64(d)
	case Throughput:
		if t.Share = strings.HasSuffix(text, "%"); t.Share {
			t.Value, err = ParseShare(text)
		} else {
			t.Value, err = ParseRate(text)
		}
	default:
		t.Value, err = ParseShare(text)
	}
	return err
}

func (t *Threshold) validate() error {
	times := t.Metric == Response || t.Metric == Service
	switch {
	case !slices.Contains(metrics, t.Metric):
		return fmt.Errorf("threshold on %q: %s", t.Metric, thresholdForm)
	case !slices.Contains([]string{"<", "<=", ">", ">="}, t.Cmp):
		return fmt.Errorf("threshold %s: the comparison %q is none of < <= > >=", t.Name(), t.Cmp)
	case times && t.Stat != "mean" && t.Stat != "max" && math.IsNaN(t.quantile()):
		return fmt.Errorf("threshold %s: want mean, max or a percentile such as p99 after %s", t.Name(), t.Metric)
	case !times && t.Stat != "":
		return fmt.Errorf("threshold %s: %s has no percentiles", t.Name(), t.Metric)
	case math.IsNaN(t.Value) || math.IsInf(t.Value, 0) || t.Value < 0:
		return fmt.Errorf("threshold %s: %g is not a value to compare with", t.Name(), t.Value)
	}
	return nil
}

// Rules are all thresholds: those of the workload, then those of each operation
// with its name in Op.
func (s *Spec) Rules() []Threshold {
	out := slices.Clone(s.Thresholds)
	for i := range s.Ops {
		for _, t := range s.Ops[i].SLO {
			t.Op = s.Ops[i].Name
			out = append(out, t)
		}
	}
	return out
}
