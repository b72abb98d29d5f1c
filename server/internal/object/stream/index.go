package stream

import (
	"slices"
	"sort"
	"unsafe"
)

// index maps IDs to values, in order: sorted chunks in a sorted list. Finding takes two binary searches; adding and
// removing move what follows in one chunk, and once in many times the pointers to the chunks that follow.
//
// Invariants: no chunk is empty; the IDs ascend in each and from one to the next.
type index[T any] struct {
	chunks []*chunk[T]
	n      int
	mem    *int64 // the stream's account, to which the chunks are charged
}

// chunk holds IDs and, at the same places, their values.
type chunk[T any] struct {
	ids  []ID
	vals []T
}

const (
	// chunkMax is the most IDs of a chunk: 2 KB of them, which are moved in less time than it takes to miss the cache
	// twice.
	chunkMax = 128
	// A chunk with fewer than chunkMin IDs joins the next if both then fill no more than half a chunk, so that what is
	// left of many does not stay scattered.
	chunkMin = chunkMax / 4
)

// place is where an ID stands: chunk c, index i in it. It is the end if c is the number of chunks.
type place struct{ c, i int }

func (x *index[T]) ok(p place) bool  { return p.c < len(x.chunks) }
func (x *index[T]) id(p place) ID    { return x.chunks[p.c].ids[p.i] }
func (x *index[T]) val(p place) *T   { return &x.chunks[p.c].vals[p.i] }
func (x *index[T]) firstOf(c int) ID { return x.chunks[c].ids[0] }
func (x *index[T]) last() (place, bool) {
	c := len(x.chunks) - 1
	if c < 0 {
		return place{}, false
	}
	return place{c, len(x.chunks[c].ids) - 1}, true
}

func (x *index[T]) next(p place) place {
	if p.i++; p.i == len(x.chunks[p.c].ids) {
		p = place{p.c + 1, 0}
	}
	return p
}

func (x *index[T]) prev(p place) (place, bool) {
	if p.i > 0 {
		return place{p.c, p.i - 1}, true
	}
	if p.c == 0 {
		return p, false
	}
	return place{p.c - 1, len(x.chunks[p.c-1].ids) - 1}, true
}

// floor returns the place of the last ID that is not after id.
func (x *index[T]) floor(id ID) (place, bool) {
	n := len(x.chunks)
	if n == 0 || id.Less(x.firstOf(0)) {
		return place{}, false
	}
	c := n - 1
	if id.Less(x.firstOf(c)) { // else fast path: the end of a stream is where most looks go
		c = sort.Search(n, func(i int) bool { return id.Less(x.firstOf(i)) }) - 1
	}
	ids := x.chunks[c].ids
	i := sort.Search(len(ids), func(i int) bool { return id.Less(ids[i]) })
	return place{c, i - 1}, true
}

// ceil returns the place of the first ID that is not before id, or the end.
func (x *index[T]) ceil(id ID) place {
	p, ok := x.floor(id)
	switch {
	case !ok:
		return place{}
	case x.id(p) == id:
		return p
	default:
		return x.next(p)
	}
}

// get returns the value of an ID, nil if it is not there.
func (x *index[T]) get(id ID) *T {
	p, ok := x.floor(id)
	if !ok || x.id(p) != id {
		return nil
	}
	return x.val(p)
}

// insert adds an ID and says whether it was new; if not, nothing is changed.
func (x *index[T]) insert(id ID, v T) (*T, bool) {
	p, ok := x.floor(id)
	if ok && x.id(p) == id {
		return x.val(p), false
	}
	switch {
	case len(x.chunks) == 0:
		x.addChunk(0, &chunk[T]{})
		p = place{}
	case ok:
		p.i++
	}
	if ch := x.chunks[p.c]; len(ch.ids) == chunkMax {
		p = x.split(p)
	}
	ch := x.chunks[p.c]
	x.grow(ch, len(ch.ids)+1)
	ch.ids = slices.Insert(ch.ids, p.i, id)
	ch.vals = slices.Insert(ch.vals, p.i, v)
	x.n++
	return &ch.vals[p.i], true
}

// split makes room at p in a full chunk and returns the new place. Behind the last ID of all nothing is moved: what
// only grows at its end has full chunks.
func (x *index[T]) split(p place) place {
	if p.c == len(x.chunks)-1 && p.i == chunkMax {
		x.addChunk(p.c+1, &chunk[T]{})
		return place{p.c + 1, 0}
	}
	const half = chunkMax / 2
	ch, more := x.chunks[p.c], &chunk[T]{}
	x.addChunk(p.c+1, more)
	x.grow(more, half)
	more.ids = append(more.ids, ch.ids[half:]...)
	more.vals = append(more.vals, ch.vals[half:]...)
	clear(ch.vals[half:])
	ch.ids, ch.vals = ch.ids[:half], ch.vals[:half]
	if p.i > half {
		return place{p.c + 1, p.i - half}
	}
	return p
}

func (x *index[T]) addChunk(at int, ch *chunk[T]) {
	x.chunks = slices.Insert(x.chunks, at, ch)
	*x.mem += chunkBytes + ch.bytes()
}

func (x *index[T]) dropChunk(at int) {
	*x.mem -= chunkBytes + x.chunks[at].bytes()
	if at == 0 { // the usual case: what was added first goes first
		x.chunks[0] = nil
		x.chunks = x.chunks[1:]
		return
	}
	x.chunks = slices.Delete(x.chunks, at, at+1)
}

// grow gives a chunk room for n IDs: twice as many each time, so that small groups stay small.
func (x *index[T]) grow(ch *chunk[T], n int) {
	if n <= cap(ch.ids) {
		return
	}
	n = min(max(n, 2*cap(ch.ids), 4), chunkMax)
	*x.mem -= ch.bytes()
	ch.ids = append(make([]ID, 0, n), ch.ids...)
	ch.vals = append(make([]T, 0, n), ch.vals...)
	*x.mem += ch.bytes()
}

// remove takes out the ID at p. What followed is then at ceil of it.
func (x *index[T]) remove(p place) {
	ch := x.chunks[p.c]
	ch.ids = slices.Delete(ch.ids, p.i, p.i+1)
	ch.vals = slices.Delete(ch.vals, p.i, p.i+1)
	x.n--
	switch n := len(ch.ids); {
	case n == 0:
		x.dropChunk(p.c)
	case n < chunkMin && p.c+1 < len(x.chunks) && n+len(x.chunks[p.c+1].ids) <= chunkMax/2:
		next := x.chunks[p.c+1]
		x.grow(ch, n+len(next.ids))
		ch.ids = append(ch.ids, next.ids...)
		ch.vals = append(ch.vals, next.vals...)
		x.dropChunk(p.c + 1)
	}
}

// delete takes out an ID and says whether it was there.
func (x *index[T]) delete(id ID) bool {
	p, ok := x.floor(id)
	if !ok || x.id(p) != id {
		return false
	}
	x.remove(p)
	return true
}

// drop takes all chunks off the account: the index is no longer used.
func (x *index[T]) drop() {
	for _, ch := range x.chunks {
		*x.mem -= chunkBytes + ch.bytes()
	}
	x.chunks, x.n = nil, 0
}

// clone returns a copy on another account. Values are copied as they are.
func (x *index[T]) clone(mem *int64) index[T] {
	out := index[T]{chunks: make([]*chunk[T], 0, len(x.chunks)), n: x.n, mem: mem}
	for _, ch := range x.chunks {
		out.addChunk(len(out.chunks), &chunk[T]{ids: exact(ch.ids), vals: exact(ch.vals)})
	}
	return out
}

// exact returns a copy without room to spare.
func exact[T any](s []T) []T { return append(make([]T, 0, len(s)), s...) }

// chunkBytes is what a chunk takes beside its arrays, the pointer to it included.
const chunkBytes = int64(unsafe.Sizeof(chunk[struct{}]{}) + unsafe.Sizeof(uintptr(0)))

func (ch *chunk[T]) bytes() int64 {
	var v T
	return int64(cap(ch.ids))*int64(unsafe.Sizeof(ID{})) + int64(cap(ch.vals))*int64(unsafe.Sizeof(v))
}
