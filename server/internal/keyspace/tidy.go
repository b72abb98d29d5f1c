package keyspace

import "redline/server/internal/slab"

// When a shard gives memory back. Little that lies idle is kept for what comes next.
const (
	idleKeepBytes   = 64 << 10
	idleKeepShare   = 8  // one part in so many of the resident memory may lie idle
	releasePerVisit = 16 // units of 16 KiB
	releaseStep     = 4  // units; some 20 us
)

// Sparse returns how much of the touched memory is in blocks, and how much lies free between them; both in bytes.
// Compact can bring the latter down, Release what is free as a whole.
func (sh *Shard) Sparse() (inBlocks, between int64) {
	st := sh.slab.Stats()
	return st.BytesInBlocks, st.BytesResident - st.BytesIdle - st.BytesInBlocks
}

// Compact moves at most limit blocks, at some 0.3 us each, out of sparse spans into fuller ones and tells how many. 0
// means that nothing is left to gain. It ends early, but not before one, if a client waits for the shard.
func (sh *Shard) Compact(limit int) (moved int) {
	moved, _ = sh.slab.Compact(limit, sh.moved)
	return moved
}

// Release gives a bounded number of empty spans back to the system.
func (sh *Shard) Release() {
	if st := sh.slab.Stats(); st.BytesIdle > max(idleKeepBytes, st.BytesResident/idleKeepShare) {
		for n := 0; n < releasePerVisit && sh.slab.ReleaseEmpty(releaseStep) > 0 && !sh.Wanted(); n += releaseStep {
		}
	}
}

// moved has the index refer to a block's new place, and says whether there is time for one more. A block does not say which
// database it belongs to; nearly always the first that is asked knows it.
func (sh *Shard) moved(old, new slab.Handle) bool {
	hash := sh.HashOf(new)
	for _, db := range sh.dbs {
		if db.dict.Len() > 0 && db.dict.Replace(hash, old, new) {
			return !sh.Wanted()
		}
	}
	for i := range sh.trash {
		if sh.trash[i].dict.Replace(hash, old, new) {
			return !sh.Wanted()
		}
	}
	panic("keyspace: a block that no index knows was moved")
}
