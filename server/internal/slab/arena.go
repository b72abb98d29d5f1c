package slab

import "sync"

// Arena is a Slab for many users at once: for what outlives one shard's lock, as the parts of large values do, which
// move between shards. Its lock is held for some tens of nanoseconds, and never while another is taken.
type Arena struct {
	mu   sync.Mutex
	slab *Slab // guarded by mu
}

// NewArena returns an empty arena.
func NewArena() *Arena { return &Arena{slab: New(Options{})} }

// Alloc returns a block for n bytes, as Slab.Alloc does.
func (a *Arena) Alloc(n int) (Handle, []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.slab.Alloc(n)
}

// Free takes a block back.
func (a *Arena) Free(h Handle) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.slab.Free(h)
}

// Stats returns the current figures.
func (a *Arena) Stats() Stats {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.slab.Stats()
}

// Release gives up to maxSpans free units back to the system, as ReleaseEmpty does, unless less than one part in keepShare
// of the resident memory is idle.
func (a *Arena) Release(maxSpans int, keepBytes, keepShare int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if st := a.slab.Stats(); st.BytesIdle > max(keepBytes, st.BytesResident/keepShare) {
		a.slab.ReleaseEmpty(maxSpans)
	}
}

// Close unmaps everything. The arena must not be used afterwards.
func (a *Arena) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.slab.Close()
}
