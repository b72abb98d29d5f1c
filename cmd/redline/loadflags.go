package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"redline/lab"
	"redline/lab/record"
	"redline/lab/target"
	"redline/lab/workload"
)

// loadFlags describe the load; lab, load and compare share them.
type loadFlags struct {
	Rate        float64       `default:"${rate}" placeholder:"N" help:"Requests per second of the open loop (${default})."`
	Duration    time.Duration `default:"${duration}" placeholder:"D" help:"Length of the measured phase (${default})."`
	Warmup      time.Duration `default:"${warmup}" placeholder:"D" help:"Length of the warm-up before it, which is not measured (${default})."`
	Connections int           `short:"c" default:"50" placeholder:"N" help:"Connections (${default})."`
	Pipeline    int           `short:"P" default:"1" placeholder:"N" help:"Requests in flight per connection (${default})."`
	Threads     int           `placeholder:"N" help:"Threads of the generator (1 on up to 2 CPUs, then half of them, at most 4)."`
	Mix         string        `default:"get=0.9,set=0.1" placeholder:"MIX" help:"Operations and their weights (${default})."`
	Keys        int64         `short:"r" default:"100000" placeholder:"N" help:"Number of keys (${default})."`
	KeyDist     string        `default:"uniform" placeholder:"DIST" help:"uniform, sequential, zipf or zipf:THETA (${default})."`
	KeyPrefix   string        `placeholder:"TEXT" help:"Prefix of all keys (one of the run's own)."`
	ValueSize   int           `short:"d" default:"64" placeholder:"BYTES" help:"Size of values (${default})."`
	Arrivals    string        `default:"constant" placeholder:"KIND" help:"Spacing of requests in the open loop: constant or poisson (${default})."`
	Closed      bool          `help:"Closed loop: each connection sends when its replies are in; --rate is ignored."`
	Spin        time.Duration `default:"0s" placeholder:"D" help:"Poll instead of sleeping this long before each intended time, such as 50us: finer pacing for CPU (0s: found out, and a tenth of a CPU at most)."`
	Timeout     time.Duration `default:"5s" placeholder:"D" help:"How long a reply may take (${default})."`
	Seed        uint64        `default:"1" placeholder:"N" help:"Seed of all random choices (${default})."`
	Preload     bool          `default:"true" negatable:"" help:"Write every key once before the load."`
	AllowWrites bool          `help:"Write to a target that is not on this machine or not empty."`
	KeepKeys    bool          `help:"Leave the keys on the target afterwards."`
	SLOP99      time.Duration `name:"slo-p99" placeholder:"D" help:"Fail if the response time p99 is above this."`
	SLOErrors   float64       `name:"slo-errors" default:"0" placeholder:"RATIO" help:"Fail if a larger share of requests fails (${default})."`
	JSON        bool          `name:"json" help:"Print one JSON object instead of text."`
}

// spec turns the flags into a Spec without target. Errors name the flag.
func (f *loadFlags) spec(kind string) (lab.Spec, error) {
	s := lab.Spec{Kind: kind, Version: version(), Command: append([]string{"redline"}, os.Args[1:]...),
		Spin: f.Spin, Preload: f.Preload, AllowWrites: f.AllowWrites, KeepKeys: f.KeepKeys,
		SLO: record.SLO{ResponseP99Ns: int64(f.SLOP99), ErrorRatio: f.SLOErrors}}
	if f.SLOP99 < 0 {
		return s, fmt.Errorf("--slo-p99 is %v: want a positive duration such as 5ms", f.SLOP99)
	}
	if !(f.SLOErrors >= 0 && f.SLOErrors <= 1) {
		return s, fmt.Errorf("--slo-errors is %g: want a share from 0 to 1", f.SLOErrors)
	}
	if f.Duration < 100*time.Millisecond {
		return s, fmt.Errorf("--duration is %v: want at least 100ms", f.Duration)
	}
	if f.Warmup < 0 {
		return s, fmt.Errorf("--warmup is %v: want 0 or more", f.Warmup)
	}
	if f.Spin < 0 || f.Spin > time.Second {
		return s, fmt.Errorf("--spin is %v: want 0 to 1s", f.Spin)
	}
	if !f.Closed && !(f.Rate > 0 && !math.IsInf(f.Rate, 0)) {
		return s, fmt.Errorf("--rate is %g: want more than 0, or --closed", f.Rate)
	}
	ops, err := workload.ParseMix(f.Mix)
	if err != nil {
		return s, fmt.Errorf("--%w", err)
	}
	dist, err := workload.ParseDist(f.KeyDist)
	if err != nil {
		return s, fmt.Errorf("--key-dist: %w", err)
	}
	s.Workload = workload.Spec{Name: kind, Loop: workload.Open, Arrivals: workload.Arrivals(f.Arrivals), Connections: f.Connections,
		Pipeline: f.Pipeline, Threads: f.Threads, Keys: workload.Keys{Prefix: f.KeyPrefix, Count: f.Keys, Dist: dist},
		ValueBytes: f.ValueSize, Ops: ops, Timeout: f.Timeout, Seed: f.Seed}
	rate := f.Rate
	if f.Closed {
		s.Workload.Loop, rate = workload.Closed, 0
	}
	if f.Warmup > 0 {
		s.Workload.Phases = append(s.Workload.Phases, workload.Phase{Name: record.PhaseWarmup, Duration: wholeSlices(f.Warmup), RateFrom: rate, RateTo: rate})
	}
	s.Workload.Phases = append(s.Workload.Phases, workload.Phase{Name: record.PhaseMeasure, Duration: wholeSlices(f.Duration), RateFrom: rate, RateTo: rate})
	return s, nil
}

// wholeSlices rounds d up to the recorder's resolution, so that no slice belongs
// to two phases.
func wholeSlices(d time.Duration) time.Duration {
	const slice = time.Duration(lab.SliceNs)
	return (d + slice - 1) / slice * slice
}

// place sets what the load goes to: a URL, "self" for a server of this program,
// or exec:PROGRAM for another one that takes redis-server's arguments.
func place(s *lab.Spec, where string) error {
	if where == "self" {
		exe, err := os.Executable()
		if err != nil {
			return fmt.Errorf("cannot find this program's own file: %w", err)
		}
		s.Server = &lab.Server{Path: exe, Redline: true}
		return nil
	}
	if path, ok := strings.CutPrefix(where, "exec:"); ok {
		if path == "" {
			return fmt.Errorf("target %q: the program is missing; write it as exec:redis-server", where)
		}
		s.Server = &lab.Server{Path: path}
		return nil
	}
	t, err := target.Parse(where)
	s.Target = t
	return err
}

// interruptible is a context that ends at the first Ctrl-C or SIGTERM; the
// second one ends the program.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
