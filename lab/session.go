package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"redline/lab/drive"
	"redline/lab/probe"
	"redline/lab/record"
	"redline/lab/target"
	"redline/lab/workload"
)

// Session is a run whose load the caller makes, with as many loads of as many
// workloads as it likes: what Run does around a load (server, safety, run
// directory, sampling, cleaning up) is done around the caller's function.
type Session struct {
	r    *run
	addr drive.Address

	mu    sync.Mutex
	undo  []func(*probe.Client) error
	loads sync.Mutex // one recorded load at a time

	removed map[string]bool // the sets of keys that are gone again
}

// Attend opens a run of spec, calls work in it, and closes it. Of the workload
// in spec only what describes the run is used; the loads are those of work. The
// directory is returned whenever there is one. Errors are those of Run, or
// ErrServerEnded together with the error of work; the end of ctx is no error.
func Attend(ctx context.Context, spec Spec, work func(context.Context, *Session) error) (dir string, err error) {
	start := time.Now()
	id, tag := newID(cmp.Or(spec.Label, spec.Kind), start)
	spec.Workload = spec.Workload.WithDefaults(runtime.NumCPU())
	spec.Workload.Keys.Prefix = KeyPrefix(tag)
	spec.attended = true
	r := &run{spec: &spec, start: start, tag: tag}
	r.body = func(ctx context.Context, addr drive.Address) error {
		s := &Session{r: r, addr: addr, removed: map[string]bool{}}
		err := work(ctx, s)
		if spec.Server == nil {
			err = s.tidyUp(err)
		}
		return err
	}
	done, err := r.create(ctx, id)
	if err != nil {
		return "", err
	}
	defer done()
	return r.w.Dir(), r.whole(ctx)
}

// Target is where the server is.
func (s *Session) Target() target.Target { return s.r.spec.Target }

// Identity is what the server says of itself.
func (s *Session) Identity() probe.Identity { return s.r.id }

// Owned tells whether the lab has started the server and ends it: then settings
// may be changed and nothing must be cleaned up.
func (s *Session) Owned() bool { return s.r.server != nil }

// Alive tells whether a server that the lab has started still runs.
func (s *Session) Alive() bool { return s.r.server == nil || s.r.server.alive() }

// PID is the server's process, 0 when it is unknown.
func (s *Session) PID() int { return s.r.pid }

// Client is a connection that the sampler does not use.
func (s *Session) Client() *probe.Client { return s.r.client }

// Writer is the run directory.
func (s *Session) Writer() *record.Writer { return s.r.w }

// Prefix starts the name of every key that the run may write.
func (s *Session) Prefix() string { return s.r.spec.Workload.Keys.Prefix }

// Undo has f called, with a connection of its own, when the caller's function
// has returned and the server is not the lab's: to remove keys that no Load has
// written or to restore a setting. The last one is called first.
func (s *Session) Undo(f func(*probe.Client) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.undo = append(s.undo, f)
}

// tidyUp calls what Undo was given. The run's context may have ended; what was
// written must still go.
func (s *Session) tidyUp(err error) error {
	if len(s.undo) == 0 || s.r.spec.KeepKeys {
		return err
	}
	c, dialErr := probe.Dial(context.Background(), s.Target())
	if dialErr != nil {
		return fmt.Errorf("cannot remove what the run left: %w", dialErr)
	}
	defer c.Close()
	for _, f := range slices.Backward(s.undo) {
		if undoErr := f(c); undoErr != nil && err == nil {
			err = fmt.Errorf("cannot remove what the run left: %w", undoErr)
		}
	}
	return err
}

// Load applies spec, whose key prefix is set to the session's, and records it. It
// is shown as progress, one load at a time: a second one waits.
func (s *Session) Load(ctx context.Context, spec workload.Spec) (*Measured, error) {
	s.loads.Lock()
	defer s.loads.Unlock()
	return s.load(ctx, spec, func() {})
}

// Profiled is a Load during which the server is profiled, whether or not the Spec
// asks for profiles: with its own where it offers them, with Linux perf otherwise.
// Profiling costs the server a few percent, so a load whose figures decide
// something is better a Load, with one of these after it.
func (s *Session) Profiled(ctx context.Context, spec workload.Spec) (*Measured, error) {
	s.loads.Lock()
	defer s.loads.Unlock()
	if !s.r.spec.Profiles {
		s.r.spec.Profiles, s.r.spec.Deep = true, s.r.pprof == ""
		_ = s.r.w.Update(func(run *record.Run) { // a failure shows again at the end of the run
			run.Missing = slices.DeleteFunc(run.Missing, func(m record.Missing) bool { return m.Why == notAskedFor })
		})
	}
	return s.load(ctx, spec, func() {})
}

// duringMost bounds the load of During.
const duringMost = 365 * 24 * time.Hour

// During applies spec, with one measured phase at the rate of its last phase,
// for as long as f runs; f is called when all connections stand. The load is
// recorded and shown like that of Load.
func (s *Session) During(ctx context.Context, spec workload.Spec, f func(context.Context) error) (*Measured, error) {
	s.loads.Lock()
	defer s.loads.Unlock()
	rate := 0.0
	if n := len(spec.Phases); n > 0 {
		rate = spec.Phases[n-1].RateTo
	}
	spec.Phases = []workload.Phase{{Name: record.PhaseMeasure, Duration: duringMost, RateFrom: rate, RateTo: rate}}
	s.r.seen.endless = true
	defer func() { s.r.seen.endless = false }()
	loadCtx, end := context.WithCancel(ctx)
	defer end()
	started, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		defer end()
		select {
		case <-started:
			failed <- f(ctx)
		case <-loadCtx.Done():
			failed <- nil
		}
	}()
	m, err := s.load(loadCtx, spec, func() { close(started) })
	end() // a load that could not begin
	return m, errors.Join(<-failed, err)
}

func (s *Session) load(ctx context.Context, spec workload.Spec, started func()) (*Measured, error) {
	spec, space := s.prepare(spec)
	r := s.r
	r.spec.Workload = spec // whose phases progress shows
	names := make([]string, len(spec.Ops))
	for i, op := range spec.Ops {
		names[i] = op.Name
	}
	r.openCapture(ctx)
	r.capture.beforeLoad(ctx)
	stop := func() {}
	var before time.Duration
	m := newMeasured(spec)
	observers := r.observers()
	res, err := drive.Run(ctx, drive.Config{Address: s.addr, Greeting: r.spec.Target.Greeting(), Spec: &spec, Space: space, Epoch: r.start, SliceNs: r.spec.sliceNs(),
		Notify: r.note,
		Started: func(startNs int64) {
			stop = r.atPhases(ctx, startNs)
			started()
			before, _ = probe.CPUTime(r.pid)
		},
		Sink: func(sl *drive.Slice) error {
			m.add(sl)
			r.seen.slice(r.spec, sl)
			for _, o := range observers {
				o.Add(sl)
			}
			return r.write(sl, names)
		}})
	after, _ := probe.CPUTime(r.pid)
	m.ServerCPU = after - before
	stop()
	for _, o := range observers {
		o.Close()
	}
	if err != nil {
		return nil, err
	}
	r.closePhases(res)
	r.capture.after()
	m.finish(r.seen.lastNote(), r.hiccups.list())
	return m, nil
}

// Aside applies spec beside a Load, without recording or showing it: a load that
// is there to disturb, whose figures the caller has from the result.
func (s *Session) Aside(ctx context.Context, spec workload.Spec) (*Measured, error) {
	spec, space := s.prepare(spec)
	m := newMeasured(spec)
	_, err := drive.Run(ctx, drive.Config{Address: s.addr, Greeting: s.r.spec.Target.Greeting(), Spec: &spec, Space: space, Epoch: s.r.start, SliceNs: s.r.spec.sliceNs(),
		Notify: s.r.note, Sink: func(sl *drive.Slice) error { m.add(sl); return nil }})
	if err != nil {
		return nil, err
	}
	m.finish(s.r.seen.lastNote(), s.r.hiccups.list())
	return m, nil
}

// Fill makes exactly the given number of requests of spec in a closed loop of
// deep pipelines, in the order of the keys, and fails if one of them does.
func (s *Session) Fill(ctx context.Context, spec workload.Spec, requests int64) error {
	ops := spec.Ops
	spec, _ = s.prepare(spec)
	spec = workload.Preload(spec)
	spec.Name, spec.Ops = "fill", ops
	spec.Phases = []workload.Phase{{Name: record.PhasePreload, Duration: taskWithin(requests)}}
	s.r.openCapture(ctx)
	s.r.beginPhase(record.PhasePreload, "", s.r.w.Now())
	s.r.capture.fill(ctx)
	res, err := drive.Run(ctx, drive.Config{Address: s.addr, Greeting: s.r.spec.Target.Greeting(), Spec: &spec, Requests: requests,
		Epoch: s.r.start, SliceNs: s.r.spec.sliceNs(), Notify: s.r.note,
		Sink: func(sl *drive.Slice) error { s.r.seen.preloading(s.r.spec, sl); return nil }})
	s.r.endPhase(record.PhasePreload, s.r.w.Now())
	if err != nil {
		return fmt.Errorf("filling: %w", err)
	}
	if n := res.Total().Completed; n < requests && ctx.Err() == nil {
		return fmt.Errorf("filling: %d of %d keys could not be written: %s", requests-n, requests, s.r.seen.lastNote())
	}
	return ctx.Err()
}

// Preload writes the data set of spec.
func (s *Session) Preload(ctx context.Context, spec workload.Spec) error {
	s.loads.Lock()
	defer s.loads.Unlock()
	s.r.spec.Workload, _ = s.prepare(spec)
	s.r.spec.Preload = true
	s.r.openCapture(ctx)
	s.r.capture.fill(ctx)
	return s.r.preload(ctx, s.addr)
}

// prepare completes spec and has its keys removed in the end.
func (s *Session) prepare(spec workload.Spec) (workload.Spec, *workload.Space) {
	spec = spec.WithDefaults(runtime.NumCPU())
	spec.Keys.Prefix = s.Prefix()
	space := workload.NewSpace(&spec)
	s.Undo(func(*probe.Client) error {
		keys := fmt.Sprint(spec.AllGroups())
		if s.removed[keys] && sum(space.Inserted()) == 0 { // many loads of one workload: once
			return nil
		}
		s.removed[keys] = true
		of := Spec{Target: s.Target(), Workload: spec, space: space}
		return cleanup(context.Background(), &of, s.addr)
	})
	return spec, space
}

func sum(ns []int64) (total int64) {
	for _, n := range ns {
		total += n
	}
	return total
}
