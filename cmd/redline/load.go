package main

import (
	"fmt"
	"os"

	"redline/lab/analysis/summary"
)

type loadCmd struct {
	Target string `default:"redis://127.0.0.1:6379" placeholder:"URL" help:"Server to load: redis://[USER:PASSWORD@]HOST:PORT[/DB], unix:///PATH, exec:PROGRAM or self (${default})."`
	Out    string `placeholder:"DIR" help:"Keep the run directory in this folder."`

	loadFlags
	liveFlags
}

// Help is shown below the usage.
func (loadCmd) Help() string {
	return "The driver alone: no profiles and no report, and the run directory is kept only with --out."
}

// Run does the run and prints its summary.
func (c *loadCmd) Run(io streams) error {
	spec, err := c.spec("load")
	if err != nil {
		return err
	}
	if err := place(&spec, c.Target); err != nil {
		return err
	}
	keep := c.Out != ""
	if spec.Out = c.Out; !keep {
		if spec.Out, err = os.MkdirTemp("", "redline-load-"); err != nil {
			return fmt.Errorf("no room for the run directory: %w", err)
		}
		defer os.RemoveAll(spec.Out)
	}
	return c.runSpec(io, spec, c.JSON, func(sum *summary.Summary) {
		if !keep {
			sum.RunDir = ""
		}
	})
}
