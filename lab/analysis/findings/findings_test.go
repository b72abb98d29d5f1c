package findings

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redline/lab/record"
)

func find(t *testing.T, f *fixture) []Finding {
	t.Helper()
	found, err := Of(f.write(t))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRules(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range cases() {
		t.Run(c.id+" of "+c.subject, func(t *testing.T) {
			if c.fires != nil {
				f := newFixture()
				c.fires(f)
				got := pick(find(t, f), c.id)
				if got == nil {
					t.Fatal("the rule is silent on the run that is to trigger it")
				}
				checkWhole(t, got)
				if got.Subject != c.subject {
					t.Errorf("subject %q, want %q", got.Subject, c.subject)
				}
			}
			f := newFixture()
			c.silent(f)
			if got := pick(find(t, f), c.id); got != nil {
				t.Errorf("the rule speaks on the run that is not to trigger it: %+v", *got)
			}
		})
		tested[c.id] = tested[c.id] || c.fires != nil
	}
	for _, r := range Rules() {
		if !tested[r.ID] {
			t.Errorf("rule %s has no fixture", r.ID)
		}
	}
}

func pick(found []Finding, id string) *Finding {
	for i := range found {
		if found[i].ID == id {
			return &found[i]
		}
	}
	return nil
}

// checkWhole holds a finding against what every finding must have.
func checkWhole(t *testing.T, f *Finding) {
	t.Helper()
	if f.Title == "" || f.Explanation == "" || f.Advice == "" || f.Gain == "" || f.About == "" || len(f.Evidence) == 0 {
		t.Errorf("finding is not whole: %+v", *f)
	}
	if !(f.Cost > 0 && f.Cost <= 1) || f.MaxSpeedup != 0 && f.MaxSpeedup < 1 || math.IsInf(f.MaxSpeedup, 0) {
		t.Errorf("cost %g, at most x %g", f.Cost, f.MaxSpeedup)
	}
	for _, e := range f.Evidence {
		if e.Source == "" || e.Text == "" || e.Share < 0 || e.Share > 1 || e.ToNs < e.FromNs || strings.Contains(e.Text, "NaN") {
			t.Errorf("evidence %+v", e)
		}
	}
	if _, err := json.Marshal(f); err != nil {
		t.Error(err)
	}
}

func TestCalmRun(t *testing.T) {
	if found := find(t, newFixture()); len(found) != 0 {
		t.Errorf("found %+v", found)
	}
}

func TestRuleInfo(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if r.ID == "" || r.Title == "" || r.Explanation == "" || r.Evidence == "" || r.Threshold == "" || seen[r.ID] {
			t.Errorf("rule %+v", r)
		}
		seen[r.ID] = true
		switch r.About {
		case Server, Load, Machine, Measurement:
		default:
			t.Errorf("rule %s is about %q", r.ID, r.About)
		}
	}
	for _, r := range rules() {
		for _, id := range r.causes {
			if !seen[id] || id == r.ID {
				t.Errorf("rule %s names the cause %q", r.ID, id)
			}
		}
	}
}

func TestWrite(t *testing.T) {
	f := newFixture()
	f.waiting()
	f.contention(900_000_000, 1e12)
	d := f.write(t)
	found, err := Write(d.Path())
	if err != nil || pick(found, "lock-contention") == nil {
		t.Fatalf("%v, %v", found, err)
	}
	text, err := os.ReadFile(filepath.Join(d.Path(), File))
	var got stored
	if err != nil || json.Unmarshal(text, &got) != nil || got.Format != 1 || got.Findings[0].ID != found[0].ID {
		t.Errorf("stored %s, %v", text, err)
	}
	if _, err := Write(t.TempDir()); err == nil {
		t.Error("no error for a folder that is no run")
	}
}

// TestMissing takes the files of a run away one by one: every rule copes.
func TestMissing(t *testing.T) {
	for _, name := range []string{record.SlicesFile, record.LatencyFile, record.SamplesFile, record.PacingFile, record.EventsFile, "profiles/mutex.before.pb.gz",
		"profiles/mutex.pb.gz"} {
		f := newFixture()
		f.waiting()
		f.contention(900_000_000, 0)
		d := f.write(t)
		if err := os.Remove(filepath.Join(d.Path(), name)); err != nil {
			t.Fatal(err)
		}
		if _, err := Of(d); err != nil {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestExplained(t *testing.T) {
	rules := []rule{{RuleInfo: RuleInfo{ID: "cause"}}, {RuleInfo: RuleInfo{ID: "symptom"}, causes: []string{"cause"}}}
	for _, c := range []struct {
		cause, symptom float64
		left           int
	}{{0.5, 0.9, 1}, {0.3, 0.9, 2}, {0.9, 0.5, 1}} {
		found := explained([]Finding{{ID: "cause", Cost: c.cause}, {ID: "symptom", Cost: c.symptom}}, rules)
		if len(found) != c.left {
			t.Errorf("cause %g, symptom %g: %v", c.cause, c.symptom, found)
		}
	}
	if found := explained([]Finding{{ID: "symptom", Cost: 0.5}}, rules); len(found) != 1 {
		t.Errorf("a symptom without its cause: %v", found)
	}
}
