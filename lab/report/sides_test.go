package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"redline/lab/record"
)

// changed is the fixture with another id and target, so that two sides can be told apart.
func changed(t *testing.T) string {
	t.Helper()
	dir := fixture(t)
	d, err := record.Open(dir)
	check(t, err)
	run := *d.Run()
	run.ID, run.Target.Kind, run.Target.Version, run.Workload.Connections = "second", "redis", "7.0.15", 64
	text, err := json.Marshal(run)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, record.RunFile), text, 0o644))
	return dir
}

func TestComparison(t *testing.T) {
	t.Parallel()
	a, b := fixture(t), changed(t)
	doc, err := BuildComparison(Comparison{Sides: []Side{{Dirs: []string{a}}, {Dirs: []string{b}}}})
	check(t, err)
	if !strings.HasPrefix(doc.Title, "A: Redline") || !strings.HasSuffix(doc.Title, "against B: Redis 7.0.15") {
		t.Errorf("title %q", doc.Title)
	}
	var ids []string
	for _, s := range doc.Sections {
		ids = append(ids, s.ID)
	}
	if got, want := strings.Join(ids, " "), "sides changed attribution profiles percentiles time findings conditions missing"; got != want {
		t.Errorf("sections %s, want %s", got, want)
	}
	if len(doc.Verdict.Reasons) == 0 || !strings.Contains(doc.Verdict.Reasons[0], "connections is 32") {
		t.Errorf("other loads are not told: %q", doc.Verdict.Reasons)
	}
	for _, f := range doc.Figures {
		if f.Value != "1" {
			t.Errorf("one run against itself: %s is %s", f.Label, f.Value)
		}
	}
	g := section(doc, "profiles").Blocks[0].(Flames).Graphs[0]
	if g.Label != "CPU" || len(g.Before) != len(g.Value) || len(g.After) != len(g.Value) || len(g.Changed) == 0 {
		t.Fatalf("differential graph: %d frames, %d before, %d changed", len(g.Value), len(g.Before), len(g.Changed))
	}
	for i := range g.Value {
		if g.Before[i] != g.After[i] || g.Value[i] != g.Before[i]+g.After[i] {
			t.Fatalf("frame %d: %d and %d in %d", i, g.Before[i], g.After[i], g.Value[i])
		}
	}
	text, err := json.Marshal(doc)
	check(t, err)
	if null := regexp.MustCompile(`"\w+":null`).Find(text); null != nil {
		t.Errorf("a list is null: %s", null)
	}
	traced(t, doc, a)
	traced(t, doc, b)
}

func section(doc *Document, id string) Section {
	for _, s := range doc.Sections {
		if s.ID == id {
			return s
		}
	}
	return Section{}
}

// Several runs of a side count as one, and what a gate decided stands first.
func TestComparisonOfSides(t *testing.T) {
	t.Parallel()
	a, b := fixture(t), changed(t)
	verdict := &Verdict{State: "fail", Label: "Regression", Headline: "B is slower."}
	decision := []Section{{ID: "decision", Title: "Decision", Blocks: []Block{prose(sentence("Slower.", record.RunFile))}}}
	doc, err := BuildComparison(Comparison{Sides: []Side{{"A", []string{a, a}}, {"B", []string{b}}}, Verdict: verdict, Decision: decision})
	check(t, err)
	if doc.Verdict.State != "fail" || doc.Sections[0].ID != "decision" || section(doc, "sides").ID != "" {
		t.Errorf("verdict %+v, first section %s", doc.Verdict, doc.Sections[0].ID)
	}
	for _, c := range section(doc, "percentiles").Blocks[0].(Percentiles).Views[0].Curves {
		if c.Count == 0 {
			t.Errorf("curve %s is empty", c.Label)
		}
	}
}

func TestComparisonErrors(t *testing.T) {
	dir := fixture(t)
	for want, sides := range map[string][]Side{
		"two runs":     {{Dirs: []string{dir}}},
		record.RunFile: {{Dirs: []string{dir}}, {Dirs: []string{t.TempDir()}}},
		"has no run":   {{Dirs: []string{dir}}, {}},
	} {
		if _, err := BuildComparison(Comparison{Sides: sides}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// Sides without profiles or latencies cost only what is made of them.
func TestComparisonWithoutParts(t *testing.T) {
	t.Parallel()
	a, b := fixture(t), fixture(t)
	check(t, os.RemoveAll(filepath.Join(b, record.ProfilesDir)))
	check(t, os.Remove(filepath.Join(b, record.LatencyFile)))
	doc, err := BuildComparison(Comparison{Sides: []Side{{Dirs: []string{a}}, {Dirs: []string{b}}}})
	check(t, err)
	if section(doc, "profiles").ID != "" || section(doc, "conditions").ID == "" {
		t.Error("a differential graph of nothing, or no conditions")
	}
	if text := missingText(doc); !strings.Contains(text, "difference of CPU") || !strings.Contains(text, record.LatencyFile) {
		t.Errorf("missing parts are not named: %s", text)
	}
}
