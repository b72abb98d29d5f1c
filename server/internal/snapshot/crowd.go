package snapshot

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// stagedSoft and stagedHard bound what waits to be written to disk, in bytes. With compression the disk is served at
	// some 200 MB/s: what is above the soft bound is gone after a fraction of a second.
	stagedSoft = 24 << 20
	stagedHard = 64 << 20
	// softWait is how long a writer waits above the soft bound: enough that 50 clients that write 1 KB at a time stay below
	// what a disk takes.
	softWait = 2 * time.Millisecond
)

// crowd counts what waits to be written to disk, and holds up writers while it is too much.
type crowd struct {
	bytes atomic.Int64
	most  atomic.Int64

	mu    sync.Mutex
	moved chan struct{} // guarded by mu; closed when something was written
	over  bool          // guarded by mu; nobody is held up any more
}

func (c *crowd) add(n int) {
	if now := c.bytes.Add(int64(n)); now > c.most.Load() {
		c.most.Store(now) // nearly the most: two shards may pass each other
	}
}

// taken notes that n bytes were written.
func (c *crowd) taken(n int) {
	c.bytes.Add(int64(-n))
	c.wake(false)
}

// end lets everyone go.
func (c *crowd) end() { c.wake(true) }

func (c *crowd) wake(over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = c.over || over
	if c.moved != nil {
		close(c.moved)
		c.moved = nil
	}
}

// wait holds a writer up.
func (c *crowd) wait() {
	for c.bytes.Load() > stagedSoft {
		moved := c.watch()
		if moved == nil {
			return
		}
		t := time.NewTimer(softWait)
		select {
		case <-moved:
		case <-t.C:
		}
		t.Stop()
		if c.bytes.Load() <= stagedHard {
			return
		}
	}
}

func (c *crowd) watch() chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil
	}
	if c.moved == nil {
		c.moved = make(chan struct{})
	}
	return c.moved
}
