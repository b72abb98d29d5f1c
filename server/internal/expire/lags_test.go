package expire

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLagBuckets(t *testing.T) {
	at := int64(0)
	for i := range lagBuckets {
		if lagBucket(at) != i || lagBucket(lagHighest(i)) != i {
			t.Fatalf("bucket %d: from %d (in %d) to %d (in %d)", i, at, lagBucket(at), lagHighest(i), lagBucket(lagHighest(i)))
		}
		at = lagHighest(i) + 1
	}
	if at != 1<<lagMaxBits || lagBucket(1<<62) != lagBuckets-1 {
		t.Errorf("the last bucket ends at %d", at)
	}
}

// TestLagsAgainstSorted compares quantiles with those of the sorted values.
func TestLagsAgainstSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var a, b Lags
	var all []int64
	for i := range 10_000 {
		ms := r.Int64N(1 << (1 + i%20))
		all = append(all, ms)
		if i%2 == 0 {
			a.Add(ms)
		} else {
			b.Add(ms)
		}
	}
	a.Add(-5) // the clock went back
	all = append(all, 0)
	a.Merge(&b)
	slices.Sort(all)
	if a.Count() != int64(len(all)) || a.MaxMs() != all[len(all)-1] {
		t.Fatalf("%d values up to %d", a.Count(), a.MaxMs())
	}
	for _, p := range []float64{1, 50, 99, 99.9, 100} {
		want := all[max(int(p/100*float64(len(all))+0.5), 1)-1]
		if got := a.AtMs(p); got < want || got > want+want/8 {
			t.Errorf("p%g = %d, want %d", p, got, want)
		}
	}
	n, _ := slices.BinarySearch(all, 1024)
	if got := a.UpTo(1023); got != int64(n) {
		t.Errorf("%d values up to 1023, want %d", got, n)
	}
	if e := (&Lags{}); e.AtMs(99) != 0 || e.Count() != 0 {
		t.Error("an empty histogram has values")
	}
}
