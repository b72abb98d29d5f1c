//go:build unix

package observe

import (
	"syscall"
	"time"
)

// CPU returns the processor time that the process has used.
func CPU() (user, system time.Duration) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	return time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())
}
