package hist

import "iter"

// Hist is a histogram for queries, in the lab's geometry. The zero value is empty
// and ready to use. It is not safe for concurrent use.
type Hist struct {
	counts []int64 // countsLen of them; nil while empty
	total  int64
	lo, hi int // every non-zero count is in counts[lo:hi]
}

// New returns an empty histogram.
func New() *Hist { return new(Hist) }

// add counts n values at index i.
func (h *Hist) add(i int, n int64) {
	if h.counts == nil {
		h.counts = make([]int64, countsLen)
	}
	if h.total == 0 {
		h.lo, h.hi = i, i+1
	} else {
		h.lo, h.hi = min(h.lo, i), max(h.hi, i+1)
	}
	h.counts[i] += n
	h.total += n
}

// reset forgets all values and keeps the memory.
func (h *Hist) reset() {
	clear(h.counts[h.lo:h.hi])
	h.total, h.lo, h.hi = 0, 0, 0
}

// Merge adds the values of o.
func (h *Hist) Merge(o *Hist) { merge(h, o.counts, o.lo, o.hi) }

// MergeRecorder adds the values of r.
func (h *Hist) MergeRecorder(r *Recorder) { merge(h, r.counts[:], r.lo, r.hi) }

func merge[C uint32 | int64](h *Hist, counts []C, lo, hi int) {
	for i := lo; i < hi; i++ {
		if n := counts[i]; n > 0 {
			h.add(i, int64(n))
		}
	}
}

// RecordN counts the value ns n times, n > 0, clamped to 0 .. HighestNs.
func (h *Hist) RecordN(ns, n int64) { h.add(indexOf(max(0, min(ns, HighestNs))), n) }

// Count is the number of values.
func (h *Hist) Count() int64 { return h.total }

// Quantile is the value in nanoseconds at quantile q of 0 .. 1; 0 when empty.
func (h *Hist) Quantile(q float64) int64 {
	if q <= 0 {
		return h.Min()
	}
	return quantile(h.counts, h.lo, h.hi, h.total, q)
}

// Mean is the arithmetic mean in nanoseconds, 0 when empty.
func (h *Hist) Mean() float64 { return mean(h.counts, h.lo, h.hi, h.total) }

// Max is the largest value within the precision of the geometry, 0 when empty.
func (h *Hist) Max() int64 {
	if h.total == 0 {
		return 0
	}
	return highestAt(h.hi - 1)
}

// Min is the smallest value within the precision of the geometry, 0 when empty.
func (h *Hist) Min() int64 {
	if h.total == 0 {
		return 0
	}
	return lowestAt(h.lo)
}

// Bucket is a range of values that one counter holds; both ends belong to it.
type Bucket struct {
	FromNs, ToNs int64
	Count        int64
}

// Buckets yields the non-empty buckets in ascending order.
func (h *Hist) Buckets() iter.Seq[Bucket] {
	return func(yield func(Bucket) bool) {
		for i := h.lo; i < h.hi; i++ {
			if n := h.counts[i]; n > 0 && !yield(Bucket{lowestAt(i), highestAt(i), n}) {
				return
			}
		}
	}
}

// CountAbove is the number of values in buckets that lie wholly above ns.
func (h *Hist) CountAbove(ns int64) (n int64) {
	for b := range h.Buckets() {
		if b.FromNs > ns {
			n += b.Count
		}
	}
	return n
}
