package crash

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"testing"
)

// buildDir holds the server's binary.
var buildDir string

func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(400) // thousands of servers come and go; memory is not short
	var err error
	if buildDir, err = os.MkdirTemp("", "redline-crash"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(buildDir)
	os.Exit(code)
}
