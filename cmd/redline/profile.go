package main

import (
	"fmt"

	"redline/lab/analysis/attribution"
	"redline/lab/analysis/findings"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

type profileCmd struct {
	Target string `default:"self" placeholder:"URL" help:"Server to profile: redis://[USER:PASSWORD@]HOST:PORT[/DB], unix:///PATH, exec:PROGRAM, or self to start one (${default})."`
	Out    string `default:"runs" placeholder:"DIR" help:"Folder for run directories (${default})."`

	loadFlags
	liveFlags
}

// Help is shown below the usage.
func (profileCmd) Help() string {
	return "Applies load as redline lab does and captures all that the target offers: pprof over HTTP, Linux perf of a local process, an execution trace, " +
		"the resources of host and control group, INFO, slow log, hot and big keys. Prints the summary, where the server's CPU time went, " +
		"and what was found, ranked by what it costs, and writes a report. What could not be captured is named."
}

// Run does the run and prints what it tells.
func (c *profileCmd) Run(io streams) error {
	spec, err := c.spec("profile")
	if err != nil {
		return err
	}
	if err := place(&spec, c.Target); err != nil {
		return err
	}
	spec.Out, spec.Profiles, spec.Deep = c.Out, true, true
	return c.runShown(io, spec, c.JSON, true, func(sum *summary.Summary) (any, func() error) {
		result := profiled{Summary: sum, explained: explainRun(io, sum.RunDir)}
		sum.Report = writeReport(io, sum.RunDir)
		return result, func() error {
			if err := printSummary(io.out, sum); err != nil {
				return err
			}
			return printExplained(io.out, &result.explained)
		}
	})
}

// profiled is a summary with what explains it: docs/format/summary.md.
type profiled struct {
	*summary.Summary
	explained
}

// explained is what a run directory tells beyond its summary.
type explained struct {
	Attribution *attribution.Table `json:"attribution"` // null when it cannot be computed
	Findings    []findings.Finding `json:"findings"`
}

// explainRun computes what explains a run. What cannot be explained is said, and
// the rest is still there: what was measured is safe.
func explainRun(io streams, dir string) explained {
	out, err := explainDir(dir)
	if err != nil {
		fmt.Fprintf(io.err, "redline: the run is not explained in full: %v\n", err)
	}
	return out
}

func explainDir(dir string) (out explained, err error) {
	out.Findings = []findings.Finding{}
	d, err := record.Open(dir)
	if err != nil {
		return out, err
	}
	found, err := findings.Of(d)
	if len(found) > 0 {
		out.Findings = found
	}
	table, tableErr := attribution.Of(d)
	if tableErr == nil {
		out.Attribution = table
	} else if err == nil {
		err = tableErr
	}
	return out, err
}
