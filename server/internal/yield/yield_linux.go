package yield

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// turnNs is the shortest turn that the system grants.
const turnNs = 100_000

// ShortTurns asks the system to let the calling thread, to which the goroutine must be locked, run in short turns. Its share of
// a processor stays the same, but when it wakes it goes before a thread that is in the midst of a longer turn (sched(7), EEVDF;
// from Linux 6.12 on, without effect before). It needs no privilege; where the system refuses, turns stay as they are.
func ShortTurns() {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return
	}
	attr.Runtime = turnNs
	_ = unix.SchedSetAttr(0, attr, 0)
}

// Processor lets other threads that are ready run first, of this process and of others. Without any it takes some 0.3 us.
func Processor() {
	// Not a raw call: a collection may begin while others run.
	_, _, _ = syscall.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
}
