package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redline/lab/record"
)

func addPlan(t *testing.T, dir string) {
	t.Helper()
	at := func(v float64) *float64 { return &v }
	p := planDoc{Format: 1, Capacity: &planEstimate{51000, 49500, 52300}, SaturationPerS: 60000, RecoversAtPerS: 48000, BytesPerKey: at(104.5), BytesPerRequest: 120,
		Scalability: &planLaw{Lambda: planEstimate{20000, 19000, 21000}, Sigma: planEstimate{0.2, 0.18, 0.23}, Kappa: planEstimate{0.003, 0.002, 0.004}, Peak: 16.3,
			RSquared: 0.995, ErrorPerS: 0.04, ErrorMean: 0.05, Why: "contention (what runs one at a time) is 20 % of the work"},
		Caveats: []string{"a caveat"},
		Needs: &planNeeds{Rate: 100000, Utilisation: 0.7, Capacity: 142857, Machines: 3, Headroom: 0.327, NetworkBitsPerS: 32e6, MemoryBytes: 1e9,
			Ends: &planEnd{At: time.Date(2027, 3, 4, 0, 0, 0, 0, time.UTC), PerYear: 1.5, Fit: "given"}}}
	p.SLO.ResponseP99Ns = 5e6
	for i, n := range []int{1, 2, 4, 8, 12, 16, 32} {
		x := p.Scalability.at(float64(n))
		l := planLoad{Concurrency: n, PerS: x * 1.01, MeanNs: float64(n) / x * 1e9, FitPerS: &planEstimate{x, 0.97 * x, 1.03 * x}}
		if i == 4 {
			l.PredictedPerS, l.PredictedMeanNs = at(x), at(float64(n)/x*1e9)
		}
		p.Loads = append(p.Loads, l)
	}
	for i, rate := range []float64{500, 1000, 8000, 40000, 60000, 50000, 52000} {
		p.Trials = append(p.Trials, planTrial{Rate: rate, Achieved: rate, Met: rate < 51000, Stage: "search", ResponseP50Ns: 50000 * int64(i+1), ResponseP99Ns: 900000 * int64(i+1)})
	}
	text, err := json.Marshal(p)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, planFile), text, 0o644))
}

func TestCapacitySection(t *testing.T) {
	t.Parallel()
	dir := fixture(t)
	addPlan(t, dir)
	doc, err := Build(dir)
	check(t, err)
	text, err := json.Marshal(section(doc, "capacity"))
	check(t, err)
	for _, want := range []string{"up to 51,000 per second", "49,500 to 52,300", "60,000 per second", "4 March 2027", "3 such as this one", "bytes a key"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the section does not say %q", want)
		}
	}
	plots := section(doc, "capacity").Blocks[1].(Plots).Plots
	if len(plots) != 2 || len(plots[0].Lines) != 3 || len(plots[0].Marks) != 2 || len(plots[1].Lines) != 4 || plots[1].Lines[0].Draw != "band" {
		t.Fatalf("plots %+v", plots)
	}
	if note := plots[1].Note; !strings.Contains(note, "Universal Scalability Law") || plots[1].Marks[0].Label != "peak" {
		t.Errorf("%s %+v", note, plots[1].Marks)
	}
	if !strings.Contains(section(doc, "summary").Blocks[0].(Prose).text(), "meets the service level") {
		t.Error("the summary does not tell the capacity")
	}
}

// The curve is that of the law that predicts.
func TestQueueingCurve(t *testing.T) {
	t.Parallel()
	p := planDoc{Scalability: &planLaw{Predictor: "queueing", Queueing: &planQueue{AloneNs: planEstimate{60e3, 55e3, 65e3}, CapacityPerS: planEstimate{125e3, 120e3, 130e3},
		Full: planEstimate{7.5, 7, 8}, Sharpness: 4}}, Loads: []planLoad{{Concurrency: 1, PerS: 16000}, {Concurrency: 128, PerS: 124000}}}
	plot, ok := p.scalabilityPlot()
	line := plot.Lines[0].Points
	if !ok || plot.Marks[0] != (Mark{"x", "full", "muted", 7.5, 7, 8}) || line[len(line)-1] < 124e3 || line[len(line)-1] > 125e3 || !strings.Contains(plot.Note, "queueing law") {
		t.Errorf("%+v", plot)
	}
	if text, _ := json.Marshal(p.lawTable()); !strings.Contains(string(text), "requests in flight from which on") {
		t.Errorf("%s", text)
	}
	p.Scalability.Predictor, p.Loads[0].FitPerS = "neighbours", &planEstimate{16000, 15000, 17000}
	if plot, _ = p.scalabilityPlot(); len(plot.Lines[1].Points) != 2 || plot.Lines[1].Points[1] != 16000 || !strings.Contains(plot.Note, "neighbours") {
		t.Errorf("%+v", plot)
	}
	in := input{plan: &p}
	p.Scalability.Why = "contention"
	if words := in.capacityWords(); !strings.Contains(words[1].Text, "from 7.5 requests in flight on") {
		t.Errorf("%+v", words)
	}
}

func (p Prose) text() string {
	var b strings.Builder
	for _, s := range p.Paragraphs {
		b.WriteString(s.Text + "\n")
	}
	return b.String()
}

// A plan of another version, or a damaged one, is named and costs only its section.
func TestPlanThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`{"format":7}`: "format 7", "{": planFile} {
		dir := fixture(t)
		check(t, os.WriteFile(filepath.Join(dir, planFile), []byte(text), 0o644))
		doc, err := Build(dir)
		check(t, err)
		if !strings.Contains(missingText(doc), want) || section(doc, "capacity").ID != "" {
			t.Errorf("%s: %s", text, missingText(doc))
		}
	}
}

// The head of a plan is its answer, and not the figures of all trials together.
func TestHeadOfAPlan(t *testing.T) {
	t.Parallel()
	dir := fixture(t)
	addPlan(t, dir)
	d, err := record.Open(dir)
	check(t, err)
	run := *d.Run()
	run.Kind = "plan"
	text, err := json.Marshal(run)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, record.RunFile), text, 0o644))
	doc, err := Build(dir)
	check(t, err)
	if doc.Verdict.State != "pass" || !strings.Contains(doc.Verdict.Headline, "51,000 per second") || doc.Figures[0].Label != "Capacity" || !strings.Contains(doc.Title, "capacity for") {
		t.Errorf("%s: %+v, %+v", doc.Title, doc.Verdict, doc.Figures)
	}
	traced(t, doc, dir)
	check(t, os.Remove(filepath.Join(dir, planFile)))
	if doc, err = Build(dir); err != nil || doc.Verdict.Label != "No answer" || !strings.Contains(missingText(doc), "without an answer") {
		t.Errorf("%v, %+v", err, doc.Verdict)
	}
}
