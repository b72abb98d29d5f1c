package main

import (
	"fmt"
	"strings"
	"time"

	"redline/lab/analysis/changepoint"
	"redline/lab/analysis/history"
)

type historyCmd struct {
	Runs   []string `arg:"" name:"run" help:"Run directories, or folders that hold them."`
	Effect float64  `default:"0.02" placeholder:"SHARE" help:"Smallest change of level that is shown (${default})."`
	Alpha  float64  `default:"0.01" placeholder:"SHARE" help:"Chance of seeing a change where there is none (${default})."`
	Fail   bool     `help:"Exit with 1 when the newest change of a figure is for the worse."`
	JSON   bool     `name:"json" help:"Print one JSON object instead of text."`
}

// Help is shown below the usage.
func (historyCmd) Help() string {
	return "Follows throughput, CPU per request, response times and memory over many runs of the same load and finds where their level changed (E-divisive means), " +
		"for drifts that are too slow for a gate between two commits."
}

// Run prints the changes.
func (c historyCmd) Run(io streams) error {
	if !(c.Effect >= 0 && c.Effect < 10) {
		return fmt.Errorf("--effect is %g: want a share such as 0.02", c.Effect)
	}
	if !(c.Alpha > 0 && c.Alpha <= 0.5) {
		return fmt.Errorf("--alpha is %g: want a share of 0 to 0.5, such as 0.01", c.Alpha)
	}
	h, err := history.Read(c.Runs, changepoint.Options{Alpha: c.Alpha, MinChange: c.Effect})
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(io.out, h)
	} else {
		_, err = fmt.Fprint(io.out, historyText(h))
	}
	if err == nil && c.Fail && h.Worse() {
		err = &exitError{exitFail, nil}
	}
	return err
}

func historyText(h *history.History) string {
	var b strings.Builder
	for _, g := range h.Groups {
		first, last := day(g.Runs[0].Started), day(g.Runs[len(g.Runs)-1].Started)
		fmt.Fprintf(&b, "%s\n  %d run%s from %s to %s\n", g.Name, len(g.Runs), plural(len(g.Runs)), first, last)
		changed := false
		for _, s := range g.Series {
			for _, ch := range s.Changes {
				changed = true
				word := "better"
				if ch.Worse {
					word = "worse"
				}
				fmt.Fprintf(&b, "  %-24s %s -> %s (x%.3f, %s) from run %s of %s on, p %.3f\n", strings.ReplaceAll(s.Metric, "_", " "),
					amount(ch.Before, historyUnit(s.Metric)), amount(ch.After, historyUnit(s.Metric)), ch.Ratio(), word, ch.Run, day(g.Runs[ch.Index].Started), ch.PValue)
			}
		}
		if !changed {
			b.WriteString("  no change of level\n")
		}
	}
	for _, s := range h.Skipped {
		fmt.Fprintf(&b, "skipped %s\n", s)
	}
	return b.String()
}

func historyUnit(metric string) string {
	if metric == "memory_per_key" {
		return "bytes"
	}
	return unitOf(metric)
}

func day(rfc3339 string) string { return rfc3339[:min(len(rfc3339), len(time.DateOnly))] }
