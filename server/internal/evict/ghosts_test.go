package evict

import (
	"math/rand/v2"
	"testing"
)

func TestGhosts(t *testing.T) {
	var g Ghosts
	g.Put(1, 1) // nothing to put it into
	if _, ok := g.Take(1); ok || g.Bytes() != 0 {
		t.Fatal("an empty table remembers")
	}
	const keys = 10_000
	g.Fit(keys)
	if n := g.Bytes(); n < 4*keys || n > 5*keys {
		t.Errorf("%d bytes for %d keys", n, keys)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	hashes := make([]uint64, 3*keys)
	for i := range hashes {
		hashes[i] = rng.Uint64() >> (64 - hashBits)
		g.Put(hashes[i], uint32(i%7))
	}
	kept := func(from, to int) (n int) {
		for i := from; i < to; i++ {
			uses, ok := g.Take(hashes[i])
			if !ok {
				continue
			}
			n++
			if uses != uint32(i%7) {
				t.Errorf("%d uses, want %d", uses, i%7)
			}
			if _, again := g.Take(hashes[i]); again {
				t.Error("taken twice")
			}
		}
		return n
	}
	// The buckets are queues of their own, so the border between what is kept and what is not is not sharp.
	if n := kept(len(hashes)-keys/2, len(hashes)); n < keys/2*95/100 {
		t.Errorf("%d of the last %d are remembered", n, keys/2)
	}
	if n := kept(0, keys); n > keys/20 {
		t.Errorf("%d of the first %d are still remembered", n, keys)
	}
	g.Fit(keys * 11 / 10)
	if n := kept(len(hashes)-keys, len(hashes)); n == 0 {
		t.Error("forgot everything although the number of keys hardly changed")
	}
	g.Fit(2 * keys)
	if n := kept(0, len(hashes)); n != 0 {
		t.Errorf("%d found after the table was made anew", n)
	}
	g.Clear()
	if g.Bytes() != 0 {
		t.Error("memory is held")
	}
}

func TestGhostsTakeMore(t *testing.T) {
	var g Ghosts
	g.Fit(16)
	g.Put(5, 100)
	if uses, ok := g.Take(5); !ok || uses != UsesMax {
		t.Errorf("%d %v, want %d", uses, ok, UsesMax)
	}
}
