package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"redline/lab"
	"redline/lab/record"
	"redline/lab/target"
	"redline/lab/workload"
	"redline/lab/workload/file"
	"redline/lab/workload/preset"
)

// loadFlags describe the load; all commands that apply one share them. Without a
// workload file or preset they are the workload; with one, those that are given
// change it.
type loadFlags struct {
	Workload string `short:"w" placeholder:"FILE" xor:"workload" help:"Workload file; the flags below change it. See docs/workload.md and redline load init."`
	Preset   string `placeholder:"NAME" xor:"workload" help:"Ready workload: cache, session, leaderboard, queue, counter, read-heavy, write-heavy or ycsb-a to ycsb-f."`
	Test     string `placeholder:"NAME" help:"Named test at --rate: load, stress (steps up until it fails), spike or soak."`
	Shape    string `placeholder:"SHAPE" help:"Course of the rate over --duration: constant, ramp:FROM-TO, steps:FROM-TO:STEP, spike:PEAK, sine:SWING:PERIOD or soak."`

	Rate        perSecond     `default:"${rate}" placeholder:"N" help:"Requests per second of the open loop, such as 20k (${default}); the highest rate of a workload with phases."`
	Duration    time.Duration `default:"${duration}" placeholder:"D" help:"Length of the measured phase (${default})."`
	Warmup      time.Duration `default:"${warmup}" placeholder:"D" help:"Length of the warm-up before it, which is not measured (${default})."`
	Connections int           `short:"c" default:"50" placeholder:"N" help:"Connections (${default})."`
	Pipeline    int           `short:"P" default:"1" placeholder:"N" help:"Requests in flight per connection (${default})."`
	Threads     int           `placeholder:"N" help:"Threads of the generator (1 on up to 2 CPUs, then half of them, at most 4)."`
	Mix         string        `default:"get=0.9,set=0.1" placeholder:"MIX" help:"Operations and their weights (${default})."`
	Keys        quantity      `short:"r" default:"100000" placeholder:"N" help:"Number of keys, such as 2M (${default})."`
	KeyDist     string        `default:"uniform" placeholder:"DIST" help:"uniform, sequential, zipf[:THETA], hotspot[:OPS:KEYS], gaussian[:MEAN:STDDEV] or latest[:THETA] (${default})."`
	KeyPrefix   string        `placeholder:"TEXT" help:"Prefix of all keys (one of the run's own)."`
	KeyPattern  string        `placeholder:"TEXT" help:"Form of the keys after the prefix, with {n} for the number ({n})."`
	ValueSize   string        `short:"d" default:"64" placeholder:"SIZE" help:"Size of values: BYTES, uniform:MIN-MAX, lognormal:MEDIAN:P99 or list:SIZE=WEIGHT,... (${default})."`
	ValuePerKey bool          `help:"A key keeps the size of its value."`
	Compressed  string        `name:"compressible" default:"0" placeholder:"SHARE" help:"Share of a value that a compressor can remove (${default})."`
	TTL         string        `name:"ttl" placeholder:"D" help:"Time to live of preloaded keys and of {ttl}: 1h, uniform:1h-2h and the like."`
	Arrivals    string        `default:"constant" placeholder:"KIND" help:"Spacing of requests in the open loop: constant or poisson (${default})."`
	Closed      bool          `help:"Closed loop: each connection sends when its replies are in; --rate is ignored."`
	Think       string        `placeholder:"D" help:"Pause of each connection of a closed loop after its replies: 10ms, exponential:10ms and the like."`
	Sessions    string        `placeholder:"N" help:"Partly open loop: --rate sessions arrive per second, each with so many requests (such as uniform:1-20), --think between them."`
	Spin        time.Duration `default:"0s" placeholder:"D" help:"Poll instead of sleeping this long before each intended time, such as 50us: finer pacing for CPU (0s: found out, and a tenth of a CPU at most)."`
	Timeout     time.Duration `default:"5s" placeholder:"D" help:"How long a reply may take (${default})."`
	Seed        uint64        `default:"1" placeholder:"N" help:"Seed of all random choices (${default})."`
	Preload     bool          `default:"true" negatable:"" help:"Write the data set before the load."`
	AllowWrites bool          `help:"Write to a target that is not on this machine or not empty."`
	KeepKeys    bool          `help:"Leave the keys on the target afterwards."`
	SLOP99      time.Duration `name:"slo-p99" placeholder:"D" help:"Fail if the response time p99 is above this."`
	SLOErrors   float64       `name:"slo-errors" default:"0" placeholder:"RATIO" help:"Fail if a larger share of requests fails (${default})."`
	Thresholds  []string      `name:"threshold" sep:"none" placeholder:"RULE" help:"What a pass requires, such as 'response.p99 < 10ms' or 'get.errors < 0.1%'; may be repeated."`
	JSON        bool          `name:"json" help:"Print one JSON object instead of text."`

	awakeFlags

	given map[string]bool // the flags on the command line
}

// AfterApply notes which flags were given, as those alone change a workload file.
func (f *loadFlags) AfterApply(ctx *kong.Context) error {
	f.given = map[string]bool{}
	for _, p := range ctx.Path {
		if p.Flag != nil {
			f.given[p.Flag.Name] = true
		}
	}
	return nil
}

// spec turns the flags into a Spec without target. Errors name the flag.
func (f *loadFlags) spec(kind string) (lab.Spec, error) {
	s := lab.Spec{Kind: kind, Version: version(), Command: append([]string{"redline"}, os.Args[1:]...),
		Spin: f.Spin, Preload: f.Preload, AllowWrites: f.AllowWrites, KeepKeys: f.KeepKeys,
		SLO: record.SLO{ResponseP99Ns: int64(f.SLOP99), ErrorRatio: f.SLOErrors}}
	if err := f.check(); err != nil {
		return s, err
	}
	w, err := f.workload(kind)
	if err != nil {
		return s, err
	}
	s.Workload = w
	// To watch costs some percent of the throughput of a machine without time left: not where that is the figure.
	if w.Loop != workload.Closed && kind != "plan" && kind != "gate" {
		s.Hiccups = watchHiccups
	}
	if s.Preload && !f.given["preload"] && w.PreloadKeys() == 0 {
		s.Preload = false
	}
	return s, nil
}

// check finds what is wrong with flags of which nothing else knows.
func (f *loadFlags) check() error {
	if f.SLOP99 < 0 {
		return fmt.Errorf("--slo-p99 is %v: want a positive duration such as 5ms", f.SLOP99)
	}
	if !(f.SLOErrors >= 0 && f.SLOErrors <= 1) {
		return fmt.Errorf("--slo-errors is %g: want a share from 0 to 1", f.SLOErrors)
	}
	if f.Duration < 100*time.Millisecond {
		return fmt.Errorf("--duration is %v: want at least 100ms", f.Duration)
	}
	if f.Warmup < 0 {
		return fmt.Errorf("--warmup is %v: want 0 or more", f.Warmup)
	}
	if f.Spin < 0 || f.Spin > time.Second {
		return fmt.Errorf("--spin is %v: want 0 to 1s", f.Spin)
	}
	if !f.Closed && !(f.Rate > 0) {
		return fmt.Errorf("--rate is %g: want more than 0, or --closed", f.Rate)
	}
	if f.Test != "" && f.Shape != "" {
		return fmt.Errorf("--test and --shape both say what the rate does: give one of them")
	}
	return nil
}

// workload is the file, the preset or the default, changed by the flags.
func (f *loadFlags) workload(kind string) (w workload.Spec, err error) {
	based := f.Workload != "" || f.Preset != ""
	switch {
	case f.Workload != "":
		w, err = file.Read(f.Workload)
	case f.Preset != "":
		w, err = preset.Spec(f.Preset)
	default:
		w = workload.Spec{Name: kind, Loop: workload.Open}
	}
	if err != nil {
		return w, err
	}
	set := func(flag string) bool { return !based || f.given[flag] }
	f.setConnections(&w, set)
	if err := f.setData(&w, set); err != nil {
		return w, err
	}
	if err := f.setLoop(&w); err != nil {
		return w, err
	}
	if err := f.setPhases(&w, based, set); err != nil {
		return w, err
	}
	for i, text := range f.Thresholds {
		t, err := workload.ParseThreshold(text)
		if err != nil {
			return w, fmt.Errorf("--threshold: %w", err)
		}
		if i == 0 {
			w.Thresholds = nil // as everywhere, the flag replaces what the file says
		}
		w.Thresholds = append(w.Thresholds, t)
	}
	return w, nil
}

func (f *loadFlags) setConnections(w *workload.Spec, set func(string) bool) {
	if set("arrivals") {
		w.Arrivals = workload.Arrivals(f.Arrivals)
	}
	if set("connections") {
		w.Connections = f.Connections
	}
	if set("pipeline") {
		w.Pipeline = f.Pipeline
	}
	if set("threads") {
		w.Threads = f.Threads
	}
	if set("timeout") {
		w.Timeout = f.Timeout
	}
	if set("seed") {
		w.Seed = f.Seed
	}
}

// setData sets operations, keys and values.
func (f *loadFlags) setData(w *workload.Spec, set func(string) bool) (err error) {
	if set("mix") {
		if w.Ops, err = workload.ParseMix(f.Mix); err != nil {
			return fmt.Errorf("--%w", err)
		}
	}
	if set("keys") {
		w.Keys.Count = int64(f.Keys)
	}
	if set("key-dist") {
		if w.Keys.Dist, err = workload.ParseDist(f.KeyDist); err != nil {
			return fmt.Errorf("--key-dist: %w", err)
		}
	}
	if set("key-prefix") {
		w.Keys.Prefix = f.KeyPrefix
	}
	if set("key-pattern") {
		w.Keys.Data.Pattern = f.KeyPattern
	}
	if set("value-size") {
		size, err := workload.ParseLaw(f.ValueSize, workload.Bytes)
		if err != nil {
			return fmt.Errorf("--value-size: %w", err)
		}
		if w.ValueBytes, w.Values.Size = int(size.Mean()), size; size.Kind == workload.FixedLaw {
			w.Values.Size = workload.Law{}
		}
	}
	if set("value-per-key") {
		w.Values.PerKey = f.ValuePerKey
	}
	if set("compressible") {
		if w.Values.Compressible, err = workload.ParseShare(f.Compressed); err != nil {
			return fmt.Errorf("--compressible: %w", err)
		}
	}
	if f.TTL != "" {
		if w.Keys.Data.TTL, err = workload.ParseLaw(f.TTL, workload.Time); err != nil {
			return fmt.Errorf("--ttl: %w", err)
		}
	}
	return nil
}

// setLoop sets what makes the driver send.
func (f *loadFlags) setLoop(w *workload.Spec) (err error) {
	if f.Closed && f.Sessions != "" {
		return fmt.Errorf("--closed and --sessions are two kinds of loop: give one of them")
	}
	var think workload.Law
	if f.Think != "" {
		if think, err = workload.ParseLaw(f.Think, workload.Time); err != nil {
			return fmt.Errorf("--think: %w", err)
		}
	}
	if f.Closed {
		w.Loop, w.Session, w.Thresholds, w.Stop = workload.Closed, workload.Session{}, dropRateRules(w.Thresholds), nil
	}
	if f.Sessions != "" {
		w.Loop, w.Think = workload.PartlyOpen, workload.Law{}
		if w.Session.Requests, err = workload.ParseLaw(f.Sessions, workload.Count); err != nil {
			return fmt.Errorf("--sessions: %w", err)
		}
	}
	switch {
	case f.Think == "":
	case w.Loop == workload.Closed:
		w.Think = think
	case w.Loop == workload.PartlyOpen:
		w.Session.Think = think
	default:
		return fmt.Errorf("--think needs --closed or --sessions: an open loop does not wait for replies")
	}
	return nil
}

// dropRateRules removes thresholds on the share of a rate, which a closed loop
// does not have.
func dropRateRules(rules []workload.Threshold) (out []workload.Threshold) {
	for _, t := range rules {
		if t.Metric != workload.Throughput || !t.Share {
			out = append(out, t)
		}
	}
	return out
}

// setPhases sets what the rate does. Flags change the phases of a file in
// proportion; a test or a shape replaces them.
func (f *loadFlags) setPhases(w *workload.Spec, based bool, set func(string) bool) error {
	rate := float64(f.Rate)
	if based && !f.given["rate"] && w.PeakRate() > 0 {
		rate = w.PeakRate()
	}
	duration := time.Duration(0) // the test's own
	if f.given["duration"] {
		duration = wholeSlices(f.Duration)
	}
	switch {
	case f.Test != "":
		if err := w.ApplyTest(f.Test, rate, duration); err != nil {
			return fmt.Errorf("--test: %w", err)
		}
		if f.given["warmup"] {
			w.SetWarmup(wholeSlices(f.Warmup))
		}
		return nil
	case f.Shape != "" || !based:
		shape, err := workload.ParseShape(orConstant(f.Shape), rate, wholeSlices(f.Duration))
		if err == nil {
			w.Phases, err = shape.Phases()
		}
		if err != nil {
			return fmt.Errorf("--shape: %w", err)
		}
		w.SetWarmup(wholeSlices(f.Warmup))
	default:
		if set("rate") {
			w.ScaleRate(rate)
		}
		if set("duration") {
			w.Stretch(duration)
		}
		if set("warmup") {
			w.SetWarmup(wholeSlices(f.Warmup))
		}
	}
	if w.Loop == workload.Closed {
		for i := range w.Phases {
			w.Phases[i].RateFrom, w.Phases[i].RateTo = 0, 0
		}
	}
	return nil
}

func orConstant(shape string) string {
	if shape == "" {
		return string(workload.ConstantShape)
	}
	return shape
}

// wholeSlices rounds d up to the recorder's resolution, so that no slice belongs
// to two phases.
func wholeSlices(d time.Duration) time.Duration { return workload.WholeGrains(d) }

// place sets what the load goes to: a URL, "self" for a server of this program,
// or exec:PROGRAM for another one: a build of Redline if its file is called
// redline or redline-SOMETHING, else one that takes redis-server's arguments.
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
		if strings.ContainsRune(path, filepath.Separator) { // it is started in a folder of its own
			abs, err := filepath.Abs(path)
			if err != nil {
				return fmt.Errorf("target %q: %w", where, err)
			}
			path = abs
		}
		name := filepath.Base(path)
		s.Server = &lab.Server{Path: path, Redline: name == "redline" || strings.HasPrefix(name, "redline-")}
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
