package drive

// ring is a queue over a power-of-two array that grows up to what it is asked to
// hold.
type ring[T any] struct {
	buf []T
	// Elements are buf[head:tail] modulo its length. Both only ever grow, so that
	// they number the elements.
	head, tail uint64
}

func (r *ring[T]) len() int { return int(r.tail - r.head) }

func (r *ring[T]) push(v T) {
	if r.len() == len(r.buf) {
		r.grow()
	}
	r.buf[r.tail&uint64(len(r.buf)-1)] = v
	r.tail++
}

func (r *ring[T]) pop() T {
	v := r.buf[r.head&uint64(len(r.buf)-1)]
	r.head++
	return v
}

// at is element i, of head to tail.
func (r *ring[T]) at(i uint64) *T { return &r.buf[i&uint64(len(r.buf)-1)] }

// front is the oldest element; the ring must not be empty.
func (r *ring[T]) front() *T { return r.at(r.head) }

func (r *ring[T]) grow() {
	buf := make([]T, max(4, 2*len(r.buf)))
	for i := r.head; i != r.tail; i++ {
		buf[i&uint64(len(buf)-1)] = r.buf[i&uint64(len(r.buf)-1)]
	}
	r.buf = buf
}
