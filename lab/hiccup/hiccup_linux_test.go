package hiccup

import (
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"redline/lab/record"
)

// TestStopped stops the process that watches for 20 ms: its threads are late by as much, on the clock of the epoch.
func TestStopped(t *testing.T) {
	epoch := time.Now()
	found := make(chan record.Hiccup, 4096)
	w, err := Start(child("watch"), epoch, func(h record.Hiccup) {
		select {
		case found <- h:
		default: // a machine with many of its own
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	pid := w.command.Process.Pid
	proc, err := procfs.NewProc(pid)
	if err != nil {
		t.Fatal(err)
	}
	signal := func(sig syscall.Signal) {
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	for state := ""; state != "T"; {
		stat, err := proc.Stat()
		if err != nil {
			t.Fatal(err)
		}
		state = stat.State
	}
	from := time.Since(epoch)
	for time.Since(epoch) < from+20*time.Millisecond {
	}
	to := time.Since(epoch)
	signal(syscall.SIGCONT)
	for h := range found {
		due, ran := time.Duration(h.TNs), time.Duration(h.TNs+h.DurNs)
		if due <= from+every && ran >= to {
			return // the one that the stop made; the machine may have some of its own before it
		}
		if due > to {
			t.Fatalf("stopped from %v to %v, and the first one after it is %+v", from, to, h)
		}
	}
}

// TestIdleness: a processor is busy that was idle for less than a twentieth of the time.
func TestIdleness(t *testing.T) {
	var i idleness
	const first = "cpu  9 9 9 900 0 0\ncpu0 1 2 3 100 50 7 8 9 0 0\ncpu1 1 2 3 100 50 7 8 9 0 0\ncpu3 1 2 3 100 50 7 8 9 0 0\nintr 5 cpu1\n"
	const then = "cpu  9 9 9 999 0 0\ncpu0 1 2 3 101 50 7 8 9 0 0\ncpu1 1 2 3 103 50 7 8 9 0 0\ncpu3 1 2 3 100 59 7 8 9 0 0\nintr 5 cpu1\n"
	i.update([]byte(first), time.Second)
	if allocs := testing.AllocsPerRun(1, func() { i.update([]byte(then), 200*time.Millisecond) }); allocs > 1 { // the text
		t.Errorf("%v allocations", allocs)
	}
	i.update([]byte(first), time.Second)
	i.update([]byte(then), 200*time.Millisecond)
	for cpu, want := range map[int]bool{0: true, 1: false, 2: false, 3: false} {
		if got := i.busy[cpu].Load(); got != want {
			t.Errorf("processor %d busy: %v", cpu, got)
		}
	}
	i.update([]byte("cpu1 cut o"), time.Second) // a line that is cut off
}
