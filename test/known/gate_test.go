package known

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	flagSame   = flag.Int("gate.same", 0, "gates to run between a program and itself")
	flagSlower = flag.Int("gate.slower", 0, "gates to run between a program and one whose requests cost -gate.plant more")
	flagPlant  = flag.Float64("gate.plant", 0.05, "share of a request's CPU time that is planted")
)

// TestGate: a gate between a program and itself raises an alarm in at most 5 of 100 cases, and catches a planted slow-down
// of 5 % in at least 18 of 20.
func TestGate(t *testing.T) {
	if *flagSame+*flagSlower == 0 {
		t.Skip("takes an hour of an otherwise idle machine: -gate.same=100 -gate.slower=20")
	}
	dir := t.TempDir()
	lab := build(t, filepath.Join(dir, "redline"))
	if *flagSame > 0 {
		alarms, undecided := verdicts(t, lab, lab, *flagSame)
		t.Logf("the same program: %d alarms and %d without a verdict in %d gates", alarms, undecided, *flagSame)
		if alarms > max(1, *flagSame/20) {
			t.Error("that is not what a gate promises")
		}
	}
	if *flagSlower > 0 {
		slow := build(t, filepath.Join(dir, "redline-slow"), "-overlay", planted(t, dir))
		t.Setenv(plantedEnv, strconv.Itoa(int(*flagPlant*1e3*requestUs(t, lab)/roundNs())))
		caught, undecided := verdicts(t, lab, slow, *flagSlower)
		t.Logf("%.3g %% slower: %d caught and %d without a verdict in %d gates", 100**flagPlant, caught, undecided, *flagSlower)
		if caught < *flagSlower*9/10 {
			t.Error("that is not what a gate promises")
		}
	}
}

// build builds the command with what it is to be built with.
func build(t *testing.T, path string, flags ...string) string {
	t.Helper()
	args := append(append([]string{"build", "-o", path}, flags...), "redline/cmd/redline")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// verdicts makes gates at the defaults and counts the regressions they tell of, and those that end without an answer.
func verdicts(t *testing.T, a, b string, runs int) (regressions, undecided int) {
	t.Helper()
	for run := range runs {
		start := time.Now()
		g := decide(t, a, b)
		switch g.Verdict {
		case "regression":
			regressions++
		case "undecided":
			undecided++
		}
		t.Logf("run %d: %s after %d pairs in %.0f s: %s", run, g.Verdict, g.Pairs, time.Since(start).Seconds(), strings.Join(g.Reasons, "; "))
	}
	return regressions, undecided
}

// decided is what is read of gate --json.
type decided struct {
	Verdict  string
	Reasons  []string
	Pairs    int
	Findings []struct {
		Metric string
		A, B   float64
	}
}

func decide(t *testing.T, a, b string) (g decided) {
	t.Helper()
	out, exit := output(a, "gate", "exec:"+a, "exec:"+b, "--json", "--profile", "0s", "--out", t.TempDir())
	if err := json.Unmarshal(out, &g); err != nil {
		t.Fatalf("%v: %v", err, exit)
	}
	return g
}

// output runs a command and returns what it prints. An error, also for an exit code, tells its standard error.
func output(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), err
}

// requestUs is what a request costs the server on this machine, in microseconds of CPU time.
func requestUs(t *testing.T, lab string) float64 {
	t.Helper()
	for _, f := range decide(t, lab, lab).Findings {
		if f.Metric == "server_cpu_per_request" {
			return (f.A + f.B) / 2
		}
	}
	t.Skip("the CPU time of a server cannot be measured here")
	return 0
}

// The planted work: rounds of arithmetic in each request, so that it takes its share at whatever speed the machine runs.
const (
	plantedEnv   = "REDLINE_PLANTED_ROUNDS"
	plantedFile  = "server/internal/session/feed.go"
	plantedPlace = "func (s *Session) execute(args [][]byte) bool {\n"
	plantedCode  = `
var plantedRounds, _ = strconv.Atoi(os.Getenv("` + plantedEnv + `"))

var plantedSum atomic.Uint64

//go:noinline
func planted() {
	x := uint64(1)
	for range plantedRounds {
		x = x*6364136223846793005 + 1442695040888963407
	}
	plantedSum.Store(x)
}
`
)

// planted returns an overlay for go build in which each request does more work.
func planted(t *testing.T, dir string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, filepath.FromSlash(plantedFile))
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, after, ok := strings.Cut(string(source), plantedPlace)
	if !ok {
		t.Fatalf("%s has no %q: say where each request passes now", plantedFile, plantedPlace)
	}
	replaced := filepath.Join(dir, "feed.go")
	added := filepath.Join(dir, "planted.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		path: replaced, filepath.Join(filepath.Dir(path), "planted.go"): added,
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		replaced:                           before + plantedPlace + "\tplanted()\n" + after,
		added:                              "package session\n\nimport (\n\t\"os\"\n\t\"strconv\"\n\t\"sync/atomic\"\n)\n" + plantedCode,
		filepath.Join(dir, "overlay.json"): string(overlay),
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "overlay.json")
}

// roundNs is how long a round of the planted work takes: the least of some tries.
func roundNs() float64 {
	const rounds = 10_000_000
	least := time.Duration(1 << 62)
	x := uint64(1)
	for range 10 {
		start := time.Now()
		for range rounds {
			x = x*6364136223846793005 + 1442695040888963407
		}
		least = min(least, time.Since(start))
	}
	if x == 0 {
		return 0
	}
	return float64(least) / rounds
}
