// Package dict is the index of a shard: an extendible hash table from 40-bit
// hashes to slab handles, in cache-line groups outside the Go heap, which never
// rehashes as a whole.
//
// A [Dict] belongs to one shard and one database and has no locks. It stores
// handles and one byte of each hash; keys are compared and hashed anew by the
// [Keys] its owner provides.
//
// # Shape
//
// A hash is a 32-bit address and an 8-bit tag. The top bits of the address
// select a directory entry, which refers to a segment of 1 to 64 lines; the bits
// below select the entry's home line by multiplication:
//
//	home = (address << depth) * lines >> 32
//
// so that, whatever the number of lines, ascending lines hold ascending ranges
// of addresses. That is what lets Scan use an address as its cursor.
//
// A line is a cache line of 64 bytes:
//
//	tag tag tag tag tag tag tag tag tag tag   10 x 1 byte
//	handle handle ... handle                  10 x 5 bytes
//	meta                                       4 bytes
//
//	meta | reach 4 | spill 8 | foreign 10 | own 10 |
//
// own and foreign are the slots in use by entries at home in this line and by
// guests from lines before it. An entry that finds its home full goes to one of
// the next 14 lines (wrapping within the segment). Its home counts it in spill
// and notes in reach how far lookups must go, so a lookup ends after one line
// unless the home has spilled. Guests are told apart because their tags need
// comparing only when a home before has spilled.
//
// # Growth
//
// A segment that is full to its limit gets more lines (1, 2, 4, ... 32, 48, 64);
// at 64 it splits into two, which start with 48. Without the step at 48 the fill
// would swing between 47 % and 94 %, and the index would cost a sixth more on
// average; more steps save little and cost a rehash each. Only one segment of at
// most 640 entries is rebuilt at a time. When entries are deleted, segments
// shrink by the same steps and merge with their buddy, at fills far enough below
// the limits not to swing back and forth.
//
// Equal or badly distributed hashes cannot be told apart by splitting. The
// directory is therefore held to a fraction of the number of entries, and
// entries that find no place in a segment that may not split are kept in a plain
// list beside it (reach 15 says to look there): slow, but correct.
package dict
