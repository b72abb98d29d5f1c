package yield

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

func TestShortTurns(t *testing.T) {
	turn := make(chan uint64)
	go func() { // ends locked, and its thread with it
		runtime.LockOSThread()
		ShortTurns()
		attr, err := unix.SchedGetAttr(0, 0)
		if err != nil {
			attr = new(unix.SchedAttr)
		}
		turn <- attr.Runtime
	}()
	switch got := <-turn; got {
	case 0:
		t.Skip("this system does not tell a thread's turn")
	case turnNs:
	default:
		if before, err := unix.SchedGetAttr(0, 0); err == nil && before.Runtime == got {
			t.Skip("this system does not change a thread's turn")
		}
		t.Errorf("a turn of %d ns instead of %d", got, turnNs)
	}
}
