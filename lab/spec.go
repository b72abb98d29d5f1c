package lab

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os/exec"
	"time"

	"redline/lab/analysis/summary"
	"redline/lab/drive"
	"redline/lab/record"
	"redline/lab/target"
	"redline/lab/workload"
)

// SliceNs is the resolution in time of everything recorded, unless a Spec says otherwise.
const SliceNs = int64(100 * time.Millisecond)

// sampleEvery is how often server, host and generator are sampled: fine enough
// for charts of a short run, 10 MB a day.
const sampleEvery = 500 * time.Millisecond

// Spec describes one run.
type Spec struct {
	Kind    string // lab, load or compare: how the run directory names itself; empty: lab
	Label   string // in the run's id instead of Kind: letters, digits, '.', '_' and '-'; may be empty
	Version string // of this program
	Command []string
	// Target is the server, unless Server says to start one.
	Target target.Target
	Server *Server
	// Workload has the phases warm-up and measure. An empty key prefix is replaced
	// by one of the run's own.
	Workload workload.Spec
	Preload  bool
	SLO      record.SLO
	// AllowWrites permits writing to a target that is not loopback or not empty.
	AllowWrites bool
	// KeepKeys leaves what was written.
	KeepKeys bool
	// Slice is the resolution in time of what is recorded, and loads begin at whole ones; 0: SliceNs. Phases are whole
	// numbers of slices.
	Slice time.Duration
	// Spin is drive.Config.Spin.
	Spin time.Duration
	// Profiles fetches pprof profiles where the target offers them, and what the
	// server says about itself. Profiling costs it a few percent of CPU.
	Profiles bool
	// Deep, with Profiles, captures what costs more as well: what Linux perf sees of
	// a local process, and an execution trace of a Go server. Where the server has
	// pprof, both come from the same load applied once more after the measured phase.
	Deep bool
	// Hiccups is how a process is started that calls hiccup.Watch, which tells when
	// the machine did not run what was due; nil: none is.
	Hiccups func() *exec.Cmd
	Out     string // folder for the run directory; empty: a temporary one, removed after the run
	// Progress is called about ten times a second from one goroutine. May be nil.
	Progress func(Progress)
	// Observers see the load while it goes on, without preloading.
	Observers []Observer
	// OnSample is called with each sample of server, host and generator as it is
	// taken, from any goroutine. May be nil. It must not keep or change the sample.
	OnSample func(*record.Sample)

	perfFor  time.Duration   // length of perf's part of a deep capture; 0 is deepPerf
	attended bool            // the load is that of Attend's caller, who may write
	space    *workload.Space // of the load, once there was one
	err      error           // of what the Spec was made from
}

// sliceNs is the resolution in time, in nanoseconds.
func (s *Spec) sliceNs() int64 {
	if s.Slice > 0 {
		return int64(s.Slice)
	}
	return SliceNs
}

// Observer watches a run while it goes on.
type Observer struct {
	// Span is how much time a snapshot covers, in whole slices: 0 is each slice of
	// 100 ms.
	Span time.Duration
	// Show is called from one goroutine, the same for all observers, which must
	// not be held up for longer than a slice. The snapshot is valid during the call.
	Show func(*drive.Snapshot)
}

// Progress is what a progress line shows.
type Progress struct {
	Phase     string
	Elapsed   time.Duration // in the phase
	Of        time.Duration // its length; 0 when not known
	PerS      float64       // completed in the last second
	P50Ns     int64         // response time in the last slice
	P99Ns     int64
	Errors    int64 // so far
	Backlog   int64
	Completed int64
}

// Outcome is the result of a run: what is asked for most, and all of it.
type Outcome struct {
	Operations     int64 // answered without an error in the measured phase
	Errors         int64
	ThroughputPerS float64
	// Response times, from the intended send time to the reply.
	Mean, P50, P99, Max time.Duration

	Dir     string // the run directory; empty when Spec.Out was, as it is removed then
	Summary *summary.Summary
}

// newID names a run: time, kind and four random digits.
func newID(kind string, now time.Time) (id, tag string) {
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails
	tag = hex.EncodeToString(b[:])
	return fmt.Sprintf("%s-%s-%s", now.Format("20060102-150405"), kind, tag), tag
}

// KeyPrefix is the default prefix of a run's keys. With its number of 8 digits
// a key has 16 bytes, the size that memory figures usually refer to.
func KeyPrefix(tag string) string { return "rl:" + tag + ":" }
