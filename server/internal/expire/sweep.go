package expire

// sweep is the position of Scrub: entries of a bucket from the last to the
// first. Entries are added behind it, and buckets that fire step over it.
type sweep struct {
	level, bucket int
	chunk         uint32 // chunk under examination; 0: the bucket's first, from its end
	slot          uint32 // entries of it not examined yet
}

// leave moves the sweep on if it is in a bucket that is about to lose all its
// entries.
func (s *sweep) leave(level, bucket int) {
	if s.level == level && s.bucket == bucket {
		*s = sweep{level: level, bucket: bucket + 1}
	}
}

// Scrub examines up to max entries, calls keep for each and drops it if keep
// says no. more tells that the sweep has not reached the end of the wheel; the
// next call goes on from there, or else begins a new one. Entries added
// meanwhile may be missed. keep must not change the wheel.
func (w *Wheel) Scrub(max int, keep func(hash uint64, tag uint8) bool) (more bool) {
	for n := 0; n < max; {
		b := w.sweepBucket()
		if b == nil {
			w.sweep = sweep{}
			w.trim()
			return false
		}
		n += w.scrubChunk(b, max-n, keep)
	}
	return true
}

// sweepBucket returns the bucket to go on with, nil at the end of the wheel.
func (w *Wheel) sweepBucket() *bucket {
	s := &w.sweep
	for ; s.level < levels; *s = (sweep{level: s.level + 1}) {
		lv := w.levels[s.level]
		if lv == nil {
			continue
		}
		for i := range lv.each {
			if i == s.bucket {
				return &lv.buckets[i]
			}
			if i > s.bucket {
				*s = sweep{level: s.level, bucket: i}
				return &lv.buckets[i]
			}
		}
	}
	return nil
}

// scrubChunk examines entries of the current chunk, last to first. The place of
// a dropped one is taken by the last entry of the list, which has been examined
// before, or added since.
func (w *Wheel) scrubChunk(b *bucket, max int, keep func(hash uint64, tag uint8) bool) int {
	s := &w.sweep
	if s.chunk == 0 {
		s.chunk, s.slot = b.head, (b.count-1)%chunkHashes+1
	}
	tag := tagOf(s.level, s.bucket)
	after := w.pool.next(s.chunk)
	n := 0
	for ; s.slot > 0 && n < max; n++ {
		s.slot--
		if keep(getHash(w.pool.chunk(s.chunk), s.slot), tag) {
			continue
		}
		own := s.chunk == b.head && (b.count-1)%chunkHashes == s.slot
		last := w.pool.pop(&b.list)
		w.entries--
		if !own {
			putHash(w.pool.chunk(s.chunk), s.slot, last)
		}
	}
	if s.slot > 0 {
		return n
	}
	s.chunk = after
	if s.chunk != 0 {
		s.slot = chunkHashes
		return n
	}
	k, i := s.level, s.bucket
	s.leave(k, i)
	if b.count == 0 {
		w.empty(k, i)
	}
	return n
}
