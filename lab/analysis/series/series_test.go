package series

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"redline/hist"
	"redline/lab/record"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// recorded makes a run of 10 slices of 100 ms from t = 1 s on, with 10 * (slice + 1)
// requests each, all of slice + 1 ms; slices 2 to 8 are measured,
// and slice 9 holds what was answered after that.
func recorded(t *testing.T) *record.Dir {
	t.Helper()
	run := record.Run{ID: "r", SliceNs: 1e8, Phases: []record.Phase{{Name: record.PhaseMeasure, StartNs: 12e8, EndNs: 19e8}}}
	w, err := record.Create(t.TempDir(), run, time.Unix(1, 0))
	check(t, err)
	for i := range int64(10) {
		n := 10 * (i + 1)
		s := &record.Slice{TNs: 1e9 + i*1e8, DurNs: 1e8, Backlog: i, ConcurrencyAvg: float64(i), Connections: 20 - i,
			Ops: map[string]record.OpCounts{"get": {Intended: n, Completed: n}, "set": {Intended: 1, Completed: 1}}}
		check(t, w.Slice(s))
		var r hist.Recorder
		for range n {
			r.Record((i + 1) * 1e6)
		}
		check(t, w.Latency("get", record.KindResponse, s.TNs, s.DurNs, &r))
		check(t, w.Pacing(s.TNs, s.DurNs, &r))
	}
	check(t, w.Sample(&record.Sample{TNs: 0, Source: "server_proc", Values: map[string]float64{"cpu_user_ns": 1e9, "rss_bytes": 5}}))
	check(t, w.Sample(&record.Sample{TNs: 5e8, Source: "server_proc", Values: map[string]float64{"cpu_user_ns": 2e9, "rss_bytes": 6}}))
	check(t, w.Sample(&record.Sample{TNs: 1e9, Source: "server_proc", Values: map[string]float64{"cpu_user_ns": 1e8}}))
	check(t, w.Hiccup(&record.Hiccup{TNs: 1e9 + 51e7, DurNs: 3e6}))
	check(t, w.Hiccup(&record.Hiccup{TNs: 1e9 + 55e7, DurNs: 2e6, CPU: 1}))
	check(t, w.Hiccup(&record.Hiccup{TNs: 5e8, DurNs: 9e6})) // before the load
	check(t, w.Finish(record.StateComplete, ""))
	d, err := record.Open(w.Dir())
	check(t, err)
	return d
}

func TestGrid(t *testing.T) {
	d := recorded(t)
	for _, c := range []struct {
		columns int
		want    Grid
	}{{100, Grid{1e9, 1e8, 10}}, {5, Grid{1e9, 2e8, 5}}, {4, Grid{1e9, 3e8, 4}}, {1, Grid{1e9, 1e9, 1}}} {
		g, err := NewGrid(d, c.columns)
		check(t, err)
		if g != c.want {
			t.Errorf("%d columns: got %+v, want %+v", c.columns, g, c.want)
		}
	}
	g := Grid{1e9, 2e8, 5}
	if got, want := g.Seconds(), []float64{1.1, 1.3, 1.5, 1.7, 1.9}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for start, want := range map[int64]int{5e8: -1, 1e9: 0, 99e7: 0, 1199e6: 1, 19e8: 4, 2e9: -1} {
		if got := g.column(start, 1e8); got != want {
			t.Errorf("column at %d: got %d, want %d", start, got, want)
		}
	}
}

func TestGridOfNothing(t *testing.T) {
	w, err := record.Create(t.TempDir(), record.Run{ID: "r", SliceNs: 1e8}, time.Unix(1, 0))
	check(t, err)
	check(t, w.Finish(record.StateFailed, "no server"))
	d, err := record.Open(w.Dir())
	check(t, err)
	g, err := NewGrid(d, 10)
	check(t, err)
	if g.Columns != 0 || len(g.Seconds()) != 0 {
		t.Errorf("got %+v", g)
	}
}

func TestDriverSumsCounters(t *testing.T) {
	dir := recorded(t)
	d, err := LoadDriver(dir, Grid{1e9, 3e8, 4})
	check(t, err)
	if want := []string{"get", "set"}; !reflect.DeepEqual(d.Ops, want) {
		t.Errorf("operations %v, want %v", d.Ops, want)
	}
	var all []int64
	for _, c := range d.Counts[""] {
		all = append(all, c.Completed)
	}
	if want := []int64{63, 153, 243, 101}; !reflect.DeepEqual(all, want) {
		t.Errorf("completed %v, want %v", all, want)
	}
	st := d.State[1] // slices 3, 4 and 5
	if st.BacklogMax != 5 || math.Abs(st.Concurrency-4) > 1e-9 || st.Connections != 15 || math.Abs(d.Covered[1]-0.3) > 1e-9 {
		t.Errorf("state %+v, covered %v", st, d.Covered[1])
	}
}

func TestLatenciesMerge(t *testing.T) {
	dir := recorded(t)
	l, err := LoadLatencies(dir, Grid{1e9, 5e8, 2})
	check(t, err)
	get := l.Get("get", record.KindResponse)
	if n := get.Columns[0].Count(); n != 10+20+30+40+50 {
		t.Errorf("first column counts %d", n)
	}
	near(t, "p50 of the first column", get.Columns[0].Quantile(0.5), 4e6)
	near(t, "max of the first column", get.Columns[0].Max(), 5e6)
	if n := get.Measured.Count(); n != 30+40+50+60+70+80+90+100 {
		t.Errorf("measured %d", n)
	}
	near(t, "min of the measured phase", get.Measured.Min(), 3e6)
	if all := l.Get("", record.KindResponse); all.Measured.Count() != get.Measured.Count() {
		t.Error("all operations together differ from the only one")
	}
	if l.Get("set", record.KindResponse) != nil || l.Get("get", record.KindService) != nil {
		t.Error("latencies that were not recorded")
	}
}

func TestPacingMerges(t *testing.T) {
	columns, err := LoadPacing(recorded(t), Grid{1e9, 5e8, 2})
	check(t, err)
	if n := columns[0].Count(); n != 10+20+30+40+50 {
		t.Errorf("first column counts %d", n)
	}
	near(t, "p99 of the second column", columns[1].Quantile(0.99), 1e7)
}

func near(t *testing.T, what string, got, want int64) {
	t.Helper()
	if math.Abs(float64(got-want)) > 0.001*float64(want) { // three significant digits
		t.Errorf("%s: got %d, want %d", what, got, want)
	}
}

// HdrHistogram itself is the oracle: merged distributions give its quantiles.
func TestHiccupsOfColumns(t *testing.T) {
	got, err := LoadHiccups(recorded(t), Grid{1e9, 5e8, 2})
	check(t, err)
	if want := []float64{0, 3e6}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDistributionAgreesWithHdrHistogram(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	whole := hist.New()
	var d Distribution
	for range 7 {
		part := hist.New()
		for range 1 + rng.IntN(3000) {
			ns := int64(math.Exp(9 + 3*rng.NormFloat64()))
			part.RecordN(ns, 1)
			whole.RecordN(ns, 1)
		}
		d = d.Plus(DistributionOf(part))
	}
	if d.Count() != whole.Count() {
		t.Fatalf("count %d, want %d", d.Count(), whole.Count())
	}
	for _, q := range []float64{0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1} {
		if got, want := d.Quantile(q), whole.Quantile(q); got != want {
			t.Errorf("quantile %v: got %d, want %d", q, got, want)
		}
	}
	if Distribution(nil).Quantile(0.5) != 0 || Distribution(nil).Max() != 0 || Distribution(nil).Min() != 0 {
		t.Error("an empty distribution is not 0")
	}
}

func TestSamples(t *testing.T) {
	s, err := LoadSamples(recorded(t))
	check(t, err)
	if got, want := s.Names("server_proc"), []string{"cpu_user_ns", "rss_bytes"}; !reflect.DeepEqual(got, want) {
		t.Errorf("names %v, want %v", got, want)
	}
	rate, ok := s.Rate("server_proc", "cpu_user_ns")
	if !ok || len(rate.Values) != 2 || rate.Values[0] != 2e9 || !math.IsNaN(rate.Values[1]) || rate.Seconds[0] != 0.5 {
		t.Errorf("rate %+v: want 2e9 and a gap where the counter fell", rate)
	}
	gauge, ok := s.Gauge("server_proc", "rss_bytes")
	if !ok || !reflect.DeepEqual(gauge, Series{[]float64{0, 0.5}, []float64{5, 6}}) {
		t.Errorf("gauge %+v", gauge)
	}
	if _, ok := s.Gauge("server_proc", "nothing"); ok {
		t.Error("a value that was not sampled")
	}
	if _, ok := s.Rate("server_proc", "nothing"); ok {
		t.Error("a rate that was not sampled")
	}
}

// A sample just after another makes no rate of its own.
func TestRateJoinsShortIntervals(t *testing.T) {
	s := Series{[]float64{0, 0.5, 1, 1.004, 1.5, 2}, []float64{0, 5, 10, 20, 25, 30}}
	got := s.rate()
	want := Series{[]float64{0.5, 1, 1.5, 2}, []float64{10, 10, 30, 10}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestThin(t *testing.T) {
	nan := math.NaN()
	s := Series{[]float64{0, 1, 2, 3, 4}, []float64{1, 3, nan, 5, nan}}
	for _, c := range []struct {
		got   Series
		first float64
	}{{s.ThinMean(3), 2}, {s.ThinMax(3), 3}} {
		if v := c.got.Values; len(v) != 3 || v[0] != c.first || v[1] != 5 || !math.IsNaN(v[2]) {
			t.Errorf("got %+v, want %v, 5 and a gap", c.got, c.first)
		}
	}
	if got := s.ThinMean(5); len(got.Values) != 5 {
		t.Errorf("a short series was thinned: %+v", got)
	}
}

func TestMeanAndMaxWithin(t *testing.T) {
	nan := math.NaN()
	s := Series{[]float64{0, 1, 2, 3, 4}, []float64{1, 3, nan, 5, 100}}
	part := s.Within(1, 4)
	if part.Mean() != 4 || part.Max() != 5 {
		t.Errorf("mean %v, max %v, want 4 and 5", part.Mean(), part.Max())
	}
	if empty := s.Within(9, 10); !math.IsNaN(empty.Mean()) || !math.IsNaN(empty.Max()) {
		t.Error("nothing has a mean or a maximum")
	}
}

func TestDamageIsNamed(t *testing.T) {
	dir := recorded(t)
	check(t, os.WriteFile(filepath.Join(dir.Path(), record.SlicesFile), []byte("{\n"), 0o644))
	if _, err := NewGrid(dir, 10); err == nil {
		t.Error("a damaged file was read")
	}
}
