package main

import (
	"errors"
	"fmt"

	labreport "redline/lab/report"
)

type reportCmd struct {
	Runs []string `arg:"" name:"run" help:"Run directories, as the lab made them."`
}

// Help is shown below the usage.
func (reportCmd) Help() string {
	return "Writes report.html into each run directory, replacing an older one, and prints its path. " +
		"The page is self-contained: it opens without a network and can be sent as it is."
}

// Run prints one path a run. A run that cannot be reported on does not keep
// the others from theirs.
func (c reportCmd) Run(io streams) error {
	var errs []error
	for _, dir := range c.Runs {
		path, err := labreport.Write(dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if _, err := fmt.Fprintln(io.out, path); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}
