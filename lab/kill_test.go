//go:build unix

package lab

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"redline/lab/analysis/summary"
	"redline/lab/record"
	"redline/lab/target"
)

// Environment of the process that TestKillNine kills.
const (
	killTargetEnv = "REDLINE_TEST_KILL_TARGET"
	killOutEnv    = "REDLINE_TEST_KILL_OUT"
)

// TestKilledChild is no test: it is the run that TestKillNine kills.
func TestKilledChild(t *testing.T) {
	where := os.Getenv(killTargetEnv)
	if where == "" {
		t.Skip("is started by TestKillNine")
	}
	s := spec(t)
	var err error
	if s.Target, err = target.Parse(where); err != nil {
		t.Fatal(err)
	}
	s.Out = os.Getenv(killOutEnv)
	s.Workload.Phases[1].Duration = time.Hour
	_, err = Run(context.Background(), s)
	t.Fatalf("the run ended by itself: %v", err)
}

// TestKillNine kills a run with SIGKILL, at several moments. Whatever could be
// read before must be there after, and the directory must give a summary.
func TestKillNine(t *testing.T) {
	t.Parallel()
	r := redis(t)
	for _, slices := range []int{1, 4, 15} {
		out := t.TempDir()
		child := exec.Command(os.Args[0], "-test.run=^TestKilledChild$")
		child.Env = append(os.Environ(), killTargetEnv+"="+r.target.URL(), killOutEnv+"="+out)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		before := awaitSlices(t, out, slices)
		_ = child.Process.Kill()
		_ = child.Wait()
		d := only(t, out)
		if got := len(readSlices(t, d)); got < before {
			t.Errorf("%d slices after the kill, %d before", got, before)
		}
		if d.Run().State != record.StateRunning {
			t.Errorf("state %s", d.Run().State)
		}
		sum, err := summary.Compute(d)
		if err != nil {
			t.Fatalf("killed after %d slices: %v", before, err)
		}
		if sum.Verdict != summary.Undecided || len(d.Salvage().Damage()) != 0 {
			t.Errorf("verdict %s", sum.Verdict)
		}
		if slices == 15 && (sum.Intended == 0 || sum.ResponseNs.Max == 0) {
			t.Errorf("nothing of the measured phase: %+v", sum)
		}
		if c := dial(t, r.target); c != nil { // the next run wants it empty
			if _, err := c.Do("FLUSHALL"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// awaitSlices waits until the only run below out has recorded n slices.
func awaitSlices(t *testing.T, out string, n int) int {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); ; {
		if dirs, _ := os.ReadDir(out); len(dirs) == 1 {
			if d, err := record.Open(filepath.Join(out, dirs[0].Name())); err == nil {
				if got := len(readSlices(t, d)); got >= n {
					return got
				}
			}
		}
		select {
		case <-deadline:
			t.Fatalf("no %d slices within a minute", n)
		case <-tick.C:
		}
	}
}

func only(t *testing.T, out string) *record.Dir {
	t.Helper()
	dirs, err := os.ReadDir(out)
	if err != nil || len(dirs) != 1 {
		t.Fatalf("%d runs (%v)", len(dirs), err)
	}
	d, err := record.Open(filepath.Join(out, dirs[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// readSlices reads what is there at this moment.
func readSlices(t *testing.T, d *record.Dir) (all []record.Slice) {
	t.Helper()
	for s, err := range d.Slices() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}
