package lab

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"redline/lab/drive"
	"redline/lab/probe"
	"redline/lab/record"
)

// observe notes what the target is and starts sampling.
func (r *run) observe(ctx context.Context) {
	why := ""
	if r.server != nil {
		r.pid = r.server.pid
	} else {
		r.pid, why = probe.FindServer(r.spec.Target, r.id.PID)
	}
	if r.pprof == "" && r.id.AdminAddr != "" && r.spec.Target.Loopback() {
		r.pprof = "http://" + r.id.AdminAddr + "/debug/pprof/"
	}
	config := probe.ServerConfig(r.client)
	_ = r.w.Update(func(run *record.Run) { // a failure shows again at the end of the run
		r.fillTarget(run)
		run.Conditions.ServerConfig = config
	})
	if why != "" {
		_ = r.w.Missing("server_proc", why)
	}
	r.saveInfo("before")
	r.sampler = &probe.Sampler{Writer: r.w, PID: r.pid, Interval: sampleEvery, OnSample: r.spec.OnSample}
	if r.hasInfo() {
		t := r.spec.Target
		r.sampler.Dial = func() (*probe.Client, error) { return probe.Dial(ctx, t) }
	}
	switch {
	case r.pprof == "":
		_ = r.w.Missing("pprof", "the target has no admin listener that the lab knows of")
	case !r.spec.Profiles:
		_ = r.w.Missing("pprof", notAskedFor)
	}
	if r.pprof != "" {
		r.sampler.Metrics = strings.TrimSuffix(r.pprof, "debug/pprof/") + "metrics"
	}
	r.sampler.Start(ctx)
	r.hiccups.start(r)
}

// notAskedFor says why a server that offers profiles was not profiled.
const notAskedFor = "profiles were not asked for"

func (r *run) hasInfo() bool {
	if _, err := r.client.Info("server"); err != nil {
		_ = r.w.Missing("info", "the server refuses INFO: "+err.Error())
		return false
	}
	return true
}

func (r *run) stopObserving() {
	if r.sampler == nil {
		return
	}
	r.hiccups.stop()
	r.sampler.Stop()
	r.saveInfo("after")
}

// sample takes an extra sample now, at the bound of a phase.
func (r *run) sample() {
	if r.sampler != nil {
		r.sampler.Now()
	}
}

func (r *run) saveInfo(name string) {
	if text, err := r.client.InfoText(); err == nil {
		_ = r.w.Info(name, []byte(text))
	}
}

func (r *run) beginPhase(name, label string, ns int64) {
	r.current.Store(&record.Phase{Name: name, Label: label, StartNs: ns})
	_ = r.w.Update(func(run *record.Run) {
		run.Phases = append(run.Phases, record.Phase{Name: name, Label: label, StartNs: ns})
	})
	if label != "" {
		_ = r.w.Event("phase", name+": "+label, nil)
		return
	}
	_ = r.w.Event("phase", name, nil)
}

func (r *run) endPhase(name string, ns int64) {
	_ = r.w.Update(func(run *record.Run) {
		for i := range run.Phases {
			if p := &run.Phases[i]; p.Name == name && p.EndNs == 0 {
				p.EndNs = ns
			}
		}
	})
}

// atPhases does what is due while the driver runs: at the start and the end of each
// stage it notes the phase and takes a sample, and it has the server captured. The
// returned function ends that and waits for it.
func (r *run) atPhases(ctx context.Context, startNs int64) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	r.capture.load(ctx, &done, startNs)
	done.Go(func() {
		for _, p := range r.spec.Workload.Stages() {
			at := startNs + int64(p.Start)
			if !r.waitUntil(ctx, at) {
				return
			}
			end := at + int64(p.Duration)
			r.beginPhase(p.Name, p.Label, at)
			r.sample()
			if !r.waitUntil(ctx, end) {
				return
			}
			r.sample()
			r.endPhase(p.Name, end)
		}
	})
	return func() { cancel(); done.Wait() }
}

// measured is the span of the measured phases of a load that starts at startNs.
func (r *run) measured(startNs int64) (fromNs, toNs int64, ok bool) {
	for _, p := range r.spec.Workload.Stages() {
		if p.Name != record.PhaseMeasure {
			continue
		}
		if !ok {
			fromNs, ok = startNs+int64(p.Start), true
		}
		toNs = startNs + int64(p.Start+p.Duration)
	}
	return fromNs, toNs, ok
}

func (r *run) waitUntil(ctx context.Context, ns int64) bool {
	timer := time.NewTimer(time.Duration(ns - r.w.Now()))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// closePhases ends a phase that was cut short, forgets those that would have come
// after it, and notes the cooldown and why the load ended early.
func (r *run) closePhases(res *drive.Result) {
	stopped := ""
	if res.Stopped != nil {
		stopped = res.Stopped.String()
		_ = r.w.Event("note", "the load was ended: "+stopped, map[string]any{"stop_ns": res.Stopped.TNs, "stage": res.Stopped.Stage})
	}
	_ = r.w.Update(func(run *record.Run) {
		run.Stopped = stopped
		run.Conditions.GeneratorPriority = res.Priority
		run.Phases = slices.DeleteFunc(run.Phases, func(p record.Phase) bool { return p.StartNs >= res.StopNs })
		for i := range run.Phases {
			if p := &run.Phases[i]; p.EndNs == 0 || p.EndNs > res.StopNs {
				p.EndNs = res.StopNs
			}
		}
		run.Phases = append(run.Phases, record.Phase{Name: record.PhaseCooldown, StartNs: res.StopNs, EndNs: res.EndNs})
	})
}

// Describe says in words what a run will do, for people to read before it.
func (s *Spec) Describe() string {
	w := &s.Workload
	load := fmt.Sprintf("closed loop, %d connections x pipeline %d", w.Connections, w.Pipeline)
	if w.PeakRate() > 0 {
		load = fmt.Sprintf("open loop, %.0f/s over %d connections", w.PeakRate(), w.Connections)
	}
	return fmt.Sprintf("%s against %s for %v", load, s.Where(), w.Duration())
}

// Where says in words what server the run is against.
func (s *Spec) Where() string {
	if s.Server != nil {
		return "a server of its own (" + filepath.Base(s.Server.Path) + ")"
	}
	return s.Target.URL()
}

// observers are those of the spec, ready to take slices.
func (r *run) observers() []*drive.Live {
	var out []*drive.Live
	for _, o := range r.spec.Observers {
		out = append(out, drive.NewLive(&r.spec.Workload, o.Span, o.Show))
	}
	return out
}
