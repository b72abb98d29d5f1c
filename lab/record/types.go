package record

import "maps"

// Format is the version of the directory's layout that this package writes and
// the only one it reads.
const Format = 1

// States of a run. A directory found in StateRunning by a reader is that of a
// killed run, unless the run still goes on.
const (
	StateRunning     = "running"
	StateComplete    = "complete"
	StateInterrupted = "interrupted"
	StateFailed      = "failed"
)

// Phases of a run. Latencies of requests that were intended in the measured
// phase and answered after its end are in cooldown. In capture the same load is
// applied once more, without recording latencies, for profiles that would show
// in them.
const (
	PhasePreload  = "preload"
	PhaseWarmup   = "warmup"
	PhaseMeasure  = "measure"
	PhaseCooldown = "cooldown"
	PhaseCapture  = "capture"
)

// Run is run.json: what was run, on what, and whether it ended.
type Run struct {
	Format         int      `json:"format"`
	ID             string   `json:"id"`
	Kind           string   `json:"kind"` // lab, load or compare
	State          string   `json:"state"`
	StateReason    string   `json:"state_reason"`
	StartedUnixNs  int64    `json:"started_unix_ns"`
	EndedUnixNs    int64    `json:"ended_unix_ns"`
	RedlineVersion string   `json:"redline_version"`
	Command        []string `json:"command"`
	Target         Target   `json:"target"`
	Workload       Workload `json:"workload"`
	Phases         []Phase  `json:"phases"`
	// Stopped says why the load ended before its last phase, where a stop rule
	// ended it; such a run is complete.
	Stopped    string     `json:"stopped,omitempty"`
	SliceNs    int64      `json:"slice_ns"`
	SLO        SLO        `json:"slo"`
	Conditions Conditions `json:"conditions"`
	Missing    []Missing  `json:"missing"`
}

// Target is the server under load. URL never holds a password.
type Target struct {
	URL          string `json:"url"`
	Kind         string `json:"kind"` // redline, redis, valkey, dragonfly, garnet or unknown
	Version      string `json:"version"`
	PID          int    `json:"pid"` // 0 when unknown or not on this host
	Local        bool   `json:"local"`
	StartedByLab bool   `json:"started_by_lab"`
	Pprof        string `json:"pprof"`
}

// Workload is what was asked of the driver.
type Workload struct {
	Name            string             `json:"name"`
	Test            string             `json:"test,omitempty"` // load, stress, spike or soak
	Loop            string             `json:"loop"`
	RatePerS        float64            `json:"rate_per_s"` // 0 in a closed loop
	Arrivals        string             `json:"arrivals"`
	Connections     int                `json:"connections"`
	Pipeline        int                `json:"pipeline"`
	Threads         int                `json:"threads"`
	Keys            int64              `json:"keys"`
	KeyDistribution string             `json:"key_distribution"`
	ValueBytes      int                `json:"value_bytes"`          // on average
	ValueSize       string             `json:"value_size,omitempty"` // where it is not fixed
	Mix             map[string]float64 `json:"mix"`                  // shares, they sum to 1
	KeyPrefix       string             `json:"key_prefix"`
	TimeoutNs       int64              `json:"timeout_ns"`
	Seed            uint64             `json:"seed"`
	// Thresholds are what a pass requires, in the form of workload files; Stop tells
	// that the load ends when they are missed, and after what.
	Thresholds []string `json:"thresholds,omitempty"`
	Stop       string   `json:"stop,omitempty"`
}

// Phase is a stretch of the run. EndNs is 0 while it goes on. Label tells stages
// of one phase apart, such as the steps of a stress test.
type Phase struct {
	Name    string `json:"name"`
	Label   string `json:"label,omitempty"`
	StartNs int64  `json:"start_ns"`
	EndNs   int64  `json:"end_ns"`
}

// SLO is what a pass requires. A zero ResponseP99Ns means no bound.
type SLO struct {
	ResponseP99Ns int64   `json:"response_p99_ns"`
	ErrorRatio    float64 `json:"error_ratio"`
}

// Conditions are the machine and settings the run took place on.
type Conditions struct {
	OS                string  `json:"os"`
	Kernel            string  `json:"kernel"`
	Arch              string  `json:"arch"`
	CPUModel          string  `json:"cpu_model"`
	CPUs              int     `json:"cpus"`
	MemoryBytes       int64   `json:"memory_bytes"`
	GoVersion         string  `json:"go_version"`
	CgroupCPUQuota    float64 `json:"cgroup_cpu_quota"` // CPUs; 0 is unlimited
	CgroupMemoryBytes int64   `json:"cgroup_memory_bytes"`
	THP               string  `json:"thp"`
	Governor          string  `json:"governor"`
	Container         bool    `json:"container"`
	Loadavg1mBefore   float64 `json:"loadavg_1m_before"`
	// GeneratorPriority is what the scheduler gave the driver's threads:
	// PriorityRealTime or PriorityNormal.
	GeneratorPriority string `json:"generator_priority,omitempty"`
	// HiccupPriority is that of the threads that watched for hiccups; empty if none
	// did.
	HiccupPriority string            `json:"hiccup_priority,omitempty"`
	ServerConfig   map[string]string `json:"server_config"`
}

// Priorities of threads: real-time ones run as soon as they wake.
const (
	PriorityRealTime = "real-time"
	PriorityNormal   = "normal"
)

// Missing names a part that could not be recorded, and why.
type Missing struct {
	Part string `json:"part"`
	Why  string `json:"why"`
}

// OpCounts are the driver's counters of one operation in one slice.
type OpCounts struct {
	Intended  int64 `json:"intended"`
	Sent      int64 `json:"sent"`
	Completed int64 `json:"completed"` // answered without an error
	Errors    int64 `json:"errors"`
	Late      int64 `json:"late"`
	Dropped   int64 `json:"dropped"`
	Misses    int64 `json:"misses"` // completed with a null reply
	BytesIn   int64 `json:"bytes_in"`
	BytesOut  int64 `json:"bytes_out"`
}

// Add adds the counters of o.
func (c *OpCounts) Add(o OpCounts) {
	c.Intended += o.Intended
	c.Sent += o.Sent
	c.Completed += o.Completed
	c.Errors += o.Errors
	c.Late += o.Late
	c.Dropped += o.Dropped
	c.Misses += o.Misses
	c.BytesIn += o.BytesIn
	c.BytesOut += o.BytesOut
}

// Slice is one line of slices.jsonl.
type Slice struct {
	TNs   int64               `json:"t_ns"`
	DurNs int64               `json:"dur_ns"`
	Phase string              `json:"phase"`
	Ops   map[string]OpCounts `json:"ops"`
	// ErrorClasses splits the errors of all operations, and failed connection
	// attempts under "connect"; classes without an error are absent.
	ErrorClasses map[string]int64 `json:"error_classes,omitempty"`
	Backlog      int64            `json:"backlog"`
	InFlight     int64            `json:"in_flight"`
	// ConcurrencyAvg is the time average of requests sent and not yet answered.
	ConcurrencyAvg float64 `json:"concurrency_avg"`
	Connections    int64   `json:"connections"` // usable at the end of the slice
	PacingP50Ns    int64   `json:"pacing_p50_ns"`
	PacingP99Ns    int64   `json:"pacing_p99_ns"`
	PacingMaxNs    int64   `json:"pacing_max_ns"`
	PacingCount    int64   `json:"pacing_count"`
	ThreadCPUNs    int64   `json:"thread_cpu_ns"`  // CPU time of the driver's threads in the slice
	SpinNs         int64   `json:"spin_ns"`        // part of it spent polling instead of sleeping
	ThreadWaitNs   int64   `json:"thread_wait_ns"` // time they were ready to run and had no CPU
	// Looks at single connections: how many there were, at how many a reply lay
	// unread, and sums of what lay unread and of what the server had not taken.
	QueueLooks  int64 `json:"queue_looks"`
	QueueUnread int64 `json:"queue_unread"`
	UnreadBytes int64 `json:"unread_bytes"`
	UnsentBytes int64 `json:"unsent_bytes"`
}

// Total sums the counters of all operations.
func (s *Slice) Total() OpCounts {
	var sum OpCounts
	for c := range maps.Values(s.Ops) {
		sum.Add(c)
	}
	return sum
}

// AddError counts n errors of a class.
func (s *Slice) AddError(class string, n int64) {
	if s.ErrorClasses == nil {
		s.ErrorClasses = map[string]int64{}
	}
	s.ErrorClasses[class] += n
}

// Sample is one line of samples.jsonl: the values of one source at one time.
// Counters stay counters; names carry their unit last.
type Sample struct {
	TNs    int64              `json:"t_ns"`
	Source string             `json:"source"`
	Values map[string]float64 `json:"values"`
}

// Event is one line of events.jsonl.
type Event struct {
	TNs    int64          `json:"t_ns"`
	Kind   string         `json:"kind"` // phase, error, note or signal
	Text   string         `json:"text"`
	Fields map[string]any `json:"fields,omitempty"`
}

// Names of the files in a run directory.
const (
	RunFile      = "run.json"
	WorkloadFile = "workload.yaml"
	LatencyFile  = "latency.hlog"
	PacingFile   = "pacing.hlog"
	SlicesFile   = "slices.jsonl"
	SamplesFile  = "samples.jsonl"
	EventsFile   = "events.jsonl"
	HiccupsFile  = "hiccups.jsonl"
	ProfilesDir  = "profiles"
	InfoDir      = "info"
	ServerLog    = "server.log"
	SummaryFile  = "summary.json"
	ReportFile   = "report.html"
	profileExt   = ".pb.gz"
	KindResponse = "response"
	KindService  = "service"
)
