package lab

import (
	"time"

	"redline/hist"
	"redline/lab/drive"
	"redline/lab/record"
	"redline/lab/workload"
)

// Measured is the outcome of a load.
type Measured struct {
	Spec workload.Spec // with its defaults
	// Counts, errors and latencies are those of the measured phase, with replies
	// that came after its end.
	Counts            record.OpCounts
	ErrorClasses      map[string]int64
	Ops               []OpMeasured // in the order of Spec.Ops
	Response, Service hist.Recorder
	Pacing            hist.Recorder
	DurationS         float64 // of the measured phase
	ThroughputPerS    float64 // answered without an error within it
	Concurrency       float64 // time average of requests sent and not yet answered
	Backlog           float64 // mean over the slices of what waited for a connection
	Connections       int64   // least number usable; -1 when nothing was measured
	CPURatio          float64 // of the driver's threads, without spinning
	Note              string  // the last error that was noted
	// Hiccups of the machine that reach into the load, where they are watched for;
	// CalmMaxNs is the longest response time in the slices that none reaches.
	Hiccups   []record.Hiccup
	CalmMaxNs int64
	worst     []worst
	// ServerCPU is the CPU time of the server's process from when all connections stood until they were closed; 0 where
	// it is not known.
	ServerCPU time.Duration
}

// worst is the longest response time of a slice.
type worst struct{ fromNs, durNs, ns int64 }

// OpMeasured is the part of one operation.
type OpMeasured struct {
	Name     string
	Counts   record.OpCounts
	Response hist.Recorder
}

func newMeasured(spec workload.Spec) *Measured {
	m := &Measured{Spec: spec, ErrorClasses: map[string]int64{}, Ops: make([]OpMeasured, len(spec.Ops)), Connections: -1}
	for i, op := range spec.Ops {
		m.Ops[i].Name = op.Name
	}
	return m
}

// add takes a slice of the measured phase or of the cooldown after it. Until
// finish, the averages hold sums.
func (m *Measured) add(s *drive.Slice) {
	if s.Phase != record.PhaseMeasure && s.Phase != record.PhaseCooldown {
		return
	}
	done, w := int64(0), worst{s.TNs, s.DurNs, 0}
	for i := range s.Ops {
		op := &s.Ops[i]
		m.Counts.Add(op.Counts)
		m.Ops[i].Counts.Add(op.Counts)
		m.Ops[i].Response.Add(&op.Response)
		m.Response.Add(&op.Response)
		w.ns = max(w.ns, op.Response.Max())
		m.Service.Add(&op.Service)
		done += op.Counts.Completed
	}
	m.worst = append(m.worst, w)
	for class, n := range s.Errors {
		if n > 0 {
			m.ErrorClasses[drive.Class(class).String()] += n
		}
	}
	if s.ConnectErrors > 0 {
		m.ErrorClasses["connect"] += s.ConnectErrors
	}
	if s.Phase != record.PhaseMeasure {
		return
	}
	m.Pacing.Add(&s.Pacing)
	d := float64(s.DurNs) / 1e9
	m.DurationS += d
	m.ThroughputPerS += float64(done)
	m.Concurrency += float64(s.AreaNs) / 1e9
	m.Backlog += float64(s.Backlog) * d
	m.CPURatio += float64(s.ThreadCPUNs-s.SpinNs) / 1e9
	if m.Connections < 0 || s.Connections < m.Connections {
		m.Connections = s.Connections
	}
}

func (m *Measured) finish(note string, hiccups []record.Hiccup) {
	m.Note = note
	m.tellApart(hiccups)
	if m.DurationS > 0 {
		m.ThroughputPerS /= m.DurationS
		m.Concurrency /= m.DurationS
		m.Backlog /= m.DurationS
		m.CPURatio /= m.DurationS * float64(m.Spec.Threads)
	}
}

// tellApart tells what hiccups of the machine reach from what they do not.
func (m *Measured) tellApart(hiccups []record.Hiccup) {
	if len(m.worst) == 0 {
		return
	}
	first, last := m.worst[0], m.worst[len(m.worst)-1]
	for _, h := range hiccups {
		if record.ReachOf([]record.Hiccup{h}).Into(first.fromNs, last.fromNs+last.durNs-first.fromNs) {
			m.Hiccups = append(m.Hiccups, h)
		}
	}
	reach := record.ReachOf(m.Hiccups)
	for _, w := range m.worst {
		if !reach.Into(w.fromNs, w.durNs) {
			m.CalmMaxNs = max(m.CalmMaxNs, w.ns)
		}
	}
}
