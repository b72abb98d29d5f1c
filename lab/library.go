package lab

import (
	"fmt"
	"os"
	"strings"
	"time"

	"redline/lab/record"
	"redline/lab/target"
	"redline/lab/workload"
)

// Defaults of OpenLoop and ClosedLoop. They are those of the command line, with
// fewer connections and keys: a test wants its answer in a second.
const (
	libraryConnections = 10
	libraryKeys        = 10_000
	libraryValueBytes  = 64
	libraryWarmup      = 200 * time.Millisecond
)

// OpenLoop is a run that sends so many requests per second, whether or not
// replies come back, for a while after a short warm-up. The mix is such as
// "get=0.9,set=0.1". Whatever the result holds can be changed before Run: more
// connections, other keys and values, a service level. A mix that cannot be read
// is an error of Run.
func OpenLoop(mix string, ratePerS float64, d time.Duration) Spec {
	return library(workload.Open, mix, ratePerS, d)
}

// ClosedLoop is a run in which each connection sends when its reply is in, for a
// while after a short warm-up: how fast the server can answer so many clients.
func ClosedLoop(mix string, connections int, d time.Duration) Spec {
	s := library(workload.Closed, mix, 0, d)
	s.Workload.Connections = connections
	return s
}

func library(loop workload.Loop, mix string, ratePerS float64, d time.Duration) Spec {
	s := Spec{Preload: true, Workload: workload.Spec{Name: "test", Loop: loop, Connections: libraryConnections, ValueBytes: libraryValueBytes, Seed: 1,
		Keys: workload.Keys{Count: libraryKeys, Dist: workload.Dist{Kind: workload.Uniform}},
		Phases: []workload.Phase{{Name: record.PhaseWarmup, Duration: libraryWarmup, RateFrom: ratePerS, RateTo: ratePerS},
			{Name: record.PhaseMeasure, Duration: workload.WholeGrains(d), RateFrom: ratePerS, RateTo: ratePerS}}}}
	s.Workload.Ops, s.err = workload.ParseMix(mix)
	return s
}

// at sets the target that Run was given, if any.
func (s *Spec) at(targets []string) error {
	switch len(targets) {
	case 0:
		return nil
	case 1:
	default:
		return fmt.Errorf("a run has one target, not %d", len(targets))
	}
	if path, ok := strings.CutPrefix(targets[0], "exec:"); ok {
		if path == "" {
			return fmt.Errorf("target %q: the program is missing; write it as exec:redis-server", targets[0])
		}
		s.Server = &Server{Path: path}
		return nil
	}
	var err error
	s.Target, err = target.Parse(targets[0])
	return err
}

// scratch gives a run whose directory nobody wants a temporary one, and what
// removes it again.
func (s *Spec) scratch() (remove func(), err error) {
	if s.Kind == "" {
		s.Kind = "lab"
	}
	if s.Out != "" {
		return func() {}, nil
	}
	if s.Out, err = os.MkdirTemp("", "redline-lab-"); err != nil {
		return nil, fmt.Errorf("no room for the run directory: %w", err)
	}
	return func() { _ = os.RemoveAll(s.Out) }, nil
}

// figures copies those that tests ask for most out of the summary.
func (o *Outcome) figures() {
	s := o.Summary
	o.Operations, o.Errors, o.ThroughputPerS = s.Operations, s.Errors, s.ThroughputPerS
	o.Mean, o.P50, o.P99, o.Max = time.Duration(s.ResponseNs.Mean), time.Duration(s.ResponseNs.P50), time.Duration(s.ResponseNs.P99), time.Duration(s.ResponseNs.Max)
}
