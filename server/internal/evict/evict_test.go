package evict

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPoolKeepsTheBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var p Pool
		var all []uint64
		for i := range rng.IntN(60) {
			c := Candidate{Score: rng.Uint64N(40), Hash: uint64(i), Handle: uint64(i)}
			p.Offer(c)
			p.Offer(c) // twice is once
			all = append(all, c.Score)
		}
		slices.Sort(all)
		want := all[max(0, len(all)-poolSize):]
		for i := len(want) - 1; i >= 0; i-- {
			c, ok := p.Take()
			if !ok || c.Score != want[i] {
				t.Fatalf("got %d, want %d of %v", c.Score, want[i], want)
			}
		}
		if _, ok := p.Take(); ok {
			t.Fatal("more than was offered")
		}
	}
}

func TestParse(t *testing.T) {
	for name, p := range names {
		got, ok := Parse(name)
		if !ok || got != p || got.Volatile() != (name[0] == 'v') {
			t.Errorf("%s: %v %v", name, got, ok)
		}
	}
	if _, ok := Parse("allkeys-best"); ok {
		t.Error("accepted")
	}
}
