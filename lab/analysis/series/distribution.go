package series

import (
	"redline/hist"
)

// Distribution holds latencies as counts by value, ascending. It is a histogram
// without its empty counters: one of a column has a few hundred of them, where
// the full geometry has tens of thousands. Nil is empty.
type Distribution []Bin

// Bin counts the latencies of one histogram bucket.
type Bin struct {
	Ns    int64 // the highest value of the bucket, as HdrHistogram reports it
	Count int64
}

// DistributionOf copies the non-empty buckets of h.
func DistributionOf(h *hist.Hist) Distribution {
	var d Distribution
	for b := range h.Buckets() {
		d = append(d, Bin{b.ToNs, b.Count})
	}
	return d
}

// Plus is the sum of two distributions; neither is changed.
func (d Distribution) Plus(o Distribution) Distribution {
	if len(d) == 0 {
		return o
	}
	if len(o) == 0 {
		return d
	}
	sum := make(Distribution, 0, len(d)+len(o))
	for len(d) > 0 && len(o) > 0 {
		switch {
		case d[0].Ns < o[0].Ns:
			sum, d = append(sum, d[0]), d[1:]
		case d[0].Ns > o[0].Ns:
			sum, o = append(sum, o[0]), o[1:]
		default:
			sum, d, o = append(sum, Bin{d[0].Ns, d[0].Count + o[0].Count}), d[1:], o[1:]
		}
	}
	return append(append(sum, d...), o...)
}

// Count is the number of latencies.
func (d Distribution) Count() int64 {
	var n int64
	for _, b := range d {
		n += b.Count
	}
	return n
}

// Quantile is the value in nanoseconds at quantile q of 0 .. 1, by the nearest
// rank as HdrHistogram rounds it, so that a report and a summary of the same
// latencies say the same; 0 when empty.
func (d Distribution) Quantile(q float64) int64 {
	rank := max(1, int64(q*float64(d.Count())+0.5))
	var n int64
	for _, b := range d {
		if n += b.Count; n >= rank {
			return b.Ns
		}
	}
	return d.Max()
}

// Max is the largest latency, 0 when empty.
func (d Distribution) Max() int64 {
	if len(d) == 0 {
		return 0
	}
	return d[len(d)-1].Ns
}

// Min is the smallest latency, 0 when empty.
func (d Distribution) Min() int64 {
	if len(d) == 0 {
		return 0
	}
	return d[0].Ns
}
