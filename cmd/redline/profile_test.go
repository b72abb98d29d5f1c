package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"redline/lab/analysis/attribution"
	"redline/lab/analysis/findings"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

func TestExplainedText(t *testing.T) {
	e := explained{
		Attribution: &attribution.Table{Source: "profiles/cpu.pb.gz",
			Rows: []attribution.Row{{Part: attribution.Network, Share: 0.535, NsPerRequest: 5600}, {Part: attribution.Command, Family: "string", Share: 0.2},
				{Part: attribution.Idle, Share: 0.75, NsPerRequest: 9}},
			CPUSecondsPerRequest: 10.5e-6, AllocationsPerRequest: 0.008, BytesPerRequest: math.NaN(),
			Anatomy: []attribution.Stage{{Name: "execute", MeanNs: 300, P50Ns: 250, P99Ns: 1_200_000}},
			Missing: []record.Missing{{Part: "anatomy", Why: "none"}}},
		Findings: []findings.Finding{{ID: "slow-command", Title: "One command is slow", Subject: "KEYS", Gain: "at most 40 %", Advice: "Use SCAN.",
			Evidence: []findings.Evidence{{Text: "KEYS took 30 %", File: "a/b.go", Line: 7, Source: "server/slowlog.json"}, {Text: "plain", Source: "run.json"}}}},
	}
	var b strings.Builder
	if err := printExplained(&b, &e); err != nil {
		t.Fatal(err)
	}
	want := `
where the server's CPU time went (profiles/cpu.pb.gz)
  network                   53.5 %      5600 ns per request
  command string            20.0 %
  idle                      75.0 %  of the machine
  per request              10.50 us of CPU, 0.008 allocations
  stage execute            mean 300ns  p50 250ns  p99 1.2ms
  missing                  anatomy: none

findings, by what they cost
   1. One command is slow: KEYS (slow-command)
      cost      at most 40 %
      evidence  KEYS took 30 % at a/b.go:7 [server/slowlog.json]
      evidence  plain [run.json]
      advice    Use SCAN.
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	if err := printExplained(&b, &explained{}); err != nil || b.String() != "\nfindings: none\n" {
		t.Errorf("%q %v", b.String(), err)
	}
}

// TestProfiledObject checks that the object is a summary with two more fields.
func TestProfiledObject(t *testing.T) {
	text, err := json.Marshal(profiled{&summary.Summary{Verdict: summary.Pass}, explained{Findings: []findings.Finding{}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"verdict":"pass"`, `"attribution":null`, `"findings":[]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
}

func TestExplainDamaged(t *testing.T) {
	if _, err := explainDir(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a run directory") {
		t.Errorf("%v", err)
	}
}
