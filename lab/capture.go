package lab

import (
	"context"
	"strings"
	"sync"
	"time"

	"redline/lab/probe"
	"redline/lab/record"
)

// atPhases does what is due at the start of each stage, while the driver runs:
// it notes the phase, takes a sample, and starts the CPU profile with the first
// measured one. The returned function waits for it to end.
func (r *run) atPhases(ctx context.Context, startNs int64) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	r.captureMiddle(ctx, &done, startNs)
	profiled := false
	done.Go(func() {
		for _, p := range r.spec.Workload.Stages() {
			at := startNs + int64(p.Start)
			if !r.waitUntil(ctx, at) {
				return
			}
			end := at + int64(p.Duration)
			r.beginPhase(p.Name, p.Label, at)
			r.sample()
			if p.Name == record.PhaseMeasure && !profiled {
				profiled = true
				done.Go(func() { r.profileCPU(ctx, at, end) })
			}
			if !r.waitUntil(ctx, end) {
				return
			}
			r.sample()
			r.endPhase(p.Name, end)
		}
	})
	return func() { cancel(); done.Wait() }
}

func (r *run) profiles() *probe.Profiles {
	if r.pprof == "" || !r.spec.Profiles {
		return nil
	}
	return &probe.Profiles{Base: r.pprof, Writer: r.w}
}

func (r *run) profilesBefore(ctx context.Context) {
	if p := r.profiles(); p != nil {
		r.missed(p.Fetch(ctx, probe.Snapshots, ".before"))
	}
}

// profileFetch bounds how long a profile may take to come after it is due.
const profileFetch = 10 * time.Second

func (r *run) profilesAfter() {
	if p := r.profiles(); p != nil {
		ctx, cancel := context.WithTimeout(context.Background(), profileFetch)
		defer cancel()
		r.missed(p.Fetch(ctx, probe.Snapshots, ""))
	}
}

// cpuProfileMost bounds the CPU profile of a long run: a minute says it all, and
// the profiler costs the server a few percent.
const cpuProfileMost = time.Minute

func (r *run) profileCPU(ctx context.Context, fromNs, toNs int64) {
	p := r.profiles()
	if p == nil {
		return
	}
	d := min(time.Duration(toNs-max(fromNs, r.w.Now())), cpuProfileMost)
	if d < time.Second {
		_ = r.w.Missing("profiles/cpu", "the measured phase is shorter than a second")
		return
	}
	// The profile must end within the phase, or the end of the phase would cut it.
	if err := p.CPU(ctx, d-100*time.Millisecond); err != nil && ctx.Err() == nil {
		r.missed(err)
	}
}

func (r *run) missed(err error) {
	if err != nil {
		_ = r.w.Missing("profiles", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
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

// middleMost is how long after the start of the measured phases their middle is waited for, at most: a load may end
// whenever its maker says so.
const middleMost = 30 * time.Second

// captureMiddle asks the server in the middle of the measured phases for what is only true under load.
func (r *run) captureMiddle(ctx context.Context, done *sync.WaitGroup, startNs int64) {
	from, to, ok := r.measured(startNs)
	if r.evidence == nil || !ok {
		return
	}
	done.Go(func() {
		if r.waitUntil(ctx, from+min((to-from)/2, int64(middleMost))) {
			r.evidence.Middle(r.spec.Workload.Connections)
		}
	})
}

// openEvidence prepares asking the server about itself. Its connection is one of its own, so that nobody waits for it.
func (r *run) openEvidence(ctx context.Context) {
	if !r.spec.Profiles || r.evidence != nil {
		return
	}
	c, err := probe.Dial(ctx, r.spec.Target)
	if err != nil {
		_ = r.w.Missing("server", "the server takes no further connection: "+err.Error())
		return
	}
	r.evidence = &probe.Evidence{Writer: r.w, Client: c}
	r.evidence.Begin()
}

// closeEvidence asks for what has come together.
func (r *run) closeEvidence() {
	if r.evidence == nil {
		return
	}
	r.evidence.End()
	_ = r.evidence.Client.Close()
	r.evidence = nil
}
