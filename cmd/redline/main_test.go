package main

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the expected output in testdata")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"redline": func() { os.Exit(run(os.Args[1:], streams{os.Stdout, os.Stderr})) },
	})
}

// TestScripts runs the transcripts of testdata against the real command line.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: *rewrite,
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "crlf": crlf},
	})
}

// exits CODE[,CODE...] COMMAND... runs a command and checks that its exit code is
// one of those given.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want := strings.Split(args[0], ",")
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		if got = err.Error(); len(got) > len("exit status ") {
			got = got[len("exit status "):]
		}
	}
	if !slices.Contains(want, got) {
		ts.Fatalf("%v: exit code %s, want %s", args[1:], got, args[0])
	}
}

// crlf FILE... ends the lines of files with CR LF, as the protocol has them.
func crlf(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := strings.ReplaceAll(ts.ReadFile(name), "\n", "\r\n")
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
	}
}
