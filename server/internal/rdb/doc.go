// Package rdb reads and writes values in the format of Redis' RDB files and DUMP payloads: a type byte, then the value.
// Values are written as version 10 has them (Redis 7.0), but for hashes whose fields have deadlines, which came with version
// 12 (Redis 7.4), and read up to version 12, the forms of older versions included. The codec knows one value at a time; keys, deadlines and the frame of a file are its user's.
//
// Append writes the value of a key. Load reads one, from whatever bytes: it never panics, checks all that it reads and
// allocates no more than what it has read calls for. What it returns is stored with Value.Store. AppendPayload and
// OpenPayload add and check the frame of DUMP.
//
// Integers are little-endian but where said otherwise. Lengths:
//
//	00nnnnnn                  n
//	01nnnnnn mmmmmmmm         n*256+m
//	10000000 4 bytes          big-endian
//	10000001 8 bytes          big-endian
//	11eeeeee                  no length: a string in special encoding e follows
//
// A string is its length and its bytes, or one of the encodings 0, 1, 2 (integer of 1, 2, 4 bytes) and 3 (length of the
// LZF-compressed bytes, length of the string, compressed bytes).
//
// Source: Redis' rdb.h and rdb.c describe the format; the "Redis RDB file format" pages of rdbtools explain it.
package rdb
