package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"redline/lab/analysis/gate"
	"redline/lab/analysis/history"
	"redline/lab/duel"
	"redline/lab/record"
)

type gateCmd struct {
	A string `arg:"" help:"Baseline: redis://[USER:PASSWORD@]HOST:PORT[/DB], unix:///PATH, exec:PROGRAM, git:REVISION of this repository, self, or runs:FOLDER of at least three runs kept by load --out FOLDER."`
	B string `arg:"" help:"What may not be slower, in the same form."`

	Effect   float64       `default:"0.03" placeholder:"SHARE" help:"Smallest slow-down that matters (${default})."`
	Alpha    float64       `default:"0.05" placeholder:"SHARE" help:"How often a gate may raise a false alarm (${default})."`
	Pairs    int           `default:"192" placeholder:"N" help:"Most pairs of turns; the gate ends earlier, after a quarter or half of them, when the answer is clear (${default})."`
	Turn     time.Duration `default:"100ms" placeholder:"D" help:"Length of one turn (${default})."`
	Metrics  []string      `placeholder:"NAME" help:"Metrics that decide: server_cpu_per_request, throughput, response_mean, response_p50, response_p90, response_p99 (in an open loop server_cpu_per_request,response_p50)."`
	Out      string        `default:"runs" placeholder:"DIR" help:"Folder for the run directories (${default})."`
	Markdown string        `placeholder:"FILE" help:"Also write the result as Markdown, for a pull request."`
	Profile  time.Duration `default:"10s" placeholder:"D" help:"Profile each side this long after the decision, where it can be, to tell which functions changed; 0s: not (${default})."`
	JUnit    string        `name:"junit" placeholder:"FILE" help:"Also write the result as JUnit XML, for CI."`

	loadFlags
}

// Help is shown below the usage.
func (gateCmd) Help() string {
	return "Runs A and B at the same time under the same load in short turns of random order, and tells whether B is slower: exit code 0 pass, 1 regression, 2 undecided. " +
		"The result says how often such a gate would be wrong in the noise it saw."
}

// Run makes the comparison and prints the result.
func (c *gateCmd) Run(io streams) error {
	o, undo, err := c.options(io)
	if err != nil {
		return err
	}
	defer undo()
	ctx, stop := interruptible()
	defer stop()
	var r *duel.Result
	if folder, stored := strings.CutPrefix(c.A, storedPrefix); stored {
		r, err = c.against(ctx, io, folder, o)
	} else {
		r, err = duel.Run(ctx, o)
	}
	switch {
	case errors.Is(err, duel.ErrInterrupted):
		return &exitError{exitUndecided, err}
	case err != nil:
		return err
	}
	if r.Report, err = gateReport(c, r); err != nil { // the decision stands without it
		fmt.Fprintf(io.err, "redline: no report: %v\n", err)
	}
	for _, f := range []struct {
		path string
		text func(*duel.Result) (string, error)
	}{{c.Markdown, c.markdown}, {c.JUnit, junit}} {
		if f.path == "" {
			continue
		}
		text, err := f.text(r)
		if err == nil {
			err = os.WriteFile(f.path, []byte(text), 0o644)
		}
		if err != nil {
			return err
		}
	}
	if c.JSON {
		err = printJSON(io.out, r)
	} else {
		_, err = fmt.Fprint(io.out, c.text(r))
	}
	if err != nil {
		return err
	}
	switch r.Verdict {
	case gate.Pass:
		return nil
	case gate.Regression:
		return &exitError{exitFail, nil}
	}
	return &exitError{exitUndecided, nil}
}

func (c *gateCmd) options(io streams) (o duel.Options, undo func(), err error) {
	undo = func() {}
	switch {
	case !(c.Effect > 0 && c.Effect < 1):
		return o, undo, fmt.Errorf("--effect is %g: want a share of 0 to 1, such as 0.03", c.Effect)
	case !(c.Alpha > 0 && c.Alpha < 0.5):
		return o, undo, fmt.Errorf("--alpha is %g: want a share of 0 to 0.5, such as 0.05", c.Alpha)
	case c.Pairs < gate.PairsMin || c.Pairs > 10_000:
		return o, undo, fmt.Errorf("--pairs is %d: want %d to 10000", c.Pairs, gate.PairsMin)
	case c.Turn < 100*time.Millisecond || c.Turn > time.Hour:
		return o, undo, fmt.Errorf("--turn is %v: want 100ms to 1h", c.Turn)
	}
	if c.Profile < 0 || c.Profile > time.Hour {
		return o, undo, fmt.Errorf("--profile is %v: want 0s to 1h", c.Profile)
	}
	for _, m := range c.Metrics {
		if !slices.Contains(duel.MetricNames(), m) {
			return o, undo, fmt.Errorf("--metrics: there is no %q; there are %s", m, strings.Join(duel.MetricNames(), ", "))
		}
	}
	builds := &builder{say: func(s string) { fmt.Fprintln(io.err, s) }}
	undo = builds.remove
	a := c.A
	if strings.HasPrefix(a, storedPrefix) {
		a = c.B // only B is started
	}
	specs, err := c.loadFlags.pair(builds, a, c.B, "gate")
	if err != nil {
		builds.remove()
		return o, func() {}, err
	}
	for i := range specs {
		specs[i].Out = c.Out
	}
	o = duel.Options{A: specs[0], B: specs[1], Turn: wholeSlices(c.Turn), Metrics: c.Metrics, ProfileFor: c.Profile,
		Gate: gate.Options{Effect: c.Effect, Alpha: c.Alpha, Looks: looks(c.Pairs)}}
	if !c.JSON {
		o.Say = func(line string) { fmt.Fprintln(io.err, line) }
	}
	return o, undo, nil
}

// storedPrefix marks a baseline of run directories.
const storedPrefix = "runs:"

// against runs B as often as the stored baseline was run, under the same load.
func (c *gateCmd) against(ctx context.Context, io streams, folder string, o duel.Options) (*duel.Result, error) {
	a, err := duel.OpenRuns(history.Expand([]string{folder}))
	if err != nil {
		return nil, err
	}
	if len(a) < duel.StoredMin {
		return nil, fmt.Errorf("runs:%s holds %d runs: want %d at least, made by load --out %s", folder, len(a), duel.StoredMin, folder)
	}
	metrics := o.Metrics
	if metrics == nil {
		metrics = duel.DefaultMetrics(o.B.Workload.Loop)
	}
	var b []*record.Dir
	for i := range a {
		sum, err := runSpecIn(ctx, io, o.B, fmt.Sprintf("B %d/%d  ", i+1, len(a)))
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, duel.ErrInterrupted
		}
		d, err := record.Open(sum.RunDir)
		if err != nil {
			return nil, err
		}
		if err := duel.SameLoad(&a[0].Run().Workload, &d.Run().Workload); err != nil { // before more runs are made for nothing
			return nil, err
		}
		b = append(b, d)
	}
	return duel.Stored(a, b, metrics, o.Gate)
}

// looks are after a quarter, half and all of the pairs, where there are enough of them.
func looks(pairs int) (out []int) {
	for _, n := range []int{pairs / 4, pairs / 2} {
		if n >= 2*gate.PairsMin {
			out = append(out, n)
		}
	}
	return append(out, pairs)
}

// text is the result for people.
func (c *gateCmd) text(r *duel.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  A  %s: %s %s\n  B  %s: %s %s\n\n", c.A, r.A.Kind, r.A.Version, c.B, r.B.Kind, r.B.Version)
	fmt.Fprintf(&b, "  %-24s %12s %12s  %6s  %-17s %s\n", "", "A", "B", "B/A", "interval", "")
	for _, f := range r.Findings {
		word := "(does not decide)"
		if f.Gating {
			word = f.Verdict
		}
		fmt.Fprintf(&b, "  %-24s %12s %12s  %6.3f  %.3f - %.3f     %s\n", strings.ReplaceAll(f.Metric, "_", " "), amount(f.A, unitOf(f.Metric)),
			amount(f.B, unitOf(f.Metric)), f.Ratio, f.Low, f.High, word)
	}
	fmt.Fprintf(&b, "\n  %-15s %s: %s\n", "verdict", r.Verdict, strings.Join(r.Reasons, "; "))
	if r.Calibration.Rounds > 0 {
		fmt.Fprintf(&b, "  %-15s in such noise %.1f %% false alarms, and a slow-down of %.3g %% missed in %.0f %%; %d pairs of turns of %v\n", "calibration",
			100*r.Calibration.FalseAlarms, 100*r.Calibration.Slower, 100*r.Calibration.Missed, r.Pairs, time.Duration(r.TurnNs))
	}
	for _, caveat := range r.Caveats {
		fmt.Fprintf(&b, "  %-15s %s\n", "caveat", caveat)
	}
	changedText(&b, r.Profiles)
	fmt.Fprintf(&b, "  %-15s %s and %s\n", "recorded in", r.RunDirs[0], r.RunDirs[1])
	if r.Report != "" {
		fmt.Fprintf(&b, "  %-15s %s\n", "report", r.Report)
	}
	return b.String()
}

func unitOf(metric string) string {
	switch metric {
	case "server_cpu_per_request":
		return "us"
	case "throughput":
		return "1/s"
	}
	return "ns"
}
