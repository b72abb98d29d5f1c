package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	labreport "redline/lab/report"
)

type reportCmd struct {
	Runs []string `arg:"" name:"run" help:"Run directories, as the lab made them; with several they are compared as well, the first is the baseline."`
	MD   bool     `name:"md" help:"Also write the report as Markdown."`
	PDF  bool     `name:"pdf" help:"Also write the report as PDF, with a Chromium or Chrome of this machine."`
	Out  string   `placeholder:"FILE.html" help:"Write the report of one run, or the comparison of several, to this file instead of into a run directory."`
}

// comparisonFile is the name of a comparison in the directory of its last run.
const comparisonFile = "comparison.html"

// Help is shown below the usage.
func (reportCmd) Help() string {
	return "Writes report.html into each run directory, replacing an older one, and prints its path. With several runs comparison.html in the last one's directory " +
		"holds them side by side, with differential flame graphs per request. The pages are self-contained: they open without a network and can be sent as they are."
}

// Run prints the path of each file it writes. A run that cannot be reported on does
// not keep the others from theirs.
func (c reportCmd) Run(io streams) error {
	ctx, stop := interruptible()
	defer stop()
	var errs []error
	var good []labreport.Side
	for _, dir := range c.Runs {
		path := filepath.Join(dir, "report.html")
		if c.Out != "" && len(c.Runs) == 1 {
			path = c.Out
		}
		doc, err := labreport.Build(dir)
		if err == nil {
			err = c.write(ctx, io, doc, path)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		good = append(good, labreport.Side{Dirs: []string{dir}})
	}
	if len(good) > 1 {
		errs = append(errs, c.compare(ctx, io, good))
	}
	return errors.Join(errs...)
}

func (c reportCmd) compare(ctx context.Context, io streams, sides []labreport.Side) error {
	doc, err := labreport.BuildComparison(labreport.Comparison{Sides: sides})
	if err != nil {
		return err
	}
	path := c.Out
	if path == "" {
		path = filepath.Join(sides[len(sides)-1].Dirs[0], comparisonFile)
	}
	return c.write(ctx, io, doc, path)
}

// write writes a document in every form that was asked for.
func (c reportCmd) write(ctx context.Context, io streams, doc *labreport.Document, path string) error {
	wrote := func(path string, err error) error {
		if err == nil {
			_, err = fmt.Fprintln(io.out, path)
		}
		return err
	}
	if err := wrote(path, labreport.WriteHTML(doc, path)); err != nil {
		return err
	}
	base := strings.TrimSuffix(path, ".html")
	if c.MD {
		if err := wrote(base+".md", labreport.WriteMarkdown(doc, base+".md")); err != nil {
			return err
		}
	}
	if c.PDF {
		return wrote(base+".pdf", labreport.PDF(ctx, path, base+".pdf"))
	}
	return nil
}
