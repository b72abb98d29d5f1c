package record

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"redline/hist"
)

func sampleRun() Run {
	return Run{ID: "20260102-150405-lab-3f2a", Kind: "lab", SliceNs: 1e8,
		Workload: Workload{Loop: "open", RatePerS: 1000, Mix: map[string]float64{"get": 1}}}
}

// write makes a finished run of three slices.
func write(t *testing.T) string {
	t.Helper()
	w, err := Create(t.TempDir(), sampleRun(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var rec hist.Recorder
	rec.Record(150_000)
	for i := range int64(3) {
		must(t, w.Slice(&Slice{TNs: i * 1e8, DurNs: 1e8, Phase: PhaseMeasure,
			Ops: map[string]OpCounts{"get": {Intended: 1, Sent: 1, Completed: 1}}}))
		must(t, w.Latency("get", KindResponse, i*1e8, 1e8, &rec))
		must(t, w.Pacing(i*1e8, 1e8, &rec))
		must(t, w.Sample(&Sample{TNs: i * 1e8, Source: "host", Values: map[string]float64{"host_cpu_busy_ns": float64(i)}}))
	}
	must(t, w.Hiccup(&Hiccup{TNs: 5, DurNs: 2e6, CPU: 1}))
	must(t, w.Event("note", "hello", map[string]any{"n": 1.0}))
	must(t, w.Profile("cpu", []byte("profile")))
	must(t, w.Info("before", []byte("# Server\r\n")))
	must(t, w.Missing("psi", "kernel without PSI"))
	must(t, w.Missing("psi", "noted twice"))
	must(t, w.Finish(StateComplete, ""))
	must(t, w.Finish(StateFailed, "the second call does nothing"))
	return w.Dir()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRoundTrip(t *testing.T) {
	d, err := Open(write(t))
	must(t, err)
	run := d.Run()
	if run.State != StateComplete || run.EndedUnixNs < run.StartedUnixNs || run.Workload.RatePerS != 1000 {
		t.Fatalf("run.json: %+v", run)
	}
	if !reflect.DeepEqual(run.Missing, []Missing{{"psi", "kernel without PSI"}}) {
		t.Fatalf("missing: %v", run.Missing)
	}
	n := int64(0)
	for s, err := range d.Slices() {
		must(t, err)
		if s.TNs != n*1e8 || s.Total().Completed != 1 {
			t.Fatalf("slice %d: %+v", n, s)
		}
		n++
	}
	for l, err := range d.Latencies() {
		must(t, err)
		if l.Op != "get" || l.Kind != KindResponse || l.Hist.Count() != 1 {
			t.Fatalf("latency: %+v", l)
		}
		n++
	}
	for l, err := range d.Pacing() {
		must(t, err)
		if l.Kind != "pacing" || l.Hist.Count() != 1 {
			t.Fatalf("pacing: %+v", l)
		}
		n++
	}
	for s, err := range d.Samples() {
		must(t, err)
		if s.Source != "host" {
			t.Fatalf("sample: %+v", s)
		}
		n++
	}
	for e, err := range d.Events() {
		must(t, err)
		if e.Text != "hello" || e.Fields["n"] != 1.0 {
			t.Fatalf("event: %+v", e)
		}
		n++
	}
	for h, err := range d.Hiccups() {
		must(t, err)
		if h != (Hiccup{TNs: 5, DurNs: 2e6, CPU: 1}) {
			t.Fatalf("hiccup: %+v", h)
		}
		n++
	}
	if n != 14 {
		t.Fatalf("read %d lines, want 14", n)
	}
	must(t, os.Remove(filepath.Join(d.Path(), HiccupsFile))) // as in runs of older versions
	for h, err := range d.Hiccups() {
		t.Errorf("a hiccup out of nothing: %+v %v", h, err)
	}
	if _, ok := d.Profile("cpu"); !ok {
		t.Error("no CPU profile")
	}
	if _, ok := d.Profile("heap"); ok {
		t.Error("a heap profile out of nothing")
	}
	if _, ok := d.Info("before"); !ok {
		t.Error("no INFO")
	}
}

// TestFlushed: in a run that appends ten times a second, what is on disk is
// never older than a second, so that a kill -9 leaves all but that.
func TestFlushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := Create(t.TempDir(), sampleRun(), time.Now())
		must(t, err)
		var rec hist.Recorder
		rec.Record(150_000)
		for i := range int64(100) {
			time.Sleep(100 * time.Millisecond)
			must(t, w.Latency("get", KindResponse, i*1e8, 1e8, &rec))
			must(t, w.Slice(&Slice{TNs: i * 1e8, DurNs: 1e8}))
			d, err := Open(w.Dir()) // as somebody else finds it at this moment
			must(t, err)
			upTo, latencies := int64(0), int64(0)
			for s, err := range d.Slices() {
				must(t, err)
				upTo = s.TNs + s.DurNs
			}
			for l, err := range d.Latencies() {
				must(t, err)
				latencies = l.TNs + l.DurNs
			}
			if now := w.Now(); now-upTo > int64(time.Second) || now-latencies > int64(time.Second) {
				t.Fatalf("after %v the slices on disk end at %v, the latencies at %v", time.Duration(now), time.Duration(upTo), time.Duration(latencies))
			}
		}
		must(t, w.Finish(StateComplete, ""))
	})
}

// TestSalvage: with it, damage ends a file; without, it is an error.
func TestSalvage(t *testing.T) {
	dir := write(t)
	text, err := os.ReadFile(filepath.Join(dir, SlicesFile))
	must(t, err)
	at := bytes.IndexByte(text, '\n') + 1
	text[at] = 'x'
	must(t, os.WriteFile(filepath.Join(dir, SlicesFile), text, 0o644))
	must(t, os.Remove(filepath.Join(dir, PacingFile)))
	count := func(d *Dir) (n int, failed error) {
		for _, err := range d.Slices() {
			if err != nil {
				return n, err
			}
			n++
		}
		for _, err := range d.Pacing() {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	}
	d, err := Open(dir)
	must(t, err)
	if n, err := count(d); n != 1 || err == nil || len(d.Damage()) != 0 {
		t.Errorf("read %d with error %v, damage %v", n, err, d.Damage())
	}
	d = d.Salvage()
	for range 2 { // met twice, told once
		if n, err := count(d); n != 1 || err != nil {
			t.Errorf("salvaged %d: %v", n, err)
		}
	}
	if got := d.Damage(); len(got) != 2 || got[0].File != SlicesFile || got[0].Line != 2 || got[1].File != PacingFile {
		t.Errorf("damage %v", got)
	}
}

// TestKilledRun cuts every file at every length: what is complete must read,
// and the cut itself must not be an error.
func TestKilledRun(t *testing.T) {
	dir := write(t)
	for _, name := range []string{SlicesFile, LatencyFile} {
		whole, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		for cut := len(whole); cut >= 0; cut -= 7 {
			must(t, os.WriteFile(filepath.Join(dir, name), whole[:cut], 0o644))
			d, err := Open(dir)
			must(t, err)
			for _, err := range d.Slices() {
				must(t, err)
			}
			for _, err := range d.Latencies() {
				must(t, err)
			}
		}
	}
}

func TestDamage(t *testing.T) {
	dir := write(t)
	var damage *DamageError
	must(t, os.WriteFile(filepath.Join(dir, SlicesFile), []byte("{\"t_ns\":0}\nnonsense\n{}\n"), 0o644))
	d, err := Open(dir)
	must(t, err)
	n := 0
	for _, err = range d.Slices() {
		n++
	}
	if !errors.As(err, &damage) || damage.File != SlicesFile || damage.Line != 2 || n != 2 {
		t.Errorf("after %d lines: %v", n, err)
	}
	must(t, os.Remove(filepath.Join(dir, LatencyFile)))
	for _, err = range d.Latencies() {
		if !errors.As(err, &damage) || damage.File != LatencyFile {
			t.Errorf("missing file: %v", err)
		}
	}
	for text, want := range map[string]string{
		`{`:                           "run.json: unexpected end",
		`{"format":2,"slice_ns":1}`:   "format 2",
		`{"format":1,"slice_ns":0}`:   "slice_ns is 0",
		`{"format":1,"slice_ns":"x"}`: "slice_ns",
	} {
		must(t, os.WriteFile(filepath.Join(dir, RunFile), []byte(text), 0o644))
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a run directory") {
		t.Errorf("empty folder: %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	root := t.TempDir()
	for _, id := range []string{"", "../x", "a/b", ".hidden"} {
		run := sampleRun()
		run.ID = id
		if _, err := Create(root, run, time.Now()); err == nil {
			t.Errorf("id %q was taken", id)
		}
	}
	w, err := Create(root, sampleRun(), time.Now())
	must(t, err)
	if _, err := Create(root, sampleRun(), time.Now()); err == nil {
		t.Error("an existing run directory was taken")
	}
	must(t, w.Finish(StateFailed, "over"))
	if err := w.Slice(&Slice{}); err == nil {
		t.Error("wrote to a finished run")
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("{\"t_ns\":1,\"ops\":{\"get\":{\"sent\":3}}}\n{"))
	f.Add([]byte("\n\n{}\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, err := range decodeLines[Slice](bytes.NewReader(in), SlicesFile) {
			var damage *DamageError
			if err != nil && !errors.As(err, &damage) {
				t.Fatalf("untyped error %v", err)
			}
			if errors.Is(err, io.EOF) {
				t.Fatal("EOF came out as damage")
			}
		}
	})
}

func TestReach(t *testing.T) {
	r := ReachOf([]Hiccup{{TNs: 500, DurNs: 50}, {TNs: 100, DurNs: 20}, {TNs: 110, DurNs: 20, CPU: 1}, {TNs: 105, DurNs: 1}})
	// 100 to 150 and 500 to 600
	for _, c := range []struct {
		ns, dur int64
		want    bool
	}{{0, 100, false}, {0, 101, true}, {120, 1, true}, {149, 10, true}, {150, 350, false}, {150, 351, true}, {599, 1, true}, {600, 100, false}, {0, 1000, true}} {
		if got := r.Into(c.ns, c.dur); got != c.want {
			t.Errorf("%d for %d: %v", c.ns, c.dur, got)
		}
	}
	if ReachOf(nil).Into(0, 1<<62) {
		t.Error("no hiccup reaches everything")
	}
}
