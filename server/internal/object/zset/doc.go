// Package zset is the large form of a sorted set: members with scores, ordered by score and then by the members' bytes.
// ZSet is the type to reach for; Iter walks it in either direction. It knows no commands, keys or encodings.
//
// # Structure
//
// A B+tree counts its entries, so ranks and ranges by rank, score or member take O(log n). Its leaves are the only
// place where members lie, packed into one byte slice each. A hash index leads from a member to its leaf, so a look-up
// by member takes O(1).
//
//	index   segments of 8-byte slots: | leaf 28 bits | hash 36 bits |
//	tree    inner nodes: per child its first score, its id and its number of entries; no pointers
//	leaf    | tags, 1 B an entry | offsets, 2 B an entry | entries: score 8 B, length 1-3 B, member |
//
// A tag is one byte of the member's hash: finding a member in its leaf compares few of the others. With members of 13
// bytes, a million of them take about 42 bytes each.
//
// # Invariants
//
// Leaves are never empty, and hold entries of at most leafBytesMax bytes in all. The first score kept for a child is
// that of its first entry; where scores are equal the members decide, and the first leaf below the child is asked. An
// index slot stands for exactly one entry. Entries that change their leaf (by a split or a merge) get their slots
// changed in the same step. No operation on one member touches more than one leaf's or one segment's worth of entries,
// so there is no rehash and no rebuild of the whole.
//
// # Rejected
//
// A skip list, as Redis has, costs three allocations and more than 100 bytes a member, each to be marked by the garbage
// collector. Entries at fixed addresses, with tree and index referring to them, need no changes of slots, but 13 more
// bytes a member and a free list, and a walk along a range then misses the cache once a member.
package zset
