package dict

import (
	"math/bits"

	"redline/server/internal/slab"
)

// Scan calls fn for the entries of one range of addresses, which begins at addr
// and has one home line, and returns the address where the next call goes on.
// done says that the range was the last. Started at 0 and followed to the end,
// it reports every entry that is present throughout exactly once, whatever
// happens to the dict between calls; others at most once for each time they are
// inserted. fn may change the dict.
func (d *Dict) Scan(addr uint32, fn func(h slab.Handle)) (next uint32, done bool) {
	if d.dir == nil {
		return 0, true
	}
	i := d.index(addr)
	r := d.dir[i]
	width := uint64(1) << (32 - r.depth())
	base := uint64(addr) &^ (width - 1)
	if r.seg() == 0 {
		return uint32(base + width), base+width == 1<<32
	}
	home := r.home(addr)
	start, end := r.bounds(base, home)
	found := d.borrow()
	seg := d.slab.Bytes(r.seg())
	own := lineAt(seg, home)
	// Own entries need no second look if the whole range is wanted.
	whole := uint64(addr) == start
	wanted := func(hash Hash) bool {
		a := hash >> 8
		return a >= uint64(addr) && a < end && a >= base
	}
	d.eachOfHome(r, seg, home, func(l *line, slot uint32) {
		h := l.handle(slot)
		if whole && l == own && l.meta().own()>>slot&1 == 1 || wanted(d.keys.HashOf(h)) {
			found = append(found, h)
		}
	})
	if d.chained > 0 && own.meta().reach() == reachChain {
		for _, e := range d.chains[r.seg()] {
			if wanted(e.hash) {
				found = append(found, e.h)
			}
		}
	}
	for _, h := range found {
		fn(h)
	}
	d.giveBack(found)
	return uint32(end), end == 1<<32
}

// eachOfHome calls fn for the slots that may hold entries at home in a line: all
// of its own, and the guests of the lines it has spilled to.
func (d *Dict) eachOfHome(r ref, seg []byte, home uint32, fn func(l *line, slot uint32)) {
	l := lineAt(seg, home)
	m := l.meta()
	for set := m.own(); set != 0; {
		fn(l, next(&set))
	}
	at := home
	for range min(m.reach(), reachMax, r.lines()-1) {
		if at++; at == r.lines() {
			at = 0
		}
		l := lineAt(seg, at)
		for set := l.meta().foreign(); set != 0; {
			fn(l, next(&set))
		}
	}
}

// bounds returns the addresses [start, end) at home in a line of the segment
// whose addresses begin at base.
func (r ref) bounds(base uint64, home uint32) (start, end uint64) {
	at := func(line uint32) uint64 {
		lines := uint64(r.lines())
		suffix := (uint64(line)<<32 + lines - 1) / lines
		return base + (suffix+1<<r.depth()-1)>>r.depth()
	}
	return at(home), at(home + 1)
}

// mix is the step of the splitmix64 generator.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// randomTries bounds the search of Random to some microseconds. At the usual
// fill one try in two succeeds; with hashes so uneven that only one in a hundred
// does, all tries fail once in 20,000 calls, and a neighbour of a random place is
// taken.
const randomTries = 1024

// Random returns an entry chosen with nearly equal probability among all. r is
// 64 random bits; the same r gives the same entry of an unchanged dict.
//
// Addresses are drawn until one hits an entry. As an entry in a sparse or
// shallow segment covers more addresses than one elsewhere, it is passed over in
// proportion.
func (d *Dict) Random(r uint64) (slab.Handle, bool) {
	if d.len == 0 {
		return 0, false
	}
	if len(d.dir) == 1 || d.chained > 0 {
		r = mix(r)
		hi, _ := bits.Mul64(r, uint64(d.len))
		if h, ok := d.ranked(int(hi)); ok {
			return h, true
		}
	}
	for range randomTries {
		r = mix(r)
		addr := uint32(r)
		ref := d.dir[d.index(addr)]
		// Weight of a slot: lines * 2^depth, at most linesMax * 2^bits.
		weight := uint64(ref.lines()) << ref.depth()
		full := uint64(linesMax) << d.bits
		// The low half of r is the address, the high half accepts.
		if r>>32*full>>32 >= weight {
			continue
		}
		l := lineAt(d.slab.Bytes(ref.seg()), ref.home(addr))
		r = mix(r)
		slot := uint32(r >> 32 * slots >> 32)
		if l.meta().used()>>slot&1 == 1 {
			return l.handle(slot), true
		}
	}
	var found slab.Handle
	d.Sample(r, 1, func(h slab.Handle) { found = h })
	return found, found != 0
}

// ranked returns the k-th entry of a dict with one segment, or, where that is
// not affordable, of the chains alone.
func (d *Dict) ranked(k int) (slab.Handle, bool) {
	if k < d.chained {
		for _, list := range d.chains {
			if k < len(list) {
				return list[k].h, true
			}
			k -= len(list)
		}
	}
	k -= d.chained
	if len(d.dir) > 1 {
		return 0, false
	}
	seg := d.slab.Bytes(d.dir[0].seg())
	for i := range d.dir[0].lines() {
		l := lineAt(seg, i)
		set := l.meta().used()
		if n := bits.OnesCount32(set); k >= n {
			k -= n
			continue
		}
		for ; k > 0; k-- {
			next(&set)
		}
		return l.handle(next(&set)), true
	}
	return 0, false
}

// Sample calls fn for n entries that lie next to each other, starting at a
// random place; for all if there are fewer. fn may change the dict.
//
// The random place is a slot, not a line: were lines taken from their first slot
// on, entries in the last slots of full lines would hardly ever be among a few
// samples.
func (d *Dict) Sample(r uint64, n int, fn func(h slab.Handle)) {
	n = min(n, d.len)
	if n <= 0 {
		return
	}
	r = mix(r)
	addr := uint32(r)
	start := d.index(addr)
	start = d.first(start, d.dir[start])
	from := d.dir[start].home(addr)
	later := ^uint32(0) << (r >> 32 * slots >> 32)
	found := d.takeLine(d.borrow(), start, from, later, n)
	found = d.take(found, start, from+1, linesMax, n)
	for i := d.after(start); i != start; i = d.after(i) {
		if len(found) == n {
			break
		}
		found = d.take(found, i, 0, linesMax, n)
	}
	found = d.take(found, start, 0, from, n)
	found = d.takeLine(found, start, from, ^later, n)
	for _, h := range found {
		fn(h)
	}
	d.giveBack(found)
}

// takeLine appends the entries in some slots of a line to list, until it has n.
func (d *Dict) takeLine(list []slab.Handle, i, line, slotSet uint32, n int) []slab.Handle {
	r := d.dir[i]
	if r.seg() == 0 || line >= r.lines() {
		return list
	}
	l := lineAt(d.slab.Bytes(r.seg()), line)
	for set := l.meta().used() & slotSet; set != 0 && len(list) < n; {
		list = append(list, l.handle(next(&set)))
	}
	return list
}

// after returns the first directory entry of the segment after that of first
// directory entry i, going round.
func (d *Dict) after(i uint32) uint32 {
	return (i + 1<<(uint(d.bits)-d.dir[i].depth())) & uint32(len(d.dir)-1)
}

// take appends entries of lines [from, to) of a segment to list, and those of
// its chain if the last line is among them, until list has n.
func (d *Dict) take(list []slab.Handle, i, from, to uint32, n int) []slab.Handle {
	r := d.dir[i]
	if r.seg() == 0 {
		return list
	}
	seg := d.slab.Bytes(r.seg())
	for k := from; k < min(to, r.lines()) && len(list) < n; k++ {
		l := lineAt(seg, k)
		for set := l.meta().used(); set != 0 && len(list) < n; {
			list = append(list, l.handle(next(&set)))
		}
	}
	if d.chained > 0 && to >= r.lines() {
		for _, e := range d.chains[r.seg()] {
			if len(list) < n {
				list = append(list, e.h)
			}
		}
	}
	return list
}
