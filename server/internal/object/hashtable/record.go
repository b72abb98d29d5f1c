package hashtable

import "encoding/binary"

// A record holds one entry:
//
//	+----------+----------+-----+-------+
//	| key len  | val len  | key | value |
//	| 1 or 3 B | 1 or 3 B |     |       |
//	+----------+----------+-----+-------+
//
// A length of up to 253 is one byte; 254 means that two bytes with the length follow, 255 that the bytes are a blob: no
// length follows, and the blob's id stands in their place, 4 bytes. Records begin at multiples of 4 bytes.
const (
	lenWide = 254
	lenBlob = 255

	recordMax = 256 // bytes; so that a full segment, 640 x 256 bytes, is copied within a hundred microseconds
	unitBytes = 4
	blobIDLen = 4
)

// record is a decoded record.
type record struct {
	key, val         []byte
	keyBlob, valBlob bool
	keyID, valID     uint32
	size             int // bytes from the start to the end of the value
}

// plan says how an entry is laid out.
type plan struct {
	keyBlob, valBlob bool
	size             int
}

func lenSize(n int, blob bool) int {
	switch {
	case blob:
		return 1 + blobIDLen
	case n >= lenWide:
		return 3 + n
	default:
		return 1 + n
	}
}

// planFor puts the longer of key and value apart, or both, when they make too long a record.
func planFor(key, val int) plan {
	p := plan{size: lenSize(key, false) + lenSize(val, false)}
	if p.size > recordMax {
		p.valBlob, p.keyBlob = val >= key, key > val
		p.size = lenSize(key, p.keyBlob) + lenSize(val, p.valBlob)
	}
	if p.size > recordMax {
		p = plan{true, true, lenSize(key, true) + lenSize(val, true)}
	}
	return p
}

func roundUnit(n int) int { return (n + unitBytes - 1) &^ (unitBytes - 1) }

// keyIs says whether the record at the start of b has the key.
func (t *Table) keyIs(b, key []byte) bool {
	if b[0] < lenWide && b[1] < lenWide { // fast path
		return int(b[0]) == len(key) && string(b[2:2+len(key)]) == string(key)
	}
	r := t.decode(b)
	return string(r.key) == string(key)
}

// decode reads the record at the start of b. Its key and value are views.
func (t *Table) decode(b []byte) (r record) {
	if b[0] < lenWide && b[1] < lenWide { // fast path
		k := 2 + int(b[0])
		r.size = k + int(b[1])
		r.key, r.val = b[2:k:k], b[k:r.size:r.size]
		return r
	}
	var kn, vn, at int
	kn, r.keyBlob, at = decodeLen(b, 0)
	vn, r.valBlob, at = decodeLen(b, at)
	if r.keyBlob {
		r.keyID = binary.LittleEndian.Uint32(b[at:])
		r.key = t.blobs.get(r.keyID)
	} else {
		r.key = b[at : at+kn : at+kn]
	}
	at += kn
	if r.valBlob {
		r.valID = binary.LittleEndian.Uint32(b[at:])
		r.val = t.blobs.get(r.valID)
	} else {
		r.val = b[at : at+vn : at+vn]
	}
	r.size = at + vn
	return r
}

// decodeLen reads the length at b[at:] and returns how many bytes stand in the record, and what follows.
func decodeLen(b []byte, at int) (n int, blob bool, next int) {
	switch b[at] {
	case lenBlob:
		return blobIDLen, true, at + 1
	case lenWide:
		return int(binary.LittleEndian.Uint16(b[at+1:])), false, at + 3
	default:
		return int(b[at]), false, at + 1
	}
}

func putLen(b []byte, n int, blob bool) []byte {
	switch {
	case blob:
		b[0] = lenBlob
		return b[1:]
	case n >= lenWide:
		b[0] = lenWide
		binary.LittleEndian.PutUint16(b[1:], uint16(n))
		return b[3:]
	default:
		b[0] = byte(n)
		return b[1:]
	}
}

func (t *Table) putBytes(b, data []byte, blob bool) []byte {
	if blob {
		binary.LittleEndian.PutUint32(b, t.blobs.add(data))
		return b[blobIDLen:]
	}
	return b[copy(b, data):]
}

// encode writes a new record as planned.
func (t *Table) encode(b []byte, p plan, key, val []byte) {
	b = putLen(b, len(key), p.keyBlob)
	b = putLen(b, len(val), p.valBlob)
	b = t.putBytes(b, key, p.keyBlob)
	t.putBytes(b, val, p.valBlob)
}

// setValue changes the value of the record at the start of b where it lies, if it has the room. shrunk is by how many
// bytes the record, rounded to units, got shorter.
func (t *Table) setValue(b []byte, r *record, val []byte) (shrunk int, ok bool) {
	p := planFor(len(r.key), len(val))
	if p.keyBlob != r.keyBlob || p.valBlob != r.valBlob {
		return 0, false
	}
	if r.valBlob {
		t.blobs.set(r.valID, val)
		return 0, true
	}
	old := roundUnit(r.size)
	if p.size > old || len(val) >= lenWide != (len(r.val) >= lenWide) {
		return 0, false
	}
	at := r.size - len(r.val)
	_, _, keyLenEnd := decodeLen(b, 0)
	putLen(b[keyLenEnd:], len(val), false)
	copy(b[at:], val)
	return old - roundUnit(p.size), true
}

// dropBlobs frees what a record keeps apart.
func (t *Table) dropBlobs(r *record) {
	if r.keyBlob {
		t.blobs.drop(r.keyID)
	}
	if r.valBlob {
		t.blobs.drop(r.valID)
	}
}
