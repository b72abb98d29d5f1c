package hashtable

import (
	"math/bits"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// Table maps strings to strings. Make one with New. Keys and values passed in must not be views into the same table;
// those passed out are valid until its next change.
type Table struct {
	seed  uint64
	count int

	dir     []uint32 // segment by the top depth bits of a hash
	depth   uint8
	byDepth [depthMax + 1]uint32 // segments of each depth: when there are none of the directory's own, it is halved

	pages [][]segment // segments by index, pageSegs each
	nsegs uint32
	data  int64 // bytes of the segments' lists of chunks

	pool  pool
	blobs blobs
}

// pageShift: the list of segments grows by pages, as copying all of it would take long in a huge table.
const (
	pageShift = 6
	pageSegs  = 1 << pageShift
)

// New returns an empty table. seed makes its hashes unpredictable to those who choose the keys.
func New(seed uint64) *Table {
	t := &Table{seed: seed, dir: []uint32{0}}
	t.newSegment(segment{})
	return t
}

func (t *Table) hash(key []byte) uint64 { return xxh3.HashSeed(key, t.seed) }

// top returns the highest n bits of h.
func top(h uint64, n uint8) uint64 { return h >> (64 - n) }

func (t *Table) seg(i uint32) *segment { return &t.pages[i>>pageShift][i&(pageSegs-1)] }

func (t *Table) segOf(h uint64) uint32 { return t.dir[top(h, t.depth)] }

// Len returns the number of entries.
func (t *Table) Len() int { return t.count }

// MemBytes returns the memory that the table takes, in bytes.
func (t *Table) MemBytes() int64 {
	return int64(unsafe.Sizeof(*t)) + int64(cap(t.dir))*4 + t.pagesBytes() + t.data + t.pool.memBytes() + t.blobs.memBytes()
}

func (t *Table) pagesBytes() int64 {
	n := int64(len(t.pages)) * pageSegs
	if len(t.pages) == 1 {
		n = int64(cap(t.pages[0]))
	}
	return n*int64(unsafe.Sizeof(segment{})) + int64(cap(t.pages))*24
}

// Get returns the value of a key.
func (t *Table) Get(key []byte) (val []byte, ok bool) {
	h := t.hash(key)
	for i := t.segOf(h); ; {
		s := t.seg(i)
		if at := t.find(s, h, key); at >= 0 {
			return t.decode(t.recordAt(s, at)).val, true
		}
		if s.next == 0 {
			return nil, false
		}
		i = s.next - 1
	}
}

// Has says whether there is an entry with the key.
func (t *Table) Has(key []byte) bool {
	_, _, ok := t.locate(t.hash(key), key)
	return ok
}

// locate finds the segment and slot of a key.
func (t *Table) locate(h uint64, key []byte) (seg uint32, at int, ok bool) {
	for i := t.segOf(h); ; {
		s := t.seg(i)
		if at := t.find(s, h, key); at >= 0 {
			return i, at, true
		}
		if s.next == 0 {
			return 0, 0, false
		}
		i = s.next - 1
	}
}

// Set gives a key a value and says whether the key is new.
func (t *Table) Set(key, val []byte) (added bool) {
	h := t.hash(key)
	i, at, ok := t.locate(h, key)
	if ok {
		s := t.seg(i)
		b := t.recordAt(s, at)
		r := t.decode(b)
		if shrunk, ok := t.setValue(b, &r, val); ok {
			s.dead += uint32(shrunk)
			return false
		}
		t.removeAt(i, h, at)
	}
	t.insert(h, key, val)
	t.shrinkPool()
	return !ok
}

// Add adds a key with an empty value, unless there is one, and says whether it did.
func (t *Table) Add(key []byte) bool {
	h := t.hash(key)
	if _, _, ok := t.locate(h, key); ok {
		return false
	}
	t.insert(h, key, nil)
	t.shrinkPool()
	return true
}

// Delete removes an entry and says whether there was one.
func (t *Table) Delete(key []byte) bool {
	h := t.hash(key)
	i, at, ok := t.locate(h, key)
	if !ok {
		return false
	}
	t.removeAt(i, h, at)
	t.tidy(i, h)
	t.shrinkPool()
	return true
}

// Random returns an entry, each with the same probability, chosen by r. There must be one.
func (t *Table) Random(r uint64) (key, val []byte) {
	for {
		r = r*6364136223846793005 + 1442695040888963407 // Knuth's MMIX
		x := r ^ r>>29
		hi, lo := bits.Mul64(x, uint64(t.nsegs))
		s := t.seg(uint32(hi))
		// What is left of the multiplication is as random as x.
		slot, _ := bits.Mul64(lo, segSlots)
		if s.count > 0 && t.occupied(s, int(slot)) {
			rec := t.decode(t.recordAt(s, int(slot)))
			return rec.key, rec.val
		}
	}
}

// Each passes all entries to fn until it returns false. fn must not change the table.
func (t *Table) Each(fn func(key, val []byte) bool) {
	for i := range t.nsegs {
		s := t.seg(i)
		for slot := 0; s.count > 0 && slot < segSlots; slot++ {
			if t.occupied(s, slot) {
				if r := t.decode(t.recordAt(s, slot)); !fn(r.key, r.val) {
					return
				}
			}
		}
	}
}

// Clone returns a copy that shares nothing with the table. It copies all memory.
func (t *Table) Clone() *Table {
	c := *t
	c.dir = append([]uint32(nil), t.dir...)
	c.pages = make([][]segment, len(t.pages))
	for i := range t.pages {
		c.pages[i] = append(make([]segment, 0, cap(t.pages[i])), t.pages[i]...)
		for j := range c.pages[i] {
			s := &c.pages[i][j]
			s.chunks = append(make([]chunkID, 0, cap(s.chunks)), s.chunks...)
		}
	}
	c.pool = t.pool.clone()
	c.blobs = t.blobs.clone()
	return &c
}
