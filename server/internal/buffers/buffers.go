// Package buffers keeps large byte buffers for the next one who needs them.
//
// A value of megabytes passes through a buffer on its way in and another on its way out. Left to Go's collector, each
// starts a collection, whose assistance and stops hold up everybody, and is paid for again in page faults.
package buffers

import (
	"math/bits"
	"sync"
)

const (
	// Max is the size of the largest buffers kept, in bytes. Sizes are powers of two, from 32 KiB on, and a page: lengths of
	// values often are powers of two and come with a header.
	Max = 1<<(minBits+classes-1) + page

	page    = 4 << 10
	minBits = 15
	classes = 11
)

// size is that of the buffers of a class in bytes.
func size(class int) int { return 1<<(minBits+class) + page }

// shelf holds the free buffers of one size.
type shelf struct {
	mu    sync.Mutex
	free  [][]byte // guarded by mu
	least int      // guarded by mu: how many were free all the time since the last Sweep
}

var shelves [classes]shelf

// class is the index of the smallest buffers that hold n bytes, or -1: they are too large.
func class(n int) int {
	if n > Max {
		return -1
	}
	return max(0, bits.Len(uint(max(n-page, 1)-1))-minBits)
}

// Get returns a buffer of at least n bytes, n > 0. Its content is undefined.
func Get(n int) []byte {
	i := class(n)
	if i < 0 {
		return make([]byte, n)
	}
	if b := shelves[i].take(); b != nil {
		return b
	}
	return make([]byte, size(i))
}

// Put takes a buffer that nobody uses any more. Those of other sizes than Get's are left to Go's collector.
func Put(b []byte) {
	n := cap(b)
	i := class(n)
	if i < 0 || n != size(i) {
		return
	}
	s := &shelves[i]
	s.mu.Lock()
	s.free = append(s.free, b[:n])
	s.mu.Unlock()
}

func (s *shelf) take() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.free) - 1
	if n < 0 {
		return nil
	}
	b := s.free[n]
	s.free[n] = nil
	s.free = s.free[:n]
	s.least = min(s.least, n)
	return b
}

// Sweep leaves to Go's collector what was not needed since the last Sweep, and returns its bytes.
func Sweep() (dropped int64) {
	for i := range shelves {
		dropped += int64(shelves[i].sweep()) * int64(size(i))
	}
	return dropped
}

func (s *shelf) sweep() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	idle := s.least // the oldest: the last ones put are the first ones taken
	rest := copy(s.free, s.free[idle:])
	clear(s.free[rest:])
	s.free = s.free[:rest]
	s.least = rest
	return idle
}
