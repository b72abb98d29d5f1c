package keyspace

import (
	"container/list"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"testing"

	"redline/server/internal/evict"
)

// The traces of the test: which key is asked for next. Every run gives the same.
const (
	traceKeys   = 10_000
	traceLen    = 24 * traceKeys
	traceCached = traceKeys / 2
	// traceStepUs makes it some five seconds until the cache has been turned over once, as at 50,000 requests a second
	// with 256 MiB of values of 1 KiB.
	traceStepUs = 1000
)

// zipf draws ranks from a Zipf law.
func zipf(n int, s float64, rng *rand.Rand) func() int {
	sums, sum := make([]float64, n), 0.0
	for i := range sums {
		sum += math.Pow(float64(i+1), -s)
		sums[i] = sum
	}
	return func() int { return min(sort.SearchFloat64s(sums, rng.Float64()*sum), n-1) }
}

// traces are by name: a steady law, the same with a third of all requests for keys that never come again, and one whose
// law moves over the keys: what is popular changes all the time.
func traces() map[string][]int {
	out := map[string][]int{}
	make1 := func(name string, next func(i int) int) {
		t := make([]int, traceLen)
		for i := range t {
			t[i] = next(i)
		}
		out[name] = t
	}
	draw := func() func() int { return zipf(traceKeys, 0.99, rand.New(rand.NewPCG(1, 2))) }
	steady := draw()
	make1("steady", func(int) int { return steady() })
	scanned := draw()
	make1("scanned", func(i int) int {
		if i%3 == 0 {
			return traceKeys + i
		}
		return scanned()
	})
	moving := draw()
	make1("moving", func(i int) int { return moving() + i/20 })
	return out
}

// A cache says whether it has a key, and has it afterwards.
type cache interface{ access(key int) bool }

// hitRatio is taken over the last three quarters.
func hitRatio(c cache, trace []int) float64 {
	hits := 0
	for i, key := range trace {
		if c.access(key) && i >= len(trace)/4 {
			hits++
		}
	}
	return 100 * float64(hits) / float64(len(trace)*3/4)
}

// spaceCache is a Space used as a cache: what is missed is written, and while there are too many keys one goes.
type spaceCache struct {
	s      *Space
	policy evict.Policy
	us     int64
	next   int
	ttl    bool
	name   []byte
}

func newSpaceCache(t testing.TB, p evict.Policy) *spaceCache {
	c := &spaceCache{s: newSpace(t, 16, 1), policy: p, us: 1_700_000_000_000_000, ttl: p.Volatile()}
	for i := range c.s.Shards() {
		sh := c.s.Shard(i)
		sh.Lock()
		sh.SetPolicy(p, 10, 1)
		sh.Unlock()
	}
	return c
}

func (c *spaceCache) access(key int) bool {
	c.us += traceStepUs
	c.name = strconv.AppendInt(append(c.name[:0], "key:"...), int64(key), 10)
	var k Key
	c.s.Locate(c.name, &k)
	sh := c.s.Shard(int(k.Shard))
	sh.Lock()
	sh.Enter(c.us/1000, nil)
	db := sh.DB(0)
	it := db.Find(&k)
	hit := it.OK()
	if !hit {
		it = db.WriteInt(&k, it, int64(key), false)
		if c.ttl {
			db.SetExpire(it, c.us/1000+int64(1+key%1000)*1_000_000)
		}
	}
	sh.Unlock()
	for n, _ := c.s.Len(0); n > traceCached; n, _ = c.s.Len(0) {
		c.next++
		sh := c.s.Shard(c.next % c.s.Shards())
		sh.Lock()
		sh.Enter(c.us/1000, nil)
		sh.EvictStep(c.policy, 5)
		sh.Unlock()
	}
	return hit
}

// lruModel is exact LRU.
type lruModel struct {
	order list.List
	at    map[int]*list.Element
}

func (c *lruModel) access(key int) bool {
	if e := c.at[key]; e != nil {
		c.order.MoveToFront(e)
		return true
	}
	c.at[key] = c.order.PushFront(key)
	if len(c.at) > traceCached {
		delete(c.at, c.order.Remove(c.order.Back()).(int))
	}
	return false
}

// s3Model is S3-FIFO as published: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023, with a
// small queue of a tenth, uses counted to 3, and as many ghosts as keys.
type s3Model struct {
	small, main, ghosts []int
	uses                map[int]int
	inMain, ghost       map[int]bool
}

func newS3Model() *s3Model {
	return &s3Model{uses: map[int]int{}, inMain: map[int]bool{}, ghost: map[int]bool{}}
}

func (c *s3Model) access(key int) bool {
	if n, ok := c.uses[key]; ok {
		c.uses[key] = min(n+1, 3)
		return true
	}
	for len(c.uses) >= traceCached {
		c.evict()
	}
	c.uses[key] = 0
	if c.ghost[key] {
		delete(c.ghost, key)
		c.main, c.inMain[key] = append(c.main, key), true
	} else {
		c.small = append(c.small, key)
	}
	return false
}

func (c *s3Model) evict() {
	for len(c.small) > 0 && (len(c.small) >= traceCached/10 || len(c.main) == 0) {
		key := c.small[0]
		c.small = c.small[1:]
		if c.uses[key] > 1 {
			c.uses[key] = 0
			c.main, c.inMain[key] = append(c.main, key), true
			continue
		}
		delete(c.uses, key)
		c.ghosts, c.ghost[key] = append(c.ghosts, key), true
		if len(c.ghosts) > traceCached {
			delete(c.ghost, c.ghosts[0])
			c.ghosts = c.ghosts[1:]
		}
		return
	}
	for {
		key := c.main[0]
		c.main = c.main[1:]
		if c.uses[key] == 0 {
			delete(c.uses, key)
			return
		}
		c.uses[key]--
		c.main = append(c.main, key)
	}
}

// TestHitRatio compares the policies with exact LRU and with S3-FIFO as published, on the same traces. It is a
// simulation and gives the same figures everywhere.
func TestHitRatio(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine that makes millions of lookups: nothing for the race detector, which makes it slow")
	}
	policies := map[string]evict.Policy{}
	for _, name := range []string{"allkeys-lru", "allkeys-lfu", "allkeys-random", "allkeys-s3fifo", "volatile-lru", "volatile-ttl"} {
		policies[name], _ = evict.Parse(name)
	}
	for name, trace := range traces() {
		got := map[string]float64{
			"exact lru":   hitRatio(&lruModel{at: map[int]*list.Element{}}, trace),
			"pure s3fifo": hitRatio(newS3Model(), trace),
		}
		for p, policy := range policies {
			got[p] = hitRatio(newSpaceCache(t, policy), trace)
		}
		for _, p := range slices.Sorted(maps.Keys(got)) {
			t.Logf("%s %-15s %.2f %%", name, p, got[p])
		}
		atLeast := func(a, b string, points float64) {
			if got[a] < got[b]+points {
				t.Errorf("%s: %s hits %.2f %%, %s %.2f %%: want %+.1f", name, a, got[a], b, got[b], points)
			}
		}
		atLeast("allkeys-lru", "exact lru", -0.5)
		atLeast("volatile-lru", "exact lru", -0.5)
		atLeast("allkeys-lru", "allkeys-random", 1)
		atLeast("allkeys-s3fifo", "pure s3fifo", -0.3)
		switch name {
		case "steady":
			atLeast("allkeys-s3fifo", "allkeys-lru", 1)
			atLeast("allkeys-s3fifo", "allkeys-lfu", 0)
			atLeast("allkeys-lfu", "exact lru", 0)
		case "scanned":
			atLeast("allkeys-s3fifo", "allkeys-lru", 5)
			atLeast("allkeys-s3fifo", "allkeys-lfu", 0.5)
		case "moving":
			atLeast("allkeys-s3fifo", "allkeys-lfu", 5)
		}
	}
}
