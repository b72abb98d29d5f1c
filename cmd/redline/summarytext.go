package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"redline/lab/analysis/summary"
	"redline/lab/workload"
)

// printJSON prints one object.
func printJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}

// printSummary prints the result of a run for people.
func printSummary(w io.Writer, s *summary.Summary) error {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-15s "+format+"\n", append([]any{name}, args...)...)
	}
	asked := "closed loop"
	if s.AskedPerS > 0 {
		asked = fmt.Sprintf("asked %.0f/s", s.AskedPerS)
	}
	row("target", "%s %s at %s", s.Target.Kind, s.Target.Version, s.Target.URL)
	row("throughput", "%.0f/s over %.1f s (%s)", s.ThroughputPerS, s.DurationS, asked)
	row("response time", "%s", latencyText(s.ResponseNs))
	row("service time", "%s", latencyText(s.ServiceNs))
	row("requests", "%d answered, %d errors%s, %d late, %d dropped", s.Operations, s.Errors, classesText(s.ErrorClasses), s.Late, s.Dropped)
	if s.ServerCPUUs != nil {
		row("server CPU", "%.2f us per request", *s.ServerCPUUs)
	} else {
		row("server CPU", "not known")
	}
	if m := s.Memory; m != nil && m.BytesPerKey != nil {
		row("server memory", "%.0f B resident per key (%d keys)", *m.BytesPerKey, m.PreloadedKeys)
	}
	g := s.Generator
	cpu := "CPU not known"
	if g.CPURatio != nil {
		cpu = fmt.Sprintf("CPU %.0f %%", 100**g.CPURatio)
	}
	row("generator", "%s, pacing error p50 %s p99 %s", cpu, duration(g.PacingP50Ns), duration(g.PacingP99Ns))
	if h := s.Hiccups; h != nil {
		row("machine", "%s", hiccupsText(h, s.DurationS))
	}
	stageRows(row, s)
	for _, r := range s.Thresholds {
		row("threshold", "%s", ruleText(r))
	}
	for _, m := range s.Missing {
		row("missing", "%s: %s", m.Part, m.Why)
	}
	for _, c := range s.Caveats {
		row("caveat", "%s", c)
	}
	row("verdict", "%s: %s", s.Verdict, strings.Join(s.Reasons, "; "))
	if s.RunDir != "" {
		row("run", "%s", s.RunDir)
	}
	if s.Report != "" {
		row("report", "%s", s.Report)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// hiccupsText says how often the machine did not run what was due, and what is left of the response time without that.
func hiccupsText(h *summary.Hiccups, ofS float64) string {
	switch {
	case h.Count == 0:
		return "no hiccups of a millisecond and longer"
	case h.ResponseNs.Max == 0:
		return fmt.Sprintf("%d hiccups, the longest %s, at all times", h.Count, duration(h.LongestNs))
	}
	r := h.ResponseNs
	return fmt.Sprintf("%d hiccups, the longest %s; response time without them (%.0f %% of the time) p99 %s p99.9 %s max %s", h.Count, duration(h.LongestNs),
		100*h.CalmS/ofS, duration(r.P99), duration(r.P999), duration(r.Max))
}

// stagesMost is how many stages are printed; the summary's JSON has all.
const stagesMost = 40

func stageRows(row func(name, format string, args ...any), s *summary.Summary) {
	for i, st := range s.Stages {
		if i == stagesMost {
			row("stage", "... %d more", len(s.Stages)-stagesMost)
			return
		}
		asked, met := "", ""
		if st.AskedPerS > 0 {
			asked = fmt.Sprintf(" of %.0f/s", st.AskedPerS)
		}
		if !st.Met {
			met = ", missed thresholds"
		}
		row("stage", "%s: %.0f/s%s, p50 %s p99 %s, %d errors%s", st.Label, st.ThroughputPerS, asked, duration(st.ResponseNs.P50), duration(st.ResponseNs.P99), st.Errors, met)
	}
}

// ruleText says whether a threshold was met, and by how much.
func ruleText(r summary.Rule) string {
	verdict := map[bool]string{true: "met", false: "missed"}[r.Met]
	t, err := workload.ParseThreshold(r.Rule)
	if err != nil || r.Value == nil {
		return fmt.Sprintf("%-6s  %s: nothing to measure", verdict, r.Rule)
	}
	v := *r.Value
	if t.Metric == workload.Response || t.Metric == workload.Service {
		return fmt.Sprintf("%-6s  %s: %s", verdict, r.Rule, duration(int64(v)))
	}
	if t.Metric == workload.Throughput && !t.Share {
		return fmt.Sprintf("%-6s  %s: %.0f/s", verdict, r.Rule, v)
	}
	return fmt.Sprintf("%-6s  %s: %.4g%%", verdict, r.Rule, 100*v)
}

func latencyText(l summary.Latency) string {
	return fmt.Sprintf("p50 %s  p90 %s  p99 %s  p99.9 %s  max %s", duration(l.P50), duration(l.P90), duration(l.P99), duration(l.P999), duration(l.Max))
}

func classesText(classes map[string]int64) string {
	if len(classes) == 0 {
		return ""
	}
	var parts []string
	for _, c := range slices.Sorted(maps.Keys(classes)) {
		parts = append(parts, fmt.Sprintf("%s %d", c, classes[c]))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// duration prints nanoseconds with three digits or so.
func duration(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return strings.Replace(d.Round(time.Microsecond).String(), "µ", "u", 1)
}

// verdictError is the exit code of a verdict.
func verdictError(verdict string) error {
	switch verdict {
	case summary.Pass:
		return nil
	case summary.Fail:
		return &exitError{code: exitFail}
	}
	return &exitError{code: exitUndecided}
}
