package dict

import "redline/server/internal/slab"

// Clear removes all entries and calls fn for each. fn may free the blocks.
func (d *Dict) Clear(fn func(h slab.Handle)) {
	for d.ClearStep(d.len, fn) {
	}
}

// ClearStep removes at least max entries (up to a segment more; all if there are
// fewer) and calls fn for each. more says that entries are left. In between the
// dict works as ever. fn may free the block it is given, but not call the dict.
func (d *Dict) ClearStep(max int, fn func(h slab.Handle)) (more bool) {
	found := d.borrow()
	for done := 0; done < max && d.len > 0; done += len(found) {
		if d.clearAt >= len(d.dir) {
			d.clearAt = 0
		}
		i := d.first(uint32(d.clearAt), d.dir[d.clearAt])
		r := d.dir[i]
		found = d.take(found[:0], i, 0, linesMax, d.len)
		d.drop(r)
		d.setRef(i, makeRef(0, r.depth(), 0, 0))
		d.clearAt = int(i) + 1<<(uint(d.bits)-r.depth())
		d.len -= len(found)
		for _, h := range found {
			fn(h)
		}
	}
	d.giveBack(found)
	if d.len == 0 {
		d.reset()
	}
	return d.len > 0
}
