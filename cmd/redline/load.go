package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"redline/lab"
	"redline/lab/analysis/summary"
	"redline/lab/workload/explain"
	"redline/lab/workload/file"
	"redline/lab/workload/preset"
)

// loadCmd groups what has to do with load; without a subcommand it applies one.
type loadCmd struct {
	Run   loadRunCmd   `cmd:"" default:"withargs" help:"Apply load to a server and print the figures (the default)."`
	Init  loadInitCmd  `cmd:"" help:"Write a commented workload file."`
	Check loadCheckCmd `cmd:"" help:"Check a workload file and say in words what it will do."`
}

type loadRunCmd struct {
	Target string `default:"redis://127.0.0.1:6379" placeholder:"URL" help:"Server to load: redis://[USER:PASSWORD@]HOST:PORT[/DB], unix:///PATH, exec:PROGRAM or self (${default})."`
	Out    string `placeholder:"DIR" help:"Keep the run directory in this folder."`

	loadFlags
	liveFlags
}

// Help is shown below the usage.
func (loadRunCmd) Help() string {
	return "The driver alone: no profiles and no report, and the run directory is kept only with --out."
}

// Run does the run and prints its summary.
func (c *loadRunCmd) Run(io streams) error {
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

type loadInitCmd struct {
	Preset string `arg:"" optional:"" default:"cache" help:"What to begin with: cache, session, leaderboard, queue, counter, read-heavy, write-heavy or ycsb-a to ycsb-f (${default})."`
	File   string `arg:"" optional:"" help:"File to write (PRESET.yaml); - is standard output."`
	List   bool   `help:"List the presets and write nothing."`
	Force  bool   `help:"Replace a file that exists."`
}

// Run writes the file of a preset.
func (c *loadInitCmd) Run(io streams) error {
	if c.List {
		for _, name := range preset.Names {
			fmt.Fprintf(io.out, "  %-12s %s\n", name, preset.Title(name))
		}
		return nil
	}
	text, err := preset.Text(c.Preset)
	if err != nil {
		return err
	}
	if c.File == "-" {
		_, err := io.out.Write(text)
		return err
	}
	if c.File == "" {
		c.File = c.Preset + ".yaml"
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if c.Force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(c.File, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists: give another name, or --force to replace it", c.File)
	}
	if err != nil {
		return fmt.Errorf("cannot write the workload: %w", err)
	}
	if _, err := f.Write(text); err != nil {
		_ = f.Close()
		return fmt.Errorf("cannot write the workload: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("cannot write the workload: %w", err)
	}
	_, err = fmt.Fprintf(io.out, "wrote %s; redline load check %s explains it, redline load --workload %s applies it\n", c.File, c.File, c.File)
	return err
}

type loadCheckCmd struct {
	File string `arg:"" help:"Workload file, or the name of a preset."`
}

// Run explains the file.
func (c *loadCheckCmd) Run(io streams) error {
	s, err := file.Read(c.File)
	if errors.Is(err, fs.ErrNotExist) {
		if p, presetErr := preset.Spec(c.File); presetErr == nil {
			s, err = p, nil
		}
	}
	if err != nil {
		return err
	}
	s = s.WithDefaults(runtime.NumCPU())
	if s.Keys.Prefix == "" {
		s.Keys.Prefix = lab.KeyPrefix("xxxx")
	}
	_, err = fmt.Fprint(io.out, explain.Text(&s))
	return err
}
