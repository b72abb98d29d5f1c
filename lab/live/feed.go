package live

import (
	"sync"
	"time"

	"redline/lab"
	"redline/lab/drive"
	"redline/lab/record"
)

// Sink shows frames. Its methods are called by one goroutine at a time and must
// return at once.
type Sink interface {
	// Span is the time that a frame is to cover.
	Span() time.Duration
	Show(*Frame)
	// Note shows a line of text.
	Note(text string)
}

// Feed turns what a run reports into frames for its sinks.
type Feed struct {
	title string
	sinks []Sink
	now   func() time.Time // replaced by tests

	mu       sync.Mutex
	progress lab.Progress
	server   Server
	cpuAt    int64   // of the last sample of the server's CPU time
	cpuNs    float64 // that time
	note     string
	preload  map[Sink]time.Time // when a sink was last shown preloading
}

// cpuSpanNs is the least time between two samples that tell CPU use: a jiffy is
// 10 ms, and the bounds of phases are sampled as well.
const cpuSpanNs = int64(300 * time.Millisecond)

// NewFeed returns a feed for sinks. The title says what is running.
func NewFeed(title string, sinks ...Sink) *Feed {
	return &Feed{title: title, sinks: sinks, now: time.Now, preload: map[Sink]time.Time{}}
}

// Attach has the run of spec report to f, beside what spec has already.
func (f *Feed) Attach(spec *lab.Spec) {
	progress, sample := spec.Progress, spec.OnSample
	spec.Progress = func(p lab.Progress) {
		f.takeProgress(p)
		if progress != nil {
			progress(p)
		}
	}
	spec.OnSample = func(s *record.Sample) {
		f.takeSample(s)
		if sample != nil {
			sample(s)
		}
	}
	for _, sink := range f.sinks {
		spec.Observers = append(spec.Observers, lab.Observer{Span: sink.Span(), Show: func(s *drive.Snapshot) { f.show(sink, s) }})
	}
}

// Say shows a line of text.
func (f *Feed) Say(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note = text
	for _, s := range f.sinks {
		s.Note(text)
	}
}

// frame is what holds for any frame now. The caller holds the lock.
func (f *Feed) frame() *Frame {
	p := &f.progress
	return &Frame{Type: "span", Title: f.title, UnixNs: f.now().UnixNano(), Phase: p.Phase, PhaseElapsedS: p.Elapsed.Seconds(),
		PhaseOfS: p.Of.Seconds(), Server: f.server, Note: f.note, ErrorClasses: map[string]int64{}, Ops: []Op{}}
}

func (f *Feed) show(sink Sink, s *drive.Snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	frame := f.frame()
	frame.take(s)
	sink.Show(frame)
}

// takeProgress keeps p. Preloading has no snapshots: it is shown from here.
func (f *Feed) takeProgress(p lab.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.progress = p
	if p.Phase != record.PhasePreload {
		return
	}
	now := f.now()
	for _, s := range f.sinks {
		if now.Sub(f.preload[s]) < s.Span() {
			continue
		}
		f.preload[s] = now
		frame := f.frame()
		frame.DurNs, frame.GotPerS = int64(s.Span()), p.PerS
		frame.ResponseNs = Quantiles{P50: p.P50Ns, P99: p.P99Ns}
		frame.Total = Total{Completed: p.Completed, Errors: p.Errors}
		s.Show(frame)
	}
}

// takeSample keeps what a sample says of the server.
func (f *Feed) takeSample(s *record.Sample) {
	f.mu.Lock()
	defer f.mu.Unlock()
	set := func(to **float64, name string) {
		if v, ok := s.Values[name]; ok {
			*to = &v
		}
	}
	switch s.Source {
	case "server_proc":
		set(&f.server.RSSBytes, "rss_bytes")
		cpu := s.Values["cpu_user_ns"] + s.Values["cpu_system_ns"]
		if span := s.TNs - f.cpuAt; f.cpuNs == 0 || span >= cpuSpanNs {
			if f.cpuNs > 0 {
				ratio := max(cpu-f.cpuNs, 0) / float64(span)
				f.server.CPURatio = &ratio
			}
			f.cpuAt, f.cpuNs = s.TNs, cpu
		}
	case "info":
		set(&f.server.UsedMemoryBytes, "info_used_memory_bytes")
		set(&f.server.Keys, "info_keys")
		set(&f.server.Clients, "info_connected_clients")
	}
}
