package dict

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"redline/server/internal/slab"
)

// intKeys stands for blocks of 16 bytes: the hash and the key's number.
type intKeys = blocks

func buildDict(n int) (*Dict, *slab.Slab, []slab.Handle) {
	s := slab.New(slab.Options{})
	k := intKeys{s}
	d := New(s, k)
	list := make([]slab.Handle, n)
	for i := range list {
		list[i] = k.make(mix(uint64(i))&(1<<40-1), keyOf(uint64(i)))
		d.Insert(mix(uint64(i))&(1<<40-1), list[i])
	}
	return d, s, list
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		d, s, _ := buildDict(n)
		keys := make([][]byte, 2*n)
		for i := range keys {
			keys[i] = keyOf(uint64(i))
		}
		for _, c := range []struct {
			name string
			base int
		}{{"hit", 0}, {"miss", n}} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				order := rng.Perm(n)
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					id := order[i] + c.base
					if i++; i == n {
						i = 0
					}
					if _, ok := d.Find(mix(uint64(id))&(1<<40-1), keys[id]); ok != (c.base == 0) {
						b.Fatal("wrong result")
					}
				}
			})
		}
		s.Close()
	}
}

// BenchmarkInsert grows a dict to a million keys, splits included.
func BenchmarkInsert(b *testing.B) {
	const n = 1_000_000
	_, s, list := buildDict(n)
	defer s.Close()
	d := New(s, intKeys{s})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i == n {
			b.StopTimer()
			d.Clear(func(slab.Handle) {})
			i = 0
			b.StartTimer()
		}
		d.Insert(mix(uint64(i))&(1<<40-1), list[i])
		i++
	}
}

// BenchmarkRebuild measures the inserts that rebuild a segment, the worst an
// insert can meet, while a dict grows to a million keys.
func BenchmarkRebuild(b *testing.B) {
	const n = 1_000_000
	var took []time.Duration
	for b.Loop() {
		s := slab.New(slab.Options{})
		d := New(s, intKeys{s})
		for i := range uint64(n) {
			hash := mix(i) & (1<<40 - 1)
			h := intKeys{s}.make(hash, keyOf(i))
			before := d.segBytes
			t := time.Now()
			d.Insert(hash, h)
			if el := time.Since(t); d.segBytes != before && i > n/10 {
				took = append(took, el)
			}
		}
		s.Close()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "ns-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "ns-p99")
}

// BenchmarkChurn deletes and inserts at a constant size of a million keys.
func BenchmarkChurn(b *testing.B) {
	const n = 1_000_000
	d, s, list := buildDict(n)
	defer s.Close()
	ids := rand.New(rand.NewPCG(3, 4)).Perm(n)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		id := ids[i]
		if i++; i == n {
			i = 0
		}
		d.Delete(mix(uint64(id))&(1<<40-1), list[id])
		d.Insert(mix(uint64(id))&(1<<40-1), list[id])
	}
}

// BenchmarkDelete empties a dict of a million keys in random order, merges
// included.
func BenchmarkDelete(b *testing.B) {
	const n = 1_000_000
	d, s, list := buildDict(n)
	defer s.Close()
	ids := rand.New(rand.NewPCG(3, 4)).Perm(n)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i == n {
			b.StopTimer()
			for id, h := range list {
				d.Insert(mix(uint64(id))&(1<<40-1), h)
			}
			i = 0
			b.StartTimer()
		}
		d.Delete(mix(uint64(ids[i]))&(1<<40-1), list[ids[i]])
		i++
	}
}

func BenchmarkScan(b *testing.B) {
	d, s, _ := buildDict(1_000_000)
	defer s.Close()
	n, at := 0, uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		at, _ = d.Scan(at, func(slab.Handle) { n++ })
	}
	b.ReportMetric(float64(n)/float64(b.N), "keys/op")
}

func BenchmarkRandom(b *testing.B) {
	d, s, _ := buildDict(1_000_000)
	defer s.Close()
	b.ReportAllocs()
	r := uint64(0)
	for b.Loop() {
		d.Random(r)
		r++
	}
}

// TestBytesPerKey pins the cost of the index, averaged over growth.
func TestBytesPerKey(t *testing.T) {
	for _, dicts := range []int{1, 16} {
		s := slab.New(slab.Options{})
		var ds []*Dict
		for range dicts {
			ds = append(ds, New(s, intKeys{s}))
		}
		sum, steps := 0.0, 0
		for i := range 400_000 {
			hash := mix(uint64(i)) & (1<<40 - 1)
			h, _ := s.Alloc(8)
			copy(s.Bytes(h), []byte{byte(hash), byte(hash >> 8), byte(hash >> 16), byte(hash >> 24), byte(hash >> 32), 0, 0, 0})
			ds[mix(hash)%uint64(dicts)].Insert(hash, h)
			if i >= 100_000 && (i+1)%10_000 == 0 {
				total := int64(0)
				for _, d := range ds {
					total += d.Bytes()
				}
				per := float64(total) / float64(i+1)
				if (i+1)%50_000 == 0 {
					t.Logf("%d dicts, %d keys: %.2f bytes a key", dicts, i+1, per)
				}
				sum += per
				steps++
			}
		}
		if avg := sum / float64(steps); avg > 9 {
			t.Errorf("%d dicts: %.2f bytes a key on average, want <= 9", dicts, avg)
		} else {
			t.Logf("%d dicts: %.2f bytes a key on average", dicts, avg)
		}
		s.Close()
	}
}
