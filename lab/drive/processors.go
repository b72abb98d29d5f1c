package drive

import (
	"runtime"
	"sync"
)

// processors counts what all runs of this program together need of the
// scheduler. Each thread keeps a processor while it waits (see rawWaitNs); two
// more are for everything else.
var processors struct {
	sync.Mutex
	threads int // of all runs under way
	before  int // the setting without them; valid while threads > 0
}

// reserve makes room for n threads until the returned function is called.
func reserve(n int) (release func()) {
	p := &processors
	p.Lock()
	defer p.Unlock()
	if p.threads == 0 {
		p.before = runtime.GOMAXPROCS(0)
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
	p.threads = n
	want := p.before
	if n > 0 {
		want = max(want, n+2)
	}
	if runtime.GOMAXPROCS(0) != want {
		runtime.GOMAXPROCS(want)
	}
}
