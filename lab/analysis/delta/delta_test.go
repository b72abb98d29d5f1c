package delta

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"redline/lab/analysis/flame"
	"redline/lab/record"
)

var start = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// oneFunction is a profile with one function, taken some seconds after the
// start of the run, for a while.
func oneFunction(kind, unit, name string, value int64, atS, forS float64) *profile.Profile {
	f := &profile.Function{ID: 1, Name: name, Filename: "/build/" + name + ".go"}
	loc := &profile.Location{ID: 1, Line: []profile.Line{{Function: f, Line: 7}}}
	return &profile.Profile{
		SampleType: []*profile.ValueType{{Type: kind, Unit: unit}}, PeriodType: &profile.ValueType{Type: kind, Unit: unit}, Period: 10,
		Sample: []*profile.Sample{{Location: []*profile.Location{loc}, Value: []int64{value}}}, Location: []*profile.Location{loc},
		Function: []*profile.Function{f}, TimeNanos: start.UnixNano() + int64(atS*1e9), DurationNanos: int64(forS * 1e9),
	}
}

// run is a run of 10 s with a rate that doubles after 5 s: 100, then 200 a second.
func run(t *testing.T, profiles map[string]*profile.Profile) *record.Dir {
	t.Helper()
	w, err := record.Create(t.TempDir(), record.Run{ID: "x", SliceNs: 1e9}, start)
	check(t, err)
	for i := range int64(10) {
		n := int64(100)
		if i >= 5 {
			n = 200
		}
		check(t, w.Slice(&record.Slice{TNs: i * 1e9, DurNs: 1e9, Phase: record.PhaseMeasure, Ops: map[string]record.OpCounts{"get": {Completed: n}}}))
	}
	for name, p := range profiles {
		var b bytes.Buffer
		check(t, p.Write(&b))
		check(t, w.Profile(name, b.Bytes()))
	}
	check(t, w.Finish(record.StateComplete, ""))
	d, err := record.Open(w.Dir())
	check(t, err)
	return d
}

var cpu, mutex = Kinds[0], Kinds[4]

func TestRequestsAreThoseOfTheProfile(t *testing.T) {
	for _, c := range []struct {
		name     string
		k        Kind
		profiles map[string]*profile.Profile
		requests float64
		value    int64
	}{
		{"while it ran", cpu, map[string]*profile.Profile{"cpu": oneFunction("cpu", "nanoseconds", "f", 1000, 4.5, 2)}, 50 + 200 + 100, 1000},
		{"another clock", cpu, map[string]*profile.Profile{"cpu": oneFunction("cpu", "nanoseconds", "f", 1000, 1e6, 2)}, 1500, 1000},
		{"between two", mutex, map[string]*profile.Profile{"mutex.before": oneFunction("delay", "nanoseconds", "f", 300, 5, 0),
			"mutex": oneFunction("delay", "nanoseconds", "f", 1000, 10, 0)}, 1000, 700},
		{"since the start", mutex, map[string]*profile.Profile{"mutex": oneFunction("delay", "nanoseconds", "f", 1000, 10, 0)}, 1500, 1000},
	} {
		p, requests, err := Read(run(t, c.profiles), c.k)
		check(t, err)
		if requests != c.requests || p.Sample[0].Value[0] != c.value {
			t.Errorf("%s: %v requests and value %d, want %v and %d", c.name, requests, p.Sample[0].Value[0], c.requests, c.value)
		}
	}
}

func TestCompareAddsRunsUp(t *testing.T) {
	a := run(t, map[string]*profile.Profile{"cpu": oneFunction("cpu", "nanoseconds", "f", 1000, 0, 10)})
	b := run(t, map[string]*profile.Profile{"cpu": oneFunction("cpu", "nanoseconds", "f", 5000, 0, 10)})
	none := run(t, nil)
	c, err := Compare([]*record.Dir{a, b, none}, []*record.Dir{b}, cpu, flame.Options{})
	check(t, err)
	if math.Abs(c.A[0]-2) > 1e-9 || math.Abs(c.B[0]-5000.0/1500) > 1e-9 {
		t.Errorf("%v and %v per request, want 2 and 3.33", c.A[0], c.B[0])
	}
	if _, err := Compare([]*record.Dir{none}, []*record.Dir{b}, cpu, flame.Options{}); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "cpu.pb.gz") {
		t.Errorf("no profile: %v", err)
	}
}

func TestChanges(t *testing.T) {
	a := run(t, map[string]*profile.Profile{"cpu": oneFunction("cpu", "nanoseconds", "f", 1000, 0, 10)})
	b := run(t, map[string]*profile.Profile{"cpu": oneFunction("cpu", "nanoseconds", "g", 50000, 0, 10), "mutex": oneFunction("delay", "nanoseconds", "f", 1, 10, 0)})
	got, missing := Changes([]*record.Dir{a}, []*record.Dir{b})
	if len(got) != 1 || got[0].Label != "CPU" || len(got[0].Functions) != 2 || got[0].Source != "profiles/cpu.pb.gz" {
		t.Fatalf("%+v", got)
	}
	if f := got[0].Functions[0]; f.Function != "g" || f.Where != "g.go:7" || f.A != 0 || math.Abs(f.Change-50000.0/1500) > 1e-9 || !f.Differs {
		t.Errorf("%+v", f)
	}
	if len(missing) != 1 || missing[0].Part != "difference of Mutex" { // what only one side has is named, what neither has is not
		t.Errorf("missing %+v", missing)
	}
}

func TestDamageIsNamed(t *testing.T) {
	d := run(t, map[string]*profile.Profile{"cpu": oneFunction("cpu", "nanoseconds", "f", 1, 0, 10)})
	check(t, os.WriteFile(filepath.Join(d.Path(), "profiles", "cpu.pb.gz"), []byte("nonsense"), 0o644))
	if _, missing := Changes([]*record.Dir{d}, []*record.Dir{d}); len(missing) != 1 || !strings.Contains(missing[0].Why, "cpu.pb.gz") {
		t.Errorf("missing %+v", missing)
	}
	empty := run(t, map[string]*profile.Profile{"cpu": oneFunction("cpu", "nanoseconds", "f", 1, 0, 10)})
	check(t, os.Remove(filepath.Join(empty.Path(), record.SlicesFile)))
	if _, _, err := Read(empty, cpu); err == nil || !strings.Contains(err.Error(), record.SlicesFile) {
		t.Errorf("without slices: %v", err)
	}
}

// What the lab caused by looking is nobody's request.
func TestBeingObservedIsLeftOut(t *testing.T) {
	d := run(t, map[string]*profile.Profile{"cpu": oneFunction("cpu", "nanoseconds", "net/http.(*conn).serve", 1000, 0, 10)})
	if p, _, err := Read(d, cpu); err != nil || len(p.Sample) != 0 {
		t.Errorf("%v, %v", p, err)
	}
}

// Where the lab noted when profiles were taken, that counts: those of several
// loads are stored as one.
func TestNotedTimesCount(t *testing.T) {
	d := run(t, map[string]*profile.Profile{"cpu": oneFunction("cpu", "nanoseconds", "f", 1000, 0, 10), "mutex.before": oneFunction("delay", "nanoseconds", "f", 1, 1, 0),
		"mutex": oneFunction("delay", "nanoseconds", "f", 1000, 10, 0)})
	notes := `[{"file":"profiles/mutex.before.pb.gz","from_ns":900000000,"to_ns":1000000000},{"file":"profiles/cpu.pb.gz","from_ns":0,"to_ns":1000000000},
		{"file":"profiles/mutex.pb.gz","from_ns":2000000000,"to_ns":2100000000},{"file":"profiles/cpu.pb.gz","from_ns":8000000000,"to_ns":9000000000},
		{"file":"profiles/mutex.pb.gz","from_ns":6000000000,"to_ns":6100000000}]`
	check(t, os.WriteFile(filepath.Join(d.Path(), record.CapturesFile), []byte(notes), 0o644))
	for k, want := range map[Kind]float64{cpu: 300, mutex: 4*100 + 200} {
		if _, requests, err := Read(d, k); err != nil || requests != want {
			t.Errorf("%s: %v requests, %v, want %v", k.Label, requests, err, want)
		}
	}
}
