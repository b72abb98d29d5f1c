package zset

// remove takes out the entry just before the bound, which exists.
func (z *ZSet) remove(b *bound) {
	z.removeBelow(z.root, z.height, &removal{at: b})
	z.settle(1)
}

// RemoveRange takes out the members of the ranks from up to, not including, to. fn, if not nil, is called with each
// before; its member is a view that is valid until fn returns.
func (z *ZSet) RemoveRange(from, to int, fn func(member []byte, score float64)) {
	for to > from {
		r := removal{rank: from, want: to - from, fn: fn}
		z.removeBelow(z.root, z.height, &r)
		to -= r.done
		z.settle(r.done)
	}
}

// removal says what to take out: the entry before at, or up to want entries of one leaf from rank on.
type removal struct {
	at   *bound
	rank int // within the node
	want int
	fn   func(member []byte, score float64)
	done int
}

// settle counts removed entries and takes away levels that are no longer needed.
func (z *ZSet) settle(removed int) {
	z.len -= removed
	if z.len == 0 {
		z.reset()
		return
	}
	for z.height > 0 && z.inners[z.root].n == 1 {
		old := z.root
		z.root = z.inners[old].child[0]
		z.dropInner(old)
		z.height--
	}
}

func (z *ZSet) removeBelow(id uint32, level int, r *removal) {
	if level == 0 {
		z.removeIn(id, r)
		return
	}
	in := z.inners[id]
	i := 0
	if r.at != nil {
		i = z.childFor(r.at, in, level)
	} else {
		for r.rank >= in.count[i] {
			r.rank -= in.count[i]
			i++
		}
	}
	child := in.child[i]
	z.removeBelow(child, level-1, r)
	in.count[i] -= r.done
	if in.count[i] == 0 {
		z.drop(child, level-1)
		in.remove(i)
		return
	}
	in.first[i] = z.firstOf(child, level-1)
	if !z.join(in, i-1, level-1) {
		z.join(in, i, level-1)
	}
}

// removeIn takes entries out of a leaf.
func (z *ZSet) removeIn(id uint32, r *removal) {
	l := z.leaves.at(id)
	i, j := r.rank, min(r.rank+r.want, int(l.n))
	if r.at != nil {
		j = z.posIn(r.at, l)
		i = j - 1
	}
	for k := i; k < j; k++ {
		m := z.member(l, k)
		if r.fn != nil {
			r.fn(m, l.score(k))
		}
		z.mem += z.index.remove(slotOf(z.hashOf(m), id))
		if far := l.far(k); far != 0 {
			z.mem -= int64(cap(m))
			z.far.remove(far)
		}
	}
	z.mem += l.cut(i, j)
	r.done = j - i
}

// drop frees an empty node.
func (z *ZSet) drop(id uint32, level int) {
	if level == 0 {
		z.dropLeaf(id)
	} else {
		z.dropInner(id)
	}
}

// join puts child i+1 of a node, whose children are on the given level, into child i if one is sparse and both together
// leave room.
func (z *ZSet) join(in *inner, i, level int) bool {
	if i < 0 || i+1 >= in.n {
		return false
	}
	left, right := in.child[i], in.child[i+1]
	if level == 0 {
		a, b := z.leaves.at(left).live(), z.leaves.at(right).live()
		if min(a, b) > leafBytesMin || a+b > leafBytesJoined {
			return false
		}
		z.moveEntries(right, left, 0)
	} else {
		a, b := z.inners[left], z.inners[right]
		if min(a.n, b.n) > fan/4 || a.n+b.n > fan*3/4 {
			return false
		}
		b.moveTo(a, 0)
	}
	in.count[i] += in.count[i+1]
	z.drop(right, level)
	in.remove(i + 1)
	return true
}
