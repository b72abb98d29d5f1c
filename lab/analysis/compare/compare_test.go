package compare

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"redline/hist"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

// side makes one run of 5 s at the given latency and server CPU a request.
func side(t *testing.T, latencyNs int64, cpuNs float64, errors int64) *record.Dir {
	t.Helper()
	w, err := record.Create(t.TempDir(), record.Run{ID: "r", Kind: "compare", SliceNs: 1e8, SLO: record.SLO{},
		Workload: record.Workload{Loop: "open", RatePerS: 1000, Connections: 1, Threads: 1}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range int64(50) {
		var r hist.Recorder
		for j := range int64(100) {
			r.Record(latencyNs + j*latencyNs/100 + i%7*1000)
		}
		must(w.Slice(&record.Slice{TNs: i * 1e8, DurNs: 1e8, Phase: record.PhaseMeasure, Connections: 1, ConcurrencyAvg: float64(latencyNs) * 1.5e-6,
			Ops: map[string]record.OpCounts{"get": {Intended: 100 + errors, Sent: 100, Completed: 100, Errors: errors}}}))
		must(w.Latency("get", record.KindResponse, i*1e8, 1e8, &r))
		must(w.Latency("get", record.KindService, i*1e8, 1e8, &r))
		must(w.Sample(&record.Sample{TNs: i * 1e8, Source: "server_proc", Values: map[string]float64{"cpu_user_ns": float64(i) * 100 * cpuNs}}))
	}
	must(w.Sample(&record.Sample{TNs: 5e9, Source: "server_proc", Values: map[string]float64{"cpu_user_ns": 50 * 100 * cpuNs}}))
	must(w.Finish(record.StateComplete, ""))
	d, err := record.Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func compute(t *testing.T, a, b []*record.Dir) (*Comparison, map[string]Ratio) {
	t.Helper()
	c, err := Compute(a, b, "ABBA")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	ratios := map[string]Ratio{}
	for _, r := range c.Ratios {
		ratios[r.Metric] = r
	}
	return c, ratios
}

func TestRatios(t *testing.T) {
	a := []*record.Dir{side(t, 100_000, 10_000, 0), side(t, 100_000, 10_000, 0)}
	b := []*record.Dir{side(t, 200_000, 5_000, 0), side(t, 200_000, 5_000, 0)}
	c, ratios := compute(t, a, b)
	for metric, want := range map[string]float64{"throughput": 1, "response_p50": 2, "response_p99": 2, "response_mean": 2, "server_cpu_per_request": 0.5} {
		r, ok := ratios[metric]
		if !ok || r.Low == nil {
			t.Errorf("%s is missing: %+v", metric, r)
			continue
		}
		if math.Abs(r.Ratio-want) > 0.03*want || *r.Low > r.Ratio*1.001 || *r.High < r.Ratio*0.999 {
			t.Errorf("%s: %g (%g - %g), want %g", metric, r.Ratio, *r.Low, *r.High, want)
		}
		if r.Differs() != (want != 1) {
			t.Errorf("%s: differs %v", metric, r.Differs())
		}
	}
	if c.Verdict != summary.Pass || c.A.Operations != 10_000 || c.B.ThroughputPerS != 1000 {
		t.Errorf("%s %v, A %d, B %g/s", c.Verdict, c.Reasons, c.A.Operations, c.B.ThroughputPerS)
	}
}

// TestCalm: where all runs were watched for hiccups, the response time without them is compared as well.
func TestCalm(t *testing.T) {
	watched := func(slowest int64) *record.Dir {
		w, err := record.Create(t.TempDir(), record.Run{ID: "r", Kind: "compare", SliceNs: 1e8, Conditions: record.Conditions{HiccupPriority: record.PriorityNormal},
			Workload: record.Workload{Loop: "open", RatePerS: 1000, Connections: 1, Threads: 1}}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		for i := range int64(30) {
			var r hist.Recorder
			for range 100 {
				r.Record(100_000)
			}
			switch i {
			case 10:
				r.Record(20_000_000)
			case 20:
				r.Record(slowest)
			}
			must(w.Slice(&record.Slice{TNs: i * 1e8, DurNs: 1e8, Phase: record.PhaseMeasure, Connections: 1, Ops: map[string]record.OpCounts{"get": {Intended: 101, Completed: 101}}}))
			must(w.Latency("get", record.KindResponse, i*1e8, 1e8, &r))
			must(w.Latency("get", record.KindService, i*1e8, 1e8, &r))
		}
		must(w.Hiccup(&record.Hiccup{TNs: 10e8 + 5e7, DurNs: 19e6}))
		must(w.Finish(record.StateComplete, ""))
		d, err := record.Open(w.Dir())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	c, ratios := compute(t, []*record.Dir{watched(2e6), watched(1e6)}, []*record.Dir{watched(4e6), watched(3e6)})
	if r := ratios["calm_response_max"]; math.Abs(r.Ratio-2) > 0.02 || math.Abs(r.A-2e6) > 2e4 || r.Low != nil {
		t.Errorf("worst without hiccups %+v, A %+v", r, c.A.CalmNs)
	}
	if r := ratios["response_max"]; math.Abs(r.Ratio-1) > 0.01 || r.A < 19e6 {
		t.Errorf("worst %+v", r)
	}
	_, ratios = compute(t, []*record.Dir{watched(2e6)}, []*record.Dir{side(t, 100_000, 10_000, 0)})
	if r, ok := ratios["calm_response_max"]; ok {
		t.Errorf("of a run that was not watched: %+v", r)
	}
}

func TestSameIsNoDifference(t *testing.T) {
	runs := func() []*record.Dir {
		return []*record.Dir{side(t, 100_000, 10_000, 0), side(t, 103_000, 10_300, 0)}
	}
	_, ratios := compute(t, runs(), runs())
	for metric, r := range ratios {
		if r.Differs() {
			t.Errorf("%s: %g (%g - %g) of the same thing", metric, r.Ratio, *r.Low, *r.High)
		}
	}
}

func TestFailedRunDecides(t *testing.T) {
	c, _ := compute(t, []*record.Dir{side(t, 100_000, 10_000, 0)}, []*record.Dir{side(t, 100_000, 10_000, 5)})
	if c.Verdict != summary.Fail || len(c.Reasons) == 0 || c.B.Errors != 250 {
		t.Errorf("%s %v, %d errors", c.Verdict, c.Reasons, c.B.Errors)
	}
}

func TestWorse(t *testing.T) {
	if worse(summary.Pass, summary.Fail) != summary.Fail || worse(summary.GeneratorLimited, summary.Fail) != summary.GeneratorLimited {
		t.Error("the worse verdict must decide")
	}
}

func TestCaveatsOnce(t *testing.T) {
	runs := func(texts ...[]string) (out []*summary.Summary) {
		for _, c := range texts {
			out = append(out, &summary.Summary{Caveats: c})
		}
		return out
	}
	got := caveats("A", runs([]string{"loop", "late"}, []string{"loop"}, []string{"loop", "late", "stolen"}))
	want := []string{"A all runs: loop", "A runs 1, 3: late", "A run 3: stolen"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := caveats("B", runs([]string{"loop"})); !slices.Equal(got, []string{"B run 1: loop"}) {
		t.Errorf("of one run: %q", got)
	}
}

// TestMemoryPerKey: only servers that were started for their run tell what a key takes.
func TestMemoryPerKey(t *testing.T) {
	run := func(started bool, perKey float64) *summary.Summary {
		return &summary.Summary{Target: record.Target{StartedByLab: started}, Memory: &summary.Memory{BytesPerKey: &perKey}}
	}
	if got := bytesPerKey([]*summary.Summary{run(true, 90), run(true, 110)}); got == nil || *got != 100 {
		t.Errorf("%v, want 100", got)
	}
	if got := bytesPerKey([]*summary.Summary{run(true, 90), run(false, 3)}); got != nil {
		t.Errorf("%v of a server that ran before", *got)
	}
	if got := bytesPerKey([]*summary.Summary{run(true, 90), {Target: record.Target{StartedByLab: true}}}); got != nil {
		t.Errorf("%v though a run does not tell", *got)
	}
}
