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
	liveFlags
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
	return c.runSpec(io, spec, c.JSON, func(sum *summary.Summary) {
		sum.Report = writeReport(io, sum.RunDir)
	})
}

// writeReport writes the report of a run and returns its path, empty when there is none. What was measured is safe without
// it: a report can be made again from the directory.
func writeReport(io streams, dir string) string {
	path, err := labreport.Write(dir)
	if err != nil {
		fmt.Fprintf(io.err, "redline: no report: %v\n", err)
		return ""
	}
	return path
}

// runSpecIn does one of several runs with a progress line on standard error.
func runSpecIn(ctx context.Context, io streams, spec lab.Spec, label string) (*summary.Summary, error) {
	line := newProgressLine(io.err)
	line.label = label
	spec.Progress = line.show
	defer line.clear()
	return runLab(ctx, spec)
}
