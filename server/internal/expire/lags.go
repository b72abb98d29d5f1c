package expire

import "math/bits"

// Lags is a histogram of how late keys went: of the milliseconds from their deadlines to their removal. Up to 16 ms it
// is exact, above that its buckets are an eighth of an octave wide, up to 24 days. It has no locks.
type Lags struct {
	n       [lagBuckets]int64
	sum     int64
	highest int64
}

const (
	lagExact   = 16
	lagSubBits = 3
	lagMaxBits = 31
	lagBuckets = lagExact + (lagMaxBits-lagSubBits-1)<<lagSubBits
)

// Add counts one key that went late by so many milliseconds.
func (l *Lags) Add(ms int64) {
	ms = max(ms, 0)
	l.n[lagBucket(ms)]++
	l.sum += ms
	l.highest = max(l.highest, ms)
}

// Merge adds what another histogram counted.
func (l *Lags) Merge(o *Lags) {
	for i, n := range o.n {
		l.n[i] += n
	}
	l.sum += o.sum
	l.highest = max(l.highest, o.highest)
}

// Count returns how many keys were counted.
func (l *Lags) Count() (n int64) {
	for _, k := range l.n {
		n += k
	}
	return n
}

// SumMs returns the sum of all lags in milliseconds, MaxMs the largest.
func (l *Lags) SumMs() int64 { return l.sum }

// MaxMs returns the largest lag in milliseconds.
func (l *Lags) MaxMs() int64 { return l.highest }

// AtMs returns the lag in milliseconds that a percentage of all keys does not exceed, at most an eighth too high; 0 if
// there were none.
func (l *Lags) AtMs(percent float64) int64 {
	count := l.Count()
	if count == 0 {
		return 0
	}
	want := min(max(int64(percent/100*float64(count)+0.5), 1), count)
	for i, n := range l.n {
		if want -= n; want <= 0 {
			return min(lagHighest(i), l.highest)
		}
	}
	return l.highest
}

// UpTo returns how many keys went late by at most so many milliseconds. It is exact where ms ends a bucket: up to 15,
// and at powers of two less one.
func (l *Lags) UpTo(ms int64) (n int64) {
	for i, k := range l.n {
		if lagHighest(i) > ms {
			break
		}
		n += k
	}
	return n
}

func lagBucket(ms int64) int {
	if ms < lagExact {
		return int(ms)
	}
	v := uint64(min(ms, 1<<lagMaxBits-1))
	exp := bits.Len64(v) - lagSubBits - 1 // at least 1
	return lagExact + (exp-1)<<lagSubBits + int(v>>exp) - 1<<lagSubBits
}

// lagHighest returns the largest lag of a bucket.
func lagHighest(i int) int64 {
	if i < lagExact {
		return int64(i)
	}
	i -= lagExact
	exp := i>>lagSubBits + 1
	return int64(1<<lagSubBits+i&(1<<lagSubBits-1)+1)<<exp - 1
}
