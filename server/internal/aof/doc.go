// Package aof reads the append-only files that Redis writes, to come from there to Redline. It never changes one.
//
// A Set says which files make up an AOF and in which order they are read: FindSet looks for Redis 7's manifest in a
// directory, Single is the one file of Redis 6 and older. Read goes through them and hands out what they hold: snapshots in
// the RDB format, by name, and groups of commands. A group is a single command or what stood between MULTI and EXEC; a group
// whose EXEC is missing never happened.
//
// The manifest has a line for each file:
//
//	file appendonly.aof.1.base.rdb seq 1 type b
//	file appendonly.aof.4.incr.aof seq 4 type i
//
// Type b is the base, read first: an RDB file or commands. Types i follow in order of seq. Type h is history, about to be
// removed, and not read. A file of commands holds requests in RESP, annotations in lines that begin with #, and at its start
// possibly an RDB file (the "preamble").
//
// Source: Redis' documentation on persistence, and aof.c, which describes the manifest and annotations.
package aof

import "fmt"

// A CorruptError says where a file is not what it should be.
type CorruptError struct {
	File   string
	Offset int64 // of the command or line that cannot be read
	Why    string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s: offset %d: %s: repair it with redis-check-aof --fix", e.File, e.Offset, e.Why)
}

// A Cut says that the last file ends in the middle of a command or group, as it does after a crash.
type Cut struct {
	File   string
	Offset int64 // up to here it is whole
	Size   int64
	Why    string
}

// A TruncatedError is a Cut that was not to be accepted.
type TruncatedError Cut

func (e *TruncatedError) Error() string {
	return fmt.Sprintf("%s: offset %d: %s; %d bytes would be dropped: set aof-load-truncated yes to accept that",
		e.File, e.Offset, e.Why, e.Size-e.Offset)
}
