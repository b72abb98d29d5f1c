package dict

import (
	"unsafe"

	"redline/server/internal/slab"
)

// Hash is a key's hash, of which 40 bits count: bits 39..8 are the address, bits
// 7..0 the tag. Callers clear the bits above.
type Hash = uint64

// Keys gives the dict access to the keys its handles stand for.
type Keys interface {
	// Equal reports whether h's key is key.
	Equal(h slab.Handle, key []byte) bool
	// HashOf returns the hash under which h was inserted.
	HashOf(h slab.Handle) Hash
}

// Dict maps hashes to handles of one slab. Use New.
type Dict struct {
	dir   []ref // 1<<bits entries, nil while empty
	shift uint8 // 32 - bits
	bits  uint8

	slab *slab.Slab
	keys Keys

	len      int
	chained  int                     // entries in chains, part of len
	chains   map[slab.Handle][]entry // by segment; nil in normal life
	segBytes int64
	atDepth  [depthMax + 1]uint32 // segments by depth
	clearAt  int                  // directory index where ClearStep goes on
	touched  byte                 // what collect and Warm read, so that it is read
	scratch  []slab.Handle        // lent to Scan and the like
}

// entry is an element on its way between segments, or in a chain.
type entry struct {
	hash Hash
	h    slab.Handle
}

// ref is a directory entry:
//
//	| count 11 | lines 7 | depth 6 | segment's handle 40 |
//
// A segment of less depth than the directory has several entries; only the first
// of them keeps the count, in the others it is 0. A handle of 0 is a segment
// without entries, which has no memory.
type ref uint64

const (
	depthShift = 40
	linesShift = depthShift + 6
	countShift = linesShift + 7
	countOne   = ref(1) << countShift

	// depthMax bounds the directory to 2^26 entries; it is far beyond what
	// dirShare permits for any number of keys in memory.
	depthMax = 26
)

const _ = uint(1<<(64-countShift) - 1 - linesMax*slots)

func makeRef(seg slab.Handle, depth uint, lines uint32, count int) ref {
	return ref(seg) | ref(depth)<<depthShift | ref(lines)<<linesShift | ref(count)<<countShift
}

func (r ref) seg() slab.Handle { return slab.Handle(r & handleMask) }
func (r ref) depth() uint      { return uint(r>>depthShift) & 63 }
func (r ref) lines() uint32    { return uint32(r>>linesShift) & 127 }
func (r ref) count() int       { return int(r >> countShift) }

// home returns the line an address belongs to.
func (r ref) home(addr uint32) uint32 {
	return uint32(uint64(addr<<r.depth()) * uint64(r.lines()) >> 32)
}

// New returns an empty dict whose segments are taken from s. Handles inserted
// must be live blocks of s.
func New(s *slab.Slab, k Keys) *Dict { return &Dict{slab: s, keys: k, shift: 32} }

// Len returns the number of entries.
func (d *Dict) Len() int { return d.len }

// Bytes returns the memory of segments, directory and chains.
func (d *Dict) Bytes() int64 {
	n := int64(unsafe.Sizeof(*d)) + d.segBytes + int64(cap(d.dir))*int64(unsafe.Sizeof(ref(0)))
	return n + int64(d.chained)*int64(unsafe.Sizeof(entry{})) + int64(cap(d.scratch))*8
}

func (d *Dict) index(addr uint32) uint32 { return uint32(uint64(addr) >> (d.shift & 63)) }

// first returns the first of the directory entries that refer to the segment of
// entry i: the one that keeps its count.
func (d *Dict) first(i uint32, r ref) uint32 {
	return i &^ (1<<(uint(d.bits)-r.depth()) - 1)
}

// Find returns the entry of a key.
func (d *Dict) Find(hash Hash, key []byte) (slab.Handle, bool) {
	addr := uint32(hash >> 8)
	i := d.index(addr)
	if int(i) >= len(d.dir) {
		return 0, false
	}
	r := d.dir[i]
	if r.seg() == 0 {
		return 0, false
	}
	home := r.home(addr)
	seg := d.slab.Bytes(r.seg())
	l := lineAt(seg, home)
	m := l.meta()
	for set := l.match(uint8(hash)) & m.own(); set != 0; {
		if h := l.handle(next(&set)); d.keys.Equal(h, key) {
			return h, true
		}
	}
	if m.reach() == 0 {
		return 0, false
	}
	return d.findSpilled(r, seg, home, m.reach(), hash, key)
}

// findSpilled looks in the neighbourhood of a home line that has spilled.
func (d *Dict) findSpilled(r ref, seg []byte, home, reach uint32, hash Hash, key []byte) (slab.Handle, bool) {
	lines := r.lines()
	at := home
	for range min(reach, reachMax, lines-1) {
		if at++; at == lines {
			at = 0
		}
		l := lineAt(seg, at)
		for set := l.match(uint8(hash)) & l.meta().foreign(); set != 0; {
			if h := l.handle(next(&set)); d.keys.Equal(h, key) {
				return h, true
			}
		}
	}
	if reach == reachChain {
		for _, e := range d.chains[r.seg()] {
			if e.hash == hash && d.keys.Equal(e.h, key) {
				return e.h, true
			}
		}
	}
	return 0, false
}

// FindAll calls fn for every entry whose hash equals hash, until fn returns
// false. fn may change the dict; entries it removes are still reported if they
// were found before.
func (d *Dict) FindAll(hash Hash, fn func(h slab.Handle) bool) {
	addr := uint32(hash >> 8)
	i := d.index(addr)
	if int(i) >= len(d.dir) || d.dir[i].seg() == 0 {
		return
	}
	r := d.dir[i]
	found := d.borrow()
	seg := d.slab.Bytes(r.seg())
	at := r.home(addr)
	l := lineAt(seg, at)
	m := l.meta()
	for set := l.match(uint8(hash)) & m.own(); set != 0; {
		if h := l.handle(next(&set)); d.keys.HashOf(h) == hash {
			found = append(found, h)
		}
	}
	for range min(m.reach(), reachMax, r.lines()-1) {
		if at++; at == r.lines() {
			at = 0
		}
		l := lineAt(seg, at)
		for set := l.match(uint8(hash)) & l.meta().foreign(); set != 0; {
			if h := l.handle(next(&set)); d.keys.HashOf(h) == hash {
				found = append(found, h)
			}
		}
	}
	if d.chained > 0 {
		for _, e := range d.chains[r.seg()] {
			if e.hash == hash {
				found = append(found, e.h)
			}
		}
	}
	for _, h := range found {
		if !fn(h) {
			break
		}
	}
	d.giveBack(found)
}

// Warm reads what look-ups of these hashes will read: their lines, and the
// beginnings of the blocks that may be meant. No read waits for another, so that
// their cache misses overlap; then the look-ups take a fraction of their time.
func (d *Dict) Warm(hashes []Hash) {
	var touched byte
	for _, hash := range hashes {
		if l := d.homeLine(hash); l != nil {
			touched |= l[metaAt]
		}
	}
	for _, hash := range hashes {
		l := d.homeLine(hash)
		if l == nil {
			continue
		}
		for set := l.match(uint8(hash)) & l.meta().own(); set != 0; {
			touched |= touch(d.slab.Bytes(l.handle(next(&set))))
		}
	}
	d.touched = touched
}

// touch reads the two cache lines that a block's head and key may lie in.
func touch(b []byte) byte { return b[0] | b[min(len(b)-1, keyNear)] }

// keyNear is about how far into its block a short key ends.
const keyNear = 28

// homeLine returns the line that a hash belongs to, nil if its segment is empty.
func (d *Dict) homeLine(hash Hash) *line {
	addr := uint32(hash >> 8)
	i := d.index(addr)
	if int(i) >= len(d.dir) || d.dir[i].seg() == 0 {
		return nil
	}
	r := d.dir[i]
	return lineAt(d.slab.Bytes(r.seg()), r.home(addr))
}

// borrow lends the scratch list, so that callbacks may call the dict.
func (d *Dict) borrow() []slab.Handle {
	list := d.scratch[:0]
	d.scratch = nil
	return list
}

// scratchMax bounds the scratch list kept between calls, in handles.
const scratchMax = 256

func (d *Dict) giveBack(list []slab.Handle) {
	if cap(list) <= scratchMax {
		d.scratch = list
	}
}

// Insert adds an entry for a key that has none. h's block must hold its key when
// the dict is next called.
func (d *Dict) Insert(hash Hash, h slab.Handle) {
	if d.dir == nil {
		d.dir = []ref{makeRef(0, 0, 0, 0)}
		d.atDepth[0] = 1
	}
	for d.len++; ; {
		addr := uint32(hash >> 8)
		i := d.index(addr)
		r := d.dir[i]
		i = d.first(i, r)
		r = d.dir[i]
		if r.count() < limit(r.lines()) && d.place(r, hash, h) {
			d.dir[i] += countOne
			return
		}
		if d.expand(i) {
			continue
		}
		if d.place(r, hash, h) {
			d.dir[i] += countOne
		} else {
			d.chain(r, entry{hash, h})
		}
		return
	}
}

// place puts an entry into its home line or the nearest one with room, unless
// the neighbourhood is full.
func (d *Dict) place(r ref, hash Hash, h slab.Handle) bool {
	seg := d.slab.Bytes(r.seg())
	home := r.home(uint32(hash >> 8))
	hl := lineAt(seg, home)
	m := hl.meta()
	if free := ^m.used() & slotMask; free != 0 {
		slot := next(&free)
		hl[slot] = uint8(hash)
		hl.setHandle(slot, h)
		hl.setMeta(m | 1<<slot)
		return true
	}
	lines, at := r.lines(), home
	for dist := uint32(1); dist <= min(reachMax, lines-1); dist++ {
		if at++; at == lines {
			at = 0
		}
		l := lineAt(seg, at)
		free := ^l.meta().used() & slotMask
		if free == 0 {
			continue
		}
		slot := next(&free)
		l[slot] = uint8(hash)
		l.setHandle(slot, h)
		l.setMeta(l.meta() | 1<<(slot+foreignShift))
		hl.setMeta((m + 1<<spillShift).withReach(max(m.reach(), dist)))
		return true
	}
	return false
}

// where is the place of an entry: a slot of a line, or else a chain position.
type where struct {
	l, home *line
	slot    uint32
	chain   int // -1 if in a line
}

// locate finds the entry with that handle.
func (d *Dict) locate(r ref, hash Hash, h slab.Handle) (where, bool) {
	seg := d.slab.Bytes(r.seg())
	home := r.home(uint32(hash >> 8))
	hl := lineAt(seg, home)
	m := hl.meta()
	for set := hl.match(uint8(hash)) & m.own(); set != 0; {
		if slot := next(&set); hl.handle(slot) == h {
			return where{hl, hl, slot, -1}, true
		}
	}
	lines, at := r.lines(), home
	for range min(m.reach(), reachMax, lines-1) {
		if at++; at == lines {
			at = 0
		}
		l := lineAt(seg, at)
		for set := l.match(uint8(hash)) & l.meta().foreign(); set != 0; {
			if slot := next(&set); l.handle(slot) == h {
				return where{l, hl, slot, -1}, true
			}
		}
	}
	if m.reach() == reachChain {
		for i, e := range d.chains[r.seg()] {
			if e.h == h && e.hash == hash {
				return where{nil, hl, 0, i}, true
			}
		}
	}
	return where{}, false
}

// Delete removes the entry with that handle. h's key is not looked at, so its
// block may be freed before or after.
func (d *Dict) Delete(hash Hash, h slab.Handle) bool {
	i := d.index(uint32(hash >> 8))
	if int(i) >= len(d.dir) || d.dir[i].seg() == 0 {
		return false
	}
	i = d.first(i, d.dir[i])
	r := d.dir[i]
	w, ok := d.locate(r, hash, h)
	if !ok {
		return false
	}
	switch {
	case w.chain >= 0:
		d.unchain(r, w)
	case w.l == w.home:
		w.l.setMeta(w.l.meta() &^ (1 << w.slot))
		d.dir[i] -= countOne
	default:
		w.l.setMeta(w.l.meta() &^ (1 << (w.slot + foreignShift)))
		m := w.home.meta() - 1<<spillShift
		if m.spill() == 0 && m.reach() != reachChain {
			m = m.withReach(0)
		}
		w.home.setMeta(m)
		d.dir[i] -= countOne
	}
	d.len--
	d.contract(i)
	return true
}

// Replace makes the entry with handle old refer to new, whose block must hold
// the same key.
func (d *Dict) Replace(hash Hash, old, new slab.Handle) bool {
	i := d.index(uint32(hash >> 8))
	if int(i) >= len(d.dir) || d.dir[i].seg() == 0 {
		return false
	}
	r := d.dir[i]
	w, ok := d.locate(r, hash, old)
	switch {
	case !ok:
		return false
	case w.chain >= 0:
		d.chains[r.seg()][w.chain].h = new
	default:
		w.l.setHandle(w.slot, new)
	}
	return true
}
