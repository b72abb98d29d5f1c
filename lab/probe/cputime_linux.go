package probe

import (
	"time"

	"golang.org/x/sys/unix"
)

// CPUTime returns the CPU time that a process has used so far, all its threads together, to the nanosecond: by the CPU
// clock that Linux has for each process (clock_getcpuclockid(3)). /proc/PID/stat counts hundredths of a second, too
// coarse for measurements of a second. It returns false for a process that is gone.
func CPUTime(pid int) (time.Duration, bool) {
	if pid <= 0 {
		return 0, false
	}
	const schedClock = 2 // CPUCLOCK_SCHED, include/linux/posix-timers.h
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|schedClock, &ts); err != nil {
		return 0, false
	}
	return time.Duration(ts.Nano()), true
}
