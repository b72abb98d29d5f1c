package keyspace

import "redline/server/internal/slab"

// When a shard gives memory back. Little that lies idle is kept for what comes next; blocks are moved together only when
// a fifth of the touched memory holds nothing, as each move costs a hash and two cache misses.
const (
	idleKeepBytes   = 64 << 10
	idleKeepShare   = 8       // one part in so many of the resident memory may lie idle
	sparseSlack     = 1 << 20 // bytes
	sparsePercent   = 125     // resident per hundred in blocks
	compactPerVisit = 128     // blocks; about 0.2 us each
	releasePerVisit = 16      // units of 16 KiB; a few microseconds each
)

// Tidy does one bounded step of giving memory back to the system: it moves blocks out of sparse spans and releases empty
// ones.
func (sh *Shard) Tidy() {
	st := sh.slab.Stats()
	if used := st.BytesResident - st.BytesIdle; used > st.BytesInBlocks*sparsePercent/100+sparseSlack {
		sh.slab.Compact(compactPerVisit, sh.moved)
	}
	if st.BytesIdle > max(idleKeepBytes, st.BytesResident/idleKeepShare) {
		sh.slab.ReleaseEmpty(releasePerVisit)
	}
}

// moved has the index refer to a block's new place. A block does not say which database it belongs to; nearly always
// the first that is asked knows it.
func (sh *Shard) moved(old, new slab.Handle) {
	hash := sh.HashOf(new)
	for _, db := range sh.dbs {
		if db.dict.Len() > 0 && db.dict.Replace(hash, old, new) {
			return
		}
	}
	for i := range sh.trash {
		if sh.trash[i].dict.Replace(hash, old, new) {
			return
		}
	}
	panic("keyspace: a block that no index knows was moved")
}
