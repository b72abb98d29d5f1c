package drive

import (
	"time"

	"redline/hist"
	"redline/lab/record"
	"redline/lab/workload"
)

// Snapshot is what a live view shows of a span of time: sums over its slices,
// and percentiles of their merged histograms. Rates are over the span; its
// counters are those of the span alone, except where the name says Total.
type Snapshot struct {
	TNs, DurNs int64  // from TNs after the start of the run
	Phase      string // of the last slice in the span
	// Counts sums all operations; AskedPerS and GotPerS are its Intended and
	// Completed as rates.
	Counts    record.OpCounts
	AskedPerS float64
	GotPerS   float64
	Response  Percentiles
	Service   Percentiles
	Ops       []OpSnapshot // in the order of Spec.Ops
	// ErrorClasses counts failed requests by class, and failed connection attempts
	// under "connect"; classes without an error are absent.
	ErrorClasses map[string]int64
	// As the span ended.
	Backlog, InFlight, Connections int64
	// Concurrency is the time average of requests sent and not yet answered.
	Concurrency float64
	// Pacing is the generator's own error: how late requests were sent although a
	// connection was free.
	Pacing Percentiles
	// CPURatio is the share of time the driver's threads worked, without spinning;
	// 1 is saturation. 0 where threads cannot be timed.
	CPURatio float64
	// WaitRatio is the share of time they were ready to work and had no CPU;
	// UnreadRatio is the share of looks at a connection that found an unread reply.
	WaitRatio, UnreadRatio float64
	// Total sums everything since the first slice.
	Total OpTotals
}

// OpTotals are sums since the start of the load.
type OpTotals struct {
	record.OpCounts
	ConnectErrors int64
}

// OpSnapshot is the part of one operation.
type OpSnapshot struct {
	Name      string
	Counts    record.OpCounts
	Response  Percentiles
	Service   Percentiles
	AskedPerS float64
	GotPerS   float64
}

// Percentiles are figures of one distribution in nanoseconds; all 0 without a
// value.
type Percentiles struct {
	Count                         int64
	P50, P90, P99, P999, Max, Avg int64
}

func percentilesOf(r *hist.Recorder) Percentiles {
	if r.Count() == 0 {
		return Percentiles{}
	}
	return Percentiles{r.Count(), r.Quantile(0.5), r.Quantile(0.9), r.Quantile(0.99), r.Quantile(0.999), r.Max(), int64(r.Mean())}
}

// Live turns the slices of a run into snapshots of a fixed span, each of whole
// slices, one after the other without overlap. Call Add from a Config's Sink and
// Close when the run is over.
type Live struct {
	spanNs  int64
	threads int
	names   []string
	show    func(*Snapshot)

	sum             *Slice
	response, serve hist.Recorder // of all operations
	total           OpTotals
	shown           Snapshot
}

// NewLive returns the observer of a load of spec. It calls show with every span
// of time (slices for a span of 0); a snapshot is valid during the call only.
func NewLive(spec *workload.Spec, span time.Duration, show func(*Snapshot)) *Live {
	l := &Live{spanNs: int64(span), threads: max(spec.Threads, 1), show: show, sum: newSlice(len(spec.Ops))}
	for _, op := range spec.Ops {
		l.names = append(l.names, op.Name)
	}
	l.shown.Ops = make([]OpSnapshot, len(l.names))
	return l
}

// Add takes the next slice, of which it keeps nothing. A change of the phase
// ends a span early, so that none belongs to two phases.
func (l *Live) Add(s *Slice) {
	if l.sum.DurNs > 0 && l.sum.Phase != s.Phase {
		l.Close()
	}
	if l.sum.DurNs == 0 {
		l.sum.TNs, l.sum.Phase = s.TNs, s.Phase
	}
	l.sum.follow(s)
	if l.sum.DurNs >= l.spanNs {
		l.Close()
	}
}

// Close shows what the last, shorter span holds, if anything.
func (l *Live) Close() {
	if l.sum.DurNs > 0 {
		l.take()
		l.show(&l.shown)
	}
	l.sum.reset()
}

// take computes the snapshot of l.sum.
func (l *Live) take() {
	s, out := l.sum, &l.shown
	seconds := float64(s.DurNs) / 1e9
	l.response.Reset()
	l.serve.Reset()
	out.Counts = record.OpCounts{}
	for i := range s.Ops {
		op := &s.Ops[i]
		out.Counts.Add(op.Counts)
		l.response.Add(&op.Response)
		l.serve.Add(&op.Service)
		out.Ops[i] = OpSnapshot{Name: l.names[i], Counts: op.Counts, Response: percentilesOf(&op.Response), Service: percentilesOf(&op.Service),
			AskedPerS: float64(op.Counts.Intended) / seconds, GotPerS: float64(op.Counts.Completed) / seconds}
	}
	out.TNs, out.DurNs, out.Phase = s.TNs, s.DurNs, s.Phase
	out.AskedPerS, out.GotPerS = float64(out.Counts.Intended)/seconds, float64(out.Counts.Completed)/seconds
	out.Response, out.Service, out.Pacing = percentilesOf(&l.response), percentilesOf(&l.serve), percentilesOf(&s.Pacing)
	out.Backlog, out.InFlight, out.Connections = s.Backlog, s.InFlight, s.Connections
	out.Concurrency = float64(s.AreaNs) / float64(s.DurNs)
	out.CPURatio = float64(s.ThreadCPUNs-s.SpinNs) / float64(s.DurNs) / float64(l.threads)
	out.WaitRatio = float64(s.WaitNs) / float64(s.DurNs) / float64(l.threads)
	out.UnreadRatio = float64(s.Queues.Unread) / float64(max(s.Queues.Looks, 1))
	out.ErrorClasses = s.errorClasses()
	l.total.Add(out.Counts)
	l.total.ConnectErrors += s.ConnectErrors
	out.Total = l.total
}
