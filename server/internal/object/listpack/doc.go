// Package listpack reads and edits Redis' listpack: a sequence of strings and integers in one run of bytes, walked in
// both directions. Small lists, hashes, sorted sets and stream nodes are listpacks, in memory and, byte for byte, in RDB
// files and DUMP payloads.
//
//	+-------------+-----------+---------+- - -+---------+------+
//	| total bytes | count     | entry   |     | entry   | 0xFF |
//	| uint32 LE   | uint16 LE |         |     |         |      |
//	+-------------+-----------+---------+- - -+---------+------+
//
// A count of 65,535 means that the entries have to be counted. An entry is an encoding byte, data, and the length of
// both once more ("backlen", 1 to 5 bytes, to be read from its end):
//
//	0xxxxxxx                      integer 0..127
//	10xxxxxx data                 string of up to 63 bytes
//	110xxxxx xxxxxxxx             integer of 13 bits, signed, high byte first
//	1110xxxx xxxxxxxx data        string of up to 4,095 bytes
//	0xF0, uint32 LE, data         longer string
//	0xF1 .. 0xF4                  integer of 16, 24, 32, 64 bits, signed, little-endian
//
// A listpack is a []byte whose length is its total bytes. A position is the offset of an entry; 0 is no position. The
// functions that change a listpack work as append does: they edit in place if the slice has the capacity, else they
// return a copy, and the caller goes on with what is returned. Nothing else allocates. The Size functions tell
// beforehand what an edit adds, so that a caller who owns the memory can make room first.
//
// All functions but Validate take listpacks for well-formed: on other bytes they give nonsense or panic. What comes
// from outside goes through Validate once.
package listpack
