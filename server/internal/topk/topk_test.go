package topk

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// hashOf spreads numbers over 40 bits.
func hashOf(i int) uint64 {
	x := uint64(i+1) * 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	return (x ^ x>>27) >> 24
}

// TestFrequentFindsHeavy mixes heavy keys into many light ones and expects all of them, with counts near the truth.
func TestFrequentFindsHeavy(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var f Frequent
	true_ := map[string]int{}
	for range 200_000 {
		k := 1000 + rng.IntN(1_000_000)
		if p := rng.Float64(); p < 0.2 { // ten keys share a fifth: 2 % each
			k = int(p * 50)
		}
		name := fmt.Sprint("key", k)
		true_[name]++
		f.Add(hashOf(k), 0, []byte(name), rng.Uint64())
	}
	list := slices.Clone(f.List())
	slices.SortFunc(list, func(a, b Counted) int { return int(b.Count) - int(a.Count) })
	if len(list) != frequentMax {
		t.Fatalf("%d keys are listed", len(list))
	}
	for i := range 10 {
		want := true_[fmt.Sprint("key", i)]
		at := slices.IndexFunc(list, func(c Counted) bool { return string(c.Name) == fmt.Sprint("key", i) })
		if at < 0 || at >= 10 {
			t.Errorf("key%d is number %d", i, at)
			continue
		}
		if got := int(list[at].Count); math.Abs(float64(got-want)) > 0.1*float64(want) {
			t.Errorf("key%d was counted %d times, used %d times", i, got, want)
		}
	}
	seen := map[uint64]bool{}
	for _, c := range list {
		if seen[c.Hash] {
			t.Errorf("%s is listed twice", c.Name)
		}
		seen[c.Hash] = true
	}
}

// TestFrequentFades lets the popular keys change and expects the new ones in front after a few halvings, and nothing
// after many.
func TestFrequentFades(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	var f Frequent
	for i := range 4000 {
		f.Add(hashOf(i%4), 0, fmt.Append(nil, "old", i%4), rng.Uint64())
	}
	for range 4 {
		f.Fade()
		for i := range 4000 {
			f.Add(hashOf(100+i%4), 3, fmt.Append(nil, "new", i%4), rng.Uint64())
		}
	}
	list := slices.Clone(f.List())
	slices.SortFunc(list, func(a, b Counted) int { return int(b.Count) - int(a.Count) })
	for i, c := range list[:4] {
		if string(c.Name[:3]) != "new" || c.DB != 3 {
			t.Errorf("number %d is %s of database %d", i, c.Name, c.DB)
		}
	}
	for range 32 {
		f.Fade()
	}
	if n := len(f.List()); n != 0 {
		t.Errorf("%d keys are left", n)
	}
}

func TestFrequentTellsDatabasesApart(t *testing.T) {
	var f Frequent
	for db := range 3 {
		for range 10 {
			f.Add(5, db, []byte("same"), 0)
		}
	}
	if n := len(f.List()); n != 3 {
		t.Errorf("%d keys, want 3", n)
	}
}

func TestFrequentAllocatesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var f Frequent
	name := make([]byte, 2*NameMax)
	add := func() {
		for range 100 {
			k := rng.IntN(1000)
			f.Add(hashOf(k), 0, name, rng.Uint64())
		}
		f.Fade()
	}
	for range 100 {
		add()
	}
	if n := testing.AllocsPerRun(100, add); n > 0 {
		t.Errorf("%.1f allocations", n)
	}
	for _, c := range f.List() {
		if len(c.Name) != NameMax {
			t.Errorf("a name of %d bytes is kept", len(c.Name))
		}
	}
}

func TestLargest(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 100 {
		var l Largest
		var all []int64
		for i := range rng.IntN(80) {
			size := rng.Int64N(100)
			l.Offer(uint64(i), 1, fmt.Append(nil, i), size)
			if size > 0 {
				all = append(all, size)
			}
		}
		slices.Sort(all)
		want := all[max(0, len(all)-LargestMax):]
		var got []int64
		for _, e := range l.List() {
			got = append(got, e.Size)
			if string(e.Name) != fmt.Sprint(e.Hash) {
				t.Errorf("%s is not %d", e.Name, e.Hash)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
		l.Clear()
		if len(l.List()) != 0 || !l.Wants(1) {
			t.Error("not cleared")
		}
	}
}

func BenchmarkFrequent(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	var f Frequent
	hashes := make([]uint64, 1<<16)
	for i := range hashes {
		hashes[i] = hashOf(int(rng.ExpFloat64() * 5000))
	}
	name := []byte("key:000000001234")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		h := hashes[i%len(hashes)]
		f.Add(h, 0, name, h*uint64(i))
	}
}
