package dict

import "redline/server/internal/slab"

const (
	linesMax = 64

	// limitNum/limitDen of the slots in use: beyond, lookups walk too far.
	limitNum, limitDen = 15, 16

	// looseNum/looseDen: a new segment is given lines so that it is filled at
	// most so far, which leaves room before the next rebuild.
	looseNum, looseDen = 3, 4

	// dirShare: the directory may have one entry for so many keys (0.5 bytes a
	// key). Evenly hashed keys need one for 100 or more; only hashes that
	// splitting cannot tell apart come near it.
	dirShare = 16
	// dirFree directory entries are allowed in any case.
	dirFree = 16

	// mergeMax entries of two buddies together go into one segment of 64
	// lines: 70 % fill, a quarter below the point where it would split again.
	// At a constant size the count of a segment varies by about its square
	// root, 5 %, so neither threshold is crossed back and forth.
	mergeMax = 448

	// shrinkNum/shrinkDen: a segment gets fewer lines if they are then filled
	// so far at most.
	shrinkNum, shrinkDen = 7, 10
)

// rungs are the sizes of segments in lines.
var rungs = [...]uint32{1, 2, 4, 8, 16, 32, 48, linesMax}

// A segment is a pinned block.
const _ = uint(slab.PinnedMax - linesMax*lineBytes)

// limit returns how many entries a segment takes before it expands.
func limit(lines uint32) int { return int(lines) * slots * limitNum / limitDen }

// loose returns the lines for a new segment of n entries.
func loose(n int) uint32 {
	for _, lines := range rungs {
		if n*looseDen <= int(lines)*slots*looseNum {
			return lines
		}
	}
	return linesMax
}

// segment makes a segment of the given entries. What finds no place there goes
// to its chain.
func (d *Dict) segment(depth uint, lines uint32, list []entry) ref {
	h, b := d.slab.AllocPinned(int(lines) * lineBytes)
	clear(b)
	d.segBytes += int64(cap(b))
	r := makeRef(h, depth, lines, 0)
	for _, e := range list {
		if d.place(r, e.hash, e.h) {
			r += countOne
		} else {
			d.chain(r, e)
		}
	}
	return r
}

// drop frees a segment and its chain.
func (d *Dict) drop(r ref) {
	if r.seg() == 0 {
		return
	}
	if d.chained > 0 {
		d.chained -= len(d.chains[r.seg()])
		delete(d.chains, r.seg())
	}
	d.segBytes -= int64(len(d.slab.Bytes(r.seg())))
	d.slab.Free(r.seg())
}

// size returns the entries of a segment, those in its chain included. r is the
// first directory entry.
func (d *Dict) size(r ref) int {
	n := r.count()
	if d.chained > 0 {
		n += len(d.chains[r.seg()])
	}
	return n
}

// collect appends a segment's entries to list.
func (d *Dict) collect(r ref, list []entry) []entry {
	if r.seg() == 0 {
		return list
	}
	from := len(list)
	seg := d.slab.Bytes(r.seg())
	var touched byte
	for i := range r.lines() {
		l := lineAt(seg, i)
		for set := l.meta().used(); set != 0; {
			h := l.handle(next(&set))
			// Touching the blocks one after the other, without waiting for any,
			// lets their cache misses overlap: hashing them then is several
			// times faster.
			touched |= touch(d.slab.Bytes(h))
			list = append(list, entry{h: h})
		}
	}
	d.touched = touched
	for i := range list[from:] {
		e := &list[from+i]
		e.hash = d.keys.HashOf(e.h)
	}
	if d.chained > 0 {
		list = append(list, d.chains[r.seg()]...)
	}
	return list
}

// chain adds an entry to a segment's chain.
func (d *Dict) chain(r ref, e entry) {
	if d.chains == nil {
		d.chains = make(map[slab.Handle][]entry)
	}
	d.chains[r.seg()] = append(d.chains[r.seg()], e)
	d.chained++
	l := lineAt(d.slab.Bytes(r.seg()), r.home(uint32(e.hash>>8)))
	l.setMeta(l.meta().withReach(reachChain))
}

// unchain removes an entry from a segment's chain.
func (d *Dict) unchain(r ref, w where) {
	list := d.chains[r.seg()]
	home := r.home(uint32(list[w.chain].hash >> 8))
	last := len(list) - 1
	list[w.chain] = list[last]
	list = list[:last]
	d.chained--
	if last == 0 {
		delete(d.chains, r.seg())
	} else {
		d.chains[r.seg()] = list
	}
	for _, e := range list {
		if r.home(uint32(e.hash>>8)) == home {
			return
		}
	}
	m := w.home.meta()
	if m.spill() == 0 {
		w.home.setMeta(m.withReach(0))
	} else {
		w.home.setMeta(m.withReach(reachMax))
	}
}
