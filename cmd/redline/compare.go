package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"redline/lab"
	"redline/lab/analysis/compare"
	"redline/lab/analysis/delta"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

type compareCmd struct {
	A     string `arg:"" help:"Baseline: redis://[USER:PASSWORD@]HOST:PORT[/DB], unix:///PATH, exec:PROGRAM, git:REVISION of this repository, or self."`
	B     string `arg:"" help:"What is compared with it, in the same form."`
	Order string `default:"ABBA" placeholder:"ORDER" help:"Order of the runs (${default}): turns keep a drift of the machine off the result."`
	Out   string `placeholder:"DIR" help:"Keep the run directories in this folder."`

	Profile bool   `default:"true" negatable:"" help:"Make one more run of each side with profiles, to tell which functions changed."`
	Report  string `placeholder:"FILE.html" help:"Write a report with differential flame graphs (comparison.html in --out)."`

	loadFlags
}

// Help is shown below the usage.
func (compareCmd) Help() string {
	return "Applies the same load to A and B in turns and prints each figure of B as a ratio to A, with a 95 % confidence interval. " +
		"self is a server of this program and exec:redis-server that program; exec: with a file called redline or redline-SOMETHING is another build of Redline. They are started anew for each run, on loopback and without persistence."
}

// Run does all runs and prints the comparison.
func (c *compareCmd) Run(io streams) error {
	builds := &builder{say: func(s string) { fmt.Fprintln(io.err, s) }}
	defer builds.remove()
	specs, err := c.specs(builds)
	if err != nil {
		return err
	}
	out := c.Out
	if out == "" {
		if out, err = os.MkdirTemp("", "redline-compare-"); err != nil {
			return fmt.Errorf("no room for the run directories: %w", err)
		}
		defer os.RemoveAll(out)
	}
	ctx, stop := interruptible()
	defer stop()
	dirs, err := c.runs(ctx, io, specs, out)
	if err != nil {
		return err
	}
	cmp, err := compare.Compute(dirs['A'], dirs['B'], c.Order)
	if err != nil {
		return err
	}
	result := &compared{Comparison: cmp, Profiles: []delta.Profile{}}
	c.explain(ctx, io, specs, out, result)
	if c.Out == "" {
		forgetDirs(cmp)
	}
	if err := c.print(io.out, result); err != nil {
		return err
	}
	return verdictError(cmp.Verdict)
}

// compared is a comparison with what explains it.
type compared struct {
	*compare.Comparison
	// Profiles are what a request costs each side, and the functions that changed
	// most; empty when the sides were not profiled.
	Profiles []delta.Profile `json:"profiles"`
	Report   string          `json:"report,omitempty"` // path
}

// explain makes a profiled run of each side and the report. What goes wrong here
// does not change the comparison.
func (c *compareCmd) explain(ctx context.Context, io streams, specs map[rune]lab.Spec, out string, result *compared) {
	profiled := map[rune][]*record.Dir{}
	if c.Profile {
		for _, side := range "AB" {
			spec := specs[side]
			spec.Out, spec.Profiles = out, true
			sum, err := runSpecIn(ctx, io, spec, fmt.Sprintf("%c profiled  ", side))
			if err == nil && ctx.Err() != nil {
				err = errors.New("interrupted")
			}
			var d *record.Dir
			if err == nil {
				d, err = record.Open(sum.RunDir)
			}
			if err != nil {
				result.Caveats = append(result.Caveats, fmt.Sprintf("%c could not be profiled: %v", side, err))
				profiled = map[rune][]*record.Dir{}
				break
			}
			profiled[side] = append(profiled[side], d)
		}
		changes, missing := delta.Changes(profiled['A'], profiled['B'])
		result.Profiles = append(result.Profiles, changes...)
		for _, m := range missing {
			result.Caveats = append(result.Caveats, "no "+m.Part+": "+m.Why)
		}
	}
	path := c.Report
	if path == "" && c.Out != "" {
		path = filepath.Join(c.Out, comparisonFile)
	}
	if path == "" {
		return
	}
	var err error
	if result.Report, err = compareReport(c, result.Comparison, profiled, path); err != nil {
		fmt.Fprintf(io.err, "redline: no report: %v\n", err)
	}
}

// specs are those of A and B.
func (c *compareCmd) specs(builds *builder) (map[rune]lab.Spec, error) {
	c.Order = strings.ToUpper(c.Order)
	if strings.Trim(c.Order, "AB") != "" || !strings.Contains(c.Order, "A") || !strings.Contains(c.Order, "B") || len(c.Order) > 100 {
		return nil, fmt.Errorf("--order is %q: want a row of A and B with both in it, such as ABBA", c.Order)
	}
	pair, err := c.pair(builds, c.A, c.B, "compare")
	if err != nil {
		return nil, err
	}
	return map[rune]lab.Spec{'A': pair[0], 'B': pair[1]}, nil
}

// runs does the runs in order and opens what they recorded.
func (c *compareCmd) runs(ctx context.Context, io streams, specs map[rune]lab.Spec, out string) (map[rune][]*record.Dir, error) {
	dirs := map[rune][]*record.Dir{}
	for i, side := range c.Order {
		spec := specs[side]
		spec.Out = out
		sum, err := runSpecIn(ctx, io, spec, fmt.Sprintf("%c %d/%d  ", side, i+1, len(c.Order)))
		if err != nil {
			return nil, fmt.Errorf("run %d of %s: %w", i+1, c.Order, err)
		}
		if ctx.Err() != nil {
			return nil, &exitError{exitUndecided, errors.New("interrupted: a comparison needs all its runs")}
		}
		d, err := record.Open(sum.RunDir)
		if err != nil {
			return nil, err
		}
		dirs[side] = append(dirs[side], d)
	}
	return dirs, nil
}

// forgetDirs removes the names of directories that are removed.
func forgetDirs(cmp *compare.Comparison) {
	for _, runs := range [][]*summary.Summary{cmp.A.Runs, cmp.B.Runs} {
		for _, r := range runs {
			r.RunDir = ""
		}
	}
}

func (c *compareCmd) print(w io.Writer, cmp *compared) error {
	if c.JSON {
		return printJSON(w, cmp)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  A  %s: %s %s\n  B  %s: %s %s\n\n", c.A, cmp.A.Target.Kind, cmp.A.Target.Version, c.B, cmp.B.Target.Kind, cmp.B.Target.Version)
	fmt.Fprintf(&b, "  %-24s %12s %12s  %6s  %s\n", "", "A", "B", "B/A", "95 % confidence")
	for _, r := range cmp.Ratios {
		ci := "(no interval)"
		if r.Low != nil {
			ci = fmt.Sprintf("%.3f - %.3f", *r.Low, *r.High)
			if !r.Differs() {
				ci += "  (no difference shown)"
			}
		}
		fmt.Fprintf(&b, "  %-24s %12s %12s  %6.3f  %s\n", strings.ReplaceAll(r.Metric, "_", " "), amount(r.A, r.Unit), amount(r.B, r.Unit), r.Ratio, ci)
	}
	fmt.Fprintf(&b, "\n  %-15s A %d, B %d\n", "errors", cmp.A.Errors, cmp.B.Errors)
	for _, caveat := range cmp.Caveats {
		fmt.Fprintf(&b, "  %-15s %s\n", "caveat", caveat)
	}
	changedText(&b, cmp.Profiles)
	fmt.Fprintf(&b, "  %-15s %s: %s\n", "verdict", cmp.Verdict, strings.Join(cmp.Reasons, "; "))
	if cmp.Report != "" {
		fmt.Fprintf(&b, "  %-15s %s\n", "report", cmp.Report)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// amount prints a figure with its unit.
func amount(v float64, unit string) string {
	switch unit {
	case "ns":
		return duration(int64(v))
	case "1/s":
		return fmt.Sprintf("%.0f/s", v)
	case "bytes":
		return fmt.Sprintf("%.1f B", v)
	case "allocations":
		return fmt.Sprintf("%.4f", v)
	}
	return fmt.Sprintf("%.2f %s", v, unit)
}
