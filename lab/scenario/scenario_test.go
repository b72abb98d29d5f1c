//go:build unix

package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"redline/lab"
	"redline/lab/analysis/summary"
	"redline/lab/probe"
	"redline/lab/record"
	"redline/lab/target"
)

// small makes each scenario a matter of a second or two.
var small = map[string]map[string]string{
	"connections":      {"clients": "5,40", "rate": "200", "duration": "300ms"},
	"sustained":        {"workers": "5", "rate": "300", "duration": "500ms", "keys": "100"},
	"mixed":            {"connections": "5", "rate": "500", "duration": "500ms", "keys": "50"},
	"hot-key":          {"connections": "5", "rate": "300", "duration": "200ms", "keys": "100"},
	"big-values":       {"sizes": "10KB,1MB", "budget": "2MB", "rate": "100"},
	"pool-exhaustion":  {"rate": "100", "duration": "1s"},
	"ttl-storm":        {"keys": "200,1k", "rate": "200", "events": "100", "calm": "200ms"},
	"slow-consumer":    {"limit": "1MB", "rate": "200"},
	"connection-storm": {"connections": "200", "workers": "4", "rate": "100"},
	"edge-cases":       {"every": "25", "big": "20KB"},
	"memory-leak":      {"duration": "500ms", "settle": "100ms", "rate": "300", "keys": "50", "churn": "20"},
}

// byLuck are figures without a unit of time that a machine which stalls may
// still make miss their bounds.
var byLuck = regexp.MustCompile(`Little|waiting for a connection|memory|files|still counts`)

func redisPath(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("needs redis-server")
	}
	return path
}

// TestOnOwnServer runs every scenario in small against a redis-server that the
// lab starts, and checks the mechanics: what was counted, not how fast it was.
func TestOnOwnServer(t *testing.T) {
	t.Parallel()
	path := redisPath(t)
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			r, err := s.Run(t.Context(), Options{Spec: lab.Spec{Server: &lab.Server{Path: path}, Out: t.TempDir(), Version: "test"}, Set: small[s.Name]})
			if err != nil {
				t.Fatal(err)
			}
			checkResult(t, r)
			if !r.Target.StartedByLab || r.Target.Kind != "redis" {
				t.Errorf("%+v", r.Target)
			}
		})
	}
}

// checkResult allows only what a slow machine may cause.
func checkResult(t *testing.T, r *Result) {
	t.Helper()
	excuse := len(r.Reasons) == 1 && strings.HasPrefix(r.Reasons[0], "nothing to watch for growth")
	for _, f := range r.Figures {
		switch {
		case f.missed() && (f.timed() || byLuck.MatchString(f.Name)):
			excuse = true
		case f.missed():
			t.Errorf("%s is %s, want %s", f.Name, f.Text(), f.BoundText())
		}
	}
	if r.Verdict != summary.Pass && !excuse {
		t.Errorf("%s: %v", r.Verdict, r.Reasons)
	}
	if len(r.Figures) == 0 || r.DurationS <= 0 {
		t.Errorf("%+v", r)
	}
	text, err := os.ReadFile(filepath.Join(r.RunDir, ResultFile))
	if err != nil {
		t.Fatal(err)
	}
	var again Result
	if err := json.Unmarshal(text, &again); err != nil || again.Verdict != r.Verdict || len(again.Figures) != len(r.Figures) {
		t.Errorf("%v: %s", err, text)
	}
	d, err := record.Open(r.RunDir)
	if err != nil {
		t.Fatal(err)
	}
	if run := d.Run(); run.State != record.StateComplete || run.Kind != "scenario" || run.Workload.Name != r.Scenario {
		t.Errorf("%s %s %s %q", run.State, run.Kind, run.Workload.Name, run.StateReason)
	}
}

// ownTarget is a redis-server that the lab has not started.
func ownTarget(t *testing.T) target.Target {
	t.Helper()
	path := redisPath(t)
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	if len(socket) > 100 { // of 108 that the kernel takes
		t.Skip("the temporary folder's path is too long for a socket")
	}
	cmd := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	tg := target.Target{Network: "unix", Addr: socket}
	up := eventually(t.Context(), time.Minute, func() bool {
		c, err := net.Dial("unix", socket)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	if !up {
		t.Fatal("redis-server does not listen")
	}
	return tg
}

// TestOnTarget runs scenarios that write keys or change settings against a
// server that stays, and looks what they left.
func TestOnTarget(t *testing.T) {
	t.Parallel()
	tg := ownTarget(t)
	c, err := probe.Dial(t.Context(), tg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Do("CONFIG", "SET", "notify-keyspace-events", "Kx"); err != nil {
		t.Fatal(err)
	}
	settings := func() string {
		v, err := c.Do("CONFIG", "GET", "*")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%q", v.Elems)
	}
	before := settings()
	for _, name := range []string{"mixed", "ttl-storm", "big-values", "edge-cases", "slow-consumer"} {
		s, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		set := small[name]
		if name == "slow-consumer" {
			set = map[string]string{"message": "1MB", "rate": "100"} // the server's own limit holds: 32 MB
		}
		r, err := s.Run(t.Context(), Options{Spec: lab.Spec{Target: tg, Out: t.TempDir()}, Set: set})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkResult(t, r)
		if v, err := c.Do("KEYS", "*"); err != nil || len(v.Elems) > 0 {
			t.Errorf("%s left %d keys (%v), such as %q", name, len(v.Elems), err, v.Elems)
		}
		if got := settings(); got != before {
			t.Errorf("%s changed the settings", name)
			before = got
		}
	}
	if _, err := c.Do("SET", "mine", "1"); err != nil {
		t.Fatal(err)
	}
	s, _ := Find("mixed")
	if _, err := s.Run(t.Context(), Options{Spec: lab.Spec{Target: tg, Out: t.TempDir()}}); err == nil || !strings.Contains(err.Error(), "holds 1 keys") {
		t.Errorf("a server with data was written to: %v", err)
	}
}

// TestInterrupted ends a scenario early: that is undecided, and the directory
// says so.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	path := redisPath(t)
	s, _ := Find("sustained")
	ctx, cancel := context.WithCancel(t.Context())
	spec := lab.Spec{Server: &lab.Server{Path: path}, Out: t.TempDir()}
	spec.Progress = func(p lab.Progress) {
		if p.Phase == record.PhaseMeasure {
			cancel()
		}
	}
	r, err := s.Run(ctx, Options{Spec: spec, Set: map[string]string{"rate": "500", "keys": "100", "workers": "4"}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != summary.Undecided || len(r.Reasons) != 1 || !strings.Contains(r.Reasons[0], "interrupted") {
		t.Errorf("%s %v", r.Verdict, r.Reasons)
	}
	d, err := record.Open(r.RunDir)
	if err != nil {
		t.Fatal(err)
	}
	if d.Run().State != record.StateInterrupted {
		t.Errorf("state %s", d.Run().State)
	}
}

// TestServerDies makes sure that a server which ends fails the scenario.
func TestServerDies(t *testing.T) {
	t.Parallel()
	s := Scenario{Name: "deadly", run: func(_ context.Context, b *bench) error {
		_, err := b.Client().Do("SHUTDOWN", "NOSAVE")
		eventually(t.Context(), time.Minute, func() bool { return !b.Alive() })
		return err
	}}
	r, err := s.Run(t.Context(), Options{Spec: lab.Spec{Server: &lab.Server{Path: redisPath(t)}, Out: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != summary.Fail || !strings.Contains(strings.Join(r.Reasons, " "), "the server ended during the run") {
		t.Errorf("%s %v", r.Verdict, r.Reasons)
	}
}
