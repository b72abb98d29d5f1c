//go:build unix

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"redline/lab/analysis/summary"
	"redline/lab/drive"
	"redline/lab/probe"
	"redline/lab/record"
	"redline/lab/target"
	"redline/lab/workload"
)

// redis starts a redis-server that is not the lab's own for the test.
func redis(t *testing.T) *running {
	t.Helper()
	r, err := (&Server{Path: redisPath(t)}).start(t.Context(), filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.end)
	return r
}

func redisPath(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("needs redis-server")
	}
	return path
}

func dial(t *testing.T, tg target.Target) *probe.Client {
	t.Helper()
	c, err := probe.Dial(t.Context(), tg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func spec(t *testing.T) Spec {
	t.Helper()
	ops, err := workload.ParseMix("get=0.5,set=0.4,incr=0.1")
	if err != nil {
		t.Fatal(err)
	}
	return Spec{Kind: "lab", Version: "test", Out: t.TempDir(), Preload: true, SLO: record.SLO{ErrorRatio: 0},
		Workload: workload.Spec{Loop: workload.Open, Connections: 5, ValueBytes: 64, Ops: ops, Seed: 1,
			Keys: workload.Keys{Count: 500, Dist: workload.Dist{Kind: workload.Uniform}},
			Phases: []workload.Phase{{Name: record.PhaseWarmup, Duration: 200 * time.Millisecond, RateFrom: 1000, RateTo: 1000},
				{Name: record.PhaseMeasure, Duration: time.Second, RateFrom: 1000, RateTo: 1000}}}}
}

func TestRunAgainstTarget(t *testing.T) {
	t.Parallel()
	r := redis(t)
	s := spec(t)
	s.Target = r.target
	s.Hiccups = func() *exec.Cmd { return exec.Command("/nonexistent/redline", "hiccups") }
	seen := map[string]bool{}
	s.Progress = func(p Progress) { seen[p.Phase] = true }
	var observed, sampled atomic.Int64
	s.Observers = []Observer{{Span: time.Second, Show: func(p *drive.Snapshot) { observed.Store(p.Total.Completed) }}}
	s.OnSample = func(*record.Sample) { sampled.Add(1) }
	out, err := Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	sum := out.Summary
	// A machine that stalls may make any verdict but this one.
	if sum.Verdict == summary.Undecided || sum.Errors != 0 || sum.Operations == 0 || sum.Intended < 900 || sum.Intended > 1200 || sum.Target.Kind != "redis" {
		t.Errorf("%s %v: %+v", sum.Verdict, sum.Reasons, sum)
	}
	if observed.Load() < sum.Operations || sampled.Load() == 0 {
		t.Errorf("the observer saw %d of %d operations and %d samples", observed.Load(), sum.Operations, sampled.Load())
	}
	if sum.ServerCPUUs == nil && sum.Target.PID != 0 {
		t.Error("the server's process was found but not its CPU time")
	}
	for _, phase := range []string{record.PhasePreload, record.PhaseWarmup, record.PhaseMeasure} {
		if !seen[phase] {
			t.Errorf("no progress of phase %s", phase)
		}
	}
	if n, err := dial(t, r.target).Keys(); err != nil || n != 0 {
		t.Errorf("%d keys are left (%v)", n, err)
	}
	checkDir(t, out.Dir, record.StateComplete)
	if _, err := os.Stat(filepath.Join(out.Dir, record.SummaryFile)); err != nil {
		t.Error(err)
	}
	if text := fmt.Sprint(out.Summary.Missing); !strings.Contains(text, "hiccups") || out.Summary.Hiccups != nil {
		t.Errorf("hiccups could not be watched for: missing %s, %+v", text, out.Summary.Hiccups)
	}
}

// checkDir verifies what every finished directory has.
func checkDir(t *testing.T, dir, state string) {
	t.Helper()
	d, err := record.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Run().State; got != state {
		t.Errorf("state %s (%s), want %s", got, d.Run().StateReason, state)
	}
	for _, p := range d.Run().Phases {
		if p.EndNs < p.StartNs {
			t.Errorf("phase %s did not end", p.Name)
		}
	}
	slices := 0
	for _, err := range d.Slices() {
		if err != nil {
			t.Fatal(err)
		}
		slices++
	}
	if slices == 0 {
		t.Error("no slices")
	}
	for _, part := range d.Run().Missing {
		if part.Part == "pprof" {
			return
		}
	}
	t.Error("the missing profiles are not noted")
}

func TestRunStartsServer(t *testing.T) {
	t.Parallel()
	s := spec(t)
	s.Server = &Server{Path: redisPath(t)}
	out, err := Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	d, err := record.Open(out.Dir)
	if err != nil {
		t.Fatal(err)
	}
	tg := d.Run().Target
	if !tg.StartedByLab || tg.PID == 0 {
		t.Errorf("%+v", tg)
	}
	if err := syscall.Kill(tg.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the server still runs: %v", err)
	}
	if _, err := os.Stat(filepath.Join(out.Dir, record.ServerLog)); err != nil {
		t.Error(err)
	}
}

func TestInterruptedRun(t *testing.T) {
	t.Parallel()
	r := redis(t)
	s := spec(t)
	s.Target = r.target
	s.Workload.Phases[1].Duration = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	s.Progress = func(p Progress) {
		if p.Phase == record.PhaseMeasure {
			cancel()
		}
	}
	out, err := Run(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	checkDir(t, out.Dir, record.StateInterrupted)
	if out.Summary.Verdict != summary.Undecided {
		t.Errorf("verdict %s", out.Summary.Verdict)
	}
	if n, err := dial(t, r.target).Keys(); err != nil || n != 0 {
		t.Errorf("%d keys are left (%v)", n, err)
	}
}

// TestTargetThatGoesAway: the server of somebody else ends in the middle. The
// run goes on and counts, and Ctrl-C still ends it in order, although the keys
// cannot be removed any more.
func TestTargetThatGoesAway(t *testing.T) {
	t.Parallel()
	r := redis(t)
	s := spec(t)
	s.Target = r.target
	s.Workload.Timeout = time.Second
	s.Workload.Phases[1].Duration = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	killed := false
	s.Observers = []Observer{{Show: func(p *drive.Snapshot) {
		switch {
		case p.Phase == record.PhaseMeasure && !killed:
			killed = true
			_ = syscall.Kill(r.pid, syscall.SIGKILL)
		case killed && p.Connections == 0 && p.Total.ConnectErrors > 0 && p.Backlog > 0:
			cancel()
		}
	}}}
	out, err := Run(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	checkDir(t, out.Dir, record.StateInterrupted)
	sum := out.Summary
	if sum.Operations == 0 || sum.ErrorClasses["connect"] == 0 || sum.Verdict != summary.Undecided {
		t.Errorf("%s: %d operations, errors %v", sum.Verdict, sum.Operations, sum.ErrorClasses)
	}
	if text := fmt.Sprint(sum.Missing); !strings.Contains(text, "cleanup") || !strings.Contains(text, "may be left") && !strings.Contains(text, "cannot remove") {
		t.Errorf("missing %s: must say that keys are left", text)
	}
}

// TestStoppedRun: a stop rule ends a run early; its directory is complete and
// says why, with the stages it came to.
func TestStoppedRun(t *testing.T) {
	t.Parallel()
	s := spec(t)
	s.Server = &Server{Path: redisPath(t)}
	s.Workload.Phases = []workload.Phase{
		{Name: record.PhaseMeasure, Label: "step 1", Duration: 300 * time.Millisecond, RateFrom: 100, RateTo: 100},
		{Name: record.PhaseMeasure, Label: "step 2", Duration: time.Hour, RateFrom: 200, RateTo: 200},
		{Name: record.PhaseMeasure, Label: "step 3", Duration: time.Hour, RateFrom: 300, RateTo: 300}}
	s.Workload.Thresholds = []workload.Threshold{{Metric: workload.Throughput, Cmp: ">", Value: 1e9}} // never met
	s.Workload.Stop = &workload.StopRule{Window: 300 * time.Millisecond, Windows: 2}
	out, err := Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	checkDir(t, out.Dir, record.StateComplete)
	d, err := record.Open(out.Dir)
	if err != nil {
		t.Fatal(err)
	}
	run := d.Run()
	if !strings.Contains(run.Stopped, "throughput") || !strings.Contains(run.Stopped, "step 2") {
		t.Errorf("stopped: %q", run.Stopped)
	}
	var phases []string
	for _, p := range run.Phases {
		phases = append(phases, p.Name+p.Label)
	}
	if got := strings.Join(phases, " "); got != "preload measurestep 1 measurestep 2 cooldown" {
		t.Errorf("phases %s", got)
	}
}

func TestSafety(t *testing.T) {
	t.Parallel()
	r := redis(t)
	c := dial(t, r.target)
	if _, err := c.Do("SET", "precious", "1"); err != nil {
		t.Fatal(err)
	}
	s := spec(t)
	s.Target = r.target
	if _, err := Run(t.Context(), s); err == nil || !strings.Contains(err.Error(), "holds 1 keys") || !strings.Contains(err.Error(), "--allow-writes") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(s.Out); err != nil || len(left) != 0 {
		t.Errorf("a refused run left %v (%v)", left, err)
	}
	readOnly := s
	readOnly.Preload = false
	readOnly.Workload.Ops, _ = workload.ParseMix("get")
	if err := mayWrite(&readOnly, c); err != nil {
		t.Errorf("reading was refused: %v", err)
	}
	s.Target.Addr = "192.0.2.1:6379"
	if err := mayWrite(&s, c); err == nil || !strings.Contains(err.Error(), "not on this machine") {
		t.Errorf("got %v", err)
	}
	s.Target, s.AllowWrites = r.target, true
	if _, err := Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Keys(); err != nil || n != 1 {
		t.Errorf("%d keys are left, want the user's own (%v)", n, err)
	}
}

func TestServerThatDies(t *testing.T) {
	t.Parallel()
	s := spec(t)
	s.Server = &Server{Path: redisPath(t)}
	s.Workload.Timeout = time.Second
	s.Workload.Phases[1].Duration = 3 * time.Second
	killed := false
	s.Progress = func(p Progress) {
		if p.Phase != record.PhaseMeasure || killed {
			return
		}
		killed = true
		// The run is named in the only directory there is.
		dirs, _ := os.ReadDir(s.Out)
		if d, err := record.Open(filepath.Join(s.Out, dirs[0].Name())); err == nil {
			_ = syscall.Kill(d.Run().Target.PID, syscall.SIGKILL)
		}
	}
	out, err := Run(t.Context(), s)
	if err == nil || !strings.Contains(err.Error(), "the server ended") {
		t.Fatalf("got %v", err)
	}
	checkDir(t, out.Dir, record.StateFailed)
}

func TestCannotBegin(t *testing.T) {
	t.Parallel()
	s := spec(t)
	s.Target = target.Target{Network: "tcp", Addr: "127.0.0.1:1"}
	if _, err := Run(t.Context(), s); err == nil || !strings.Contains(err.Error(), "cannot connect") {
		t.Errorf("got %v", err)
	}
	s.Workload.Connections = 0
	if _, err := Run(t.Context(), s); err == nil || !strings.Contains(err.Error(), "connections") {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(s.Out); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	s = spec(t)
	s.Server = &Server{Path: "/bin/false"}
	if _, err := os.Stat(s.Server.Path); err == nil {
		out, err := Run(t.Context(), s)
		if err == nil || !strings.Contains(err.Error(), "ended at once") {
			t.Errorf("got %v", err)
		}
		if d, err := record.Open(out.Dir); err != nil || d.Run().State != record.StateFailed {
			t.Errorf("the directory is not marked as failed: %v", err)
		}
	}
}

func TestHidePasswords(t *testing.T) {
	t.Parallel()
	got := hidePasswords([]string{"redline", "--target", "redis://u:secret@host:1", "--target=redis://secret@host", "mail@x"})
	if text := strings.Join(got, " "); strings.Contains(text, "secret") || !strings.Contains(text, "mail@x") || !strings.Contains(text, "@host:1") {
		t.Error(text)
	}
}
