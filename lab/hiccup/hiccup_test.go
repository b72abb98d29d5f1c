package hiccup

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"redline/lab/record"
)

const childEnv = "REDLINE_TEST_WATCH_HICCUPS"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "watch":
		if Watch(os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		return
	case "fail":
		os.Stdout.WriteString("no such thing\n")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func child(how string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+how)
	return cmd
}

func TestStart(t *testing.T) {
	nothing := func(record.Hiccup) {}
	if !supported {
		if _, err := Start(child("watch"), time.Now(), nothing); !errors.Is(err, ErrUnsupported) {
			t.Fatal(err)
		}
		return
	}
	if _, err := Start(child("fail"), time.Now(), nothing); err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("a process that cannot: %v", err)
	}
	if _, err := Start(exec.Command("/nonexistent"), time.Now(), nothing); err == nil {
		t.Error("no error without a program")
	}
	w, err := Start(child("watch"), time.Now(), nothing)
	if err != nil {
		t.Fatal(err)
	}
	if p := w.Priority(); p != record.PriorityRealTime && p != record.PriorityNormal {
		t.Errorf("priority %q", p)
	}
	w.Stop()
	if !w.command.ProcessState.Success() {
		t.Errorf("it ended with %v", w.command.ProcessState)
	}
}

func TestParse(t *testing.T) {
	if h, ok := parse("3 1500 2000000", 1000); !ok || h != (record.Hiccup{TNs: 500, DurNs: 2_000_000, CPU: 3}) {
		t.Errorf("%+v %v", h, ok)
	}
	for _, line := range []string{"", "1", "1 2", "a b c"} {
		if h, ok := parse(line, 0); ok {
			t.Errorf("%q is %+v", line, h)
		}
	}
}
