package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"redline/lab/analysis/compare"
	"redline/lab/analysis/delta"
	"redline/lab/analysis/gate"
	"redline/lab/analysis/summary"
	"redline/lab/duel"
	"redline/lab/record"
	labreport "redline/lab/report"
)

// What changed between two sides, function by function and per request: as text,
// as Markdown and as a report with differential flame graphs.

const (
	// changedShown bounds the functions of a profile in text; the report has more.
	changedShown = 5
	// changedMarkdownShown is for a pull request, where there is room.
	changedMarkdownShown = 10
)

// changedText prints what a request costs and the functions that changed most,
// leaving out what chance of sampling alone explains.
func changedText(b *strings.Builder, profiles []delta.Profile) {
	for _, p := range profiles {
		if p.Label == "Block" { // idle readers block: it says nothing of a request
			continue
		}
		fmt.Fprintf(b, "  %-15s %s per request: A %s, B %s\n", "profile", p.Label, perRequest(p.A, p.Unit), perRequest(p.B, p.Unit))
		for _, f := range changedFunctions(p, changedShown) {
			fmt.Fprintf(b, "  %-15s   %+10s  %s -> %s  %s %s\n", "", signed(f.Change, p.Unit), perRequest(f.A, p.Unit), perRequest(f.B, p.Unit), f.Function, f.Where)
		}
	}
}

func changedFunctions(p delta.Profile, most int) (out []delta.Function) {
	for _, f := range p.Functions {
		if f.Differs && len(out) < most {
			out = append(out, f)
		}
	}
	return out
}

func perRequest(v float64, unit string) string {
	switch unit {
	case "nanoseconds":
		return fmt.Sprintf("%.0fns", v)
	case "bytes":
		return fmt.Sprintf("%.1fB", v)
	}
	return fmt.Sprintf("%.4g", v)
}

func signed(v float64, unit string) string {
	if v < 0 {
		return "-" + perRequest(math.Abs(v), unit)
	}
	return "+" + perRequest(v, unit)
}

func changedMarkdown(b *strings.Builder, profiles []delta.Profile) {
	for _, p := range profiles {
		functions := changedFunctions(p, changedMarkdownShown)
		if p.Label == "Block" || len(functions) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n<details><summary>%s per request: A %s, B %s; functions that changed most</summary>\n\n", p.Label, perRequest(p.A, p.Unit), perRequest(p.B, p.Unit))
		b.WriteString("| A | B | change | function | where |\n|--:|--:|--:|---|---|\n")
		for _, f := range functions {
			fmt.Fprintf(b, "| %s | %s | %s | `%s` | `%s` |\n", perRequest(f.A, p.Unit), perRequest(f.B, p.Unit), signed(f.Change, p.Unit), f.Function, f.Where)
		}
		b.WriteString("\n</details>\n")
	}
}

// verdicts are the states of a report's verdict, and how it calls them.
var verdicts = map[string][2]string{
	gate.Pass: {"pass", "Passed"}, gate.Regression: {"fail", "Regression"}, gate.Undecided: {"undecided", "Could not decide"},
	summary.Fail: {"fail", "Failed"}, summary.GeneratorLimited: {"undecided", "The generator was the limit"},
}

func reportVerdict(verdict string, reasons, caveats []string) *labreport.Verdict {
	v := &labreport.Verdict{State: "undecided", Label: verdict, Headline: strings.Join(reasons, "; ") + ".", Reasons: caveats}
	if known, ok := verdicts[verdict]; ok {
		v.State, v.Label = known[0], known[1]
	}
	return v
}

// gateReport writes the report of a gate into B's run directory.
func gateReport(c *gateCmd, r *duel.Result) (string, error) {
	var rows [][]string
	for _, f := range r.Findings {
		word := "does not decide"
		if f.Gating {
			word = f.Verdict
		}
		rows = append(rows, []string{strings.ReplaceAll(f.Metric, "_", " "), amount(f.A, unitOf(f.Metric)), amount(f.B, unitOf(f.Metric)), fmt.Sprintf("%.3f", f.Ratio),
			fmt.Sprintf("%.3f to %.3f", f.Low, f.High), word})
	}
	lead := fmt.Sprintf("A is %s, B is %s: B fails when it is slower by %.3g %% or more for certain, with at most %.3g %% false alarms; %d pairs.", c.A, c.B, 100*r.Effect, 100*r.Alpha, r.Pairs)
	if r.Calibration.Rounds > 0 {
		lead += fmt.Sprintf(" In the noise of these turns a gate raises a false alarm in %.1f %% of comparisons and misses a slow-down of %.3g %% in %.0f %%.",
			100*r.Calibration.FalseAlarms, 100*r.Calibration.Slower, 100*r.Calibration.Missed)
	}
	return writeComparison(labreport.Comparison{
		Sides:   []labreport.Side{{Label: "A", Dirs: []string{r.RunDirs[0]}}, {Label: "B", Dirs: []string{r.RunDirs[1]}}},
		Verdict: reportVerdict(r.Verdict, r.Reasons, r.Caveats), Decision: []labreport.Section{decision(lead, rows)},
	}, filepath.Join(r.RunDirs[1], comparisonFile))
}

// compareReport writes the report of a comparison; the profiled runs come last.
func compareReport(c *compareCmd, cmp *compare.Comparison, profiled map[rune][]*record.Dir, path string) (string, error) {
	var rows [][]string
	for _, r := range cmp.Ratios {
		interval, word := "one value a run", ""
		if r.Low != nil {
			interval = fmt.Sprintf("%.3f to %.3f", *r.Low, *r.High)
			if !r.Differs() {
				word = "no difference shown"
			}
		}
		rows = append(rows, []string{strings.ReplaceAll(r.Metric, "_", " "), amount(r.A, r.Unit), amount(r.B, r.Unit), fmt.Sprintf("%.3f", r.Ratio), interval, word})
	}
	sides := []labreport.Side{{Label: "A"}, {Label: "B"}}
	for i, runs := range [][]*summary.Summary{cmp.A.Runs, cmp.B.Runs} {
		for _, d := range profiled[rune('A'+i)] { // first: what is told of one run is told of the profiled one
			sides[i].Dirs = append(sides[i].Dirs, d.Path())
		}
		for _, r := range runs {
			sides[i].Dirs = append(sides[i].Dirs, r.RunDir)
		}
	}
	lead := fmt.Sprintf("A is %s, B is %s; runs in the order %s. The profiles are of one further run of each side, whose figures do not count here.", c.A, c.B, c.Order)
	return writeComparison(labreport.Comparison{Sides: sides, Verdict: reportVerdict(cmp.Verdict, cmp.Reasons, cmp.Caveats),
		Decision: []labreport.Section{decision(lead, rows)}}, path)
}

func decision(lead string, rows [][]string) labreport.Section {
	columns := []labreport.Column{{Label: "Figure"}, {Label: "A", Numeric: true}, {Label: "B", Numeric: true}, {Label: "B/A", Numeric: true}, {Label: "Interval"}, {Label: ""}}
	return labreport.Section{ID: "decision", Title: "Decision", Lead: lead, Blocks: []labreport.Block{
		labreport.NewTable("Figures", columns, rows, record.SlicesFile, record.LatencyFile, record.SamplesFile)}}
}

func writeComparison(c labreport.Comparison, path string) (string, error) {
	doc, err := labreport.BuildComparison(c)
	if err != nil {
		return "", err
	}
	return path, labreport.WriteHTML(doc, path)
}
