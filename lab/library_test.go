//go:build unix

package lab

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// What cannot begin is said before anything was made.
func TestRunForTestsErrors(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	good := OpenLoop("get", 100, time.Second)
	for want, run := range map[string]func() (*Outcome, error){
		"nonsense": func() (*Outcome, error) {
			return Run(context.Background(), OpenLoop("nonsense=x", 1, 1), "redis://127.0.0.1:1")
		},
		"one target":      func() (*Outcome, error) { return Run(context.Background(), good, "redis://a:1", "redis://b:1") },
		"program":         func() (*Outcome, error) { return Run(context.Background(), good, "exec:") },
		"scheme":          func() (*Outcome, error) { return Run(context.Background(), good, "http://x") },
		"127.0.0.1:1":     func() (*Outcome, error) { return Run(context.Background(), good, "redis://127.0.0.1:1") },
		"not-there-at-al": func() (*Outcome, error) { return Run(context.Background(), good, "exec:/not-there-at-all") },
	} {
		out, err := run()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one with %q", err, want)
		}
		if out != nil && out.Dir != "" {
			t.Errorf("%s: a directory is named that is removed", want)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A run against a program starts and ends it, and keeps its directory where asked.
func TestRunForTestsStartsAProgram(t *testing.T) {
	t.Parallel()
	spec := ClosedLoop("get=1,set=1", 4, 300*time.Millisecond)
	spec.Out = t.TempDir()
	out, err := Run(t.Context(), spec, "exec:"+redisPath(t))
	if err != nil {
		t.Fatal(err)
	}
	if out.Operations == 0 || out.Errors != 0 || out.Operations != out.Summary.Operations || out.P99 <= 0 || out.Max < out.P99 || out.Dir == "" {
		t.Errorf("%+v", out)
	}
	if _, err := os.Stat(out.Dir + "/summary.json"); err != nil {
		t.Error(err)
	}
}
