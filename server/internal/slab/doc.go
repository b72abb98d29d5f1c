// Package slab stores byte blocks outside the Go heap, so that the garbage
// collector finds nothing to mark in the keyspace.
//
// A [Slab] hands out blocks addressed by 40-bit [Handle] values. It belongs to
// one shard and has no locks: all calls are made under the owner's lock. It
// knows nothing of what blocks contain, and keeps no clock.
//
// # Layout
//
//	chunk   4 MiB of address space (an anonymous mapping), or one huge block
//	unit    16 KiB of a chunk; what an empty span gives back
//	span    1 to 8 units holding blocks of one size class
//	block   what Alloc returns; a multiple of 4 bytes
//
//	Handle  | chunk index: 20 bits | byte offset / 4: 20 bits |
//
// Blocks up to 32 KiB come from spans. Larger ones take a run of whole units
// (with a capacity rounded to 4 KiB, so that the rest of the last unit is never
// touched), and those over half a chunk get a mapping of their own, which is
// unmapped as soon as they are freed.
//
// A span keeps its free blocks in a list threaded through the blocks themselves
// (2-byte links) and a mark below which blocks have been used at least once, so
// a new span touches memory only as it fills. Each class fills one current span;
// when that is full, it goes on with the fullest partial one, which lets sparse
// spans drain. Four lists a class, by quarter of fill, make that choice constant
// in time.
//
// # Giving memory back
//
// A span whose last block is freed returns its units to the chunk, still
// resident. [Slab.ReleaseEmpty] gives such units to the operating system and
// unmaps chunks that are wholly free. [Slab.Compact] moves blocks out of sparse
// spans so that they become empty. Both do a bounded amount of work a call.
package slab
