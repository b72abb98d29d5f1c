package server

import (
	"testing"

	"redline/server/internal/observe"
)

func TestPercentFor(t *testing.T) {
	const mb = 1 << 20
	for _, tt := range []struct{ live, widen, want int64 }{
		{0, 1, 100}, {2 * mb, 1, 100}, {8 * mb, 1, 50}, {32 * mb, 1, 12}, {1000 * mb, 1, 12}, {1000 * mb, 4, 50}, {1000 * mb, 16, 100},
	} {
		if got := percentFor(tt.live, tt.widen); got != tt.want {
			t.Errorf("GOGC %d for %d bytes live, widened %d times, want %d", got, tt.live, tt.widen, tt.want)
		}
	}
}

func TestLimitFor(t *testing.T) {
	const gb = 1 << 30
	for _, tt := range []struct{ ceiling, outside, live, least, most int64 }{
		{4 * gb, 0, 0, 3 * gb, 4 * gb},
		{4 * gb, 2 * gb, 0, gb, 2 * gb},
		{4 * gb, 4 * gb, 0, limitMin, limitMin}, // the keyspace has it all
		{4 * gb, 4 * gb, gb, gb, 2 * gb},        // collections have grown beyond: no endless collecting
		{64 << 20, 0, 0, limitMin, limitMin}, {gb, 0, 0, gb / 2, gb},
	} {
		if got := limitFor(tt.ceiling, tt.outside, tt.live); got < tt.least || got > tt.most {
			t.Errorf("GOMEMLIMIT %d beside %d of %d bytes, %d live", got, tt.outside, tt.ceiling, tt.live)
		}
	}
}

// TestRest: the heap is trimmed once after work, not during it, and not where nothing is to be had.
func TestRest(t *testing.T) {
	var r rest
	now := observe.Collector{Idle: 4 << 20}
	look := func(alloc int64, looks int) (trims int) {
		for range looks {
			if now.Allocs += alloc; r.due(&now) {
				trims++
			}
		}
		return trims
	}
	for i, tt := range []struct {
		alloc int64
		looks int
		idle  int64
		want  int
	}{
		{1 << 20, 100, 4 << 20, 0}, // at work
		{1 << 10, 30, 4 << 20, 1},
		{1 << 10, 30, 4 << 20, 0}, // nothing new
		{1 << 20, 5, 4 << 20, 0},
		{1 << 10, 50, 4 << 20, 0}, // too soon
		{1 << 10, 100, 4 << 20, 1},
		{1 << 20, 700, 4 << 20, 0},
		{1 << 10, 15, 4 << 20, 0}, // a short pause
		{1 << 20, 5, 4 << 20, 0},
		{0, 100, 1 << 19, 0}, // in use
		{0, 1, 2 << 20, 1},
		{2 << 10, 1000, 4 << 20, 0},    // a light load that will have it all in use again
		{20 << 10, 1000, 12 << 20, 10}, // more than it needs
		{0, 100, 4 << 20, 1},
	} {
		now.Idle = tt.idle
		if got := look(tt.alloc, tt.looks); got != tt.want {
			t.Errorf("step %d: trimmed %d times, want %d", i, got, tt.want)
		}
	}
}
