package awake

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

const supported = true

// attributes: in a session of its own, as the scheduler may share the processors out by sessions first (autogroup, see
// sched(7)) and the priority counts only within one.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// spin starts a thread of the lowest priority on each processor.
func spin() error {
	debug.SetGCPercent(-1) // there is no garbage, and a collection would wait for threads that hardly run
	var may unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return err
	}
	_ = os.WriteFile("/proc/self/autogroup", []byte("19"), 0) // where there are none, there is nothing to lower
	runtime.GOMAXPROCS(may.Count() + 1)
	started := make(chan error)
	for cpu := range len(may) * 64 {
		if !may.IsSet(cpu) {
			continue
		}
		go func() {
			runtime.LockOSThread()
			err := settle(cpu)
			started <- err
			if err == nil {
				turn()
			}
		}()
		if err := <-started; err != nil {
			return fmt.Errorf("processor %d: %w", cpu, err)
		}
	}
	return nil
}

// settle binds the calling thread to a processor and gives it the lowest priority.
func settle(cpu int) error {
	var only unix.CPUSet
	only.Set(cpu)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return err
	}
	return unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE, Nice: 19}, 0)
}

// turn spins for ever. Each division waits for the one before, which leaves most of the core to a thread beside this one
// on it; an instruction made for spinning would make the host take the processor away.
func turn() {
	for x := uint64(1); ; {
		x = (1<<63)/x + 3
	}
}
