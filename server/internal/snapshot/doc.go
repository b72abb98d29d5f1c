// Package snapshot writes all keys, as they were at one point in time, to an RDB file that Redis can read, while commands
// go on changing them: Write. It neither forks nor copies the data, and needs memory for a few buffers only.
//
// How it works. At the point in time, with all shards locked for a moment, a walk begins in each shard's dicts (package
// keyspace, save.go). One goroutine goes round the shards. A visit locks the shard, copies a slice of keys that are next in
// the walk into the shard's buffer, takes the buffer and unlocks; compression, checksum and disk come afterwards, outside
// of all locks. Whoever is about to change a key that the walk has not reached copies it into the same buffer first. A
// large collection is written piece by piece, unless somebody changes it meanwhile: then he copies what is left of it.
//
// Invariants, under the lock of a shard:
//
//  1. Its buffer holds whole entries, each preceded by the choice of its database where that differs from the entry
//     before; what is taken of it begins with such a choice. So buffers may follow each other in the file in any order.
//  2. A large value in the list is written up to where its writer paused, and does not change before it is finished.
//     Between its pieces nothing else goes into the file.
//  3. What waits in buffers is bounded: above stagedSoft bytes writers are slowed down, above stagedHard they are held up
//     until the disk has caught up.
//
// The file appears under its name when it is whole and on disk; until then the old one stays, whatever fails.
package snapshot
