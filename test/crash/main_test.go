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
	// Thousands of servers come and go, and what they leave in pools lives until the collection after the next: with more
	// room between collections each would find more alive than the one before.
	debug.SetMemoryLimit(1 << 30)
	var err error
	if buildDir, err = os.MkdirTemp("", "redline-crash"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(buildDir)
	os.Exit(code)
}
