package report

import (
	"math"
	"strings"
	"testing"

	"redline/lab/analysis/series"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

func TestVerdict(t *testing.T) {
	answered := summary.Summary{Intended: 100, Operations: 100, ThroughputPerS: 20000, ResponseNs: summary.Latency{P99: 1_200_000},
		Reasons: []string{"reason"}, Caveats: []string{"caveat"}}
	of := func(verdict string, change func(*summary.Summary)) *summary.Summary {
		s := answered
		s.Verdict = verdict
		if change != nil {
			change(&s)
		}
		return &s
	}
	for _, c := range []struct {
		name, runState, reason string
		sum                    *summary.Summary
		state, label, headline string
		reasons                string
	}{
		{"pass", record.StateComplete, "", of(summary.Pass, nil), "pass", "Passed", "Redis answered 20 k requests per second, 99 of 100 within 1.2 ms; 0 errors.", "caveat"},
		{"fail", record.StateComplete, "", of(summary.Fail, func(s *summary.Summary) { s.Errors = 1 }), "fail", "Failed", "1.2 ms; 1 error.", "reason caveat"},
		{"limited", record.StateComplete, "", of(summary.GeneratorLimited, nil), "undecided", "The generator was the limit", "Redis answered", "reason caveat"},
		{"undecided", record.StateComplete, "", of(summary.Undecided, nil), "undecided", "Could not decide", "Redis answered", "reason caveat"},
		{"interrupted", record.StateInterrupted, "signal", of(summary.Undecided, nil), "undecided", "Could not decide", "The run was interrupted: signal. Redis answered", "reason caveat"},
		{"killed", record.StateRunning, "", of(summary.Pass, nil), "pass", "Passed", "The run did not end", "caveat"},
		{"nothing", record.StateComplete, "", of(summary.Fail, func(s *summary.Summary) { s.Operations = 0 }), "fail", "Failed", "Nothing was answered.", "reason caveat"},
		{"unreadable", record.StateFailed, "no server", nil, "undecided", "Could not decide", "The run failed: no server.", ""},
	} {
		in := &input{run: &record.Run{State: c.runState, StateReason: c.reason, Target: record.Target{Kind: "redis"}}, sum: c.sum}
		v := in.verdict()
		headline := strings.ReplaceAll(v.Headline, thin, " ")
		if v.State != c.state || v.Label != c.label || !strings.Contains(headline, c.headline) || strings.Join(v.Reasons, " ") != c.reasons {
			t.Errorf("%s: got %+v", c.name, v)
		}
	}
}

// Every figure and sentence of the summary names the files it rests on.
func TestSummaryNamesItsSources(t *testing.T) {
	doc, err := Build(fixture(t))
	check(t, err)
	known := map[string]bool{record.RunFile: true, record.SlicesFile: true, record.LatencyFile: true, record.PacingFile: true,
		record.SamplesFile: true, record.HiccupsFile: true, "profiles/cpu.pb.gz": true}
	if len(doc.Figures) != 6 {
		t.Errorf("%d figures, want 6", len(doc.Figures))
	}
	for _, f := range doc.Figures {
		if !known[f.Source] {
			t.Errorf("figure %s comes from %q", f.Label, f.Source)
		}
	}
	p := doc.Sections[0].Blocks[0].(Prose).Paragraphs
	if doc.Sections[0].ID != "summary" || len(p) < 7 {
		t.Fatalf("summary has %d sentences", len(p))
	}
	for _, s := range p {
		if len(s.Sources) == 0 {
			t.Errorf("no source: %s", s.Text)
		}
		for _, source := range s.Sources {
			if !known[source] {
				t.Errorf("%s comes from %q", s.Text, source)
			}
		}
	}
}

func TestOnTimes(t *testing.T) {
	s := series.Series{Seconds: []float64{0, 1, 2, 3}, Values: []float64{10, 11, 12, 13}}
	got := onTimes(s, []float64{0.1, 1, 1.9, 3.5, 7})
	for i, want := range []float64{10, 11, 12, 13, math.NaN()} {
		if got[i] != want && !(math.IsNaN(want) && math.IsNaN(got[i])) {
			t.Errorf("point %d: got %v, want %v", i, got[i], want)
		}
	}
}

func TestHeatColumn(t *testing.T) {
	low := heatRow(1010)
	if got := heatColumn(nil, low); len(got) != 0 {
		t.Errorf("nothing gives %v", got)
	}
	got := heatColumn(series.Distribution{{Ns: 1010, Count: 5}, {Ns: 1020, Count: 1}, {Ns: 1500, Count: 2}}, low)
	if want := []int64{0, 6, 0, 2}; len(got) != len(want) || got[1] != 6 || got[3] != 2 {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCurveKeepsTheTail(t *testing.T) {
	d := series.Distribution{{Ns: 100, Count: 990}, {Ns: 200, Count: 9}, {Ns: 5000, Count: 1}}
	c := curve("response", "a", d)
	if c.Count != 1000 || c.Points[0] != 1 || c.Points[1] != 100 || c.Points[len(c.Points)-2] != 0 || c.Points[len(c.Points)-1] != 5000 {
		t.Errorf("got %+v", c)
	}
	for i := 2; i < len(c.Points); i += 2 {
		if c.Points[i] >= c.Points[i-2] || c.Points[i+1] < c.Points[i-1] {
			t.Errorf("points are not in order: %v", c.Points)
		}
	}
}
