package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"redline/lab/analysis/capacity"
	"redline/lab/plan"
)

type planCmd struct {
	Target string `arg:"" optional:"" default:"self" placeholder:"URL" help:"Server to plan for: redis://[USER:PASSWORD@]HOST:PORT[/DB], unix:///PATH, exec:PROGRAM or self (${default})."`
	Out    string `default:"runs" placeholder:"DIR" help:"Folder for the run directory (${default})."`

	MinRate     perSecond `default:"500" placeholder:"N" help:"First rate to try, per second (${default})."`
	MaxRate     perSecond `default:"10000000" placeholder:"N" help:"Highest rate to try (${default})."`
	Width       float64   `default:"0.08" placeholder:"SHARE" help:"How wide the capacity's interval may be (${default})."`
	ForRate     perSecond `placeholder:"N" help:"Rate to provide for: tells how many such machines it takes."`
	ForKeys     quantity  `placeholder:"N" help:"Keys to provide for: tells how much memory they take."`
	Sweep       bool      `negatable:"" default:"true" help:"Measure throughput over concurrency, too: one to five minutes with the default --duration."`
	Utilisation float64   `default:"0.7" placeholder:"SHARE" help:"Share of the capacity to plan with (${default})."`
	Growth      float64   `placeholder:"FACTOR" help:"Growth of the rate as a factor a year, such as 1.5: tells when capacity ends."`
	History     string    `placeholder:"FILE.csv" help:"History of the rate, lines of DATE,RATE with dates as 2026-01-31 or RFC 3339: tells when capacity ends."`

	loadFlags
}

// Help is shown below the usage.
func (planCmd) Help() string {
	return "Finds the highest rate at which --slo-p99 is met, by trials of --duration each in an open loop, with a 95 % interval; measures throughput over concurrency " +
		"and fits the Universal Scalability Law and a queueing law; and comes back from overload. --rate, --connections of the sweep and --closed are chosen by the plan. Exit code 2: no answer, and why."
}

// Run makes the plan and prints it.
func (c *planCmd) Run(io streams) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if !c.JSON {
		o.Say = func(line string) { fmt.Fprintln(io.err, line) }
	}
	ctx, stop := interruptible()
	defer stop()
	p, err := plan.Make(ctx, o)
	var undecided *plan.Undecided
	switch {
	case errors.As(err, &undecided):
		if p != nil && p.RunDir != "" {
			err = fmt.Errorf("%w (recorded in %s)", err, p.RunDir)
		}
		return &exitError{exitUndecided, err}
	case err != nil:
		return err
	case c.JSON:
		return printJSON(io.out, p)
	}
	_, err = fmt.Fprint(io.out, c.text(p))
	return err
}

func (c *planCmd) options() (plan.Options, error) {
	var o plan.Options
	c.Closed = false
	spec, err := c.spec("plan")
	if err != nil {
		return o, err
	}
	if err := place(&spec, c.Target); err != nil {
		return o, err
	}
	if c.SLOP99 == 0 {
		return o, errors.New("--slo-p99 is missing: a capacity is that of a service level, such as --slo-p99 5ms")
	}
	if !(c.MinRate > 0) || !(c.MaxRate >= c.MinRate) {
		return o, fmt.Errorf("--min-rate %g and --max-rate %g: want 0 < min <= max", c.MinRate, c.MaxRate)
	}
	if !(c.Width >= 0.01 && c.Width <= 1) {
		return o, fmt.Errorf("--width is %g: want 0.01 to 1", c.Width)
	}
	if !(c.Utilisation > 0 && c.Utilisation <= 1) {
		return o, fmt.Errorf("--utilisation is %g: want more than 0 and at most 1", c.Utilisation)
	}
	if c.Growth < 0 || c.ForRate < 0 || c.ForKeys < 0 {
		return o, errors.New("--growth, --for-rate and --for-keys cannot be negative")
	}
	if c.Growth > 0 && c.ForRate == 0 {
		return o, errors.New("--growth needs today's rate: give it with --for-rate")
	}
	spec.Out, spec.Profiles = c.Out, false
	o = plan.Options{Spec: spec, SLO: spec.SLO, Trial: wholeSlices(c.Duration), Warmup: wholeSlices(c.Warmup),
		Search: capacity.Options{Low: float64(c.MinRate), High: float64(c.MaxRate), Width: c.Width}, NoSweep: !c.Sweep,
		Ask: plan.Ask{Rate: float64(c.ForRate), Utilisation: c.Utilisation, Keys: int64(c.ForKeys), PerYear: c.Growth, Now: time.Now()}}
	if c.History != "" {
		o.Ask.History, err = readHistory(c.History)
	}
	return o, err
}

// readHistory reads lines of DATE,RATE; a first line that is no date is a heading.
func readHistory(path string) ([]capacity.Sample, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--history: %w", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = 2
	r.TrimLeadingSpace = true
	var out []capacity.Sample
	for {
		fields, err := r.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("--history %s: %w: want lines of DATE,RATE", path, err)
		}
		line, _ := r.FieldPos(0)
		at, err := parseDate(fields[0])
		if err != nil {
			if line == 1 {
				continue
			}
			return nil, fmt.Errorf("--history %s, line %d: date %q: want 2026-01-31 or RFC 3339", path, line, fields[0])
		}
		rate, err := strconv.ParseFloat(strings.TrimSpace(fields[1]), 64)
		if err != nil || !(rate > 0) {
			return nil, fmt.Errorf("--history %s, line %d: rate %q: want a number above 0", path, line, fields[1])
		}
		out = append(out, capacity.Sample{At: at, Rate: rate})
	}
}

func parseDate(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, s)
}

// text is the plan for people.
func (c *planCmd) text(p *plan.Plan) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-15s "+format+"\n", append([]any{name}, args...)...)
	}
	b.WriteString("\n")
	line("target", "%s %s, %s", p.Target.Kind, p.Target.Version, p.Target.URL)
	line("capacity", "%.0f per second with p99 <= %v   (95 %%: %.0f - %.0f)", p.Capacity.Value, time.Duration(p.SLO.ResponseP99Ns), p.Capacity.Low, p.Capacity.High)
	line("saturation", "%.0f per second, whatever the latency", p.SaturationPerS)
	if p.RecoversAtPerS > 0 {
		line("after overload", "the service level is met again at %.0f per second", p.RecoversAtPerS)
	}
	if s := p.Scalability; s != nil {
		line("scalability", "%s", s.Why)
		line("", "sigma %.3g (%.3g - %.3g), kappa %.3g (%.3g - %.3g), R2 %.4f", s.Sigma.Value, s.Sigma.Low, s.Sigma.High, s.Kappa.Value, s.Kappa.Low, s.Kappa.High, s.RSquared)
		if q := s.Queueing; q != nil {
			line("queueing", "alone a request takes %v, and the busiest resource does %.0f per second: from %.1f requests in flight on they wait for each other",
				time.Duration(q.AloneNs.Value).Round(time.Microsecond), q.CapacityPerS.Value, q.Full.Value)
		}
		line("", "at loads it had not seen: throughput within %.1f %%, mean latency within %.1f %% (%s)", 100*s.ErrorPerS, 100*s.ErrorMean, predictors[s.Predictor])
	}
	if n := p.Needs; n != nil {
		if n.Machines > 0 {
			line("provide", "%.0f per second at %.0f %% utilisation: %d such machine%s, headroom %.0f %%, %.1f Mbit/s each", n.Rate, 100*n.Utilisation,
				n.Machines, plural(n.Machines), 100*n.Headroom, n.NetworkBitsPerS/1e6)
		}
		if n.MemoryBytes > 0 {
			line("", "%d keys: %.2f GB of memory (%.1f bytes a key)", c.ForKeys, n.MemoryBytes/1e9, *p.BytesPerKey)
		}
		if e := n.Ends; e != nil {
			if e.At.IsZero() {
				line("growth", "x%.2f a year (%s): one machine at %.0f %% does not run out within 20 years", e.PerYear, e.Fit, 100*c.Utilisation)
			} else {
				line("growth", "x%.2f a year (%s): one machine at %.0f %% runs out on %s", e.PerYear, e.Fit, 100*c.Utilisation, e.At.Format(time.DateOnly))
			}
		}
	}
	for _, caveat := range p.Caveats {
		line("caveat", "%s", caveat)
	}
	line("recorded in", "%s", p.RunDir)
	return b.String()
}

var predictors = map[string]string{plan.ByUSL: "by the scalability law", plan.ByQueueing: "by the queueing law", plan.ByNeighbours: "by their neighbours"}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
