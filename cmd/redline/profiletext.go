package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"redline/lab/analysis/attribution"
	"redline/lab/analysis/findings"
)

// printExplained prints where the time went and what was found.
func printExplained(w io.Writer, p *explained) error {
	var b strings.Builder
	if t := p.Attribution; t != nil {
		attributionText(&b, t)
	}
	findingsText(&b, p.Findings)
	_, err := io.WriteString(w, b.String())
	return err
}

// attributionText is the table of the parts of a server's CPU time.
func attributionText(b *strings.Builder, t *attribution.Table) {
	if len(t.Rows) > 0 {
		fmt.Fprintf(b, "\nwhere the server's CPU time went (%s)\n", t.Source)
		for _, r := range t.Rows {
			name := r.Part
			if r.Family != "" {
				name += " " + r.Family
			}
			each := ""
			if r.NsPerRequest > 0 && r.Part != attribution.Idle {
				each = fmt.Sprintf("%8.0f ns per request", r.NsPerRequest)
			}
			of := ""
			if r.Part == attribution.Idle {
				of = "of the machine"
			}
			fmt.Fprintln(b, strings.TrimRight(fmt.Sprintf("  %-24s %5.1f %%  %s%s", name, 100*r.Share, each, of), " "))
		}
	}
	var figures []string
	if v := t.CPUSecondsPerRequest; !math.IsNaN(v) {
		figures = append(figures, fmt.Sprintf("%.2f us of CPU", 1e6*v))
	}
	if v := t.AllocationsPerRequest; !math.IsNaN(v) {
		figures = append(figures, fmt.Sprintf("%.3g allocations", v))
	}
	if v := t.BytesPerRequest; !math.IsNaN(v) {
		figures = append(figures, fmt.Sprintf("%.3g B allocated", v))
	}
	if len(figures) > 0 {
		fmt.Fprintf(b, "  %-24s %s\n", "per request", strings.Join(figures, ", "))
	}
	for _, s := range t.Anatomy {
		fmt.Fprintf(b, "  %-24s mean %s  p50 %s  p99 %s\n", "stage "+s.Name, fineDuration(s.MeanNs), fineDuration(s.P50Ns), fineDuration(s.P99Ns))
	}
	for _, m := range t.Missing {
		fmt.Fprintf(b, "  %-24s %s: %s\n", "missing", m.Part, m.Why)
	}
}

// fineDuration prints nanoseconds below a microsecond as such.
func fineDuration(ns float64) string {
	if ns < 1000 {
		return fmt.Sprintf("%.0fns", ns)
	}
	return duration(int64(ns))
}

// findingsText lists what was found, what costs most first.
func findingsText(b *strings.Builder, found []findings.Finding) {
	if len(found) == 0 {
		b.WriteString("\nfindings: none\n")
		return
	}
	b.WriteString("\nfindings, by what they cost\n")
	for i, f := range found {
		title := f.Title
		if f.Subject != "" {
			title += ": " + f.Subject
		}
		fmt.Fprintf(b, "  %2d. %s (%s)\n", i+1, title, f.ID)
		line := func(name, text string) {
			if text != "" {
				fmt.Fprintf(b, "      %-8s  %s\n", name, text)
			}
		}
		line("cost", f.Gain)
		for _, e := range f.Evidence {
			at := ""
			if e.File != "" && e.Line > 0 {
				at = fmt.Sprintf(" at %s:%d", e.File, e.Line)
			}
			line("evidence", e.Text+at+" ["+e.Source+"]")
		}
		line("why", f.Explanation)
		line("advice", f.Advice)
	}
}
