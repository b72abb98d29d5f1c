package buffers

import (
	"sync"
	"testing"
)

var least = size(0)

// empty drops what other tests have left.
func empty() {
	Sweep()
	Sweep()
}

// Buffers are of the smallest size that holds what is asked for, and too large ones exact.
func TestSizes(t *testing.T) {
	empty()
	for n, want := range map[int]int{1: least, least: least, least + 1: 64<<10 + page, 1 << 20: 1<<20 + page,
		1<<20 + page: 1<<20 + page, 1<<20 + page + 1: 2<<20 + page, Max - 1: Max, Max: Max, Max + 1: Max + 1} {
		if b := Get(n); len(b) != want {
			t.Errorf("Get(%d): %d bytes, want %d", n, len(b), want)
		}
	}
}

// What is put is what is taken next; other sizes are not kept.
func TestReuse(t *testing.T) {
	empty()
	b := Get(100_000)
	Put(b[:5])
	if c := Get(70_000); &c[0] != &b[0] || len(c) != 1<<17+page {
		t.Errorf("another buffer, of %d bytes", len(c))
	}
	Put(make([]byte, 100_000))
	Put(make([]byte, 0, 2*Max))
	Put(make([]byte, 16<<10))
	Put(nil)
	empty()
	if n := Sweep(); n != 0 {
		t.Errorf("%d bytes were kept", n)
	}
}

// A buffer in use is kept from sweep to sweep, one that was not needed is not.
func TestSweep(t *testing.T) {
	empty()
	a, b := Get(least), Get(least)
	Put(a)
	Put(b)
	if n := Sweep(); n != 0 {
		t.Errorf("%d bytes dropped that were just put", n)
	}
	for range 3 {
		Put(Get(least))
		if n := Sweep(); n > int64(least) {
			t.Errorf("%d bytes dropped, one buffer was idle", n)
		}
	}
	if c := Get(least); &c[0] != &b[0] {
		t.Error("the buffer in use is another now")
	}
	if n := Sweep(); n != 0 {
		t.Errorf("%d bytes dropped of a buffer in use", n)
	}
}

// No two have the same buffer.
func TestParallel(t *testing.T) {
	empty()
	var wg sync.WaitGroup
	for id := range 8 {
		wg.Go(func() {
			for range 2000 {
				b := Get(least + id)
				b[0], b[len(b)-1] = byte(id), byte(id)
				if id == 0 {
					Sweep()
				}
				if b[0] != byte(id) || b[len(b)-1] != byte(id) {
					t.Error("somebody else wrote into it")
				}
				Put(b)
			}
		})
	}
	wg.Wait()
	empty()
}
