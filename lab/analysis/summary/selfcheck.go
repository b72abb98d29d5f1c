package summary

import (
	"fmt"
	"math"
	"sort"
	"time"

	"redline/lab/record"
	"redline/lab/workload"
)

// Bounds of the check of the generator.
const (
	// A thread that is kept from a CPU for this share of the time sends and reads
	// late, whoever keeps it.
	waitRatioMax = 0.5
	// A reply that lies unread at this share of looks waits for the generator and
	// not for the server.
	unreadRatioMax = 0.5
	// An open loop that misses its rate while less than this share of its places
	// in flight is taken was not held up by the server.
	roomShareMax = 0.5
	// Little's law is held against windows of this length, each of whole slices,
	// of which so many may deviate: a stall of the machine within one does that.
	littleWindowNs  = int64(time.Second)
	littleFailedMax = 0.05
	// Bytes a connection that wait on this side on average say that the server
	// reads more slowly than it is written to.
	unsentBytesMax = 4096
)

// selfcheck gathers what the driver recorded about itself in the measured phase.
type selfcheck struct {
	waitNs        int64
	looks, unread int64
	unsentBytes   int64
	placesNs      float64 // places in flight that there were, integrated over time
	areaNs        float64 // those that were taken
	inFlight      int64   // at the end of the last slice
	windows       []window
}

// window is a stretch of the measured phase.
type window struct {
	fromNs, toNs      int64
	areaNs            float64 // requests in flight, integrated over time
	serviceNs         float64 // sum of the service times of what was completed
	serviceMaxNs      float64
	before, after     int64 // in flight as it began and ended
	completed, failed int64
}

// slice takes a slice of the measured phase.
func (k *selfcheck) slice(s *record.Slice, sum record.OpCounts, pipeline int) {
	k.waitNs += s.ThreadWaitNs
	k.looks += s.QueueLooks
	k.unread += s.QueueUnread
	k.unsentBytes += s.UnsentBytes
	area := s.ConcurrencyAvg * float64(s.DurNs)
	k.areaNs += area
	k.placesNs += float64(s.Connections) * float64(max(pipeline, 1)) * float64(s.DurNs)
	n := len(k.windows)
	if n == 0 || k.windows[n-1].toNs != s.TNs || s.TNs-k.windows[n-1].fromNs >= littleWindowNs {
		k.windows = append(k.windows, window{fromNs: s.TNs, before: k.inFlight})
	}
	w := &k.windows[len(k.windows)-1]
	w.toNs, w.after = s.TNs+s.DurNs, s.InFlight
	w.areaNs += area
	w.completed += sum.Completed
	w.failed += sum.Errors
	k.inFlight = s.InFlight
}

// service takes the service times of an operation in one slice.
func (k *selfcheck) service(l *record.Latency) {
	i := sort.Search(len(k.windows), func(i int) bool { return k.windows[i].toNs > l.TNs })
	if i == len(k.windows) || l.TNs < k.windows[i].fromNs {
		return
	}
	w := &k.windows[i]
	w.serviceNs += l.Hist.Mean() * float64(l.Hist.Count())
	w.serviceMaxNs = max(w.serviceMaxNs, float64(l.Hist.Max()))
}

// deviates tells whether the requests in flight, as counted, are not those that
// the service times of the window make up. What was under way at its ends counts
// in one of the two and not in the other, with its service time at most. Failed
// requests have no service time; they were under way for the time-out at most.
func (w *window) deviates(timeoutNs int64) bool {
	if w.completed == 0 {
		return false
	}
	slack := littleShareMax*max(w.areaNs, 0.5*float64(w.toNs-w.fromNs)) + float64(w.before+w.after)*w.serviceMaxNs +
		float64(w.failed)*float64(timeoutNs)
	return math.Abs(w.areaNs-w.serviceNs) > slack
}

// whole is the measured phase as one window.
func (k *selfcheck) whole() window {
	if len(k.windows) == 0 {
		return window{}
	}
	sum := k.windows[0]
	for _, w := range k.windows[1:] {
		sum.toNs, sum.after = w.toNs, w.after
		sum.areaNs += w.areaNs
		sum.serviceNs += w.serviceNs
		sum.serviceMaxNs = max(sum.serviceMaxNs, w.serviceMaxNs)
		sum.completed += w.completed
		sum.failed += w.failed
	}
	return sum
}

// fill writes the figures.
func (k *selfcheck) fill(g *Generator, measureNs, timeoutNs int64, threads int) {
	if measureNs > 0 {
		wait := float64(k.waitNs) / float64(measureNs) / float64(max(threads, 1))
		g.WaitRatio = &wait
	}
	if k.looks > 0 {
		g.UnreadRatio = float64(k.unread) / float64(k.looks)
		g.UnsentBytes = float64(k.unsentBytes) / float64(k.looks)
	}
	g.LittleWindows = len(k.windows)
	for i := range k.windows {
		if k.windows[i].deviates(timeoutNs) {
			g.LittleFailed++
		}
	}
}

// heldUp tells in what the generator was the bottleneck, beyond its CPU and the
// pacing of an open loop.
func (c *computation) heldUp() (why []string) {
	g := &c.sum.Generator
	if c.sum.Loop != string(workload.Closed) && c.kept() {
		return nil // it did what it was asked for
	}
	if g.WaitRatio != nil && *g.WaitRatio >= waitRatioMax {
		why = append(why, fmt.Sprintf("the generator's threads waited for a CPU for %.0f %% of the time: use another machine, or fewer threads", 100**g.WaitRatio))
	}
	if g.UnreadRatio >= unreadRatioMax {
		why = append(why, fmt.Sprintf("replies lay unread at %.0f %% of looks at the connections: the generator reads too slowly, so add threads or lower the load",
			100*g.UnreadRatio))
	}
	if c.sum.Loop == string(workload.Closed) && g.PacingP99Ns > pacingLimit {
		why = append(why, fmt.Sprintf("the generator came %v late and more to 1 %% of what it had to do, replies included: the machine does not let it run",
			time.Duration(g.PacingP99Ns).Round(time.Microsecond)))
	}
	k := &c.self
	if c.sum.Loop != string(workload.Closed) && c.sum.Operations > 0 && k.areaNs < roomShareMax*k.placesNs && !c.connectionsMissing() {
		why = append(why, fmt.Sprintf("the rate was missed although only %.3g of %.3g places in flight were taken on average: the generator could not send",
			k.areaNs/float64(c.measureNs), k.placesNs/float64(c.measureNs)))
	}
	return why
}

// connectionsMissing tells whether the server took less than most connections.
func (c *computation) connectionsMissing() bool {
	want := float64(c.run.Workload.Connections) * float64(max(c.run.Workload.Pipeline, 1)) * float64(c.measureNs)
	return c.self.placesNs < 0.9*want || c.sum.Errors > 0
}

// selfCaveats are what the check found and does not change the verdict.
func (c *computation) selfCaveats() (out []string) {
	g := &c.sum.Generator
	if all := c.self.whole(); all.deviates(c.run.Workload.TimeoutNs) {
		out = append(out, fmt.Sprintf("Little's law does not hold: %.2f requests in flight on average, %.2f predicted", g.InFlightCounted, g.InFlightPredicted))
	}
	if g.LittleWindows > 0 && float64(g.LittleFailed) > littleFailedMax*float64(g.LittleWindows) {
		out = append(out, fmt.Sprintf("Little's law does not hold in %d of %d windows of a second: what was recorded as in flight does not fit the service times",
			g.LittleFailed, g.LittleWindows))
	}
	if g.UnsentBytes > unsentBytesMax {
		out = append(out, fmt.Sprintf("%.0f bytes a connection were written and not taken by the server's machine on average: the server reads too slowly", g.UnsentBytes))
	}
	return out
}
