package percpu

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// Start starts a thread bound to each processor that this process may use. settle is called on each, one after the
// other, and says what the thread does from then on, which may block it or spin without regard to Go's scheduler: no
// garbage is collected any more, as a collection would wait for such threads. The process should be one that does
// nothing else.
func Start(settle func(cpu int) (run func(), err error)) error {
	debug.SetGCPercent(-1)
	var may unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return err
	}
	runtime.GOMAXPROCS(may.Count() + 1)
	started := make(chan error)
	for cpu := range len(may) * 64 {
		if !may.IsSet(cpu) {
			continue
		}
		go func() {
			runtime.LockOSThread()
			var run func()
			err := bind(cpu)
			if err == nil {
				run, err = settle(cpu)
			}
			started <- err
			if err == nil {
				run()
			}
		}()
		if err := <-started; err != nil {
			return fmt.Errorf("processor %d: %w", cpu, err)
		}
	}
	return nil
}

// bind has the calling thread run on one processor only.
func bind(cpu int) error {
	var only unix.CPUSet
	only.Set(cpu)
	return unix.SchedSetaffinity(0, &only)
}
