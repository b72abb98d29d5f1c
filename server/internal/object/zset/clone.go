package zset

import (
	"bytes"
	"slices"
)

// Clone returns a copy that shares nothing with the set. It copies page by page, without a look at the members.
func (z *ZSet) Clone() *ZSet {
	c := *z
	c.pending, c.place = nil, bound{}
	c.leaves = z.leaves.clone(func(l *leaf) { l.buf = bytes.Clone(l.buf) })
	c.far = z.far.clone(func(b *[]byte) { *b = bytes.Clone(*b) })
	c.freeInners = slices.Clone(z.freeInners)
	c.inners = slices.Clone(z.inners)
	for i, in := range c.inners {
		if in != nil {
			copied := *in
			c.inners[i] = &copied
		}
	}
	c.index.dir = make([]*segment, len(z.index.dir))
	for i, s := range z.index.dir {
		if i > 0 && s == z.index.dir[i-1] { // the places of one segment are neighbours
			c.index.dir[i] = c.index.dir[i-1]
			continue
		}
		c.index.dir[i] = &segment{slots: slices.Clone(s.slots), depth: s.depth, live: s.live}
	}
	c.recount()
	return &c
}

// recount makes MemBytes right after slices were copied: the allocator may have rounded otherwise.
func (z *ZSet) recount() {
	z.mem = baseBytes + z.leaves.bytes() + z.far.bytes()
	for _, in := range z.inners {
		if in != nil {
			z.mem += innerBytes
		}
	}
	for id := uint32(1); id <= z.leaves.last; id++ {
		z.mem += int64(len(z.leaves.at(id).buf))
	}
	for id := uint32(1); id <= z.far.last; id++ {
		z.mem += int64(cap(*z.far.at(id)))
	}
	var last *segment
	for _, s := range z.index.dir {
		if s != last {
			z.mem += s.bytes()
		}
		last = s
	}
	if n := len(z.index.dir); n > 1 {
		z.mem += 8 * int64(n-1)
	}
}
