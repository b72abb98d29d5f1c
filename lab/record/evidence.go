package record

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// SlowCommand is one entry of the server's slow log: server/slowlog.json.
type SlowCommand struct {
	UnixS  int64    `json:"unix_s"`
	USec   int64    `json:"usec"`
	Args   []string `json:"args"`
	Client string   `json:"client"`
}

// LatencyEvent is what the server's latency monitor says of one kind of event: server/latency.json.
type LatencyEvent struct {
	Event  string `json:"event"`
	UnixS  int64  `json:"unix_s"` // of the last one
	LastMs int64  `json:"last_ms"`
	MaxMs  int64  `json:"max_ms"` // since the monitor was reset, so maybe before the run
}

// TopKey is a hot or a big key: server/hotkeys.json, server/bigkeys.json. What does not apply is 0.
type TopKey struct {
	Key      string  `json:"key"`
	Type     string  `json:"type"`
	RatePerS float64 `json:"rate_per_s"`
	Bytes    int64   `json:"bytes"`
	Members  int64   `json:"members"`
	// Share is that of all commands for a hot key, and of the server's memory for a big one, 0 to 1.
	Share float64 `json:"share"`
}

// TraceSummary is what an execution trace of a Go server says: profiles/trace.json. Times of states are sums over all
// goroutines.
type TraceSummary struct {
	SpanNs            int64        `json:"span_ns"`          // of all traces, if there are several
	SchedLatencyNs    TraceLatency `json:"sched_latency_ns"` // from runnable to running
	GCNs              int64        `json:"gc_ns"`            // time in which a collection was going on
	STWNs             int64        `json:"stw_ns"`           // time in which the world was stopped
	SyscallNs         int64        `json:"syscall_ns"`
	RunningNs         int64        `json:"running_ns"`
	RunnableNs        int64        `json:"runnable_ns"`
	GoroutinesCreated int64        `json:"goroutines_created"`
	CreatedBy         []Creator    `json:"created_by"` // most goroutines first
}

// Add makes s the sum of itself and a later trace, whose waits it takes over.
func (s *TraceSummary) Add(o *TraceSummary) {
	s.SpanNs += o.SpanNs
	s.SchedLatencyNs = o.SchedLatencyNs
	s.GCNs += o.GCNs
	s.STWNs += o.STWNs
	s.SyscallNs += o.SyscallNs
	s.RunningNs += o.RunningNs
	s.RunnableNs += o.RunnableNs
	s.GoroutinesCreated += o.GoroutinesCreated
	all := append([]Creator{}, s.CreatedBy...)
	for _, c := range o.CreatedBy {
		i := slices.IndexFunc(all, func(k Creator) bool { return k.Function == c.Function && k.File == c.File && k.Line == c.Line })
		if i < 0 {
			all = append(all, c)
			continue
		}
		all[i].Count += c.Count
	}
	slices.SortStableFunc(all, func(x, y Creator) int { return cmp.Compare(y.Count, x.Count) })
	s.CreatedBy = all
}

// TraceLatency is how long goroutines waited for a processor.
type TraceLatency struct {
	P50 int64 `json:"p50"`
	P99 int64 `json:"p99"`
	Max int64 `json:"max"`
}

// Creator is a go statement that started goroutines while the trace went on.
type Creator struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Count    int64  `json:"count"`
}

// Capture is a line of profiles/captures.json: what was captured when, and in which phase.
type Capture struct {
	File   string `json:"file"` // relative to the run directory
	Phase  string `json:"phase"`
	Label  string `json:"label,omitempty"`
	FromNs int64  `json:"from_ns"`
	ToNs   int64  `json:"to_ns"`
}

// Files of evidence, relative to the run directory. Any of them may be absent; run.json says why.
const (
	SlowlogFile  = "server/slowlog.json"
	LatencyLog   = "server/latency.json"
	ClientsFile  = "server/clients.json"
	HotKeysFile  = "server/hotkeys.json"
	BigKeysFile  = "server/bigkeys.json"
	TraceFile    = "profiles/trace.json"
	TraceRaw     = "profiles/trace.out"
	CapturesFile = "profiles/captures.json"
)

// Slowlog reads server/slowlog.json. ok is false when there is none.
func (d *Dir) Slowlog() (list []SlowCommand, ok bool, err error) {
	return readJSON[[]SlowCommand](d, SlowlogFile)
}

// LatencyEvents reads server/latency.json. ok is false when there is none.
func (d *Dir) LatencyEvents() (list []LatencyEvent, ok bool, err error) {
	return readJSON[[]LatencyEvent](d, LatencyLog)
}

// Clients reads server/clients.json: the fields of CLIENT LIST, one map a connection. ok is false when there is none.
func (d *Dir) Clients() (list []map[string]string, ok bool, err error) {
	return readJSON[[]map[string]string](d, ClientsFile)
}

// HotKeys reads server/hotkeys.json. ok is false when there is none.
func (d *Dir) HotKeys() (list []TopKey, ok bool, err error) {
	return readJSON[[]TopKey](d, HotKeysFile)
}

// BigKeys reads server/bigkeys.json. ok is false when there is none.
func (d *Dir) BigKeys() (list []TopKey, ok bool, err error) {
	return readJSON[[]TopKey](d, BigKeysFile)
}

// Trace reads profiles/trace.json. ok is false when there is none.
func (d *Dir) Trace() (t TraceSummary, ok bool, err error) {
	return readJSON[TraceSummary](d, TraceFile)
}

// Captures reads profiles/captures.json. ok is false when there is none.
func (d *Dir) Captures() (list []Capture, ok bool, err error) {
	return readJSON[[]Capture](d, CapturesFile)
}

// readJSON reads a whole file. One that is damaged is an error, or as good as absent in a salvaged directory.
func readJSON[T any](d *Dir, name string) (v T, ok bool, err error) {
	text, err := os.ReadFile(filepath.Join(d.path, name))
	if errors.Is(err, fs.ErrNotExist) {
		return v, false, nil
	}
	if err == nil {
		if jsonErr := json.Unmarshal(text, &v); jsonErr != nil {
			err = &DamageError{name, 0, jsonErr}
		}
	}
	if err != nil {
		var zero T
		if d.passes(err) {
			return zero, false, nil
		}
		return zero, false, err
	}
	return v, true, nil
}

// JSON writes a file of evidence, such as SlowlogFile.
func (w *Writer) JSON(name string, v any) error {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Join(w.dir, name)), 0o755); err != nil {
		return err
	}
	return w.replace(name, append(text, '\n'))
}
