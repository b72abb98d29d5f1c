package drive

import (
	"time"

	"redline/lab/workload"
)

// urgentMostPerS is the rate of one thread up to which it is urgent: it then
// uses less than a fifth of a CPU, so that nobody misses what it takes first.
const urgentMostPerS = 5000

// urgent tells whether the threads of a load need to run the instant they wake,
// and may.
func (c *Config) urgent() bool {
	s := c.Spec
	return s.Loop == workload.Open && c.Spin == 0 && s.PeakRate() <= urgentMostPerS*float64(s.Threads)
}

const (
	// Waking an idle CPU takes 5 to 60 us, so that a sleep that ends at the
	// intended time is always late. leadMost is more than that: whoever oversleeps
	// by more was not waiting for his CPU to wake, but for another thread on it.
	leadMost = int64(100 * time.Microsecond)
	// leadStep is by how much one sleep moves the estimate of the median: a change
	// of 50 us is learnt in about 100 sleeps.
	leadStep = int64(time.Microsecond)
	// spinShare bounds what waking early costs: the part of a slice that may be
	// spent polling is one in so many. A tenth of a CPU is what the pacing is worth
	// on a machine that the server shares.
	spinShare = 10
)

// napper decides how a thread waits for an intended time: asleep up to a little
// before it, and polling from there.
//
// With a fixed spin, that little is given. Otherwise it is the median of how
// much too late sleeps have ended: half of them then end a moment early, and the
// thread polls for the difference, of some microseconds. Always polling was
// tried first; it takes a whole CPU, which the server misses where there are
// two.
type napper struct {
	fixed  int64 // 0 is adaptive
	lead   int64 // adaptive: the estimate
	budget int64 // of polling in a slice
	spun   int64 // in the current slice
}

func newNapper(spin time.Duration, sliceNs int64) napper {
	return napper{fixed: int64(spin), budget: sliceNs / spinShare}
}

// plan returns how long to sleep when something is due in ns; 0 is to poll.
func (n *napper) plan(ns int64) int64 {
	lead := n.lead
	switch {
	case ns <= 0:
		return 0
	case n.fixed > 0:
		lead = n.fixed
	case n.spun >= n.budget:
		return ns
	}
	return max(ns-lead, 0)
}

// slept takes by how much a sleep up to the lead ended too late.
func (n *napper) slept(over int64) {
	if over > n.lead {
		n.lead = min(n.lead+leadStep, leadMost)
	} else {
		n.lead = max(n.lead-leadStep, 0)
	}
}

// pause waits until wake or the next event and handles what came. due tells that
// a request is due then, rather than some housekeeping.
func (t *thread) pause(wake int64, due bool) error {
	before := t.clock()
	ns := wake - before
	sleep := max(ns, 0)
	if due {
		sleep = t.nap.plan(ns)
	}
	events, err := t.poll.wait(sleep)
	if err != nil {
		return err
	}
	switch after := t.clock(); {
	case ns <= 0 || len(events) > 0:
	case sleep == 0:
		t.cur.SpinNs += after - before
		t.nap.spun += after - before
	case due:
		t.nap.slept(after - before - sleep)
	}
	t.handle(events)
	return nil
}
