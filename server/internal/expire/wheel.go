package expire

import (
	"math"
	"math/bits"
	"unsafe"

	"redline/server/internal/slab"
)

const (
	// A bucket of level 0 spans 8 ms: an expiry is late by that at most. 1 ms would
	// gain nothing that a client sees, and cost eight times as many drains.
	tickShift  = 3
	levelShift = 8
	buckets    = 1 << levelShift
	// levels: widths of 8 ms, 2 s, 9 min, 37 h and 398 days. The last spans 278
	// years; what lies beyond is put at its end and fires then.
	levels = 5
	// spare is the bucket for entries whose own is taken by another time.
	spare = buckets

	never = math.MaxInt64
)

// Wheel holds the hashes of keys with a deadline. Use New.
type Wheel struct {
	pool    pool
	levels  [levels]*level // made when first used
	next    int64          // when the first bucket is due; never if there is none
	entries int

	// draining is the bucket being fired, taken out of its level so that
	// entries added meanwhile do not mix with it.
	draining list
	drainTag uint8
	drainDue int64
	soon     [chunkHashes]uint64 // lent to Next's ahead

	sweep sweep
}

// level is a ring of buckets of one width, and its spare bucket.
type level struct {
	buckets [buckets + 1]bucket
	used    [buckets/64 + 1]uint64 // bit set: bucket has entries
	due     int64                  // when its first bucket is due, and which
	first   int
}

// bucket holds entries for one tick of its level, or in the spare bucket for
// that tick and later ones.
type bucket struct {
	tick int64 // time / width; valid if there are entries
	list
}

// New returns an empty wheel that keeps its entries in blocks of s.
func New(s *slab.Slab) *Wheel { return &Wheel{pool: pool{slab: s}, next: never} }

// Close gives the blocks back, a page of 4 KiB at a time: some 20 ns for 800 entries. The wheel must not be used
// afterwards. A wheel whose slab is closed needs no Close.
func (w *Wheel) Close() { w.pool.reset() }

// Len returns the number of entries, stale ones included.
func (w *Wheel) Len() int { return w.entries }

// Bytes returns the memory the wheel holds: its blocks, see BlockBytes, and what it has on the Go heap.
func (w *Wheel) Bytes() int64 {
	n := int64(unsafe.Sizeof(*w)) + w.pool.bytes()
	for _, lv := range w.levels {
		if lv != nil {
			n += int64(unsafe.Sizeof(*lv))
		}
	}
	return n
}

// BlockBytes returns the size of the slab's blocks that the wheel holds.
func (w *Wheel) BlockBytes() int64 { return int64(w.pool.live) * pageSizeBytes }

func widthShift(k int) uint { return uint(tickShift + k*levelShift) }

// dueOf returns when the bucket for a tick of level k is due.
func dueOf(k int, tick int64) int64 {
	if k == 0 {
		tick++ // at its end
	}
	return tick << widthShift(k)
}

// tagOf returns the tag of entries in a bucket.
func tagOf(k, i int) uint8 {
	if i == spare {
		i = 0x5a
	}
	return uint8(i + k*51) // 51 = 256/5: the levels' rings start far apart
}

// Add enters a key that is to be looked at when its deadline has passed, or
// earlier. The owner keeps the tag with the key. A deadline that has passed
// fires at the end of the current bucket, so that entries added while firing do
// not fire again at the same now.
func (w *Wheel) Add(at int64, hash uint64, now int64) (tag uint8) {
	at = max(at, now)
	k, tick := 0, int64(0)
	for {
		shift := widthShift(k)
		tick = at >> shift
		if last := now>>shift + buckets - 1; tick <= last {
			break
		} else if k == levels-1 {
			tick = last
			break
		}
		k++
	}
	lv := w.levels[k]
	if lv == nil {
		lv = &level{due: never}
		w.levels[k] = lv
	}
	i := int(tick & (buckets - 1))
	if b := &lv.buckets[i]; b.count > 0 && b.tick != tick {
		i = spare
	}
	b := &lv.buckets[i]
	if b.count == 0 || tick < b.tick {
		b.tick = tick
		lv.used[i/64] |= 1 << (i % 64)
		if due := dueOf(k, tick); due < lv.due {
			lv.due, lv.first = due, i
			w.next = min(w.next, due)
		}
	}
	w.pool.push(&b.list, hash)
	w.entries++
	return tagOf(k, i)
}

// Next fires up to max entries that are due, earliest bucket first, and tells
// how many, and whether more are due. fire gets an entry's hash and tag; it may
// call Add, but no other method that changes the wheel. ahead is told of the
// hashes that fire will be called with next, a few at a time.
func (w *Wheel) Next(now int64, max int, ahead func(hashes []uint64), fire func(hash uint64, tag uint8)) (fired int, more bool) {
	for left := 0; fired < max; left-- {
		if w.draining.count == 0 && !w.detach(now) {
			break
		}
		if left <= 0 {
			left = w.pool.peek(&w.draining, w.soon[:min(chunkHashes, max-fired)])
			ahead(w.soon[:left])
		}
		hash := w.pool.pop(&w.draining)
		w.entries--
		fired++
		fire(hash, w.drainTag)
	}
	w.trim()
	return fired, w.Due(now)
}

// trim drops the pages and their table of a wheel that was large and is empty.
func (w *Wheel) trim() {
	if w.entries == 0 && len(w.pool.pages) > keptPages {
		w.pool.reset()
	}
}

// detach makes the earliest bucket, if it is due, the draining one.
func (w *Wheel) detach(now int64) bool {
	if w.next > now {
		return false
	}
	k := 0
	for w.levels[k] == nil || w.levels[k].due != w.next {
		k++
	}
	lv := w.levels[k]
	i := lv.first
	w.draining, w.drainTag, w.drainDue = lv.buckets[i].list, tagOf(k, i), lv.due
	w.sweep.leave(k, i)
	w.empty(k, i)
	return true
}

// empty marks a bucket as without entries, and finds what is due next.
func (w *Wheel) empty(k, i int) {
	lv := w.levels[k]
	lv.buckets[i] = bucket{}
	lv.used[i/64] &^= 1 << (i % 64)
	if lv.first == i {
		lv.due = never
		for i := range lv.each {
			if due := dueOf(k, lv.buckets[i].tick); due < lv.due {
				lv.due, lv.first = due, i
			}
		}
	}
	w.next = never
	for _, lv := range w.levels {
		if lv != nil {
			w.next = min(w.next, lv.due)
		}
	}
}

// each yields the buckets in use.
func (lv *level) each(yield func(i int) bool) {
	for n, word := range lv.used {
		for ; word != 0; word &= word - 1 {
			if !yield(n*64 + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}

// Due reports whether Next would fire anything.
func (w *Wheel) Due(now int64) bool { return w.draining.count > 0 || w.next <= now }

// NextDue returns when the next entry is due; ok is false if there is none.
func (w *Wheel) NextDue() (at int64, ok bool) {
	if w.draining.count > 0 {
		return w.drainDue, true
	}
	return w.next, w.next != never
}

// Lag tells how far firing is behind: for how many milliseconds the oldest due
// bucket has been due, and how many entries are due and have not been fired. The
// count is exact, but includes stale entries and those that only move to a finer
// bucket.
func (w *Wheel) Lag(now int64) (lateMs int64, entries int) {
	at, ok := w.NextDue()
	if !ok || at > now && w.draining.count == 0 {
		return 0, 0
	}
	entries = int(w.draining.count)
	for k, lv := range w.levels {
		if lv == nil || lv.due > now {
			continue
		}
		for i := range lv.each {
			if b := &lv.buckets[i]; dueOf(k, b.tick) <= now {
				entries += int(b.count)
			}
		}
	}
	return max(0, now-at), entries
}
