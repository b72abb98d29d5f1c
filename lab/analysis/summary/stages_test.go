package summary

import (
	"strings"
	"testing"

	"redline/hist"
	"redline/lab/record"
)

// staged is the fixture with a stage a second of the measured phase, whose
// latencies are 0.1, 1 and 30 ms.
func staged(rules ...string) *fixture {
	f := newFixture()
	f.run.Workload.Thresholds = rules
	for i, label := range []string{"one", "two", "three"} {
		f.run.Phases = append(f.run.Phases, record.Phase{Name: record.PhaseMeasure, Label: label, StartNs: int64(i+2) * 1e9, EndNs: int64(i+3) * 1e9})
	}
	f.latency = func(i int, r *hist.Recorder) {
		r.Record([]int64{100_000, 100_000, 1_000_000, 30_000_000, 30_000_000}[i/10])
	}
	return f
}

func TestThresholds(t *testing.T) {
	for rule, want := range map[string]string{
		"response.p50 < 2ms":                  Pass,
		"response.p99 < 2ms":                  Fail,
		"response.p99 < 2ms in two":           Pass,
		"response.p99 < 2ms in three":         Fail,
		"response.max < 40ms":                 Pass,
		"errors <= 0.1%":                      Pass,
		"throughput >= 99%":                   Pass,
		"throughput > 2k/s":                   Fail,
		"nothing.errors < 1%":                 Fail,
		"response.p99 < 1s in a stage unseen": Fail,
	} {
		s := staged(rule).compute(t, record.StateComplete)
		if s.Verdict != want || len(s.Thresholds) != 1 || s.Thresholds[0].Met != (want == Pass) {
			t.Errorf("%s: %s, %v, %+v", rule, s.Verdict, s.Reasons, s.Thresholds)
		}
		if want == Fail && !strings.Contains(s.Reasons[0], rule[:10]) {
			t.Errorf("%s: the reason is %q", rule, s.Reasons[0])
		}
	}
}

func TestStages(t *testing.T) {
	s := staged("response.p99 < 2ms").compute(t, record.StateComplete)
	if len(s.Stages) != 3 || !s.Stages[0].Met || !s.Stages[1].Met || s.Stages[2].Met {
		t.Fatalf("%+v", s.Stages)
	}
	for i, st := range s.Stages[:2] {
		if st.DurationS < 0.99 || st.DurationS > 1.01 || st.AskedPerS < 990 || st.AskedPerS > 1010 || st.Operations == 0 {
			t.Errorf("stage %d: %+v", i, st)
		}
	}
	if p50 := s.Stages[1].ResponseNs.P50; p50 < 990_000 || p50 > 1_010_000 {
		t.Errorf("p50 of the second stage is %d", p50)
	}
}

func TestStress(t *testing.T) {
	f := staged("response.p99 < 2ms")
	f.run.Workload.Stop = "2 windows of 1s"
	f.run.Stopped = "response.p99 < 2ms was missed"
	s := f.compute(t, record.StateComplete)
	if s.Verdict != Pass || s.HighestPerS < 990 || s.HighestPerS > 1010 || !strings.Contains(s.Reasons[0], "(two)") || !strings.Contains(s.Reasons[0], "missed: 30") {
		t.Errorf("%s %v, highest %g", s.Verdict, s.Reasons, s.HighestPerS)
	}
	f = staged("response.p99 < 1us")
	f.run.Workload.Stop = "2 windows of 1s"
	if s := f.compute(t, record.StateComplete); s.Verdict != Fail && s.Verdict != GeneratorLimited {
		t.Errorf("%s %v", s.Verdict, s.Reasons)
	}
	f = staged("response.p99 < 1s")
	f.run.Workload.Stop = "2 windows of 1s"
	if s := f.compute(t, record.StateComplete); s.Verdict != Pass || !strings.Contains(s.Reasons[0], "before the server did") {
		t.Errorf("%s %v", s.Verdict, s.Reasons)
	}
}
