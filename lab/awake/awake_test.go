package awake

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/prometheus/procfs"
)

const childEnv = "REDLINE_TEST_KEEP_AWAKE"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "keep":
		if Keep(os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		return
	case "fail":
		os.Stdout.WriteString("no such thing")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func child(how string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+how)
	return cmd
}

func TestAwake(t *testing.T) {
	if !supported {
		if err := Start(child("keep")); !errors.Is(err, ErrUnsupported) {
			t.Fatal(err)
		}
		return
	}
	if err := Start(child("fail")); err == nil || !strings.Contains(err.Error(), "no such thing") || PID() != 0 {
		t.Fatalf("%v, process %d", err, PID())
	}
	cmd := child("keep")
	if err := Start(cmd); err != nil {
		t.Fatal(err)
	}
	first := PID()
	if err := Start(child("keep")); err != nil || PID() != first {
		t.Fatalf("a second one: %v, processes %d and %d", err, first, PID())
	}
	// It takes what time is left: on a busy machine that takes a while.
	for used := 0.0; used == 0; {
		proc, err := procfs.NewProc(first)
		if err != nil {
			t.Fatal(err)
		}
		stat, err := proc.Stat()
		if err != nil {
			t.Fatal(err)
		}
		used = stat.CPUTime()
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("at the end of its input: %v", err)
	}
	pid.Store(0)
}
