package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"redline/lab/analysis/findings"
	"redline/lab/analysis/summary"
	"redline/lab/drive"
	"redline/lab/probe"
	"redline/lab/record"
	"redline/lab/target"
	"redline/lab/workload"
	"redline/lab/workload/file"
)

// Run does one run against spec.Target, against the program that spec.Server
// starts, or against the target that is given: redis://[USER:PASSWORD@]HOST:PORT,
// unix:///PATH, or exec:PROGRAM for one that takes redis-server's arguments and is
// started for the run. It returns an error without leaving a directory if the run
// cannot begin (wrong workload, no connection, writing not allowed); later
// failures leave a directory marked as failed, and the Outcome names it. The end
// of ctx ends the run early: its directory is then marked as interrupted, which
// is no error.
func Run(ctx context.Context, spec Spec, targets ...string) (*Outcome, error) {
	if err := cmp.Or(spec.err, spec.at(targets)); err != nil {
		return nil, err
	}
	kept := spec.Out != ""
	remove, err := spec.scratch()
	if err != nil {
		return nil, err
	}
	defer remove()
	out, err := runOnce(ctx, spec)
	if out != nil && !kept {
		out.Dir = ""
		if out.Summary != nil {
			out.Summary.RunDir = ""
		}
	}
	return out, err
}

func runOnce(ctx context.Context, spec Spec) (*Outcome, error) {
	spec.Workload = spec.Workload.WithDefaults(runtime.NumCPU())
	start := time.Now()
	id, tag := newID(spec.Kind, start)
	if spec.Workload.Keys.Prefix == "" {
		spec.Workload.Keys.Prefix = KeyPrefix(tag)
	}
	if err := spec.Workload.Validate(); err != nil {
		return nil, err
	}
	r := &run{spec: &spec, start: start, tag: tag}
	r.body = r.preloadAndMeasure
	done, err := r.create(ctx, id)
	if err != nil {
		return nil, err
	}
	defer done()
	out := &Outcome{Dir: r.w.Dir()}
	if err := r.whole(ctx); err != nil {
		if sumErr := r.sumUp(out); sumErr != nil { // what was recorded until then still tells something, if it can be read
			out.Summary = nil
		}
		return out, err
	}
	return out, r.sumUp(out)
}

// create meets a target that is there already, makes sure that writing to it is
// safe if the run writes, and makes the run directory.
func (r *run) create(ctx context.Context, id string) (done func(), err error) {
	done = func() {}
	if err := drive.RoomFor(r.spec.Workload.Connections); err != nil {
		return nil, err // before anything was written
	}
	if r.spec.Server == nil {
		if err := r.meet(ctx, r.spec.Target); err != nil {
			return nil, err
		}
		done = func() { _ = r.client.Close() }
		if err := mayWrite(r.spec, r.client); err != nil {
			done()
			return nil, err
		}
	}
	if r.w, err = record.Create(r.spec.Out, r.describe(id), r.start); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

// run is one run under way.
type run struct {
	spec   *Spec
	start  time.Time
	tag    string
	w      *record.Writer
	server *running // nil unless the lab has started it
	client *probe.Client
	id     probe.Identity
	pid    int
	pprof  string // URL; empty without

	sampler *probe.Sampler
	hiccups hiccups
	opening sync.Mutex                   // held while capture is made
	capture *capture                     // nil unless profiles are asked for
	current atomic.Pointer[record.Phase] // the phase that goes on
	wrote   bool                         // keys may be there
	seen    progress
	// body makes the load, between the first and the last sample.
	body func(context.Context, drive.Address) error
}

// describe is run.json as far as it is known before the load.
func (r *run) describe(id string) record.Run {
	w := &r.spec.Workload
	out := record.Run{
		ID: id, Kind: r.spec.Kind, RedlineVersion: r.spec.Version, Command: hidePasswords(r.spec.Command), SliceNs: r.spec.sliceNs(), SLO: r.spec.SLO,
		Workload: record.Workload{Name: w.Name, Test: w.Test, Loop: string(w.Loop), RatePerS: w.AskedPerS(), Connections: w.Connections, Pipeline: w.Pipeline,
			Threads: w.Threads, Keys: w.Keys.Count, KeyDistribution: w.Keys.Dist.String(), ValueBytes: int(w.ValuesOf(nil).Size.Mean()), Mix: w.Mix(),
			KeyPrefix: w.Keys.Prefix, TimeoutNs: int64(w.Timeout), Seed: w.Seed},
		Phases: []record.Phase{}, Missing: []record.Missing{}, Conditions: probe.Conditions(),
	}
	if n := w.PreloadKeys(); n > 0 {
		out.Workload.Keys = n
	}
	if w.Values.Size.Given() {
		out.Workload.ValueSize = w.Values.Size.Text(workload.Bytes)
	}
	for _, t := range w.Rules() {
		out.Workload.Thresholds = append(out.Workload.Thresholds, t.String())
	}
	if w.Stop != nil {
		out.Workload.Stop = fmt.Sprintf("%d windows of %s", w.Stop.Windows, workload.FormatDuration(w.Stop.Window))
	}
	if w.Loop != workload.Closed {
		out.Workload.Arrivals = string(w.Arrivals)
	}
	r.fillTarget(&out)
	return out
}

// hidePasswords masks passwords of URLs on the command line.
func hidePasswords(args []string) []string {
	out := make([]string, len(args))
	for i, arg := range args {
		out[i] = arg
		scheme := strings.Index(arg, "://")
		if at := strings.LastIndexByte(arg, '@'); scheme >= 0 && at > scheme {
			out[i] = arg[:scheme+3] + "***" + arg[at:]
		}
	}
	return out
}

func (r *run) fillTarget(out *record.Run) {
	t := r.spec.Target
	out.Target = record.Target{URL: t.URL(), Kind: r.id.Kind, Version: r.id.Version, PID: r.pid, Local: t.Loopback(),
		StartedByLab: r.spec.Server != nil, Pprof: r.pprof}
	if out.Target.Kind == "" {
		out.Target.Kind = "unknown"
	}
}

// meet connects to the target and finds out what it is.
func (r *run) meet(ctx context.Context, t target.Target) error {
	c, err := probe.Dial(ctx, t)
	if err != nil {
		return err
	}
	r.client = c
	info, err := c.Info("everything")
	if err != nil {
		info = probe.Info{}
	}
	r.id = info.Identify()
	return nil
}

// whole does everything from the created directory to its end.
func (r *run) whole(ctx context.Context) error {
	err := r.load(ctx)
	r.stopServer()
	state, reason := record.StateComplete, ""
	var left *leftKeysError
	switch {
	case ctx.Err() != nil && errors.As(err, &left):
		// Whoever ends a run whose server is gone cannot have the keys removed too.
		state, reason = record.StateInterrupted, "stopped by the user; "+strings.ReplaceAll(err.Error(), "\n", "; ")
		_ = r.w.Event("signal", "interrupted", nil)
		_ = r.w.Missing("cleanup", reason)
		err = nil
	case err != nil:
		state, reason = record.StateFailed, strings.ReplaceAll(err.Error(), "\n", "; ")
	case ctx.Err() != nil:
		state, reason = record.StateInterrupted, "stopped by the user"
		_ = r.w.Event("signal", "interrupted", nil)
	}
	return errors.Join(err, r.w.Finish(state, reason))
}

func (r *run) sumUp(out *Outcome) error {
	d, err := record.Open(out.Dir)
	if err != nil {
		return err
	}
	if out.Summary, err = summary.Compute(d); err != nil {
		return err
	}
	out.Summary.RunDir = out.Dir
	out.figures()
	if err := summary.Write(out.Dir, out.Summary); err != nil {
		return err
	}
	if _, err := findings.Write(out.Dir); err != nil {
		return fmt.Errorf("the findings cannot be computed: %w", err)
	}
	return nil
}

// load starts the server if need be, applies preload and load, and cleans up.
func (r *run) load(ctx context.Context) error {
	if r.spec.Server != nil {
		if err := r.startServer(ctx); err != nil {
			return err
		}
	}
	addr := drive.Address{Network: r.spec.Target.Network, Addr: r.spec.Target.Addr}
	r.observe(ctx)
	defer r.stopObserving()
	err := r.body(ctx, addr)
	r.capture.close()
	if r.server != nil && !r.server.alive() {
		return errors.Join(ErrServerEnded, err)
	}
	if left := r.tidyUp(addr); left != nil {
		if err == nil {
			return &leftKeysError{left}
		}
		return errors.Join(err, left)
	}
	return err
}

// leftKeysError says that the run's keys could not be removed, and that nothing
// else went wrong.
type leftKeysError struct{ error }

func (e *leftKeysError) Unwrap() error { return e.error }

// ErrServerEnded says that a server the lab has started ended by itself.
var ErrServerEnded = errors.New("the server ended during the run; see " + record.ServerLog)

// preloadAndMeasure is the body of a run of one workload.
func (r *run) preloadAndMeasure(ctx context.Context, addr drive.Address) error {
	err := r.preload(ctx, addr)
	if err == nil && ctx.Err() == nil {
		err = r.measure(ctx, addr)
	}
	return err
}

func (r *run) startServer(ctx context.Context) error {
	logPath, err := filepath.Abs(filepath.Join(r.w.Dir(), record.ServerLog))
	if err != nil {
		return err
	}
	if r.server, err = r.spec.Server.start(ctx, logPath); err != nil {
		return err
	}
	r.spec.Target, r.pprof = r.server.target, r.server.pprof
	if err := r.meet(ctx, r.spec.Target); err != nil {
		return err
	}
	if r.spec.Server.Redline {
		r.id.Kind = "redline"
		if r.id.Version == "" {
			r.id.Version = r.spec.Version
		}
	}
	return nil
}

// stopServer ends a server the lab has started. It is safe to call always.
func (r *run) stopServer() {
	if r.server == nil {
		return
	}
	_ = r.client.Close()
	r.server.end()
	r.server = nil
}

// preload writes every key once.
func (r *run) preload(ctx context.Context, addr drive.Address) error {
	if !r.spec.Preload {
		return nil
	}
	r.wrote = true
	w := workload.Preload(r.spec.Workload)
	r.sample()
	r.beginPhase(record.PhasePreload, "", r.w.Now())
	res, err := doTask(ctx, drive.Config{Address: addr, Greeting: r.spec.Target.Greeting(), Spec: &w, Epoch: r.start, SliceNs: r.spec.sliceNs(),
		Notify: r.note, Sink: func(s *drive.Slice) error { r.seen.preloading(r.spec, s); return nil }}, record.PhasePreload)
	r.sample()
	r.endPhase(record.PhasePreload, r.w.Now())
	if res != nil {
		sum := res.Total()
		_ = r.w.Event("note", "preloaded", map[string]any{"keys": r.spec.Workload.PreloadKeys(), "requests": sum.Completed, "errors": sum.Errors,
			"duration_ns": res.EndNs - res.StartNs})
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("preloading: %w", err)
	}
	return nil
}

// measure applies warm-up and measured phase and records them.
func (r *run) measure(ctx context.Context, addr drive.Address) error {
	w := &r.spec.Workload
	r.wrote = r.wrote || w.Writes()
	r.spec.space = workload.NewSpace(w)
	if err := os.WriteFile(filepath.Join(r.w.Dir(), record.WorkloadFile), file.Format(w), 0o644); err != nil {
		return fmt.Errorf("cannot record the workload: %w", err)
	}
	r.openCapture(ctx)
	r.capture.beforeLoad(ctx)
	names := make([]string, len(w.Ops))
	for i, op := range w.Ops {
		names[i] = op.Name
	}
	stop := func() {}
	observers := r.observers()
	res, err := drive.Run(ctx, drive.Config{Address: addr, Greeting: r.spec.Target.Greeting(), Spec: w, Space: r.spec.space, Epoch: r.start, SliceNs: r.spec.sliceNs(), Spin: r.spec.Spin,
		Notify:  r.note,
		Started: func(startNs int64) { stop = r.atPhases(ctx, startNs) },
		Sink: func(s *drive.Slice) error {
			r.seen.slice(r.spec, s)
			for _, o := range observers {
				o.Add(s)
			}
			return r.write(s, names)
		}})
	stop()
	for _, o := range observers {
		o.Close()
	}
	if err != nil {
		return err
	}
	r.closePhases(res)
	r.capture.after()
	r.deep(ctx, addr)
	return nil
}

// write records one slice.
func (r *run) write(s *drive.Slice, names []string) error {
	for i := range s.Ops {
		op := &s.Ops[i]
		if err := r.w.Latency(names[i], record.KindResponse, s.TNs, s.DurNs, &op.Response); err != nil {
			return err
		}
		if err := r.w.Latency(names[i], record.KindService, s.TNs, s.DurNs, &op.Service); err != nil {
			return err
		}
	}
	if err := r.w.Pacing(s.TNs, s.DurNs, &s.Pacing); err != nil {
		return err
	}
	return r.w.Slice(s.Record(names))
}

func (r *run) note(n drive.Note) {
	r.seen.note.Store(&n.Text)
	_ = r.w.Event("error", n.Text, map[string]any{"class": n.Class.String()})
}

// tidyUp removes the run's keys from a server that stays.
func (r *run) tidyUp(addr drive.Address) error {
	if !r.wrote || r.spec.KeepKeys || r.spec.Server != nil {
		return nil
	}
	// The context of the run may have ended; what was written must still go.
	if err := cleanup(context.Background(), r.spec, addr); err != nil {
		return fmt.Errorf("cannot remove the run's keys: %w", err)
	}
	return nil
}
