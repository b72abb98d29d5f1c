package observe

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestBuckets(t *testing.T) {
	last := -1
	for _, ns := range []int64{0, 1, 15, 16, 17, 31, 32, 33, 1000, 1 << 20, 1<<37 - 1} {
		i := bucket(ns)
		if i <= last && ns > 33 || i >= latencyBuckets || highest(i) < ns || i > 0 && highest(i-1) >= ns {
			t.Errorf("%d ns: bucket %d ends at %d", ns, i, highest(i))
		}
		last = i
	}
	if bucket(1<<62) != latencyBuckets-1 || bucket(-5) != 0 {
		t.Error("values beyond the ends")
	}
}

// TestPercentiles compares with the sorted values: the histogram's answer is never below and at most a bucket above.
func TestPercentiles(t *testing.T) {
	s := NewStats(1)
	r := rand.New(rand.NewPCG(1, 2))
	var all []int64
	for i := range 10_000 {
		ns := int64(1) << r.IntN(30)
		ns += r.Int64N(ns)
		all = append(all, ns)
		s.Local(int64(i)).Latency(0, ns)
	}
	slices.Sort(all)
	var d Distribution
	s.Distribution(0, &d)
	if d.Count != int64(len(all)) {
		t.Fatalf("%d values", d.Count)
	}
	for _, p := range []float64{0, 1, 50, 90, 99, 99.9, 100} {
		want := all[max(int(p/100*float64(len(all))+0.5), 1)-1]
		if got := d.At(p); got < want || float64(got) > float64(want)*1.07+1 {
			t.Errorf("p%v is %d, want %d", p, got, want)
		}
	}
	for _, ns := range []int64{1<<10 - 1, 1<<20 - 1} {
		n, _ := slices.BinarySearch(all, ns+1)
		if got := d.UpTo(ns); got != int64(n) {
			t.Errorf("up to %d: %d, want %d", ns, got, n)
		}
	}
	s.Reset()
	if s.Distribution(0, &d); d.Count != 0 || d.At(50) != 0 {
		t.Errorf("after Reset: %d", d.Count)
	}
}

func TestRates(t *testing.T) {
	var r Rates
	if got := r.PerSecond(); got != (Totals{}) {
		t.Errorf("%+v", got)
	}
	for i := range int64(40) {
		r.Sample(1+i*100e6, Totals{Commands: i * 50, NetIn: i * 1000})
		if got := r.PerSecond(); i > 0 && (got.Commands != 500 || got.NetIn != 10_000) {
			t.Fatalf("sample %d: %+v", i, got)
		}
	}
	r.Sample(4e9+1, Totals{})
	if got := r.PerSecond(); got.Commands != 0 {
		t.Errorf("after a reset: %+v", got)
	}
	if r.Peak(5) != 5 || r.Peak(3) != 5 {
		t.Error("peak")
	}
}

func BenchmarkLatency(b *testing.B) {
	l := NewStats(1).Local(1)
	b.ReportAllocs()
	for i := range b.N {
		l.Latency(0, int64(i&4095))
	}
}
