package netloop

import (
	"sync/atomic"
	"time"
)

// watch sees to it that a loop goes on while one of its sessions runs for long: it looks at all loops every watchTick and
// takes over those that are in the same turn as at the last look. While all loops are asleep it is, too.
type watch struct {
	loops   []*loop
	resting atomic.Bool
	bell    chan struct{}
	stop    chan struct{}
}

const (
	// watchTick bounds how long other connections of a loop wait for a slow command: between one and two ticks. Looking
	// costs a timer, some 3 us.
	watchTick = 2 * time.Millisecond
	// watchRest is after how many looks at loops that did nothing it stops looking.
	watchRest = 50
)

func newWatch() *watch {
	return &watch{bell: make(chan struct{}, 1), stop: make(chan struct{})}
}

// rouse has it look again.
func (w *watch) rouse() {
	if w.resting.Load() && w.resting.CompareAndSwap(true, false) {
		select {
		case w.bell <- struct{}{}:
		default:
		}
	}
}

// run looks until the watch is stopped.
func (w *watch) run() {
	t := time.NewTicker(watchTick)
	defer t.Stop()
	seen := make([]uint64, len(w.loops))
	for idle := 0; ; {
		select {
		case <-w.stop:
			return
		case <-t.C:
		}
		idle++
		for i, l := range w.loops {
			now := l.turn.Load()
			if now != seen[i] || now&1 == 1 {
				idle = 0
			}
			if now == seen[i] {
				l.takeOver(now)
			}
			seen[i] = now
		}
		if idle < watchRest {
			continue
		}
		idle = 0
		t.Stop()
		w.resting.Store(true)
		if w.quiet(seen) {
			select {
			case <-w.stop:
				return
			case <-w.bell:
			}
		}
		w.resting.Store(false)
		t.Reset(watchTick)
	}
}

// quiet says whether no session has run since the last look. One that begins later rings the bell.
func (w *watch) quiet(seen []uint64) bool {
	for i, l := range w.loops {
		if l.turn.Load() != seen[i] {
			return false
		}
	}
	return true
}
