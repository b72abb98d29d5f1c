package compat

import (
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	flagTarget   = flag.String("compat.target", "redline", "what is compared with redis-server: redline (built here), redis (itself), or HOST:PORT of a running server")
	flagOracle   = flag.String("compat.oracle", "redis-server", "the redis-server to compare with")
	flagDuration = flag.Duration("compat.duration", 5*time.Second, "how long the differential run lasts")
	flagFirst    = flag.Uint64("compat.first", 1, "seed of the first differential history, the next ones count up from it; 0 takes any")
	flagSeed     = flag.Uint64("compat.seed", 0, "replay the differential history of this seed only")
	flagRace     = flag.Bool("compat.race", false, "build the server with the race detector; a report of a race fails the tests")
)

// scratch holds the built server and the servers' folders.
var scratch string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "compat")
	if err != nil {
		fmt.Fprintln(os.Stderr, "compat:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	scratch = dir
	return m.Run()
}

// build compiles the command once for all tests.
var build = sync.OnceValues(func() (string, error) {
	if err := dependOnSources("../.."); err != nil {
		return "", err
	}
	bin := filepath.Join(scratch, "redline")
	args := []string{"build", "-buildvcs=false", "-o", bin}
	if *flagRace {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "redline/cmd/redline")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

// dependOnSources looks at every source file of the module. The go command remembers what files a test looked at, and takes
// its result from the cache while none has changed; it would not know of those that only the compiler reads.
func dependOnSources(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return cmp.Or(err, fs.SkipDir)
		}
		if filepath.Ext(path) == ".go" && !strings.HasSuffix(path, "_test.go") || d.Name() == "go.mod" {
			_, err = os.Stat(path)
		}
		return err
	})
}

// startPair starts both servers for one test and stops them when it ends. It skips without a redis-server.
func startPair(t *testing.T) (oracle, target *Server) {
	t.Helper()
	bin, err := exec.LookPath(*flagOracle)
	if err != nil {
		t.Skipf("no redis-server to compare with (%v): install Debian's redis-server, or name one with -compat.oracle", err)
	}
	oracle, err = Start("redis", bin, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(oracle.Stop)
	switch *flagTarget {
	case "redis":
		target, err = Start("redis too", bin, t.TempDir())
	case "redline":
		var redline string
		if redline, err = build(); err == nil {
			target, err = Start("redline", redline, t.TempDir(), "serve")
		}
	default:
		target = &Server{Name: *flagTarget, Addr: *flagTarget}
	}
	if err != nil {
		t.Fatal(err)
	}
	skipWithout(t, target, "COMMAND", "FLUSHALL", "HELLO")
	t.Cleanup(func() {
		alive := target.Alive()
		target.Stop()
		if out := target.Output(); !alive {
			t.Errorf("the server exited during the test; its last output:\n%s", out)
		} else if strings.Contains(out, "DATA RACE") || strings.Contains(out, "panic:") {
			t.Errorf("the server reported:\n%s", out)
		}
	})
	return oracle, target
}

// must runs a command that has to succeed.
func must(t *testing.T, s *Server, words ...string) Reply {
	t.Helper()
	c, err := Dial(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Do(words...)
	if err != nil || r.IsError() {
		t.Fatalf("%s: %s: %v %v", s.Name, JoinWords(words), r, err)
	}
	return r
}

// skipWithout skips a test whose basics the server lacks.
func skipWithout(t *testing.T, s *Server, names ...string) {
	t.Helper()
	c, err := Dial(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, name := range names {
		r, err := c.Do(name)
		if err != nil || strings.Contains(string(r.Text), "unknown command") {
			s.Stop()
			t.Skipf("%s has no %s yet", s.Name, name)
		}
	}
}
