package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"redline/lab"
	"redline/lab/analysis/compare"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

type compareCmd struct {
	A     string `arg:"" help:"Baseline: redis://[USER:PASSWORD@]HOST:PORT[/DB], unix:///PATH, exec:PROGRAM, git:REVISION of this repository, or self."`
	B     string `arg:"" help:"What is compared with it, in the same form."`
	Order string `default:"ABBA" placeholder:"ORDER" help:"Order of the runs (${default}): turns keep a drift of the machine off the result."`
	Out   string `placeholder:"DIR" help:"Keep the run directories in this folder."`

	loadFlags
}

// Help is shown below the usage.
func (compareCmd) Help() string {
	return "Applies the same load to A and B in turns and prints each figure of B as a ratio to A, with a 95 % confidence interval. " +
		"self is a server of this program and exec:redis-server that program; both are started anew for each run, on loopback and without persistence."
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
	if c.Out == "" {
		forgetDirs(cmp)
	}
	if err := c.print(io.out, cmp); err != nil {
		return err
	}
	return verdictError(cmp.Verdict)
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

func (c *compareCmd) print(w io.Writer, cmp *compare.Comparison) error {
	if c.JSON {
		return printJSON(w, cmp)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  A  %s: %s %s\n  B  %s: %s %s\n\n", c.A, cmp.A.Target.Kind, cmp.A.Target.Version, c.B, cmp.B.Target.Kind, cmp.B.Target.Version)
	fmt.Fprintf(&b, "  %-24s %12s %12s  %6s  %s\n", "", "A", "B", "B/A", "95 % confidence")
	for _, r := range cmp.Ratios {
		ci := "(one value a run: no interval)"
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
	fmt.Fprintf(&b, "  %-15s %s: %s\n", "verdict", cmp.Verdict, strings.Join(cmp.Reasons, "; "))
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
	}
	return fmt.Sprintf("%.2f %s", v, unit)
}
