package lab

import (
	"sync/atomic"
	"time"

	"redline/hist"
	"redline/lab/drive"
	"redline/lab/record"
)

// rateWindow is over how many slices the shown rate is averaged: one second.
const rateWindow = 10

// progress turns slices into what a progress line shows. The driver's collector
// alone uses it, but for the note.
type progress struct {
	phase   string
	startNs int64 // of the phase
	endless bool  // the length of phases means nothing
	recent  [rateWindow]int64
	slices  int
	latency hist.Recorder
	shown   Progress
	note    atomic.Pointer[string]
}

// lastNote is the last error the driver noted.
func (p *progress) lastNote() string {
	if text := p.note.Load(); text != nil {
		return *text
	}
	return "no error was reported"
}

// slice takes a slice of the load.
func (p *progress) slice(s *Spec, sl *drive.Slice) {
	var of time.Duration
	for _, ph := range s.Workload.Phases {
		if ph.Name == sl.Phase && !p.endless {
			of = ph.Duration
		}
	}
	p.take(s, sl, sl.Phase, of)
}

// preloading takes a slice of preloading, whose length is not known.
func (p *progress) preloading(s *Spec, sl *drive.Slice) { p.take(s, sl, record.PhasePreload, 0) }

func (p *progress) take(s *Spec, sl *drive.Slice, phase string, of time.Duration) {
	if s.Progress == nil {
		return
	}
	if phase != p.phase {
		p.phase, p.startNs, p.slices = phase, sl.TNs, 0
		p.shown = Progress{}
	}
	p.latency.Reset()
	completed := int64(0)
	for i := range sl.Ops {
		op := &sl.Ops[i]
		completed += op.Counts.Completed
		p.shown.Errors += op.Counts.Errors
		p.latency.Add(&op.Response)
	}
	p.recent[p.slices%rateWindow] = completed
	p.slices++
	inWindow, sum := min(p.slices, rateWindow), int64(0)
	for _, n := range p.recent[:inWindow] {
		sum += n
	}
	p.shown.Completed += completed
	p.shown.Phase, p.shown.Of = phase, of
	p.shown.Elapsed = time.Duration(sl.TNs + sl.DurNs - p.startNs)
	p.shown.PerS = float64(sum) / (time.Duration(inWindow) * time.Duration(s.sliceNs())).Seconds()
	p.shown.P50Ns, p.shown.P99Ns = p.latency.Quantile(0.5), p.latency.Quantile(0.99)
	p.shown.Backlog = sl.Backlog
	s.Progress(p.shown)
}
