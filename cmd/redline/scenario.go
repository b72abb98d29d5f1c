package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"redline/lab"
	"redline/lab/analysis/summary"
	"redline/lab/scenario"
)

type scenarioCmd struct {
	Name        string            `arg:"" optional:"" help:"Scenario to run; --list shows them."`
	List        bool              `help:"List the scenarios with what passing requires and their parameters."`
	All         bool              `help:"Run all scenarios one after the other."`
	Target      string            `default:"self" placeholder:"URL" help:"Server: redis://[USER:PASSWORD@]HOST:PORT[/DB], unix:///PATH, exec:PROGRAM, or self to start one (${default})."`
	Out         string            `default:"runs" placeholder:"DIR" help:"Folder for run directories (${default})."`
	Duration    time.Duration     `placeholder:"D" help:"Length, of scenarios that have one: the same as --set duration=D."`
	Set         map[string]string `placeholder:"NAME=VALUE" help:"Give a parameter another value, such as --set clients=150,1k."`
	AllowWrites bool              `help:"Write to a target that is not on this machine or not empty."`
	Profile     bool              `help:"Capture what redline profile does: profiles, perf, an execution trace; print and write what was found, and a report. Costs the server a few percent."`
	JSON        bool              `name:"json" help:"Print one JSON object for each scenario instead of text."`

	liveFlags
	awakeFlags
}

// Help is shown below the usage.
func (scenarioCmd) Help() string {
	return "Puts a server into a situation that matters in production and says whether it passes, with figures against stated bounds. " +
		"Each scenario starts a server of its own unless --target names one, and leaves a run directory with scenario.json."
}

// Run runs the scenarios asked for. Its exit code is that of the worst verdict.
func (c *scenarioCmd) Run(io streams) error {
	if c.List {
		return c.list(io.out)
	}
	if err := c.check(c.JSON); err != nil {
		return err
	}
	chosen, err := c.chosen()
	if err != nil {
		return err
	}
	spec := lab.Spec{Version: version(), Command: append([]string{"redline"}, os.Args[1:]...), AllowWrites: c.AllowWrites, Out: c.Out,
		Hiccups: watchHiccups, Profiles: c.Profile, Deep: c.Profile}
	if err := place(&spec, c.Target); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var results []*scenario.Result
	for _, s := range chosen {
		r, err := c.one(ctx, cancel, io, s, spec)
		if err != nil {
			return fmt.Errorf("scenario %s: %w", s.Name, err)
		}
		if results = append(results, r); ctx.Err() != nil {
			break
		}
	}
	if c.All && !c.JSON && !c.JSONStream {
		if err := printResults(io.out, results); err != nil {
			return err
		}
	}
	return worst(results)
}

// chosen are the scenarios to run, with their parameters checked first.
func (c *scenarioCmd) chosen() ([]scenario.Scenario, error) {
	if c.Duration != 0 {
		if c.Set == nil {
			c.Set = map[string]string{}
		}
		c.Set["duration"] = c.Duration.String()
	}
	switch {
	case c.All && c.Name != "":
		return nil, errors.New("--all and the name of a scenario exclude each other")
	case c.All && len(c.Set) > 0:
		return nil, errors.New("--all takes no parameters: they belong to one scenario each")
	case c.All:
		return scenario.All(), nil
	case c.Name == "":
		return nil, fmt.Errorf("which scenario? Name one of %s, or pass --all", strings.Join(scenario.Names(), ", "))
	}
	s, err := scenario.Find(c.Name)
	if err != nil {
		return nil, err
	}
	return []scenario.Scenario{s}, s.Check(c.Set)
}

// one runs a scenario, shown as the flags say, and prints its result.
func (c *scenarioCmd) one(ctx context.Context, cancel func(), io streams, s scenario.Scenario, spec lab.Spec) (*scenario.Result, error) {
	w, err := c.watch(io, "scenario "+s.Name, spec.Where(), cancel)
	if err != nil {
		return nil, err
	}
	defer w.close()
	w.attach(&spec)
	r, err := s.Run(ctx, scenario.Options{Spec: spec, Set: c.Set, Say: w.say})
	w.close()
	if err != nil {
		return nil, err
	}
	if !c.Profile {
		return r, w.result(r, c.JSON, func() error { return printResult(io.out, r, "") })
	}
	why, report := explainRun(io, r.RunDir), writeReport(io, r.RunDir)
	return r, w.result(&profiledScenario{r, report, why}, c.JSON, func() error {
		if err := printResult(io.out, r, report); err != nil {
			return err
		}
		return printExplained(io.out, &why)
	})
}

// profiledScenario is the result of a scenario with what explains it.
type profiledScenario struct {
	*scenario.Result
	Report string `json:"report"` // path; empty when there is none
	explained
}

func (c *scenarioCmd) list(w io.Writer) error {
	if c.JSON {
		type param struct {
			Name    string `json:"name"`
			Default string `json:"default"`
			Help    string `json:"help"`
		}
		type entry struct {
			Name   string  `json:"name"`
			What   string  `json:"what"`
			Pass   string  `json:"pass"`
			Params []param `json:"params"`
		}
		var out []entry
		for _, s := range scenario.All() {
			e := entry{Name: s.Name, What: s.What, Pass: s.Pass}
			for _, p := range s.Params {
				e.Params = append(e.Params, param{p.Name, p.Default, p.Help})
			}
			out = append(out, e)
		}
		return printJSON(w, out)
	}
	var b strings.Builder
	for _, s := range scenario.All() {
		fmt.Fprintf(&b, "%s\n  what    %s\n  pass    %s\n", s.Name, s.What, s.Pass)
		for _, p := range s.Params {
			fmt.Fprintf(&b, "  --set   %s=%s: %s\n", p.Name, p.Default, p.Help)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printResult prints one result for people, with the path of its report unless
// that is empty.
func printResult(w io.Writer, r *scenario.Result, report string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s against %s %s, %.1f s\n", r.Scenario, r.Verdict, r.Target.Kind, r.Target.Version, r.DurationS)
	width := 0
	for _, f := range r.Figures {
		width = max(width, len(f.Name))
	}
	for _, f := range r.Figures {
		met := ""
		if f.Met != nil {
			met = map[bool]string{true: "ok", false: "MISSED"}[*f.Met]
		}
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("  %-*s  %12s  %-14s %s", width, f.Name, f.Text(), f.BoundText(), met), " "))
	}
	rows := func(name string, lines []string) {
		for _, l := range lines {
			fmt.Fprintf(&b, "  %-8s %s\n", name, l)
		}
	}
	var skipped []string
	for _, s := range r.Skipped {
		skipped = append(skipped, s.What+": "+s.Why)
	}
	rows("skipped", skipped)
	rows("advice", r.Advice)
	rows("caveat", r.Caveats)
	rows("verdict", []string{r.Verdict + ": " + strings.Join(r.Reasons, "; ")})
	rows("run", []string{r.RunDir})
	if report != "" {
		rows("report", []string{report})
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

// printResults prints a table of all verdicts.
func printResults(w io.Writer, results []*scenario.Result) error {
	for _, r := range results {
		if _, err := fmt.Fprintf(w, "%-18s %-10s %6.1f s\n", r.Scenario, r.Verdict, r.DurationS); err != nil {
			return err
		}
	}
	return nil
}

// worst is the exit code of several verdicts: a failure outweighs doubt.
func worst(results []*scenario.Result) error {
	verdict := summary.Pass
	for _, r := range results {
		switch {
		case r.Verdict == summary.Fail:
			verdict = summary.Fail
		case r.Verdict != summary.Pass && verdict == summary.Pass:
			verdict = r.Verdict
		}
	}
	return verdictError(verdict)
}
