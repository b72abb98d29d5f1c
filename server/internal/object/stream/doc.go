// Package stream is the large structure of a stream: entries ordered by ID, and the consumer groups that read them. See
// Stream; entries are read through Iter, groups through Group and Consumer. It knows nothing of keys, clients and
// clocks: the time comes in as an argument.
//
// Entries lie in nodes of about 4 KB, each a listpack in Redis' own layout (t_stream.c), so that DUMP payloads and RDB
// files hold them byte for byte. A node begins with a master entry, whose ID is not in the listpack but is the node's key:
//
//	+-------+---------+------------+---------+- -+---------+---+
//	| count | deleted | num-fields | field 1 |   | field N | 0 |
//	+-------+---------+------------+---------+- -+---------+---+
//
// count is the number of live entries, deleted that of those only marked as deleted. The entries follow:
//
//	+-------+---------+----------+------------+---------+---------+- -+----------+
//	| flags | ms diff | seq diff | num-fields | field 1 | value 1 |   | lp-count |   fields of its own
//	+-------+---------+----------+------------+---------+---------+- -+----------+
//	| flags | ms diff | seq diff | value 1 | value 2 |- -| value N | lp-count |       fields of the master
//	+-------+---------+----------+---------+---------+- -+---------+----------+
//
// The differences are to the master's ID; flags are bits, 1 for deleted and 2 for the fields of the master; lp-count is the
// number of listpack entries before it, the way back.
//
// Nodes, pending entries and the IDs that each consumer owns are kept in the same ordered index: sorted chunks in a
// sorted list of chunks. A stream only grows at its end and mostly shrinks at its start, where this costs least. The
// chunks of pending entries hold no pointers; a million entries of a stream are some ten thousand pointers to the
// collector, and freeing it all is dropping one.
//
// Rejected: a radix tree as in Redis, whose inner nodes are so many objects to mark; and one sorted array, in which taking
// out one of a million pending entries moves megabytes.
package stream
