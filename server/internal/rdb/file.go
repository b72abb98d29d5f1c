package rdb

import (
	"encoding/binary"
	"fmt"

	"redline/server/internal/keyspace"
)

// A file is a row of parts, each begun by one byte:
//
//	"REDIS" and the version in four digits
//	250 name value       a fact about the file; unknown ones are skipped
//	254 length           what follows belongs to the database of this number
//	251 length length    the numbers of its keys and of those with a deadline, in advance
//	253 int32            the deadline of the next key in seconds, of old versions
//	252 int64            the deadline of the next key in milliseconds
//	248 length           for how many seconds the next key was not used
//	249 byte             how often the next key was used (a logarithmic counter)
//	type key value       a key; all types are below 240
//	244 length x 3       which slot of a cluster follows, with the numbers of its keys
//	245 string           a library of functions
//	247 ...              data of a module that belongs to no key
//	255 uint64           the end, and the CRC64 of all before it; 0 if it was not computed
const (
	magic = "REDIS"

	opSlot        = 244
	opFunction    = 245
	opFunctionOld = 246 // of a version of Redis 7.0 before its release
	opModuleAux   = 247
	opIdle        = 248
	opFreq        = 249
	opAux         = 250
	opResize      = 251
	opExpireMs    = 252
	opExpire      = 253
	opSelect      = 254
	opEOF         = 255
)

// Meta is what a file says of a key beside its value.
type Meta struct {
	ExpireAt int64 // unix milliseconds, or keyspace.NoExpiry
	Idle     int64 // seconds since the key was used, or NoAccess
	Freq     int   // how often it was used, 0 to 255, or NoAccess
}

// NoAccess stands for an Idle or Freq that is not known.
const NoAccess = -1

// Header begins a file.
func (w *Writer) Header() { w.Buf = fmt.Appendf(w.Buf, "%s%04d", magic, Version) }

// Aux appends a fact about the file.
func (w *Writer) Aux(name, value string) {
	w.Buf = append(w.Buf, opAux)
	w.String([]byte(name))
	w.String([]byte(value))
}

// SelectDB says to which database belongs what follows.
func (w *Writer) SelectDB(n int) {
	w.Buf = append(w.Buf, opSelect)
	w.Length(uint64(n))
}

// Resize says how many keys the selected database has, and how many of them have a deadline.
func (w *Writer) Resize(keys, expires int) {
	w.Buf = append(w.Buf, opResize)
	w.Length(uint64(keys))
	w.Length(uint64(expires))
}

// Entry appends a key with its value.
func (w *Writer) Entry(m Meta, db *keyspace.DB, k *keyspace.Key, it keyspace.Item) {
	if m.ExpireAt != keyspace.NoExpiry {
		w.Buf = binary.LittleEndian.AppendUint64(append(w.Buf, opExpireMs), uint64(m.ExpireAt))
	}
	if m.Idle >= 0 {
		w.Buf = append(w.Buf, opIdle)
		w.Length(uint64(m.Idle))
	}
	if m.Freq >= 0 {
		w.Buf = append(w.Buf, opFreq, byte(m.Freq))
	}
	w.named, w.name = true, k.Name
	w.Value(db, k, it)
}

// kind appends the type of a value, and the key if it is a file's.
func (w *Writer) kind(typ byte) {
	w.Buf = append(w.Buf, typ)
	if w.named {
		w.String(w.name)
		w.named, w.name = false, nil
	}
}

// End ends a file. crc is the checksum of all that was written before, with the opcode EndMark.
func (w *Writer) End(crc uint64) { w.Buf = binary.LittleEndian.AppendUint64(w.Buf, crc) }

// EndMark is the byte before the checksum at the end.
const EndMark = opEOF
