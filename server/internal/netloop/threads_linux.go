package netloop

import (
	"runtime"
	"sync/atomic"

	"redline/server/internal/yield"
)

// threads gives those who run loops threads of their own, which take shorter turns than those of the server's other work:
// these would be let finish theirs, of 3 ms and more, whenever a request comes in while they run. Such a thread ends with
// its goroutine.
type threads struct{ taken atomic.Int32 }

// threadsMax is how many there are at once, at most, which is more than there are loops. Sessions that were taken over keep
// theirs until they return: without a bound, clients that all wait for one lock would reach Go's limit of 10,000 threads,
// which ends the process.
const threadsMax = 256

// take gives the calling goroutine a thread of its own. It returns false if too many have one.
func (t *threads) take() bool {
	if t.taken.Add(1) > threadsMax {
		t.taken.Add(-1)
		return false
	}
	runtime.LockOSThread()
	yield.ShortTurns()
	return true
}

// end says that a goroutine which has a thread of its own is about to end.
func (t *threads) end() { t.taken.Add(-1) }
