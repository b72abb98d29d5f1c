package dict

import (
	"math/rand/v2"
	"testing"

	"redline/server/internal/slab"
)

// TestSampleReachesAll expects that no entry is passed over for its place in its line: eviction would then never see it.
func TestSampleReachesAll(t *testing.T) {
	m := newModel(spreads["even"])
	rng := rand.New(rand.NewPCG(1, 1))
	const entries, rounds = 2000, 40
	for len(m.live) < entries {
		m.insert(t)
	}
	seen := map[slab.Handle]int{}
	for range entries * rounds {
		m.d.Sample(rng.Uint64(), 1, func(h slab.Handle) { seen[h]++ })
	}
	defer m.s.Close()
	few := 0
	for _, h := range m.live {
		if seen[h] == 0 {
			t.Fatalf("entry %#x was never sampled in %d samples", h, entries*rounds)
		}
		if seen[h] < rounds/5 {
			few++
		}
	}
	if few > entries/20 {
		t.Errorf("%d of %d entries were sampled less than a fifth as often as their share", few, entries)
	}
}
