package expire

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"redline/server/internal/slab"
)

// key is what a shard keeps of a key with a deadline.
type key struct {
	deadline int64
	tag      uint8
	entryAt  int64 // the deadline when the entry was added
	addedAt  int64
	refires  int
}

// shard is a wheel with the keys of a naive model, used as its owner would.
type shard struct {
	w       *Wheel
	now     int64
	keys    map[uint64]*key
	order   []uint64
	serial  uint64
	entries int // in the wheel, live and stale
	jumped  bool
	soon    []uint64 // what Next said that it will fire
}

func newShard() *shard {
	return &shard{w: New(slab.New(slab.Options{})), now: 1_700_000_000_000, keys: map[uint64]*key{}}
}

func (s *shard) enter(hash uint64, k *key) {
	k.tag = s.w.Add(k.deadline, hash, s.now)
	k.entryAt, k.addedAt = k.deadline, s.now
	s.entries++
}

func (s *shard) add(ttl int64) {
	s.serial++
	hash := s.serial * 0x9e3779b97f4a7c15 >> 24
	k := &key{deadline: s.now + ttl}
	if ttl > 0 && k.deadline < s.now { // far future
		k.deadline = math.MaxInt64
	}
	s.keys[hash] = k
	s.order = append(s.order, hash)
	s.enter(hash, k)
}

func (s *shard) pick(i int) (uint64, *key) {
	for len(s.order) > 0 {
		i %= len(s.order)
		if k := s.keys[s.order[i]]; k != nil {
			return s.order[i], k
		}
		s.order[i] = s.order[len(s.order)-1]
		s.order = s.order[:len(s.order)-1]
	}
	return 0, nil
}

// next fires what is due, and checks that Next said before what it was going to fire, and no more.
func (s *shard) next(t rapid.TB, step int) (fired int, more bool) {
	fired, more = s.w.Next(s.now, step, func(hashes []uint64) {
		if len(s.soon) > 0 || len(hashes) == 0 {
			t.Fatalf("ahead of %d with %d to come", len(hashes), len(s.soon))
		}
		s.soon = append(s.soon[:0], hashes...)
	}, func(hash uint64, tag uint8) {
		if len(s.soon) == 0 || s.soon[0] != hash {
			t.Fatalf("fired %x, said %x", hash, s.soon)
		}
		s.soon = s.soon[1:]
		s.fire(t, hash, tag)
	})
	if len(s.soon) > 0 {
		t.Fatalf("%d were not fired", len(s.soon))
	}
	return fired, more
}

// fire does what a shard does with a fired entry.
func (s *shard) fire(t rapid.TB, hash uint64, tag uint8) {
	s.entries--
	k := s.keys[hash]
	if k == nil || k.tag != tag {
		return
	}
	// A current entry in a fine bucket is never early; a coarse one by less
	// than what was left when it was added.
	if !s.jumped && k.entryAt-k.addedAt < 2000 && s.now < k.entryAt {
		t.Fatalf("entry for %d fired at %d", k.entryAt, s.now)
	}
	if k.deadline <= s.now {
		delete(s.keys, hash)
		return
	}
	if k.refires++; k.deadline == k.entryAt && !s.jumped && k.refires > levels && k.deadline-s.now < 1<<42 {
		t.Fatalf("key with deadline %d fired %d times", k.deadline, k.refires)
	}
	s.enter(hash, k)
}

// drain fires until nothing is due, and checks that no key is left that should
// have gone.
func (s *shard) drain(t rapid.TB, step int) {
	total := s.entries
	for rounds := 0; ; rounds++ {
		before := s.entries
		due := s.w.Due(s.now)
		_, late := s.w.Lag(s.now)
		if due != (late > 0) {
			t.Fatalf("Due %v, but %d entries are due", due, late)
		}
		fired, more := s.next(t, step)
		if fired > step || due != (fired > 0) || more != s.w.Due(s.now) || fired < min(late, step) {
			t.Fatalf("Next fired %d of %d (due %d), more %v", fired, before, late, more)
		}
		if !more {
			break
		}
		if rounds > levels*(total+10) {
			t.Fatalf("draining does not end")
		}
	}
	for hash, k := range s.keys {
		// Due at the end of the 8 ms in which the deadline lies, or in which the
		// key was added if its deadline had passed already.
		due := max(k.deadline, k.addedAt)>>tickShift + 1
		if due <= s.now>>tickShift {
			t.Fatalf("key %#x with deadline %d is still there at %d", hash, k.deadline, s.now)
		}
	}
}

func (s *shard) check(t rapid.TB) {
	if s.w.Len() != s.entries {
		t.Fatalf("Len = %d, want %d", s.w.Len(), s.entries)
	}
	at, ok := s.w.NextDue()
	if ok != (s.entries > 0) || ok && s.w.Due(s.now) != (at <= s.now || s.w.draining.count > 0) {
		t.Fatalf("NextDue = %d, %v with %d entries, Due %v", at, ok, s.entries, s.w.Due(s.now))
	}
	used := 0
	for _, p := range s.w.pool.pages {
		if p.data != nil {
			used++
		}
	}
	if limit := s.entries/pageChunks + s.entries*8 + 2; used != s.w.pool.live || used > limit || s.w.pool.slab.Stats().Blocks != int64(used) {
		t.Fatalf("%d pages for %d entries, counted %d", used, s.entries, s.w.pool.live)
	}
}

func (s *shard) scrub(t rapid.TB, step int) {
	for w := s.w; ; {
		seen := 0
		more := w.Scrub(step, func(hash uint64, tag uint8) bool {
			seen++
			k := s.keys[hash]
			if k != nil && k.tag == tag {
				return true
			}
			s.entries--
			return false
		})
		if seen > step {
			t.Fatalf("Scrub(%d) examined %d", step, seen)
		}
		if !more {
			return
		}
	}
}

func ttls() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64Range(-10, 100), rapid.Int64Range(0, 5_000), rapid.Int64Range(0, 1_000_000),
		rapid.Int64Range(0, 1<<37), rapid.Int64Range(0, math.MaxInt64))
}

func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newShard()
		jumps := rapid.Bool().Draw(t, "jumps")
		step := rapid.SampledFrom([]int{1, 7, 1000}).Draw(t, "step")
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				ttl := ttls().Draw(t, "ttl")
				for i := range rapid.Int64Range(1, 60).Draw(t, "count") {
					s.add(ttl + i*rapid.SampledFrom([]int64{0, 1, 9}).Draw(t, "apart"))
				}
			},
			"extend": func(t *rapid.T) {
				if _, k := s.pick(rapid.IntRange(0, 1000).Draw(t, "which")); k != nil && k.deadline < 1<<60 {
					k.deadline += rapid.Int64Range(0, 1<<40).Draw(t, "by")
				}
			},
			"shorten": func(t *rapid.T) {
				if hash, k := s.pick(rapid.IntRange(0, 1000).Draw(t, "which")); k != nil && k.deadline > s.now {
					k.deadline = s.now + (k.deadline-s.now)/2
					s.enter(hash, k)
				}
			},
			"delete": func(t *rapid.T) {
				hash, _ := s.pick(rapid.IntRange(0, 1000).Draw(t, "which"))
				delete(s.keys, hash)
			},
			"tick": func(t *rapid.T) {
				s.now += rapid.Int64Range(0, 3000).Draw(t, "ms")
				s.drain(t, step)
			},
			"fewSteps": func(t *rapid.T) {
				s.now += rapid.Int64Range(0, 3000).Draw(t, "ms")
				s.next(t, step)
			},
			"ahead": func(t *rapid.T) {
				s.now += rapid.SampledFrom([]int64{1, 2048, 1 << 19, 1 << 27, 1 << 31}).Draw(t, "unit") * rapid.Int64Range(0, 300).Draw(t, "n")
				s.drain(t, step)
			},
			"back": func(t *rapid.T) {
				if !jumps {
					t.Skip("no jumps")
				}
				s.jumped = true
				s.now -= rapid.SampledFrom([]int64{1, 100, 5000, 1 << 20, 1 << 28}).Draw(t, "unit") * rapid.Int64Range(0, 10).Draw(t, "n")
				s.drain(t, step)
			},
			"scrub": func(t *rapid.T) { s.scrub(t, rapid.IntRange(1, 100).Draw(t, "step")) },
			"scrubStep": func(t *rapid.T) {
				s.w.Scrub(step, func(hash uint64, tag uint8) bool {
					if k := s.keys[hash]; k != nil && k.tag == tag {
						return true
					}
					s.entries--
					return false
				})
			},
			"": func(t *rapid.T) { s.check(t) },
		})
		for hash, k := range s.keys { // what never comes due is deleted
			if k.deadline-s.now > 1<<50 {
				delete(s.keys, hash)
			}
		}
		s.scrub(t, 50)
		s.scrub(t, 50) // the first may have begun in the middle
		s.now += 1 << 52
		s.drain(t, 50)
		s.check(t)
		if s.entries != 0 || len(s.keys) != 0 || s.w.pool.live > 1 {
			t.Fatalf("at the end of time: %d entries, %d keys, %d pages", s.entries, len(s.keys), s.w.pool.live)
		}
		s.add(5)
		s.w.Close()
		if n := s.w.pool.slab.Stats().Blocks; n != 0 {
			t.Fatalf("a closed wheel holds %d blocks", n)
		}
	})
}

// TestScrubDropsStale leaves exactly the current entries.
func TestScrubDropsStale(t *testing.T) {
	s := newShard()
	for i := range int64(20_000) {
		s.add(i)
	}
	for hash := range s.keys {
		if hash%10 != 0 {
			delete(s.keys, hash)
		}
	}
	before := s.w.Bytes()
	s.scrub(t, 100)
	s.check(t)
	if s.entries != len(s.keys) {
		t.Fatalf("%d entries left for %d keys", s.entries, len(s.keys))
	}
	if after := s.w.Bytes(); after > before*2/3 {
		t.Errorf("%d bytes before, %d after dropping nine tenths", before, after)
	}
	s.now += 20_000
	s.drain(t, 100)
	s.now += 8
	s.drain(t, 100)
	if len(s.keys) != 0 || s.entries != 0 {
		t.Fatalf("%d keys and %d entries left", len(s.keys), s.entries)
	}
}

// TestSameInstant drains a hundred thousand keys due at once in bounded steps.
func TestSameInstant(t *testing.T) {
	s := newShard()
	const n = 100_000
	for range n {
		s.add(60_000)
	}
	if per := float64(s.w.Bytes()) / n; per > 6 {
		t.Errorf("%.2f bytes an entry, want <= 6", per)
	}
	s.now += 60_000 - 1
	s.drain(t, 1000)
	if len(s.keys) != n {
		t.Fatalf("%d keys expired early", n-len(s.keys))
	}
	s.now += 9
	if late, due := s.w.Lag(s.now); due != n || late > 8 {
		t.Fatalf("Lag = %d ms, %d entries", late, due)
	}
	s.drain(t, 1000)
	if len(s.keys) != 0 || s.w.Len() != 0 {
		t.Fatalf("%d keys and %d entries left", len(s.keys), s.w.Len())
	}
	if left := s.w.Bytes(); left > 32<<10 {
		t.Errorf("an empty wheel holds %d bytes", left)
	}
}

// TestClockSetBack adds keys after the clock has gone back an hour, into rings
// full of later buckets: they must not wait for that hour.
func TestClockSetBack(t *testing.T) {
	s := newShard()
	s.jumped = true
	for i := range int64(3000) {
		s.add(i * 100)
	}
	s.now -= 3_600_000
	for i := range int64(3000) {
		s.add(i * 100)
	}
	for range 400 {
		s.now += 1000
		s.drain(t, 100)
	}
	if len(s.keys) != 3000 {
		t.Fatalf("%d keys left, want those from before the jump", len(s.keys))
	}
	s.now += 3_600_000
	s.drain(t, 100)
	if len(s.keys) != 0 {
		t.Fatalf("%d keys left", len(s.keys))
	}
}
