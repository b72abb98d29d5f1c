package dict

import "sync"

// buffers holds room for the entries of a segment being rebuilt. It is shared by
// all dicts: 10 KiB for each would cost more than the index of a small one, and
// on the stack would make that of every goroutine that meets a rebuild grow.
var buffers = sync.Pool{New: func() any { return new([linesMax * slots]entry) }}

// expand makes room in the segment of first directory entry i: more lines, or a
// split. It reports false if only a directory beyond its bound would help.
func (d *Dict) expand(i uint32) bool {
	r := d.dir[i]
	if r.lines() == linesMax && !d.maySplit(r) {
		return false
	}
	buf := buffers.Get().(*[linesMax * slots]entry)
	defer buffers.Put(buf)
	list := d.collect(r, buf[:0])
	if r.lines() < linesMax {
		bigger := d.segment(r.depth(), above(r.lines()), list)
		d.drop(r)
		d.setRef(i, bigger)
		return true
	}
	if r.depth() == uint(d.bits) {
		d.doubleDir()
		i *= 2
	}
	d.drop(r)
	d.split(i, r, list)
	return true
}

// above returns the rung above lines.
func above(lines uint32) uint32 {
	for _, rung := range rungs {
		if rung > lines {
			return rung
		}
	}
	return linesMax
}

// maySplit reports whether a split of r keeps the directory within its bound.
func (d *Dict) maySplit(r ref) bool {
	if r.depth() < uint(d.bits) {
		return true
	}
	return r.depth() < depthMax && 2*len(d.dir) <= max(dirFree, d.len/dirShare)
}

// split replaces a segment by two that are one bit deeper.
func (d *Dict) split(i uint32, r ref, list []entry) {
	depth := r.depth() + 1
	bit := Hash(1) << (40 - depth)
	n := 0 // list[:n] belong into the lower segment
	for k := range list {
		if list[k].hash&bit == 0 {
			list[k], list[n] = list[n], list[k]
			n++
		}
	}
	d.atDepth[r.depth()]--
	d.atDepth[depth] += 2
	d.setRef(i, d.fresh(depth, list[:n]))
	d.setRef(i+1<<(uint(d.bits)-depth), d.fresh(depth, list[n:]))
}

// fresh makes a segment with room to grow, without memory if it has no entries.
func (d *Dict) fresh(depth uint, list []entry) ref {
	if len(list) == 0 {
		return makeRef(0, depth, 0, 0)
	}
	return d.segment(depth, loose(len(list)), list)
}

// setRef stores a segment's directory entries, the first of which is i.
func (d *Dict) setRef(i uint32, r ref) {
	d.dir[i] = r
	r = makeRef(r.seg(), r.depth(), r.lines(), 0)
	for k := i + 1; k < i+1<<(uint(d.bits)-r.depth()); k++ {
		d.dir[k] = r
	}
}

func (d *Dict) doubleDir() {
	dir := make([]ref, 2*len(d.dir))
	for i, r := range d.dir {
		dir[2*i] = r
		dir[2*i+1] = makeRef(r.seg(), r.depth(), r.lines(), 0)
	}
	d.dir = dir
	d.bits++
	d.shift--
}

// halveDir drops the directory's last bit while no segment needs it.
func (d *Dict) halveDir() {
	for d.bits > 0 && d.atDepth[d.bits] == 0 {
		dir := make([]ref, len(d.dir)/2)
		for i := range dir {
			dir[i] = d.dir[2*i]
		}
		d.dir = dir
		d.bits--
		d.shift++
	}
}

// contract gives memory back after a delete from the segment of first directory
// entry i: by merging it with its buddy, by fewer lines, or by dropping it. One
// that will be merged when it is half empty is not made smaller before: that
// cost one and a half rebuilt entries more for each one deleted.
func (d *Dict) contract(i uint32) {
	r := d.dir[i]
	n := d.size(r)
	if d.len == 0 {
		d.drop(r)
		d.reset()
		return
	}
	if n*2 > mergeMax && (r.depth() > 0 || n*shrinkDen > int(r.lines())*slots*shrinkNum) { // the common case
		return
	}
	if r.depth() > 0 {
		j := i ^ 1<<(uint(d.bits)-r.depth())
		if b := d.dir[j]; b.depth() == r.depth() && n+d.size(b) <= mergeMax {
			d.merge(min(i, j), max(i, j))
			return
		}
	}
	lines := r.lines()
	for k := len(rungs) - 1; k >= 0 && n*shrinkDen <= int(rungs[k])*slots*shrinkNum; k-- {
		lines = rungs[k]
	}
	switch {
	case n == 0:
		d.drop(r)
		d.setRef(i, makeRef(0, r.depth(), 0, 0))
	case lines < r.lines():
		buf := buffers.Get().(*[linesMax * slots]entry)
		smaller := d.segment(r.depth(), lines, d.collect(r, buf[:0]))
		buffers.Put(buf)
		d.drop(r)
		d.setRef(i, smaller)
	}
}

// merge replaces two buddies by one segment.
func (d *Dict) merge(i, j uint32) {
	a, b := d.dir[i], d.dir[j]
	buf := buffers.Get().(*[linesMax * slots]entry)
	defer buffers.Put(buf)
	list := d.collect(b, d.collect(a, buf[:0]))
	depth := a.depth() - 1
	d.atDepth[depth+1] -= 2
	d.atDepth[depth]++
	d.drop(a)
	d.drop(b)
	d.setRef(i, d.fresh(depth, list))
	d.halveDir()
}

// reset returns to the state of a new dict. All segments have been dropped.
func (d *Dict) reset() {
	clear(d.atDepth[:])
	d.dir, d.bits, d.shift, d.clearAt = nil, 0, 32, 0
}
