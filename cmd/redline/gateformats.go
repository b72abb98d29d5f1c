package main

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"redline/lab/analysis/gate"
	"redline/lab/duel"
)

// markdown is the result for a pull request.
func (c *gateCmd) markdown(r *duel.Result) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "### Performance: %s\n\n%s.\n\n", r.Verdict, strings.Join(r.Reasons, "; "))
	b.WriteString("| metric | A | B | B/A | interval | |\n|---|--:|--:|--:|---|---|\n")
	for _, f := range r.Findings {
		word := ""
		if f.Gating {
			word = f.Verdict
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %.3f | %.3f - %.3f | %s |\n", strings.ReplaceAll(f.Metric, "_", " "), amount(f.A, unitOf(f.Metric)),
			amount(f.B, unitOf(f.Metric)), f.Ratio, f.Low, f.High, word)
	}
	fmt.Fprintf(&b, "\nA is `%s` (%s %s), B is `%s` (%s %s); smallest effect %.3g %%.\n",
		c.A, r.A.Kind, r.A.Version, c.B, r.B.Kind, r.B.Version, 100*r.Effect)
	if r.Calibration.Rounds > 0 {
		fmt.Fprintf(&b, "\n%d pairs of turns of %v. In such noise %.1f %% false alarms, and a slow-down of %.3g %% missed in %.0f %%.\n",
			r.Pairs, time.Duration(r.TurnNs), 100*r.Calibration.FalseAlarms, 100*r.Calibration.Slower, 100*r.Calibration.Missed)
	}
	changedMarkdown(&b, r.Profiles)
	if r.Report != "" {
		fmt.Fprintf(&b, "\nDifferential flame graphs per request: `%s`.\n", r.Report)
	}
	for _, caveat := range r.Caveats {
		fmt.Fprintf(&b, "\n> %s\n", caveat)
	}
	return b.String(), nil
}

// suite, testcase and outcome are the part of JUnit's format that CI systems read.
type suite struct {
	XMLName  xml.Name   `xml:"testsuite"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Cases    []testcase `xml:"testcase"`
}

type testcase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Failure *outcome `xml:"failure,omitempty"`
	Skipped *outcome `xml:"skipped,omitempty"`
	Out     string   `xml:"system-out,omitempty"`
}

type outcome struct {
	Message string `xml:"message,attr"`
}

// junit is the result as a test suite with a case for each metric that decides: a regression fails, undecided is skipped.
func junit(r *duel.Result) (string, error) {
	s := suite{Name: "redline gate"}
	for _, f := range r.Findings {
		if !f.Gating {
			continue
		}
		c := testcase{Class: s.Name, Name: f.Metric, Out: f.String()}
		switch f.Verdict {
		case gate.Regression:
			c.Failure = &outcome{f.String()}
			s.Failures++
		case gate.Undecided:
			c.Skipped = &outcome{f.String()}
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	if s.Failures == 0 && r.Verdict == gate.Regression { // for what no metric shows
		s.Cases = append(s.Cases, testcase{Class: s.Name, Name: "errors", Failure: &outcome{strings.Join(r.Reasons, "; ")}})
		s.Failures++
	}
	s.Tests = len(s.Cases)
	text, err := xml.MarshalIndent(s, "", "  ")
	return xml.Header + string(text) + "\n", err
}
