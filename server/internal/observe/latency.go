package observe

import (
	"math/bits"
	"sync/atomic"
)

// Latencies is a histogram of durations. Its buckets are a sixteenth of an octave wide, so a value read from it is at
// most 7 % above the true one; it holds up to 137 s in 4 KiB. Writers add without a lock.
type Latencies struct {
	octaves atomic.Uint64 // a bit for each octave that may hold values: readers pass over the others
	n       [latencyBuckets]atomic.Int64
}

const (
	subBits        = 4
	latencyMax     = 1<<37 - 1 // nanoseconds; longer ones count as this
	latencyBuckets = (37-subBits)<<subBits + 1<<subBits
)

// bucket returns the index of a duration in nanoseconds.
func bucket(ns int64) int {
	n := uint64(min(max(ns, 0), latencyMax))
	if n < 1<<subBits {
		return int(n)
	}
	exp := bits.Len64(n) - subBits - 1
	return exp<<subBits + int(n>>exp)
}

// highest returns the largest duration of a bucket, in nanoseconds.
func highest(i int) int64 {
	if i < 1<<subBits {
		return int64(i)
	}
	exp := i>>subBits - 1
	return int64(i-exp<<subBits+1)<<exp - 1
}

func (l *Latencies) add(ns int64) {
	i := bucket(ns)
	if octave := uint64(1) << (i >> subBits); l.octaves.Load()&octave == 0 {
		l.octaves.Or(octave)
	}
	l.n[i].Add(1)
}

// Distribution is a sum of Latencies at one moment.
type Distribution struct {
	Count int64
	n     [latencyBuckets]int64
}

// At returns the duration in nanoseconds that a percentage of all values does not exceed.
func (d *Distribution) At(percent float64) int64 {
	want := int64(percent/100*float64(d.Count) + 0.5)
	want = min(max(want, 1), d.Count)
	sum := int64(0)
	for i, n := range d.n {
		if sum += n; sum >= want && d.Count > 0 {
			return highest(i)
		}
	}
	return 0
}

// Buckets calls fn for each bucket that holds values, shortest first: the largest duration that belongs to it, in
// nanoseconds, and how many there are.
func (d *Distribution) Buckets(fn func(upToNs, count int64)) {
	for i, n := range d.n {
		if n > 0 {
			fn(highest(i), n)
		}
	}
}

func (d *Distribution) add(l *Latencies) {
	for octaves := l.octaves.Load(); octaves != 0; octaves &= octaves - 1 {
		from := bits.TrailingZeros64(octaves) << subBits
		for i := from; i < from+1<<subBits; i++ {
			n := l.n[i].Load()
			d.n[i] += n
			d.Count += n
		}
	}
}

// UpTo counts the values that do not exceed a duration in nanoseconds, to the width of a bucket.
func (d *Distribution) UpTo(ns int64) (count int64) {
	for i := range bucket(ns) + 1 {
		count += d.n[i]
	}
	return count
}

// Latency counts a command's duration for LATENCY HISTOGRAM and the latencystats section of INFO.
func (l Local) Latency(id int, nanos int64) {
	c := &l.s.command[id]
	h := c.latency.Load()
	if h == nil {
		h = c.makeLatencies()
	}
	h.add(nanos)
}

func (c *CommandStat) makeLatencies() *Latencies {
	c.latency.CompareAndSwap(nil, &Latencies{})
	if h := c.latency.Load(); h != nil {
		return h
	}
	return &Latencies{} // a reset came between: this one value is lost with the others
}

// Distribution adds one command's histograms up, in d, which is large and can be used again.
func (s *Stats) Distribution(id int, d *Distribution) {
	if d.Count > 0 {
		*d = Distribution{}
	}
	for i := range s.stripe {
		if h := s.stripe[i].command[id].latency.Load(); h != nil {
			d.add(h)
		}
	}
}
