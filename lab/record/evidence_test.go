package record

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func TestEvidenceFiles(t *testing.T) {
	w, err := Create(t.TempDir(), Run{ID: "r", SliceNs: 1e8}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	slow := []SlowCommand{{UnixS: 1, USec: 2, Args: []string{"KEYS", "*"}, Client: "c"}}
	if err := errors.Join(w.JSON(SlowlogFile, slow), w.JSON(TraceFile, TraceSummary{SpanNs: 5}), w.JSON(CapturesFile, []Capture{{File: "f"}})); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Finish(StateComplete, ""), os.WriteFile(filepath.Join(w.Dir(), HotKeysFile), []byte("[{"), 0o644)); err != nil {
		t.Fatal(err)
	}
	d, err := Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if got, ok, err := d.Slowlog(); !ok || err != nil || !reflect.DeepEqual(got, slow) {
		t.Errorf("%v %v %v", got, ok, err)
	}
	if got, ok, err := d.Trace(); !ok || err != nil || got.SpanNs != 5 {
		t.Errorf("%v %v %v", got, ok, err)
	}
	if got, ok, err := d.Captures(); !ok || err != nil || len(got) != 1 {
		t.Errorf("%v %v %v", got, ok, err)
	}
	for name, absent := range map[string]func() (bool, error){
		"big keys": func() (bool, error) { _, ok, err := d.BigKeys(); return ok, err },
		"clients":  func() (bool, error) { _, ok, err := d.Clients(); return ok, err },
		"latency":  func() (bool, error) { _, ok, err := d.LatencyEvents(); return ok, err },
	} {
		if ok, err := absent(); ok || err != nil {
			t.Errorf("%s that are not there: %v %v", name, ok, err)
		}
	}
	var damage *DamageError
	if _, ok, err := d.HotKeys(); ok || !errors.As(err, &damage) || damage.File != HotKeysFile {
		t.Errorf("damaged: %v %v", ok, err)
	}
	salvaged := d.Salvage()
	if list, ok, err := salvaged.HotKeys(); ok || err != nil || list != nil || len(salvaged.Damage()) != 1 {
		t.Errorf("damaged and salvaged: %v %v %v, damage %v", list, ok, err, salvaged.Damage())
	}
}

func TestTraceSummaryAdd(t *testing.T) {
	a := TraceSummary{SpanNs: 1, GCNs: 2, GoroutinesCreated: 3, SchedLatencyNs: TraceLatency{P50: 9}, CreatedBy: []Creator{{Function: "f", Count: 2}, {Function: "g", Count: 1}}}
	b := TraceSummary{SpanNs: 10, GCNs: 20, STWNs: 5, SyscallNs: 6, RunningNs: 7, RunnableNs: 8, GoroutinesCreated: 30, SchedLatencyNs: TraceLatency{P50: 1, P99: 2, Max: 3},
		CreatedBy: []Creator{{Function: "g", Count: 20}, {Function: "g", Line: 5, Count: 1}}}
	var sum TraceSummary
	sum.Add(&a)
	sum.Add(&b)
	want := TraceSummary{SpanNs: 11, GCNs: 22, STWNs: 5, SyscallNs: 6, RunningNs: 7, RunnableNs: 8, GoroutinesCreated: 33, SchedLatencyNs: TraceLatency{P50: 1, P99: 2, Max: 3},
		CreatedBy: []Creator{{Function: "g", Count: 21}, {Function: "f", Count: 2}, {Function: "g", Line: 5, Count: 1}}}
	if !reflect.DeepEqual(sum, want) || a.CreatedBy[1].Count != 1 {
		t.Errorf("%+v, want %+v", sum, want)
	}
}
