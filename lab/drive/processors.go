package drive

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// processors counts what all runs of this program together need of the
// scheduler. Each thread keeps a processor while it waits (see rawWaitNs); two
// more are for everything else.
var processors struct {
	sync.Mutex
	threads int // of all runs under way
	// The settings without them, valid while threads > 0.
	before   int
	beforeGC int
}

const (
	// A collection of this program's garbage stops the driver's threads twice, for
	// microseconds on an idle machine and for 10 ms (measured) where other programs
	// keep the collector from its CPU. So it waits for more garbage while a load is
	// on: for gcRoomBytes, in the limits of gcMost percent of what is held.
	gcRoomBytes = 256 << 20
	gcMost      = 800
)

// gcPercent is the setting for a program that holds so many bytes and has the
// given setting now.
func gcPercent(held uint64, now int) int {
	if now < 0 {
		return now // switched off
	}
	return max(now, int(min(gcMost, gcRoomBytes*100/max(held, 1))))
}

// heldBytes is what the last collection left.
func heldBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

// reserve makes room for n threads until the returned function is called.
func reserve(n int) (release func()) {
	p := &processors
	p.Lock()
	defer p.Unlock()
	if p.threads == 0 {
		p.before = runtime.GOMAXPROCS(0)
		p.beforeGC = debug.SetGCPercent(-1) // the only way to read it
		debug.SetGCPercent(gcPercent(heldBytes(), p.beforeGC))
	}
	setThreads(p.threads + n)
	return func() {
		p.Lock()
		defer p.Unlock()
		setThreads(p.threads - n)
	}
}

// setThreads applies a number of threads; the lock is held. Each change stops
// the program for an instant, so that it is made only where it matters.
func setThreads(n int) {
	p := &processors
	if p.threads = n; n == 0 {
		debug.SetGCPercent(p.beforeGC)
	}
	want := p.before
	if n > 0 {
		want = max(want, n+2)
	}
	if runtime.GOMAXPROCS(0) != want {
		runtime.GOMAXPROCS(want)
	}
}
