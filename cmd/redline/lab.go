package main

import (
	"context"
	"fmt"

	"redline/lab"
	"redline/lab/analysis/summary"
	labreport "redline/lab/report"
)

type labCmd struct {
	Target string `default:"self" placeholder:"URL" help:"Server to load: redis://[USER:PASSWORD@]HOST:PORT[/DB], unix:///PATH, exec:PROGRAM, or self to start one (${default})."`
	Out    string `default:"runs" placeholder:"DIR" help:"Folder for run directories (${default})."`

	loadFlags
}

// Help is shown below the usage.
func (labCmd) Help() string {
	return "Without arguments: starts `redline serve` on a free loopback port, writes 100,000 keys, applies an open-loop GET and SET load, " +
		"samples server, host and itself, and leaves a run directory with report.html."
}

// Run does the run and prints its summary.
func (c *labCmd) Run(io streams) error {
	spec, err := c.spec("lab")
	if err != nil {
		return err
	}
	if err := place(&spec, c.Target); err != nil {
		return err
	}
	spec.Out, spec.Profiles = c.Out, true
	sum, err := runSpec(io, spec)
	if err != nil {
		return err
	}
	// What was measured is safe; a report can be made again from the directory.
	if sum.Report, err = labreport.Write(sum.RunDir); err != nil {
		fmt.Fprintf(io.err, "redline: no report: %v\n", err)
		sum.Report = ""
	}
	return c.finish(io, sum)
}

// finish prints the summary and turns the verdict into the exit code.
func (f *loadFlags) finish(io streams, sum *summary.Summary) error {
	print := func() error { return printSummary(io.out, sum) }
	if f.JSON {
		print = func() error { return printJSON(io.out, sum) }
	}
	if err := print(); err != nil {
		return err
	}
	return verdictError(sum.Verdict)
}

// runSpec does a run with a progress line on standard error.
func runSpec(io streams, spec lab.Spec) (*summary.Summary, error) {
	ctx, stop := interruptible()
	defer stop()
	return runSpecIn(ctx, io, spec, "")
}

func runSpecIn(ctx context.Context, io streams, spec lab.Spec, label string) (*summary.Summary, error) {
	line := newProgressLine(io.err)
	line.label = label
	spec.Progress = line.show
	out, err := lab.Run(ctx, spec)
	line.clear()
	if err != nil {
		if out != nil {
			err = fmt.Errorf("%w (recorded in %s)", err, out.Dir)
		}
		return nil, err
	}
	return out.Summary, nil
}
