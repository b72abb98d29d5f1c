package perf

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// fake writes a shell script that stands for perf.
func fake(t *testing.T, script string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no shell here")
	}
	path := filepath.Join(t.TempDir(), "perf")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

const oneSample = `echo "x 1/1 5.1: 10 cpu-clock:"; echo "	ff read (/lib/libc.so)"`

func TestRecordRefused(t *testing.T) {
	for name, c := range map[string]struct{ script, want string }{
		"paranoid": {"echo 'Error:'; echo 'Access to performance monitoring and observability operations is limited.'; " +
			"echo 'Consider adjusting /proc/sys/kernel/perf_event_paranoid setting'; exit 255", "kernel.perf_event_paranoid to 1"},
		"gone":        {"echo 'Couldn'\\''t create thread/CPU maps: No such process'; exit 129", "process is gone"},
		"other":       {"echo 'WARNING: odd'; echo 'Error:'; echo 'failed to mmap with 12'; exit 1", "perf record: failed to mmap with 12"},
		"no words":    {"exit 3", "perf record: exit status 3"},
		"not working": {"exit 0", ""},
	} {
		r := Recorder{PID: os.Getpid(), Dir: t.TempDir(), Path: fake(t, c.script)}
		err := r.Record(t.Context(), time.Second)
		if c.want == "" && err == nil {
			_, err = r.Profile(t.Context(), 0)
			c.want = ErrNoSamples.Error()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	r := Recorder{PID: 1, Path: filepath.Join(t.TempDir(), "absent")}
	if err := r.Record(t.Context(), time.Second); err == nil || !strings.Contains(err.Error(), "not installed") {
		t.Errorf("absent: %v", err)
	}
}

func TestRecordEndedEarly(t *testing.T) {
	script := `for a; do [ "$prev" = -o ] && data=$a; prev=$a; done
if [ "$1" = script ]; then ` + oneSample + `; exit; fi
trap 'echo data > "$data"; exit 130' INT
: > "$data.started"
while :; do sleep 0.01; done`
	r := Recorder{PID: os.Getpid(), Dir: t.TempDir(), Path: fake(t, script)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(r.data() + ".started"); err == nil {
				cancel()
				return
			}
			runtime.Gosched()
		}
	}()
	if err := r.Record(ctx, time.Hour); err != nil {
		t.Fatal(err)
	}
	p, err := r.Profile(t.Context(), 5e9)
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Sample[0]; len(p.Sample) != 1 || s.Value[0] != 1 || s.Value[1] != 5e9 || len(p.Comments) != 1 {
		t.Errorf("%v %v", s, p.Comments)
	}
	if _, err := os.Stat(r.data()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the raw data is left: %v", err)
	}
}

func TestScriptFails(t *testing.T) {
	r := Recorder{PID: 1, Dir: t.TempDir(), Path: fake(t, "echo 'file is damaged' >&2; exit 1")}
	if _, err := r.Profile(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "file is damaged") {
		t.Errorf("%v", err)
	}
	r.Path = fake(t, "echo odd; exit 0")
	if _, err := r.Profile(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "is no sample") {
		t.Errorf("%v", err)
	}
}

func TestFrequency(t *testing.T) {
	for d, want := range map[time.Duration]int{time.Second: hzMost, 30 * time.Second: hzMost, time.Minute: 250, time.Hour: hzLeast} {
		if got := frequency(d); got != want {
			t.Errorf("%v: %d Hz, want %d", d, got, want)
		}
	}
}

// TestRecord profiles a shell that does nothing but count.
func TestRecord(t *testing.T) {
	r := Recorder{Dir: t.TempDir()}
	if err := r.Available(); err != nil {
		t.Skip(err)
	}
	busy := exec.Command("sh", "-c", "while :; do :; done")
	if err := busy.Start(); err != nil {
		t.Skip("no shell here: ", err)
	}
	defer func() { _ = busy.Process.Kill(); _ = busy.Wait() }()
	r.PID = busy.Process.Pid
	var p *profile.Profile
	for end := time.Now().Add(20 * time.Second); ; {
		if err := r.Record(t.Context(), 300*time.Millisecond); err != nil {
			t.Skip("perf does not work here: ", err)
		}
		var err error
		if p, err = r.Profile(t.Context(), 0); err == nil {
			break
		}
		if !errors.Is(err, ErrNoSamples) || time.Now().After(end) { // on a busy machine it may not have run
			t.Fatal(err)
		}
	}
	if err := p.CheckValid(); err != nil {
		t.Error(err)
	}
	for _, s := range p.Sample {
		if got := s.Label["thread"]; len(got) != 1 || got[0] != "sh" {
			t.Errorf("a sample of thread %v", got)
		}
	}
}
