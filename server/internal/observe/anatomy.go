package observe

import (
	"sync/atomic"
	"time"
)

// Stage is a part of a request's time in the server. The stages follow each other and leave nothing out.
type Stage uint8

// The stages.
const (
	// StageQueue is from when the transport has the bytes to when their request's turn comes: the requests before it in
	// the same batch.
	StageQueue Stage = iota
	// StageParse is making a request of the bytes.
	StageParse
	// StageLock is waiting for locks that others hold.
	StageLock
	// StageExecute is the rest of the command's time: checking, working on the data, writing the reply.
	StageExecute
	// StageLog is waiting until the log is on disk (appendfsync always). Requests that do not wait do not count.
	StageLog
	// StageWrite is from then, or from the end of the command, until the system has taken the reply: the requests after it
	// in the same batch, which is written at once, and the write itself.
	StageWrite

	Stages
)

var stageNames = [Stages]string{"queue", "parse", "lock-wait", "execute", "log-wait", "write"}

func (s Stage) String() string { return stageNames[s] }

// Times are the nanoseconds that a request spent in each stage.
type Times [Stages]int64

// Total is the request's time in the server.
func (t *Times) Total() (sum int64) {
	for _, ns := range t {
		sum += ns
	}
	return sum
}

// Anatomy is where requests spend their time: distributions over a sample of them, and the slowest. The zero value is
// ready. Adding takes no lock and allocates nothing.
type Anatomy struct {
	stage   [Stages]stageStat
	total   stageStat
	slowest slowest
}

type stageStat struct {
	times Latencies
	sum   atomic.Int64
}

func (s *stageStat) add(ns int64) {
	s.times.add(ns)
	s.sum.Add(ns)
}

func (s *stageStat) reset() {
	for i := range s.times.n {
		s.times.n[i].Store(0)
	}
	s.sum.Store(0)
}

// Add counts a sampled request.
func (a *Anatomy) Add(t *Times) {
	for i, ns := range t {
		if ns > 0 || Stage(i) != StageLog {
			a.stage[i].add(ns)
		}
	}
	a.total.add(t.Total())
}

// Stage returns the distribution of a stage's times, and their sum in nanoseconds.
func (a *Anatomy) Stage(s Stage) (d Distribution, sumNs int64) { return a.stage[s].read() }

// Total is Stage for all stages together.
func (a *Anatomy) Total() (d Distribution, sumNs int64) { return a.total.read() }

func (s *stageStat) read() (d Distribution, sumNs int64) {
	sumNs = s.sum.Load()
	d.add(&s.times)
	return d, sumNs
}

// Reset forgets everything.
func (a *Anatomy) Reset() {
	for i := range a.stage {
		a.stage[i].reset()
	}
	a.total.reset()
	a.slowest.reset()
}

// SlowRequest is one request and where its time went.
type SlowRequest struct {
	Unix    time.Time // when its reply had left
	Command string
	Key     string // the first one, shortened; "" without keys
	Client  string // its address
	Times   Times
}

// Wants says whether a request that took so long would be among the slowest. It is cheap: most are not.
func (a *Anatomy) Wants(totalNs int64, now time.Time) bool { return a.slowest.wants(totalNs, now) }

// AddSlow takes a request that Wants wants.
func (a *Anatomy) AddSlow(r SlowRequest) { a.slowest.add(r) }

// Slowest returns up to n of the slowest requests of the last minute or two, slowest first.
func (a *Anatomy) Slowest(n int, now time.Time) []SlowRequest { return a.slowest.list(n, now) }
