package awake

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"redline/lab/percpu"
)

const supported = true

// attributes: in a session of its own, as the scheduler may share the processors out by sessions first (autogroup, see
// sched(7)) and the priority counts only within one.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// spin starts a thread of the lowest priority on each processor.
func spin() error {
	_ = os.WriteFile("/proc/self/autogroup", []byte("19"), 0) // where there are none, there is nothing to lower
	return percpu.Start(func(int) (func(), error) {
		return turn, unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE, Nice: 19}, 0)
	})
}

// turn spins for ever. Each division waits for the one before, which leaves most of the core to a thread beside this one
// on it; an instruction made for spinning would make the host take the processor away.
func turn() {
	for x := uint64(1); ; {
		x = (1<<63)/x + 3
	}
}
