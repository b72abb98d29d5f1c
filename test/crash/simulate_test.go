package crash

import (
	"flag"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

var flagRuns = flag.Int("crash.runs", 10000, "how many simulated histories are run")

// Thousands of histories of servers that crash at any moment, in recovery, while a snapshot is written or the log begun anew
// as well. Each comes from a seed, and can be had again with -crash.seed=N -crash.runs=1.
func TestSimulated(t *testing.T) {
	runs := *flagRuns
	if testing.Short() {
		runs = min(runs, 300)
	}
	var total Stats
	var mu sync.Mutex
	var next atomic.Int64
	for range 4 { // more than cores: simulated time waits for nobody
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for !t.Failed() {
				n := next.Add(1) - 1
				if n >= int64(runs) {
					return
				}
				seed := firstSeed() + uint64(n)
				synctest.Test(t, func(t *testing.T) {
					stats, log, err := Simulate(seed)
					if err != nil {
						t.Fatalf("seed %d: %v\n%s", seed, err, log)
					}
					mu.Lock()
					total.add(stats)
					mu.Unlock()
				})
			}
		})
	}
	t.Cleanup(func() { t.Logf("%d runs: %+v", runs, total) })
}
