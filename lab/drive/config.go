package drive

import (
	"fmt"
	"time"

	"redline/hist"
	"redline/lab/record"
	"redline/lab/workload"
)

// lateNs is how long after its intended time a request counts as late.
const lateNs = int64(time.Millisecond)

// Config is one application of load.
type Config struct {
	Address Address
	// Greeting are commands sent on every new connection before anything else,
	// such as AUTH and SELECT; each must be answered without an error.
	Greeting [][]string
	Spec     *workload.Spec
	// Space is that of Spec, for those who want to know afterwards which keys the
	// load has added. nil: Run makes one.
	Space *workload.Space
	// Requests ends a closed loop after so many requests, over all threads; 0
	// means that the phases of Spec decide.
	Requests int64
	// Epoch is the start of the run, from which all times count.
	Epoch   time.Time
	SliceNs int64
	// Spin is how long before an intended time a thread stops sleeping and polls
	// instead, whatever it costs. 0 lets the thread find out itself how early to
	// wake, and to poll for a tenth of its time at most.
	Spin time.Duration
	// Sink gets the slices in order, from one goroutine. A slice is valid during
	// the call only. An error ends the run. May be nil.
	Sink func(*Slice) error
	// Notify gets notable events, such as the first errors of each class, from
	// one goroutine. May be nil.
	Notify func(Note)
	// Started is called once, when all connections stand, with the time at which
	// the first phase starts. May be nil.
	Started func(startNs int64)

	newPoll func(Address, int) (poller, error) // nil is the platform's best; tests replace it
}

// Note is a notable event.
type Note struct {
	TNs   int64
	Class Class
	Text  string
}

// Slice is what happened in one slice of time, over all threads.
type Slice struct {
	TNs, DurNs int64
	Phase      string
	Ops        []OpSlice // in the order of Spec.Ops
	Errors     [classCount]int64
	// ConnectErrors are connection attempts that failed.
	ConnectErrors int64
	Backlog       int64
	InFlight      int64
	Connections   int64
	// AreaNs is the integral over time of the requests in flight.
	AreaNs      int64
	Pacing      hist.Recorder
	ThreadCPUNs int64
	SpinNs      int64 // part of it that was spent waiting
	// WaitNs is how long the threads were ready to run and had no CPU.
	WaitNs int64
	Queues Queues
}

// Queues sums looks at single connections, one after the other, a hundred times
// a second a thread.
type Queues struct {
	Looks       int64
	Unread      int64 // looks at which a reply had arrived that was not read yet
	UnreadBytes int64
	UnsentBytes int64 // written, and not taken by the server's machine
}

func (q *Queues) add(o Queues) {
	q.Looks += o.Looks
	q.Unread += o.Unread
	q.UnreadBytes += o.UnreadBytes
	q.UnsentBytes += o.UnsentBytes
}

// OpSlice is the part of one operation.
type OpSlice struct {
	Counts            record.OpCounts
	Response, Service hist.Recorder
}

// Result sums up a run.
type Result struct {
	StartNs int64 // of the first phase
	StopNs  int64 // when sending ended
	EndNs   int64 // when the last reply was in or given up
	Ops     []record.OpCounts
	Errors  [classCount]int64
	// ConnectErrors are connection attempts that failed, also before the start.
	ConnectErrors int64
	// Interrupted tells that the context ended the run before its time.
	Interrupted bool
	// Priority is what the scheduler gives the driver's threads: real-time, which
	// needs a privilege and a load that is light for them, or normal.
	Priority string
	// Stopped tells why the stop rule of the Spec ended the load; nil if not.
	Stopped *Stopped
}

// Total sums the operations.
func (r *Result) Total() (sum record.OpCounts) {
	for _, c := range r.Ops {
		sum.Add(c)
	}
	return sum
}

func newSlice(ops int) *Slice { return &Slice{Ops: make([]OpSlice, ops)} }

func (s *Slice) reset() {
	for i := range s.Ops {
		op := &s.Ops[i]
		op.Counts = record.OpCounts{}
		op.Response.Reset()
		op.Service.Reset()
	}
	s.Pacing.Reset()
	s.Errors = [classCount]int64{}
	s.TNs, s.DurNs, s.Phase = 0, 0, ""
	s.ConnectErrors, s.Backlog, s.InFlight, s.Connections, s.AreaNs, s.ThreadCPUNs, s.SpinNs = 0, 0, 0, 0, 0, 0, 0
	s.WaitNs, s.Queues = 0, Queues{}
}

// add merges the part of another thread: the same stretch of time.
func (s *Slice) add(o *Slice) {
	s.count(o)
	s.DurNs = max(s.DurNs, o.DurNs)
	s.Backlog += o.Backlog
	s.InFlight += o.InFlight
	s.Connections += o.Connections
}

// follow merges the slice that comes next in time.
func (s *Slice) follow(o *Slice) {
	s.count(o)
	s.DurNs += o.DurNs
	s.Backlog, s.InFlight, s.Connections = o.Backlog, o.InFlight, o.Connections
}

// count adds what only adds up.
func (s *Slice) count(o *Slice) {
	for i := range s.Ops {
		s.Ops[i].Counts.Add(o.Ops[i].Counts)
		s.Ops[i].Response.Add(&o.Ops[i].Response)
		s.Ops[i].Service.Add(&o.Ops[i].Service)
	}
	s.Pacing.Add(&o.Pacing)
	for i, n := range o.Errors {
		s.Errors[i] += n
	}
	s.ConnectErrors += o.ConnectErrors
	s.AreaNs += o.AreaNs
	s.ThreadCPUNs += o.ThreadCPUNs
	s.SpinNs += o.SpinNs
	s.WaitNs += o.WaitNs
	s.Queues.add(o.Queues)
}

// Record converts the slice to its form in a run directory.
func (s *Slice) Record(names []string) *record.Slice {
	out := &record.Slice{
		TNs: s.TNs, DurNs: s.DurNs, Phase: s.Phase, Ops: make(map[string]record.OpCounts, len(s.Ops)),
		Backlog: s.Backlog, InFlight: s.InFlight, Connections: s.Connections,
		PacingP50Ns: s.Pacing.Quantile(0.5), PacingP99Ns: s.Pacing.Quantile(0.99), PacingMaxNs: s.Pacing.Max(),
		PacingCount: s.Pacing.Count(), ThreadCPUNs: s.ThreadCPUNs, SpinNs: s.SpinNs, ThreadWaitNs: s.WaitNs,
		QueueLooks: s.Queues.Looks, QueueUnread: s.Queues.Unread, UnreadBytes: s.Queues.UnreadBytes, UnsentBytes: s.Queues.UnsentBytes,
	}
	if s.DurNs > 0 {
		out.ConcurrencyAvg = float64(s.AreaNs) / float64(s.DurNs)
	}
	for i := range s.Ops {
		out.Ops[names[i]] = s.Ops[i].Counts
	}
	out.ErrorClasses = s.errorClasses()
	return out
}

// errorClasses counts errors by the name of their class, and failed connection
// attempts under "connect"; it is nil without any.
func (s *Slice) errorClasses() map[string]int64 {
	var out map[string]int64
	add := func(class string, n int64) {
		if n == 0 {
			return
		}
		if out == nil {
			out = map[string]int64{}
		}
		out[class] = n
	}
	for c, n := range s.Errors {
		add(Class(c).String(), n)
	}
	add("connect", s.ConnectErrors)
	return out
}

func (c *Config) check() error {
	if err := c.Spec.Validate(); err != nil {
		return err
	}
	if c.SliceNs < int64(time.Millisecond) {
		return fmt.Errorf("slice of %d ns: want at least 1 ms", c.SliceNs)
	}
	if c.Requests > 0 && c.Spec.Loop != workload.Closed {
		return fmt.Errorf("a number of requests needs a closed loop")
	}
	return nil
}
