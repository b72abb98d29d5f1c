package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"redline/lab/analysis/attribution"
	"redline/lab/analysis/stats"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

// Comparison is the result of comparing B with A.
type Comparison struct {
	Format  int      `json:"format"`
	A       Side     `json:"a"`
	B       Side     `json:"b"`
	Order   string   `json:"order"` // in which the runs were made, such as "ABBA"
	Ratios  []Ratio  `json:"ratios"`
	Verdict string   `json:"verdict"`
	Reasons []string `json:"reasons"`
	Caveats []string `json:"caveats"`
}

// Side is one of the two, over all its runs.
type Side struct {
	Target         record.Target   `json:"target"`
	Operations     int64           `json:"operations"`
	Errors         int64           `json:"errors"`
	ThroughputPerS float64         `json:"throughput_per_s"`
	ResponseNs     summary.Latency `json:"response_ns"`
	ServiceNs      summary.Latency `json:"service_ns"`
	// CalmNs is the response time in the slices that no hiccup of the machine
	// reaches; nil unless all runs were watched for them.
	CalmNs      *summary.Latency `json:"calm_response_ns,omitempty"`
	Late        int64            `json:"late"`
	Dropped     int64            `json:"dropped"`
	ServerCPUUs *float64         `json:"server_cpu_us_per_request"`
	BytesPerKey *float64         `json:"memory_bytes_per_key"`
	// What the server allocated for a request, where all runs tell.
	AllocationsPerRequest *float64           `json:"allocations_per_request,omitempty"`
	AllocatedPerRequest   *float64           `json:"allocated_bytes_per_request,omitempty"`
	Runs                  []*summary.Summary `json:"runs"`
}

// Ratio is one figure of B over that of A.
type Ratio struct {
	Metric string  `json:"metric"`
	Unit   string  `json:"unit"`
	Better string  `json:"better"` // lower or higher
	A      float64 `json:"a"`
	B      float64 `json:"b"`
	Ratio  float64 `json:"ratio"`
	// Low and High bound the ratio with 95 % confidence; nil when there are too
	// few observations, as for memory.
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

// Differs tells whether the interval excludes 1.
func (r *Ratio) Differs() bool { return r.Low != nil && (*r.Low > 1 || *r.High < 1) }

// Compute compares the runs of b with those of a. The order is that in which
// they were made.
func Compute(a, b []*record.Dir, order string) (*Comparison, error) {
	lat := &latencies{index: map[int64]int{}}
	sideA, runsA, err := read(a, lat)
	if err != nil {
		return nil, err
	}
	sideB, runsB, err := read(b, lat)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Format: 1, A: *sideA, B: *sideB, Order: order, Ratios: []Ratio{}, Reasons: []string{}, Caveats: []string{}}
	// A fixed seed: the same runs always give the same intervals.
	c.ratios(rand.New(rand.NewPCG(1, 2)), runsA, runsB, lat)
	c.judge()
	return c, nil
}

// read sums up the runs of one side and cuts them into windows.
func read(dirs []*record.Dir, lat *latencies) (*Side, stats.Runs[window], error) {
	side := &Side{}
	var runs stats.Runs[window]
	for _, d := range dirs {
		sum, err := summary.Compute(d)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", d.Path(), err)
		}
		sum.RunDir = d.Path()
		windows, err := extract(d, lat)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", d.Path(), err)
		}
		if len(windows) > 0 {
			runs = append(runs, windows)
		}
		side.Runs = append(side.Runs, sum)
	}
	return side, runs, side.merge(dirs)
}

// merge derives the figures over all runs of a side.
func (s *Side) merge(dirs []*record.Dir) error {
	seconds, cpu, n := 0.0, 0.0, 0.0
	for _, r := range s.Runs {
		s.Target = r.Target
		s.Operations += r.Operations
		s.Errors += r.Errors
		s.Late += r.Late
		s.Dropped += r.Dropped
		s.ThroughputPerS += r.ThroughputPerS * r.DurationS
		seconds += r.DurationS
		if r.ServerCPUUs != nil {
			cpu += *r.ServerCPUUs * float64(r.Operations)
			n += float64(r.Operations)
		}
	}
	if seconds > 0 {
		s.ThroughputPerS /= seconds
	}
	if n > 0 {
		cpu /= n
		s.ServerCPUUs = &cpu
	}
	s.BytesPerKey = bytesPerKey(s.Runs)
	if err := s.allocations(dirs); err != nil {
		return err
	}
	all, err := summary.MergeLatencies(dirs)
	s.ResponseNs, s.ServiceNs, s.CalmNs = all.ResponseNs, all.ServiceNs, all.CalmNs
	return err
}

// bytesPerKey averages what a key takes over the runs. It is nil where a run's server was not started for it: such a server may
// have memory of earlier keys, and does not grow by what new ones take.
func bytesPerKey(runs []*summary.Summary) *float64 {
	var all []float64
	for _, r := range runs {
		if !r.Target.StartedByLab || r.Memory == nil || r.Memory.BytesPerKey == nil {
			return nil
		}
		all = append(all, *r.Memory.BytesPerKey)
	}
	if len(all) == 0 {
		return nil
	}
	mean := stats.Mean(all)
	return &mean
}

// allocations averages what requests allocate over the runs.
func (s *Side) allocations(dirs []*record.Dir) error {
	var objects, bytes []float64
	for _, d := range dirs {
		n, size, err := attribution.Allocations(d)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Path(), err)
		}
		if math.IsNaN(n) {
			return nil
		}
		objects, bytes = append(objects, n), append(bytes, size)
	}
	if len(objects) > 0 {
		n, size := stats.Mean(objects), stats.Mean(bytes)
		s.AllocationsPerRequest, s.AllocatedPerRequest = &n, &size
	}
	return nil
}

// figures are those that have a confidence interval, in the order of statistics.
var figures = []struct {
	metric, unit, better string
	of                   func(*Side) float64
}{
	{"throughput", "1/s", "higher", func(s *Side) float64 { return s.ThroughputPerS }},
	{"server_cpu_per_request", "us", "lower", func(s *Side) float64 { return value(s.ServerCPUUs) }},
	{"response_mean", "ns", "lower", func(s *Side) float64 { return float64(s.ResponseNs.Mean) }},
	{"response_p50", "ns", "lower", func(s *Side) float64 { return float64(s.ResponseNs.P50) }},
	{"response_p90", "ns", "lower", func(s *Side) float64 { return float64(s.ResponseNs.P90) }},
	{"response_p99", "ns", "lower", func(s *Side) float64 { return float64(s.ResponseNs.P99) }},
	{"response_p999", "ns", "lower", func(s *Side) float64 { return float64(s.ResponseNs.P999) }},
}

// quantiles are those of the last figures.
var quantiles = []float64{0.5, 0.9, 0.99, 0.999}

func value(p *float64) float64 {
	if p == nil {
		return 0
	}
	return *p
}

// ratios computes every figure that both sides have.
func (c *Comparison) ratios(rng *rand.Rand, a, b stats.Runs[window], lat *latencies) {
	s := &statistics{lat: lat, order: lat.order(), counts: make([]int64, len(lat.bounds))}
	intervals := stats.RatioIntervals(rng, a, b, len(figures), s.of)
	for i, f := range figures {
		c.add(f.metric, f.unit, f.better, f.of(&c.A), f.of(&c.B), intervals[i])
	}
	c.add("response_max", "ns", "lower", float64(c.A.ResponseNs.Max), float64(c.B.ResponseNs.Max), nil) // has none
	if a, b := c.A.CalmNs, c.B.CalmNs; a != nil && b != nil {
		c.add("calm_response_p99", "ns", "lower", float64(a.P99), float64(b.P99), nil)
		c.add("calm_response_max", "ns", "lower", float64(a.Max), float64(b.Max), nil)
	}
	// One value a run is too little for an interval.
	c.add("memory_per_key", "bytes", "lower", value(c.A.BytesPerKey), value(c.B.BytesPerKey), nil)
	c.add("allocations_per_request", "allocations", "lower", value(c.A.AllocationsPerRequest), value(c.B.AllocationsPerRequest), nil)
	c.add("allocated_per_request", "bytes", "lower", value(c.A.AllocatedPerRequest), value(c.B.AllocatedPerRequest), nil)
}

func (c *Comparison) add(metric, unit, better string, a, b float64, ci *stats.Interval) {
	if !(a > 0) || !(b > 0) {
		return
	}
	r := Ratio{Metric: metric, Unit: unit, Better: better, A: a, B: b, Ratio: b / a}
	if ci != nil {
		r.Low, r.High = &ci.Low, &ci.High
	}
	c.Ratios = append(c.Ratios, r)
}

// statistics computes the figures of a resample.
type statistics struct {
	lat    *latencies
	order  []int
	counts []int64
}

func (s *statistics) of(ws []window, out []float64) {
	var completed, durNs, cpuNs float64
	clear(s.counts)
	for i := range ws {
		w := &ws[i]
		completed += w.completed
		durNs += w.durNs
		cpuNs += w.cpuNs
		for j, n := range w.counts {
			s.counts[j] += int64(n)
		}
	}
	out[0] = completed / durNs
	out[1] = cpuNs / completed
	total, sum := int64(0), 0.0
	for j, n := range s.counts {
		total += n
		sum += float64(n) * s.lat.values[j]
	}
	out[2] = sum / float64(total)
	s.quantiles(total, out[3:])
}

// quantiles walks the buckets once.
func (s *statistics) quantiles(total int64, out []float64) {
	for i := range out {
		out[i] = math.NaN()
	}
	at, seen := 0, int64(0)
	for _, j := range s.order {
		seen += s.counts[j]
		for at < len(quantiles) && total > 0 && float64(seen) >= quantiles[at]*float64(total) {
			out[at] = float64(s.lat.bounds[j])
			at++
		}
	}
}

// caveats lists those of a side's runs, each text once with the runs that it is about.
func caveats(side string, runs []*summary.Summary) (out []string) {
	about := map[string][]string{}
	var texts []string
	for i, r := range runs {
		for _, text := range r.Caveats {
			if about[text] == nil {
				texts = append(texts, text)
			}
			about[text] = append(about[text], strconv.Itoa(i+1))
		}
	}
	for _, text := range texts {
		of := about[text]
		switch {
		case len(of) == 1:
			out = append(out, fmt.Sprintf("%s run %s: %s", side, of[0], text))
		case len(of) == len(runs):
			out = append(out, fmt.Sprintf("%s all runs: %s", side, text))
		default:
			out = append(out, fmt.Sprintf("%s runs %s: %s", side, strings.Join(of, ", "), text))
		}
	}
	return out
}

// judge says whether the figures can be used. A comparison does not fail because
// one side is slower: that is its result, not its failure.
func (c *Comparison) judge() {
	c.Verdict = summary.Pass
	for _, side := range []struct {
		name string
		runs []*summary.Summary
	}{{"A", c.A.Runs}, {"B", c.B.Runs}} {
		c.Caveats = append(c.Caveats, caveats(side.name, side.runs)...)
		for i, r := range side.runs {
			if r.Verdict == summary.Pass {
				continue
			}
			for _, reason := range r.Reasons {
				c.Reasons = append(c.Reasons, fmt.Sprintf("%s run %d: %s", side.name, i+1, reason))
			}
			c.Verdict = worse(c.Verdict, r.Verdict)
		}
	}
	if c.Verdict == summary.Pass {
		c.Reasons = append(c.Reasons, "all runs did what was asked")
	}
}

// worse returns the verdict that decides: what cannot be believed comes first.
func worse(a, b string) string {
	rank := map[string]int{summary.Pass: 0, summary.Fail: 1, summary.GeneratorLimited: 2, summary.Undecided: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}
