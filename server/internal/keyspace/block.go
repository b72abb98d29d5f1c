package keyspace

import (
	"encoding/binary"
	"strings"
)

// Type is the data type of a value.
type Type uint8

// The data types, in the order of Redis' own numbering.
const (
	String Type = iota
	List
	Set
	ZSet
	Hash
	Stream
)

var typeNames = [...]string{"string", "list", "set", "zset", "hash", "stream"}

// String returns the name that the TYPE command gives.
func (t Type) String() string { return typeNames[t] }

// TypeByName finds a type by the name that TYPE gives, in any case.
func TypeByName(name []byte) (Type, bool) {
	for t, n := range typeNames {
		if strings.EqualFold(n, string(name)) {
			return Type(t), true
		}
	}
	return 0, false
}

// Encoding says how a value is laid out.
type Encoding uint8

// The encodings. Raw, Embstr and Int are strings; Listpack, Intset and Packed live in the key's block as well; the others
// are an Object of the shard's table. Packed is a listpack in the place of a hash table, which is what Redis 7.0 makes of
// every set of strings and of hashes with long fields, however small. The forms with Ex are hashes whose fields may have
// deadlines (see fields.go); their listpacks have three entries a field: the field, its value, its deadline or 0.
const (
	Raw Encoding = iota
	Int
	Embstr
	Listpack
	Intset
	Packed
	ListpackEx
	PackedEx
	Quicklist
	Hashtable
	Skiplist
	StreamTree
	HashtableEx
)

var encodingNames = [...]string{"raw", "int", "embstr", "listpack", "intset", "hashtable", "listpackex", "hashtable",
	"quicklist", "hashtable", "skiplist", "stream", "hashtable"}

// String returns the name that OBJECT ENCODING gives.
func (e Encoding) String() string { return encodingNames[e] }

// Inline says whether the value's bytes lie in the key's block.
func (e Encoding) Inline() bool { return e <= PackedEx }

// EmbstrMax is the longest string that Redis calls embstr, in bytes.
const EmbstrMax = 44

// A block holds one key and its value:
//
//	+--------+---------+----------------+----------+----------+----------------+-----+-------+
//	| type:3 | flags:4 | access, 3 B    | key len  | val len  | deadline       | key | value |
//	| kept:1 | tag:4   | (LRU or LFU)   | 1 or 4 B | 1 or 4 B | none, 5 or 8 B |     |       |
//	| enc:4  |         |                |          |          |                |     |       |
//	+--------+---------+----------------+----------+----------+----------------+-----+-------+
//
// All integers are little-endian. A key of 16 B with a value of 64 B takes 87 B, with a time to live 92 B. The tag is
// the low half of the tag of the wheel bucket that holds the key's current expiry entry (see package expire): a stale
// entry that bears the same tag by chance, one in 16, is only entered once more. The deadline is in unix milliseconds;
// the 5-byte form counts from deadlineBase and reaches until 2055. kept is for the save that is under way (save.go).
type block = []byte

const (
	offKind   = 0
	offFlags  = 1
	offAccess = 2
	offLens   = 5
)

const (
	kindType = 7      // the bits of the kind that tell the type
	kindKept = 1 << 3 // what a save needs of the key was handed over, ahead of the walk
	kindLow  = kindType | kindKept
)

const (
	flagWideKey  = 1 << 0
	flagWideVal  = 1 << 1
	flagTTLShort = 1 << 2
	flagTTLLong  = 1 << 3
	flagTTL      = flagTTLShort | flagTTLLong
	flagsLayout  = flagWideKey | flagWideVal | flagTTL
	tagShift     = 4
	tagMask      = 15
)

const (
	deadlineBase     = 1_600_000_000_000
	deadlineShortMax = deadlineBase + 1<<40 - 1
	narrowMax        = 255
	// NoExpiry is the deadline of a key that never expires.
	NoExpiry = int64(-1)
)

// layout gives the offsets in a block that follow from its flags and lengths.
type layout struct {
	flags          byte
	ttl, key, val  int
	keyLen, valLen int
}

func (l *layout) end() int { return l.val + l.valLen }

func layoutFor(keyLen, valLen int, ttlFlag byte) layout {
	l := layout{flags: ttlFlag, keyLen: keyLen, valLen: valLen}
	p := offLens + 1
	if keyLen > narrowMax {
		l.flags |= flagWideKey
		p += 3
	}
	if valLen > narrowMax {
		l.flags |= flagWideVal
		p += 4
	} else {
		p++
	}
	l.place(p)
	return l
}

func (l *layout) place(p int) {
	l.ttl = p
	switch l.flags & flagTTL {
	case flagTTLShort:
		p += 5
	case flagTTLLong:
		p += 8
	}
	l.key = p
	l.val = p + l.keyLen
}

func layoutOf(b block) (l layout) {
	l.flags = b[offFlags] & flagsLayout
	if l.flags == 0 { // fast path: short key and value, no deadline
		l.keyLen, l.valLen = int(b[offLens]), int(b[offLens+1])
		l.ttl, l.key = offLens+2, offLens+2
		l.val = l.key + l.keyLen
		return l
	}
	p := offLens
	if l.flags&flagWideKey != 0 {
		l.keyLen = int(binary.LittleEndian.Uint32(b[p:]))
		p += 4
	} else {
		l.keyLen = int(b[p])
		p++
	}
	if l.flags&flagWideVal != 0 {
		l.valLen = int(binary.LittleEndian.Uint32(b[p:]))
		p += 4
	} else {
		l.valLen = int(b[p])
		p++
	}
	l.place(p)
	return l
}

// writeHead writes flags and lengths; type, access and deadline are left as they are.
func (l *layout) writeHead(b block) {
	b[offFlags] = b[offFlags]&^flagsLayout | l.flags
	p := offLens
	if l.flags&flagWideKey != 0 {
		binary.LittleEndian.PutUint32(b[p:], uint32(l.keyLen))
		p += 4
	} else {
		b[p] = byte(l.keyLen)
		p++
	}
	if l.flags&flagWideVal != 0 {
		binary.LittleEndian.PutUint32(b[p:], uint32(l.valLen))
	} else {
		b[p] = byte(l.valLen)
	}
}

func keyOf(b block) []byte {
	l := layoutOf(b)
	return b[l.key:l.val]
}

func ttlFlagFor(at int64) byte {
	switch {
	case at == NoExpiry:
		return 0
	case at >= deadlineBase && at <= deadlineShortMax:
		return flagTTLShort
	default:
		return flagTTLLong
	}
}

func (l *layout) deadline(b block) int64 {
	switch l.flags & flagTTL {
	case flagTTLShort:
		p := b[l.ttl : l.ttl+5]
		return deadlineBase + (int64(binary.LittleEndian.Uint32(p)) | int64(p[4])<<32)
	case flagTTLLong:
		return int64(binary.LittleEndian.Uint64(b[l.ttl:]))
	default:
		return NoExpiry
	}
}

func (l *layout) putDeadline(b block, at int64, tag uint8) {
	switch l.flags & flagTTL {
	case flagTTLShort:
		p := b[l.ttl : l.ttl+5]
		d := uint64(at - deadlineBase)
		binary.LittleEndian.PutUint32(p, uint32(d))
		p[4] = byte(d >> 32)
	case flagTTLLong:
		binary.LittleEndian.PutUint64(b[l.ttl:], uint64(at))
	}
	b[offFlags] = b[offFlags]&(1<<tagShift-1) | tag<<tagShift
}

// tagOf returns the tag of the key's current wheel entry; it means nothing without a deadline.
func tagOf(b block) uint8 { return b[offFlags] >> tagShift }

func access(b block) uint32 {
	return uint32(b[offAccess]) | uint32(b[offAccess+1])<<8 | uint32(b[offAccess+2])<<16
}

func putAccess(b block, v uint32) {
	b[offAccess], b[offAccess+1], b[offAccess+2] = byte(v), byte(v>>8), byte(v>>16)
}

// intLen is the number of bytes that an Int value takes: 1, 2, 4 or 8.
func intLen(v int64) int {
	switch {
	case int64(int8(v)) == v:
		return 1
	case int64(int16(v)) == v:
		return 2
	case int64(int32(v)) == v:
		return 4
	default:
		return 8
	}
}

func putInt(b []byte, v int64) {
	switch len(b) {
	case 1:
		b[0] = byte(v)
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(v))
	default:
		binary.LittleEndian.PutUint64(b, uint64(v))
	}
}

func getInt(b []byte) int64 {
	switch len(b) {
	case 1:
		return int64(int8(b[0]))
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	default:
		return int64(binary.LittleEndian.Uint64(b))
	}
}

func encodingOf(b block) Encoding { return Encoding(b[offKind] >> 4) }
