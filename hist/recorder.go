package hist

import "math/bits"

// The geometry every histogram of the lab is recorded in.
const (
	LowestNs          = 1_000             // 1 us: finer than a loopback round trip can be timed
	HighestNs         = 3_600_000_000_000 // 1 h: longer than any client waits
	SignificantDigits = 3                 // 0.1 %, well below the noise of any run
)

// Derived from the geometry as HdrHistogram derives it; TestGeometry compares
// them with the library.
const (
	unitMagnitude    = 9  // floor(log2(LowestNs)): the unit is 512 ns
	subBucketHalfMag = 10 // 2,048 sub-buckets hold 3 digits
	subBucketHalf    = 1 << subBucketHalfMag
	subBucketMask    = (2*subBucketHalf - 1) << unitMagnitude
	bucketCount      = 23 // doublings from 2,048 units to above HighestNs
	countsLen        = (bucketCount + 1) * subBucketHalf
	bucketIndexShift = unitMagnitude + subBucketHalfMag + 1
)

// Recorder counts values for one writer. The zero value is ready to use. It
// takes about 96 KiB, of which only the touched range is ever read or cleared.
//
// It is not safe for concurrent use: a thread owns its recorders and hands them
// over whole at the end of a slice.
type Recorder struct {
	counts [countsLen]uint32
	total  int64
	// lo and hi bound the touched indices: every non-zero count is in
	// counts[lo:hi]. Both are 0 while total is 0.
	lo, hi int
}

// Record counts one value in nanoseconds. Values outside 0 .. HighestNs are
// counted at the nearer end.
func (r *Recorder) Record(ns int64) {
	if uint64(ns) > HighestNs {
		ns = clamp(ns)
	}
	i := indexOf(ns)
	r.counts[i]++
	r.total++
	if i < r.lo || i >= r.hi {
		r.widen(i)
	}
}

// widen is the slow path of Record: a value outside the touched range.
func (r *Recorder) widen(i int) {
	if r.hi == 0 {
		r.lo, r.hi = i, i+1
		return
	}
	r.lo = min(r.lo, i)
	r.hi = max(r.hi, i+1)
}

func clamp(ns int64) int64 {
	if ns < 0 {
		return 0
	}
	return HighestNs
}

// indexOf maps a value in 0 .. HighestNs to its place in the counts array, which
// has HdrHistogram's logical order.
func indexOf(ns int64) int {
	bucket := bits.Len64(uint64(ns)|subBucketMask) - bucketIndexShift
	sub := int(ns >> (uint(bucket) + unitMagnitude))
	return bucket<<subBucketHalfMag + sub
}

// lowestAt is the smallest value counted at index i; the inverse of indexOf.
func lowestAt(i int) int64 {
	bucket := i>>subBucketHalfMag - 1
	sub := i&(subBucketHalf-1) + subBucketHalf
	if bucket < 0 {
		bucket, sub = 0, sub-subBucketHalf
	}
	return int64(sub) << (uint(bucket) + unitMagnitude)
}

// highestAt is the largest value counted at index i.
func highestAt(i int) int64 {
	bucket := max(i>>subBucketHalfMag-1, 0)
	return lowestAt(i) + 1<<(uint(bucket)+unitMagnitude) - 1
}

// Count is the number of values recorded since the last Reset.
func (r *Recorder) Count() int64 { return r.total }

// Reset forgets all values.
func (r *Recorder) Reset() {
	clear(r.counts[r.lo:r.hi])
	r.total, r.lo, r.hi = 0, 0, 0
}

// Add adds the counts of o to r and leaves o as it is.
func (r *Recorder) Add(o *Recorder) {
	if o.total == 0 {
		return
	}
	for i := o.lo; i < o.hi; i++ {
		r.counts[i] += o.counts[i]
	}
	r.total += o.total
	r.widen(o.lo)
	r.widen(o.hi - 1)
}

// Quantile is the value at quantile q of 0 .. 1, within the precision of the
// geometry; 0 when nothing was recorded.
func (r *Recorder) Quantile(q float64) int64 {
	return quantile(r.counts[:], r.lo, r.hi, r.total, q)
}

// Max is the largest recorded value within the precision of the geometry.
func (r *Recorder) Max() int64 {
	if r.total == 0 {
		return 0
	}
	return highestAt(r.hi - 1)
}

// Mean is the arithmetic mean in nanoseconds, 0 when nothing was recorded.
func (r *Recorder) Mean() float64 {
	return mean(r.counts[:], r.lo, r.hi, r.total)
}

// quantile is the largest value of the bucket at quantile q of counts[lo:hi],
// which sum to total; 0 when there are none.
func quantile[C uint32 | int64](counts []C, lo, hi int, total int64, q float64) int64 {
	rank := max(int64(q*float64(total)+0.5), 1)
	for i := lo; i < hi; i++ {
		if rank -= int64(counts[i]); rank <= 0 {
			return highestAt(i)
		}
	}
	return 0
}

// mean counts every value of counts[lo:hi] as the middle of its bucket; 0 when
// there are none.
func mean[C uint32 | int64](counts []C, lo, hi int, total int64) float64 {
	if total == 0 {
		return 0
	}
	sum := 0.0
	for i := lo; i < hi; i++ {
		if n := counts[i]; n > 0 {
			sum += float64(n) * (float64(lowestAt(i)) + float64(highestAt(i)+1)) / 2
		}
	}
	return sum / float64(total)
}
