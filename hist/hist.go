package hist

import (
	"fmt"
	"iter"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Hist is a histogram for queries. The zero value is not ready; use New or
// Decode. It is not safe for concurrent use.
type Hist struct{ h *hdr.Histogram }

// New returns an empty histogram in the lab's geometry.
func New() *Hist { return &Hist{hdr.New(LowestNs, HighestNs, SignificantDigits)} }

// Decode reads a histogram from its base64 text in V2 compressed encoding, of
// whatever geometry. It fails on damaged or unsupported input.
func Decode(text []byte) (*Hist, error) {
	h, err := hdr.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("histogram payload: %w", err)
	}
	return &Hist{h}, nil
}

// Merge adds the values of o. Values beyond HighestNs are counted there.
func (h *Hist) Merge(o *Hist) {
	if h.h.Merge(o.h) == 0 {
		return
	}
	for _, b := range o.h.Distribution() {
		if b.Count > 0 && b.From > h.h.HighestTrackableValue() {
			_ = h.h.RecordValues(h.h.HighestTrackableValue(), b.Count) // in range by construction
		}
	}
}

// MergeRecorder adds the values of r.
func (h *Hist) MergeRecorder(r *Recorder) {
	for i := r.lo; i < r.hi; i++ {
		if n := r.counts[i]; n > 0 {
			_ = h.h.RecordValues(min(lowestAt(i), HighestNs), int64(n)) // in range by construction
		}
	}
}

// RecordN counts the value ns n times, clamped to 0 .. HighestNs.
func (h *Hist) RecordN(ns, n int64) {
	_ = h.h.RecordValues(max(0, min(ns, h.h.HighestTrackableValue())), n) // in range by construction
}

// Count is the number of values.
func (h *Hist) Count() int64 { return h.h.TotalCount() }

// Quantile is the value in nanoseconds at quantile q of 0 .. 1; 0 when empty.
func (h *Hist) Quantile(q float64) int64 { return h.h.ValueAtQuantile(q * 100) }

// Mean is the arithmetic mean in nanoseconds, 0 when empty.
func (h *Hist) Mean() float64 {
	if h.h.TotalCount() == 0 {
		return 0
	}
	return h.h.Mean()
}

// Max is the largest value within the precision of the geometry, 0 when empty.
func (h *Hist) Max() int64 { return h.h.Max() }

// Min is the smallest value within the precision of the geometry, 0 when empty.
func (h *Hist) Min() int64 {
	if h.h.TotalCount() == 0 {
		return 0
	}
	return h.h.Min()
}

// Bucket is a range of values that one counter holds; both ends belong to it.
type Bucket struct {
	FromNs, ToNs int64
	Count        int64
}

// Buckets yields the non-empty buckets in ascending order.
func (h *Hist) Buckets() iter.Seq[Bucket] {
	return func(yield func(Bucket) bool) {
		for _, b := range h.h.Distribution() {
			if b.Count > 0 && !yield(Bucket{b.From, b.To, b.Count}) {
				return
			}
		}
	}
}

// CountAbove is the number of values in buckets that lie wholly above ns.
func (h *Hist) CountAbove(ns int64) int64 {
	var n int64
	for b := range h.Buckets() {
		if b.FromNs > ns {
			n += b.Count
		}
	}
	return n
}
