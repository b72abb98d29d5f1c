// Package expire tells a shard which keys may be due, without timers, sampling
// or a record of deadlines: a wheel of buckets by time, fine near now and coarse
// far away, whose entries are bare 5-byte hashes.
//
// A [Wheel] belongs to one shard and one database, has no locks and reads no
// clock: now is an argument, in unix milliseconds, as all times are.
//
// # One mechanism
//
// A fired entry does not mean that a key has expired, but that its owner should
// look: find the keys with that hash, read the deadline in the block, and then
// either delete the key or Add it again. So the same step does three things:
//
//   - Expiry: a bucket of the finest level (8 ms) fires when its end has passed,
//     so that all its deadlines have.
//   - Cascade: a coarser bucket fires when it starts. Its keys are added again
//     and come into finer buckets, as less time is left.
//   - Extension: a key whose deadline is moved later keeps its entry, which
//     fires too early and is added again. Only an earlier deadline needs an
//     entry of its own.
//
// Nothing else moves entries, and all work is bounded by Next's max.
//
// # Stale entries
//
// Entries are never searched for. Keys that are deleted, persisted or given an
// earlier deadline leave theirs behind. To tell such an entry when it fires, the
// owner keeps the tag that Add returned in the key's block: an entry that fires
// with another tag is not the key's current one, and is dropped. Tags are 8
// bits, so one stale entry in 256 passes for current; that costs an entry too
// many, never a key. Should stale entries pile up, Scrub sweeps them out.
//
// # Time that jumps
//
// Each bucket knows the absolute time it stands for, and the wheel has no
// position. Forward jumps make many buckets due at once: bitmaps find them, in
// order of time. After a backward jump buckets are simply due later again. New
// entries whose bucket is still taken by a time before the jump go to a spare
// bucket of their level, which stands for the earliest of its entries.
package expire
