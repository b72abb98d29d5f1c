// Command redline is a Redis-compatible data server and a performance lab for
// it and for any other Redis-protocol server.
//
// Each subcommand is in a file of its own name. Exit codes are the same for all
// of them: 0 pass, 1 fail (an objective missed, a regression), 2 could not
// decide, 3 usage or environment error. Errors are one line on standard error.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
)

// Exit codes of every subcommand.
const (
	exitPass      = 0
	exitFail      = 1
	exitUndecided = 2
	exitUsage     = 3
)

// cli is the command line. A subcommand is a struct whose Run method gets the
// streams and returns nil, an exitError, or any other error, which is a usage
// or environment error.
type cli struct {
	Lab      labCmd      `cmd:"" set:"rate=20000" set:"duration=25s" set:"warmup=5s" help:"Start a server, load it, watch everything, and write a report."`
	Load     loadCmd     `cmd:"" set:"rate=10000" set:"duration=10s" set:"warmup=1s" help:"Apply load to a server and print the figures."`
	Profile  profileCmd  `cmd:"" set:"rate=40000" set:"duration=1m" set:"warmup=5s" help:"Load a server and find out where its time goes: attribution, ranked findings, report."`
	Scenario scenarioCmd `cmd:"" help:"Put a server into a situation that matters and say whether it passes."`
	Compare  compareCmd  `cmd:"" set:"rate=20000" set:"duration=10s" set:"warmup=2s" help:"Load two servers in turns and print their ratios."`
	Gate     gateCmd     `cmd:"" set:"rate=20000" set:"duration=1s" set:"warmup=0s" help:"Tell whether B is slower than A, with a known rate of false alarms: for CI."`
	Plan     planCmd     `cmd:"" set:"rate=0.001" set:"duration=3s" set:"warmup=500ms" help:"Find how much load a server can take within a service level, and what that means in machines."`
	History  historyCmd  `cmd:"" help:"Find where the figures of many runs changed."`
	Report   reportCmd   `cmd:"" help:"Write the report of runs as HTML, Markdown or PDF, and compare several."`
	Serve    serveCmd    `cmd:"" passthrough:"" help:"Run the data server: serve [FILE.conf] [--directive value ...]"`
	Check    checkCmd    `cmd:"" help:"Check data files of Redline or Redis, without a server."`
	Import   importCmd   `cmd:"" help:"Make a data directory of what redis-server left: dump.rdb or append-only files."`
	Export   exportCmd   `cmd:"" help:"Write the data of a directory as an RDB file, for redis-server."`
	Version  versionCmd  `cmd:"" help:"Print the version and exit."`
	Hiccups  hiccupsCmd  `cmd:"" hidden:"" help:"Print when a processor of this machine does not run what is due, until the standard input ends: what every load starts."`
	Spin     spinCmd     `cmd:"" hidden:"" help:"Keep the processors awake until the standard input ends: what --awake starts."`
}

// streams are where a subcommand writes.
type streams struct {
	out, err io.Writer
}

// exitError ends the program with a code other than exitUsage. A nil err prints
// nothing: the command has said what there is to say.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func main() { os.Exit(run(os.Args[1:], streams{os.Stdout, os.Stderr})) }

// run parses args, runs the subcommand and returns the exit code.
func run(args []string, io streams) (code int) {
	exited := -1
	parser, err := kong.New(&cli{},
		kong.Name("redline"),
		kong.Description("A Redis-compatible data server and a performance lab for Redis-protocol servers.\n\n"+
			"Exit codes: 0 pass, 1 fail, 2 could not decide, 3 usage or environment error."),
		kong.Writers(io.out, io.err),
		kong.Exit(func(c int) { exited = c }), // --help
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(io),
	)
	if err != nil {
		panic(err) // the command line is described wrongly: a bug
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err == nil {
		err = ctx.Run()
	} else {
		err = hinted(err)
	}
	return report(err, io.err)
}

// hinted adds to an error of the command line what was likely meant: a server as an argument, where it is a flag.
func hinted(err error) error {
	var wrong *kong.ParseError
	arg, ok := strings.CutPrefix(err.Error(), "unexpected argument ")
	if !ok || !strings.Contains(arg, ":") || !errors.As(err, &wrong) {
		return err
	}
	for _, f := range wrong.Context.Flags() {
		if f.Name == "target" {
			return fmt.Errorf("%w: a server is named by --target %s", err, arg)
		}
	}
	return err
}

// report prints err, if there is something to print, and returns its exit code.
func report(err error, w io.Writer) int {
	if err == nil {
		return exitPass
	}
	code := exitUsage
	var exit *exitError
	if errors.As(err, &exit) {
		if code = exit.code; exit.err == nil {
			return code
		}
	}
	fmt.Fprintln(w, "redline: "+strings.ReplaceAll(err.Error(), "\n", "; "))
	return code
}

type versionCmd struct{}

// Run prints one line.
func (versionCmd) Run(io streams) error {
	_, err := fmt.Fprintf(io.out, "redline %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version is the module version, or the revision of a build from a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}
