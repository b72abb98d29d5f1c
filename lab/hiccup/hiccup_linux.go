package hiccup

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"redline/lab/percpu"
	"redline/lab/record"
)

const supported = true

// attributes: in a session of its own, so that what ends the command at a terminal does not end it before.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

const (
	// Above the load generator's threads.
	realTimePriority = 2
	// As the generator asks for.
	turnNs = 100_000
)

// watch starts a thread on each processor, and says with what priority.
func watch(found chan<- record.Hiccup) (priority string, err error) {
	idle := &idleness{}
	err = percpu.Start(func(cpu int) (func(), error) {
		priority = prioritise()
		return func() { look(cpu, &idle.busy[cpu%maxCPUs], found) }, nil
	})
	if err == nil {
		go idle.keep()
	}
	return priority, err
}

// prioritise has the calling thread run as soon as it wakes.
func prioritise() string {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // the default of 50 us is small against a hiccup
	fifo := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: realTimePriority}
	if unix.SchedSetAttr(0, &fifo, 0) == nil {
		return record.PriorityRealTime
	}
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Runtime: turnNs}, 0) // without it, it waits longer, which shows
	return record.PriorityNormal
}

// look sleeps and looks for ever.
func look(cpu int, busy *atomic.Bool, found chan<- record.Hiccup) {
	base, from := time.Now(), monotonic()
	due := from
	for {
		step := int64(every)
		if busy.Load() {
			step = int64(everyBusy)
		}
		due += step
		if now := from + int64(time.Since(base)); due < now { // it was late, or the reader was
			due = now + step
		}
		if !sleepUntil(due) {
			return
		}
		if late := from + int64(time.Since(base)) - due; late >= int64(Least) {
			found <- record.Hiccup{TNs: due, DurNs: late, CPU: cpu}
		}
	}
}

// sleepUntil keeps what Go's scheduler gave the thread: to get it back would take time that is not the machine's. It is
// false where the system forbids to sleep.
func sleepUntil(ns int64) bool {
	at := unix.NsecToTimespec(ns)
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, uintptr(unsafe.Pointer(&at)), 0, 0, 0)
		if errno != unix.EINTR {
			return errno == 0
		}
	}
}

// monotonic is the clock of the whole system that Go's monotonic readings are taken from.
func monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // cannot fail
	return ts.Nano()
}
