// Package hashtable is the large form of hashes and sets: a Table maps strings to strings (a set leaves the values
// empty). It is made for memory, for a garbage collector that must find nothing to mark, and for operations that never
// do more than a bounded piece of work.
//
// All memory comes in chunks of 2 KiB, cut from blocks of up to 64 KiB and referred to by integers. The hash space is
// divided into segments by extendible hashing: a directory, indexed by the top bits of a hash, names the segment. A
// segment has one chunk of index and a few chunks of records:
//
//	directory      segment           index chunk: 32 groups                          record chunks
//	+-----+        +-----------+     +--------------------------------------------+  +---------------+
//	| 000 |------->| index     |---->| 20 tags | used:20 spill:12 | 20 references | ...| klen vlen     |
//	| 001 |---+    | records[] |---->+--------------------------------------------+  | key value ... |
//	| ... |   |    +-----------+       1 B each      4 B           2 B each          +---------------+
//
// An entry's group follows from the hash bits behind the directory's, so that the order of directory, segments and
// groups is the order of hashes: a scan walks it, and its cursor is a position in hash space, which splits and merges
// do not move. When a group is full its entries go on in the next; spill counts those that passed it by, so a search
// knows where to stop and a deletion leaves nothing behind. The tag is one byte of hash; a reference is a record
// chunk's number in the segment and an offset in units of 4 bytes. Keys and values that make a record longer than 256
// bytes are kept apart (see blobs).
//
// Work is bounded by the size of a segment, at most 640 entries of at most 256 bytes: a full one is split in two (15 to 60
// microseconds), sparse neighbours are merged, a segment with many dead bytes is written anew. No operation touches the
// table as a whole but Clone and Each. Freeing is dropping the reference: a million members are a few hundred blocks
// without pointers.
//
// An entry costs about 12 bytes beside its key and value: 5 of index, 2 of lengths, the rest rounding and room to grow.
package hashtable
