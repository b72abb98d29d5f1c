package summary

import (
	"encoding/json"
	"path/filepath"

	"redline/hist"
	"redline/lab/record"
)

// Verdicts of a run.
const (
	Pass             = "pass"
	Fail             = "fail"
	Undecided        = "undecided"
	GeneratorLimited = "generator-limited"
)

// Summary is the result of one run.
type Summary struct {
	Format         int              `json:"format"`
	ID             string           `json:"id"`
	Kind           string           `json:"kind"`
	State          string           `json:"state"`
	Target         record.Target    `json:"target"`
	Loop           string           `json:"loop"`
	DurationS      float64          `json:"duration_s"`  // of the measured phase
	AskedPerS      float64          `json:"asked_per_s"` // 0 in a closed loop
	Intended       int64            `json:"intended"`
	Operations     int64            `json:"operations"` // completed without an error
	Errors         int64            `json:"errors"`
	ErrorClasses   map[string]int64 `json:"error_classes"`
	Misses         int64            `json:"misses"`
	ThroughputPerS float64          `json:"throughput_per_s"`
	ResponseNs     Latency          `json:"response_ns"`
	ServiceNs      Latency          `json:"service_ns"`
	Late           int64            `json:"late"`
	Dropped        int64            `json:"dropped"`
	BacklogMax     int64            `json:"backlog_max"`
	Ops            map[string]Op    `json:"ops"`
	Thresholds     []Rule           `json:"thresholds,omitempty"`
	Stages         []Stage          `json:"stages,omitempty"` // where the measured phase has some
	// HighestPerS is the throughput of the last step of a stress test up to which
	// all thresholds were met.
	HighestPerS float64 `json:"highest_per_s,omitempty"`
	// ServerCPUUs is the server's CPU time per completed request in microseconds,
	// nil when its process cannot be seen.
	ServerCPUUs *float64         `json:"server_cpu_us_per_request"`
	Memory      *Memory          `json:"server_memory,omitempty"`
	Host        *Host            `json:"host,omitempty"`
	Hiccups     *Hiccups         `json:"hiccups,omitempty"` // nil when they were not watched for
	Generator   Generator        `json:"generator"`
	Verdict     string           `json:"verdict"`
	Reasons     []string         `json:"reasons"`
	Caveats     []string         `json:"caveats"`
	Missing     []record.Missing `json:"missing"`
	RunDir      string           `json:"run_dir,omitempty"`
	Report      string           `json:"report,omitempty"`
}

// Latency are figures of one distribution in nanoseconds.
type Latency struct {
	Mean int64 `json:"mean"`
	P50  int64 `json:"p50"`
	P90  int64 `json:"p90"`
	P99  int64 `json:"p99"`
	P999 int64 `json:"p999"`
	Max  int64 `json:"max"`
}

// LatencyOf reads the figures off a histogram.
func LatencyOf(h *hist.Hist) Latency {
	if h.Count() == 0 {
		return Latency{}
	}
	return Latency{int64(h.Mean()), h.Quantile(0.5), h.Quantile(0.9), h.Quantile(0.99), h.Quantile(0.999), h.Max()}
}

// Op is the part of one operation.
type Op struct {
	Operations int64   `json:"operations"`
	Errors     int64   `json:"errors"`
	Misses     int64   `json:"misses"`
	ResponseNs Latency `json:"response_ns"`
	ServiceNs  Latency `json:"service_ns"`
}

// Memory is what the server's process holds.
type Memory struct {
	RSSBeforeBytes int64 `json:"rss_before_bytes"` // before preloading
	RSSAfterBytes  int64 `json:"rss_after_bytes"`  // after preloading
	RSSEndBytes    int64 `json:"rss_end_bytes"`    // at the end of the measured phase
	PreloadedKeys  int64 `json:"preloaded_keys"`
	// BytesPerKey is the growth over preloading for each key; nil without one.
	BytesPerKey *float64 `json:"bytes_per_key"`
}

// Host is what the machine did in the measured phase.
type Host struct {
	BusyRatio  float64 `json:"busy_ratio"` // of all CPUs
	StealRatio float64 `json:"steal_ratio"`
}

// Hiccups are the times in the measured phase at which a processor did not run a
// thread that was due, for a millisecond and longer.
type Hiccups struct {
	Count     int    `json:"count"`
	LongestNs int64  `json:"longest_ns"`
	TotalNs   int64  `json:"total_ns"` // summed over the processors
	Priority  string `json:"priority"` // of the threads that watched; at a normal one others can be the cause
	// ResponseNs is the response time in the slices that no hiccup reaches, CalmS
	// their length together.
	CalmS      float64 `json:"calm_s"`
	ResponseNs Latency `json:"response_ns"`
}

// Generator is the health of the load generator in the measured phase.
type Generator struct {
	// CPURatio is the share of time the driver's threads used a CPU for work, not
	// counting waits spent polling; 1 is saturation. Nil where threads cannot be
	// timed.
	CPURatio       *float64 `json:"cpu_ratio"`
	CPUUs          *float64 `json:"cpu_us_per_request"`
	RequestsPerCPU *float64 `json:"requests_per_cpu_s"`
	// Pacing error: how late requests were sent although a connection was free.
	PacingP50Ns int64 `json:"pacing_p50_ns"`
	PacingP99Ns int64 `json:"pacing_p99_ns"`
	PacingMaxNs int64 `json:"pacing_max_ns"`
	PacingCount int64 `json:"pacing_count"`
	// Little's law: the mean number of requests in flight, as counted and as
	// throughput x mean service time predicts.
	InFlightCounted   float64 `json:"in_flight_counted"`
	InFlightPredicted float64 `json:"in_flight_predicted"`
	// The same law window by window: how many of a second there were, and in how
	// many the two deviate.
	LittleWindows int `json:"little_windows"`
	LittleFailed  int `json:"little_failed"`
	// WaitRatio is the share of time its threads were ready to run and had no CPU;
	// nil without a measured phase, 0 where it is not known.
	WaitRatio *float64 `json:"wait_ratio"`
	// UnreadRatio is the share of looks at a connection that found an unread reply;
	// UnsentBytes is what was written to one and not taken by the server's machine,
	// on average.
	UnreadRatio float64 `json:"unread_ratio"`
	UnsentBytes float64 `json:"unsent_bytes"`
}

// Compute derives the summary of a run from what can be read of it: a file that
// is damaged, as after a crash of the machine, counts up to its last good line,
// and the caveats say so.
func Compute(d *record.Dir) (*Summary, error) {
	d = d.Salvage()
	c := newComputation(d)
	for _, step := range []func(*record.Dir) error{c.hiccups, c.slices, c.latencies, c.samples} {
		if err := step(d); err != nil {
			return nil, err
		}
	}
	for _, damage := range d.Damage() {
		c.sum.Missing = append(c.sum.Missing, record.Missing{Part: damage.File, Why: "damaged: " + damage.Error()})
		c.sum.Caveats = append(c.sum.Caveats, damage.Error()+": the file was read up to there")
	}
	if c.run.Stopped != "" && c.sum.DurationS > 0 { // the plan went on for longer
		c.sum.AskedPerS = float64(c.sum.Intended) / c.sum.DurationS
	}
	c.judge()
	return c.sum, nil
}

func newComputation(d *record.Dir) *computation {
	c := &computation{run: d.Run(), response: hist.New(), service: hist.New(), pacing: hist.New(), calm: hist.New(), ops: map[string]*opHists{}}
	c.sum = &Summary{Format: 1, ID: c.run.ID, Kind: c.run.Kind, State: c.run.State, Target: c.run.Target, Loop: c.run.Workload.Loop,
		AskedPerS: c.run.Workload.RatePerS, ErrorClasses: map[string]int64{}, Ops: map[string]Op{}, Reasons: []string{}, Caveats: []string{},
		Missing: append([]record.Missing{}, c.run.Missing...)}
	c.whole, c.parts = newPart("", 0, 0), stageParts(c.run)
	c.readRules()
	return c
}

// Write stores s as summary.json of its run directory.
func Write(dir string, s *Summary) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return record.Replace(filepath.Join(dir, record.SummaryFile), append(text, '\n'))
}
