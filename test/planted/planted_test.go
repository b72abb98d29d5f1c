package planted

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"redline/lab"
	"redline/lab/analysis/findings"
	"redline/lab/record"
	"redline/lab/target"
	"redline/lab/workload"
)

var (
	cleanRuns = flag.Int("planted.clean", 0, "count false findings over so many runs of the clean server")
	keepIn    = flag.String("planted.keep", "", "keep the run directories in this folder")
)

// plant is a fault and what must be found of it.
type plant struct {
	fault       string
	id, subject string
	load        func() workload.Spec
}

func plants() []plant {
	return []plant{
		{"global-lock", "lock-contention", "main.(*server).alone", closedLoop},
		{"allocations", "allocation-hot-spot", "main.buildReply", closedLoop},
		{"sleep", "slow-command", "INCR", openLoop},
		{"slow-disk", "fsync-stall", "main.(*slowFile).Sync", openLoop},
		{"hot-shard", "unfair-shards", "shard 3", closedLoop},
		{"small-gc", "gc-pressure", "GOGC=1", closedLoop},
		{"churn", "connection-churn", "connections", openLoop},
		{"goroutine-per-key", "goroutine-growth", "main.(*server).removeLater", expiringLoad},
	}
}

const (
	warmup  = 500 * time.Millisecond
	measure = 2500 * time.Millisecond
)

func operation(name string, weight float64, writes bool, command ...string) workload.Op {
	return workload.Op{Name: name, Weight: weight, Command: command, Writes: writes}
}

func load(loop workload.Loop, connections int, rate float64) workload.Spec {
	return workload.Spec{Loop: loop, Connections: connections, ValueBytes: 64, Seed: 1, Keys: workload.Keys{Count: 2000, Dist: workload.Dist{Kind: workload.Uniform}},
		Ops: []workload.Op{operation("get", 0.6, false, "GET", "{key}"), operation("set", 0.3, true, "SET", "{key}", "{value}", "EX", "600"),
			operation("incr", 0.1, true, "INCR", "{key}")},
		Phases: []workload.Phase{{Name: record.PhaseWarmup, Duration: warmup, RateFrom: rate, RateTo: rate},
			{Name: record.PhaseMeasure, Duration: measure, RateFrom: rate, RateTo: rate}}}
}

// openLoop is a modest rate: slow machines must keep up with it.
func openLoop() workload.Spec { return load(workload.Open, 16, 1500) }

// expiringLoad is mostly writes of keys that expire.
func expiringLoad() workload.Spec {
	w := load(workload.Open, 16, 2500)
	w.Ops = []workload.Op{operation("get", 0.1, false, "GET", "{key}"), operation("set", 0.9, true, "SET", "{key}", "{value}", "EX", "600")}
	return w
}

// closedLoop is as much as the server takes from eight clients.
func closedLoop() workload.Spec { return load(workload.Closed, 8, 0) }

// built is the compiled target, made once; TestMain removes it.
var built struct {
	sync.Once
	dir string
	err error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// build compiles the target and returns where it is.
func build(t *testing.T) string {
	t.Helper()
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "planted-"); built.err != nil {
			return
		}
		if out, err := exec.Command("go", "build", "-o", filepath.Join(built.dir, "target"), "./target").CombinedOutput(); err != nil {
			built.err = fmt.Errorf("cannot build the target: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "target")
}

// start runs the target until the test ends and returns where it listens.
func start(t *testing.T, path, fault string) target.Target {
	t.Helper()
	cmd := exec.Command(path, fault)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	where, err := target.Parse("redis://" + strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// measured runs the lab against a target with a fault and returns what it finds.
func measured(t *testing.T, path, fault string, w workload.Spec) []findings.Finding {
	t.Helper()
	out, err := lab.Run(t.Context(), lab.Spec{Kind: "lab", Version: "test", Out: t.TempDir(), Target: start(t, path, fault), Workload: w, KeepKeys: true,
		Profiles: true, SLO: record.SLO{ErrorRatio: 1}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := findings.Write(out.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if *keepIn != "" {
		to := filepath.Join(*keepIn, fmt.Sprintf("%s-%d", cmp.Or(fault, "clean"), time.Now().UnixNano()))
		if err := os.CopyFS(to, os.DirFS(out.Dir)); err != nil {
			t.Error(err)
		}
	}
	return found
}

// disturbed tells whether the run itself says that the machine was not its own.
func disturbed(found []findings.Finding) bool {
	return slices.ContainsFunc(found, func(f findings.Finding) bool {
		switch f.ID {
		case "cpu-steal", "cpu-throttling", "noisy-neighbour", "generator-limited", "client-latency", "swapping":
			return true
		}
		return false
	})
}

// tries is how often a run is repeated that other programs have disturbed by its own account.
const tries = 3

// ofServer are the findings about the server and how it is used: what machine and
// measurement have to say may stand above them, where it is true.
func ofServer(found []findings.Finding) []findings.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f findings.Finding) bool { return f.About == findings.Machine || f.About == findings.Measurement })
}

func list(found []findings.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "\n  %.2f %s: %s", f.Cost, f.ID, f.Subject)
		for _, e := range f.Evidence {
			fmt.Fprintf(&b, "\n       %s (%s)", e.Text, e.Source)
		}
	}
	return b.String()
}

func skipUnlessAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("measures real servers; not with -short")
	}
}

func TestPlanted(t *testing.T) {
	skipUnlessAlone(t)
	path := build(t)
	for _, p := range plants() {
		t.Run(p.fault, func(t *testing.T) {
			var found []findings.Finding
			for range tries {
				found = measured(t, path, p.fault, p.load())
				if top := ofServer(found); len(top) > 0 && top[0].ID == p.id && top[0].Subject == p.subject {
					t.Logf("found%s", list(found))
					return
				}
				if !disturbed(found) {
					break
				}
			}
			t.Errorf("want %s of %s on top, found%s", p.id, p.subject, list(found))
		})
	}
}

// falseFindings lists the findings of an intact server that only a fault justifies.
func falseFindings(found []findings.Finding) (out []findings.Finding) {
	for _, f := range found {
		if slices.ContainsFunc(plants(), func(p plant) bool { return p.id == f.ID }) {
			out = append(out, f)
		}
	}
	return out
}

func TestClean(t *testing.T) {
	skipUnlessAlone(t)
	path := build(t)
	loads := []func() workload.Spec{openLoop, closedLoop, expiringLoad}
	for i := range max(*cleanRuns, 2) {
		var found, wrong []findings.Finding
		for range tries {
			found = measured(t, path, "", loads[i%len(loads)]())
			if wrong = falseFindings(found); len(wrong) == 0 || *cleanRuns > 0 || !disturbed(found) {
				break
			}
		}
		if len(wrong) > 0 {
			t.Errorf("run %d: false findings%s", i, list(wrong))
		}
		t.Logf("run %d: all findings%s", i, list(found))
	}
}
