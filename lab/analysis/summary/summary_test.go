package summary

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redline/hist"
	"redline/lab/record"
)

// fixture is a run of 1 s warm-up, 3 s measured phase at 1,000/s and 0.1 s
// cooldown, which edit may change.
type fixture struct {
	run     record.Run
	slice   func(i int, s *record.Slice)
	latency func(i int, r *hist.Recorder)
	pacing  int64
	cpuNs   float64 // of the server a request
	hiccups []record.Hiccup
}

func newFixture() *fixture {
	return &fixture{
		run: record.Run{ID: "r", Kind: "lab", SliceNs: 1e8, Conditions: record.Conditions{CPUs: 2},
			Target:   record.Target{Kind: "redis"},
			Workload: record.Workload{Loop: "open", RatePerS: 1000, Connections: 10, Threads: 1, Keys: 1000},
			Phases:   []record.Phase{{Name: record.PhasePreload, StartNs: 0, EndNs: 1e8}}},
		pacing: 20_000, cpuNs: 10_000,
		latency: func(_ int, r *hist.Recorder) { r.Record(100_000) },
	}
}

func (f *fixture) compute(t *testing.T, state string) *Summary {
	t.Helper()
	dir := f.write(t, state)
	d, err := record.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Compute(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, s); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, record.SummaryFile))
	if err != nil || !json.Valid(text) {
		t.Fatalf("summary.json: %v", err)
	}
	return s
}

func (f *fixture) write(t *testing.T, state string) string {
	t.Helper()
	w, err := record.Create(t.TempDir(), f.run, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const first = int64(1e9) // warm-up starts
	sample := func(ns int64, requests float64, rss float64) {
		must(w.Sample(&record.Sample{TNs: ns, Source: "server_proc", Values: map[string]float64{
			"cpu_user_ns": requests * f.cpuNs / 2, "cpu_system_ns": requests * f.cpuNs / 2, "rss_bytes": rss}}))
		must(w.Sample(&record.Sample{TNs: ns, Source: "host", Values: map[string]float64{
			"host_cpu_busy_ns": float64(ns), "host_cpu_steal_ns": 0}}))
	}
	sample(0, 0, 1e6)
	sample(1e8, 0, 1.2e6)
	for i := range 41 {
		s := &record.Slice{TNs: first + int64(i)*1e8, DurNs: 1e8, Phase: record.PhaseMeasure, Connections: 10, ThreadCPUNs: 1e7,
			Ops: map[string]record.OpCounts{"get": {Intended: 100, Sent: 100, Completed: 100}}, ConcurrencyAvg: 0.1}
		switch {
		case i < 10:
			s.Phase = record.PhaseWarmup
		case i == 40:
			s.Phase = record.PhaseCooldown
			s.Ops = map[string]record.OpCounts{"get": {Completed: 5}}
		}
		if f.slice != nil {
			f.slice(i, s)
		}
		must(w.Slice(s))
		var lat, pace hist.Recorder
		for range s.Ops["get"].Completed {
			f.latency(i, &lat)
			pace.Record(f.pacing)
		}
		must(w.Latency("get", record.KindResponse, s.TNs, s.DurNs, &lat))
		must(w.Latency("get", record.KindService, s.TNs, s.DurNs, &lat))
		must(w.Pacing(s.TNs, s.DurNs, &pace))
		if i%5 == 0 {
			sample(s.TNs, float64(i)*100, 1.5e6)
		}
	}
	for _, h := range f.hiccups {
		must(w.Hiccup(&h))
	}
	must(w.Finish(state, ""))
	return w.Dir()
}

func TestFigures(t *testing.T) {
	s := newFixture().compute(t, record.StateComplete)
	if s.ThroughputPerS != 1000 || s.Operations != 3_005 || s.Intended != 3_000 || s.DurationS != 3 {
		t.Errorf("throughput %g, operations %d, intended %d, %g s", s.ThroughputPerS, s.Operations, s.Intended, s.DurationS)
	}
	if p := float64(s.ResponseNs.P99); math.Abs(p-100_000) > 600 || s.ResponseNs != s.Ops["get"].ResponseNs {
		t.Errorf("response %+v, of get %+v", s.ResponseNs, s.Ops["get"])
	}
	if s.ServerCPUUs == nil || math.Abs(*s.ServerCPUUs-10) > 0.01 {
		t.Errorf("server CPU %v, want 10 us", *s.ServerCPUUs)
	}
	if m := s.Memory; m == nil || m.BytesPerKey == nil || *m.BytesPerKey != 200 {
		t.Errorf("memory %+v, want 200 B a key", m)
	}
	g := s.Generator
	if g.CPURatio == nil || math.Abs(*g.CPURatio-0.1) > 1e-9 || *g.CPUUs != 100 || *g.RequestsPerCPU != 10_000 {
		t.Errorf("generator %+v", g)
	}
	if math.Abs(g.InFlightCounted-0.1) > 1e-9 || math.Abs(g.InFlightPredicted-0.1) > 0.001 || g.PacingCount != 3_000 {
		t.Errorf("generator %+v", g)
	}
	if g.LittleWindows != 3 || g.LittleFailed != 0 || g.WaitRatio == nil || *g.WaitRatio != 0 {
		t.Errorf("generator %+v", g)
	}
	if s.Host == nil || math.Abs(s.Host.BusyRatio-0.5) > 0.01 {
		t.Errorf("host %+v", s.Host)
	}
	if s.Verdict != Pass || len(s.Caveats) != 0 {
		t.Errorf("verdict %s %v, caveats %v", s.Verdict, s.Reasons, s.Caveats)
	}
}

// TestTailIsKept: what is answered after the measured phase still counts.
func TestTailIsKept(t *testing.T) {
	f := newFixture()
	f.latency = func(i int, r *hist.Recorder) {
		if i == 40 {
			r.Record(2e9)
			return
		}
		r.Record(100_000)
	}
	if s := f.compute(t, record.StateComplete); s.ResponseNs.Max < 19e8 {
		t.Errorf("max %d: the tail was cut off", s.ResponseNs.Max)
	}
}

func TestVerdicts(t *testing.T) {
	failing := func(i int, s *record.Slice) {
		op := s.Ops["get"]
		op.Completed, op.Errors = 90, 10
		s.Ops["get"] = op
		s.ErrorClasses = map[string]int64{"timeout": 10}
	}
	for name, tc := range map[string]struct {
		edit    func(*fixture)
		state   string
		verdict string
		text    string
	}{
		"errors":         {func(f *fixture) { f.slice = failing }, "complete", Fail, "requests failed"},
		"errors let":     {func(f *fixture) { f.slice, f.run.SLO.ErrorRatio = failing, 0.2 }, "complete", Pass, "within the allowed share"},
		"slo missed":     {func(f *fixture) { f.run.SLO.ResponseP99Ns = 50_000 }, "complete", Fail, "allowed is 50"},
		"slo met":        {func(f *fixture) { f.run.SLO.ResponseP99Ns = 200_000 }, "complete", Pass, "allowed 200"},
		"interrupted":    {func(f *fixture) {}, "interrupted", Undecided, "interrupted"},
		"failed":         {func(f *fixture) {}, "failed", Undecided, "failed"},
		"not kept up":    {func(f *fixture) { f.slice = func(_ int, s *record.Slice) { half(s) } }, "complete", Fail, "did not keep up"},
		"no answer":      {func(f *fixture) { f.slice = func(_ int, s *record.Slice) { none(s) } }, "complete", Fail, "no request was answered"},
		"nothing":        {func(f *fixture) { f.slice = func(_ int, s *record.Slice) { s.Phase = "warmup" } }, "complete", Undecided, "nothing was measured"},
		"busy closed":    {func(f *fixture) { f.run.Workload.Loop, f.slice = "closed", busy }, "complete", GeneratorLimited, "of their CPUs"},
		"busy but met":   {func(f *fixture) { f.slice = busy }, "complete", Pass, "1000 requests per second"},
		"no room":        {func(f *fixture) { f.slice = func(_ int, s *record.Slice) { half(s); s.ConcurrencyAvg = 1 } }, "complete", GeneratorLimited, "1 of 10 places"},
		"no CPU":         {func(f *fixture) { f.slice = func(_ int, s *record.Slice) { half(s); s.ThreadWaitNs = 6e7 } }, "complete", GeneratorLimited, "waited for a CPU"},
		"no CPU but met": {func(f *fixture) { f.slice = func(_ int, s *record.Slice) { s.ThreadWaitNs = 6e7 } }, "complete", Pass, "1000 requests per second"},
		"unread":         {func(f *fixture) { f.run.Workload.Loop, f.slice = "closed", unread }, "complete", GeneratorLimited, "lay unread at 60 %"},
		"late closed":    {func(f *fixture) { f.run.Workload.Loop, f.pacing = "closed", 80e6 }, "complete", GeneratorLimited, "late and more"},
		"late":           {func(f *fixture) { f.pacing = 80e6 }, "complete", GeneratorLimited, "does not let the generator run"},
		"late for slo":   {func(f *fixture) { f.pacing, f.run.SLO.ResponseP99Ns = 2e6, 2e6 }, "complete", GeneratorLimited, "generator"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			tc.edit(f)
			s := f.compute(t, tc.state)
			if s.Verdict != tc.verdict || !strings.Contains(strings.Join(s.Reasons, ";"), tc.text) {
				t.Errorf("%s %v, want %s with %q", s.Verdict, s.Reasons, tc.verdict, tc.text)
			}
		})
	}
}

func half(s *record.Slice) {
	s.ConcurrencyAvg = 9.9 // all connections are busy: the server holds them
	op := s.Ops["get"]
	op.Completed /= 2
	s.Ops["get"] = op
}

func none(s *record.Slice) {
	op := s.Ops["get"]
	op.Completed = 0
	s.Ops["get"] = op
}

func unread(_ int, s *record.Slice) { s.QueueLooks, s.QueueUnread = 10, 6 }

func busy(_ int, s *record.Slice) { s.ThreadCPUNs = 99e6 }

func TestCaveats(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*fixture)
		text string
	}{
		"pacing": {func(f *fixture) { f.pacing = 2e6 }, "pacing error"},
		"little": {func(f *fixture) { f.slice = func(_ int, s *record.Slice) { s.ConcurrencyAvg = 3 } }, "Little's law"},
		"windows": {func(f *fixture) {
			f.slice = func(i int, s *record.Slice) {
				if i/10 == 2 {
					s.ConcurrencyAvg = 3
				}
			}
		}, "1 of 3 windows"},
		"unsent": {func(f *fixture) { f.slice = func(_ int, s *record.Slice) { s.QueueLooks, s.UnsentBytes = 10, 100_000 } }, "10000 bytes a connection"},
		"misses": {func(f *fixture) {
			f.slice = func(_ int, s *record.Slice) {
				op := s.Ops["get"]
				op.Misses = op.Completed
				s.Ops["get"] = op
			}
		}, "null"},
		"connections": {func(f *fixture) { f.slice = func(i int, s *record.Slice) { s.Connections = int64(10 - i%2) } }, "9 of 10"},
		"closed":      {func(f *fixture) { f.run.Workload.Loop = "closed" }, "closed loop"},
	} {
		f := newFixture()
		tc.edit(f)
		if s := f.compute(t, record.StateComplete); !strings.Contains(strings.Join(s.Caveats, ";"), tc.text) {
			t.Errorf("%s: caveats %v, want %q", name, s.Caveats, tc.text)
		}
	}
}

// TestDamageIsPassedOver: what can be read is used, and what cannot is said.
func TestDamageIsPassedOver(t *testing.T) {
	whole := newFixture().compute(t, record.StateComplete)
	for file, check := range map[string]func(*Summary) bool{
		record.SamplesFile: func(s *Summary) bool { return s.ServerCPUUs == nil && s.Operations == whole.Operations },
		record.SlicesFile:  func(s *Summary) bool { return s.Operations == 1000 && s.DurationS == 1 },
		record.LatencyFile: func(s *Summary) bool {
			return s.Operations == whole.Operations && s.ResponseNs.P50 == whole.ResponseNs.P50
		},
		record.PacingFile: func(s *Summary) bool { return s.Generator.PacingCount < whole.Generator.PacingCount },
	} {
		dir := newFixture().write(t, record.StateComplete)
		damage(t, filepath.Join(dir, file), 0.5)
		s := compute(t, dir)
		if !check(s) {
			t.Errorf("%s: %+v", file, s)
		}
		if text := strings.Join(s.Caveats, ";"); !strings.Contains(text, file+" line") || len(s.Missing) != 1 {
			t.Errorf("%s: caveats %q, missing %v", file, text, s.Missing)
		}
	}
	gone := newFixture().write(t, record.StateComplete)
	if err := os.Remove(filepath.Join(gone, record.SlicesFile)); err != nil {
		t.Fatal(err)
	}
	if s := compute(t, gone); s.Verdict != Undecided || !strings.Contains(strings.Join(s.Caveats, ";"), "the file is missing") {
		t.Errorf("%s, caveats %v", s.Verdict, s.Caveats)
	}
}

// TestKilledRun: a run that did not end is read, and not judged.
func TestKilledRun(t *testing.T) {
	s := newFixture().compute(t, record.StateRunning)
	if s.Verdict != Undecided || s.Operations == 0 || !strings.Contains(strings.Join(s.Reasons, ";"), "killed") {
		t.Errorf("%s %v", s.Verdict, s.Reasons)
	}
}

// damage overwrites a file from a share of its length on with zeros, as a file
// system does that had made room for the data but lost it, and ends with a line
// break.
func damage(t *testing.T, path string, from float64) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(text[int(from*float64(len(text))) : len(text)-1])
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func compute(t *testing.T, dir string) *Summary {
	t.Helper()
	d, err := record.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Compute(d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
