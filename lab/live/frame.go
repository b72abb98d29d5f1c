package live

import (
	"redline/lab/drive"
)

// Frame is what there is to show of a span of time. It is also the object that a
// Stream prints, with type "span".
type Frame struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	UnixNs int64  `json:"unix_ns"` // when it was made
	TNs    int64  `json:"t_ns"`    // start of the span, since the start of the run
	DurNs  int64  `json:"dur_ns"`
	Phase  string `json:"phase"`
	// PhaseElapsedS is the time since the phase began, PhaseOfS its length, 0 when
	// that is not known.
	PhaseElapsedS float64 `json:"phase_elapsed_s"`
	PhaseOfS      float64 `json:"phase_of_s"`

	AskedPerS    float64          `json:"asked_per_s"` // 0 in a closed loop and while preloading
	GotPerS      float64          `json:"got_per_s"`   // answered without an error
	ResponseNs   Quantiles        `json:"response_ns"`
	ServiceNs    Quantiles        `json:"service_ns"`
	Errors       int64            `json:"errors"`
	ErrorClasses map[string]int64 `json:"error_classes"`
	Late         int64            `json:"late"`
	Dropped      int64            `json:"dropped"`
	Ops          []Op             `json:"ops"`
	// Backlog, InFlight and Connections are those at the end of the span.
	Backlog     int64     `json:"backlog"`
	InFlight    int64     `json:"in_flight"`
	Connections int64     `json:"connections"`
	Total       Total     `json:"total"`
	Generator   Generator `json:"generator"`
	Server      Server    `json:"server"`
	Note        string    `json:"note,omitempty"` // the last one
}

// Quantiles are figures of one distribution in nanoseconds.
type Quantiles struct {
	P50  int64 `json:"p50"`
	P90  int64 `json:"p90"`
	P99  int64 `json:"p99"`
	P999 int64 `json:"p999"`
	Max  int64 `json:"max"`
}

// Op is the part of one operation.
type Op struct {
	Name       string    `json:"name"`
	AskedPerS  float64   `json:"asked_per_s"`
	GotPerS    float64   `json:"got_per_s"`
	Errors     int64     `json:"errors"`
	ResponseNs Quantiles `json:"response_ns"`
}

// Total sums everything since the load began.
type Total struct {
	Completed int64 `json:"completed"`
	Errors    int64 `json:"errors"`
	Late      int64 `json:"late"`
	Dropped   int64 `json:"dropped"`
}

// Generator is the health of the load generator.
type Generator struct {
	CPURatio    float64 `json:"cpu_ratio"` // of its threads' time, 1 is saturation; 0 when not known
	PacingP50Ns int64   `json:"pacing_p50_ns"`
	PacingP99Ns int64   `json:"pacing_p99_ns"`
	PacingMaxNs int64   `json:"pacing_max_ns"`
}

// Server is what is known of the server; what is not is nil.
type Server struct {
	CPURatio        *float64 `json:"cpu_ratio"` // of one CPU
	RSSBytes        *float64 `json:"rss_bytes"`
	UsedMemoryBytes *float64 `json:"used_memory_bytes"`
	Keys            *float64 `json:"keys"`
	Clients         *float64 `json:"clients"`
}

func quantilesOf(p drive.Percentiles) Quantiles { return Quantiles{p.P50, p.P90, p.P99, p.P999, p.Max} }

// take copies a snapshot, which is valid during the call only.
func (f *Frame) take(s *drive.Snapshot) {
	f.TNs, f.DurNs, f.Phase = s.TNs, s.DurNs, s.Phase
	f.AskedPerS, f.GotPerS = s.AskedPerS, s.GotPerS
	f.ResponseNs, f.ServiceNs = quantilesOf(s.Response), quantilesOf(s.Service)
	f.Errors, f.Late, f.Dropped = s.Counts.Errors, s.Counts.Late, s.Counts.Dropped
	if s.ErrorClasses != nil {
		f.ErrorClasses = s.ErrorClasses // made anew for each snapshot
	}
	f.Backlog, f.InFlight, f.Connections = s.Backlog, s.InFlight, s.Connections
	f.Total = Total{s.Total.Completed, s.Total.Errors, s.Total.Late, s.Total.Dropped}
	f.Generator = Generator{s.CPURatio, s.Pacing.P50, s.Pacing.P99, s.Pacing.Max}
	for _, op := range s.Ops {
		f.Ops = append(f.Ops, Op{op.Name, op.AskedPerS, op.GotPerS, op.Counts.Errors, quantilesOf(op.Response)})
	}
}
