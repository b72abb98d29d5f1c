package crash

import (
	"flag"
	"math/rand/v2"
	"testing"
	"testing/synctest"
)

var (
	flagFlips  = flag.Int("crash.flips", 2400, "how many bits are flipped, one at a time")
	flagFaults = flag.Int("crash.faults", 400, "how many histories with a failing disk are run")
)

// A disk that is full or fails costs nothing that was acknowledged, reads go on, and writes are accepted again without a
// restart once it is well.
func TestFailingDisk(t *testing.T) {
	runs := *flagFaults
	if testing.Short() {
		runs = min(runs, 30)
	}
	var total Stats
	for n := range runs {
		seed := firstSeed() + uint64(n)
		synctest.Test(t, func(t *testing.T) {
			stats, log, err := SimulateFaults(seed)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, log)
			}
			total.add(stats)
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d runs: %+v", runs, total)
	if total.Refused == 0 {
		t.Error("no write was ever refused: the faults did not reach the server")
	}
}

// A bit that flips anywhere in a data directory is detected or does no harm.
func TestFlippedBit(t *testing.T) {
	flips := *flagFlips
	if testing.Short() {
		flips = min(flips, 60)
	}
	outcomes := map[Outcome]int{}
	kinds := []struct {
		name        string
		log, sealed bool
	}{{"log, ended in order", true, true}, {"log, killed", true, false}, {"RDB file", false, true}}
	for i, k := range kinds {
		synctest.Test(t, func(t *testing.T) {
			d, err := Prepare(firstSeed()+uint64(i), k.log, k.sealed)
			if err != nil {
				t.Fatalf("%s: %v", k.name, err)
			}
			rng := rand.New(rand.NewPCG(firstSeed(), uint64(i)))
			for n := range flips / len(kinds) {
				outcome, err := d.Flip(rng)
				if err != nil {
					t.Fatalf("%s, flip %d: %v", k.name, n, err)
				}
				outcomes[outcome]++
			}
		})
	}
	t.Logf("%d flips: %v", flips, outcomes)
}
