package drive

import (
	"runtime"
	"testing"
)

// TestReserve must not run beside other runs, hence not in parallel.
func TestReserve(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	first := reserve(before)
	second := reserve(3)
	if got := runtime.GOMAXPROCS(0); got != before+5 {
		t.Errorf("%d processors for %d threads, want 2 more", got, before+3)
	}
	first()
	if got := runtime.GOMAXPROCS(0); got < max(before, 5) {
		t.Errorf("%d processors for 3 threads", got)
	}
	second()
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("%d processors afterwards, want the %d before", got, before)
	}
}

func TestGCPercent(t *testing.T) {
	for _, tc := range []struct {
		held      uint64
		now, want int
	}{{0, 100, 800}, {5 << 20, 100, 800}, {64 << 20, 100, 400}, {1 << 30, 100, 100}, {5 << 20, -1, -1}, {5 << 20, 1000, 1000}} {
		if got := gcPercent(tc.held, tc.now); got != tc.want {
			t.Errorf("%d bytes held at %d: %d, want %d", tc.held, tc.now, got, tc.want)
		}
	}
}
