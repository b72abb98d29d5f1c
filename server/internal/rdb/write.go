package rdb

import (
	"encoding/binary"
	"math"
	"strconv"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/keyspace"
)

// Version is that of the values written: Redis 7.0. VersionTimed is that of hashes whose fields have deadlines: Redis 7.4,
// which is also the newest that is read.
const (
	Version      = 10
	VersionTimed = 12
	VersionMax   = VersionTimed
)

// The types of values. Written are String, Set, Hash, ZSet2, SetIntset, HashListpack, ZSetListpack, ListQuicklist2,
// Stream2 and HashTimed; the others are read.
const (
	typeString         = 0
	typeList           = 1
	typeSet            = 2
	typeZSet           = 3 // scores as text
	typeHash           = 4
	typeZSet2          = 5
	typeModuleOld      = 6
	typeModule         = 7
	typeHashZipmap     = 9
	typeListZiplist    = 10
	typeSetIntset      = 11
	typeZSetZiplist    = 12
	typeHashZiplist    = 13
	typeListQuicklist  = 14 // of ziplists
	typeStream         = 15 // of listpacks
	typeHashListpack   = 16
	typeZSetListpack   = 17
	typeListQuicklist2 = 18 // of listpacks and plain elements
	typeStream2        = 19 // Redis 7.0
	typeSetListpack    = 20 // Redis 7.2
	typeStream3        = 21 // Redis 7.2
	typeHashTimed0     = 22 // Redis 7.4 before its release, as are 23: deadlines are absolute
	typeHashListpack0  = 23
	typeHashTimed      = 24 // Redis 7.4: fields with deadlines
	typeHashListpackEx = 25 // Redis 7.4: a listpack of fields, values and deadlines
)

// The special encodings of strings.
const (
	encInt8  = 0xc0
	encInt16 = 0xc1
	encInt32 = 0xc2
	encLZF   = 0xc3
)

// compressMin is the shortest string that Redis tries to compress, less one.
const compressMin = 20

// Writer appends values to Buf.
type Writer struct {
	Buf      []byte
	Compress bool // the setting rdbcompression
	// Later leaves compression to Pack: for whoever writes values while he holds up others.
	Later bool
	// Relax, if not nil, is called by Pack every relaxBytes.
	Relax func()
	// Pause, if set, is called after each element of a large value, and ends the value there if it returns false.
	Pause func() bool

	named bool   // the value that is being written is a file's
	name  []byte // and this is its key
	later []span
	lzf   *compressor
}

// goOn says whether a value's next element is to be written.
func (w *Writer) goOn() bool { return w.Pause == nil || w.Pause() }

// Length appends a length.
func (w *Writer) Length(n uint64) {
	switch {
	case n < 1<<6:
		w.Buf = append(w.Buf, byte(n))
	case n < 1<<14:
		w.Buf = append(w.Buf, 0x40|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		w.Buf = binary.BigEndian.AppendUint32(append(w.Buf, 0x80), uint32(n))
	default:
		w.Buf = binary.BigEndian.AppendUint64(append(w.Buf, 0x81), n)
	}
}

// Int appends an integer as a string.
func (w *Writer) Int(n int64) {
	switch {
	case int64(int8(n)) == n:
		w.Buf = append(w.Buf, encInt8, byte(n))
	case int64(int16(n)) == n:
		w.Buf = binary.LittleEndian.AppendUint16(append(w.Buf, encInt16), uint16(n))
	case int64(int32(n)) == n:
		w.Buf = binary.LittleEndian.AppendUint32(append(w.Buf, encInt32), uint32(n))
	default:
		var text [20]byte
		w.verbatim(strconv.AppendInt(text[:0], n, 10))
	}
}

// String appends a string: as an integer if it reads as a short one, compressed if that is allowed and shorter.
func (w *Writer) String(b []byte) {
	if len(b) <= 11 { // "-2147483648"
		if n, ok := resp.ParseInt(b); ok && int64(int32(n)) == n {
			w.Int(n)
			return
		}
	}
	if w.Compress && len(b) > compressMin {
		if w.Later {
			w.later = append(w.later, span{len(w.Buf), len(b)})
			w.Buf = append(w.Buf, b...)
			return
		}
		if w.compressed(b) {
			return
		}
	}
	w.verbatim(b)
}

func (w *Writer) verbatim(b []byte) {
	w.Length(uint64(len(b)))
	w.Buf = append(w.Buf, b...)
}

// compressed appends a string in the LZF encoding, unless that is longer.
func (w *Writer) compressed(b []byte) bool {
	if w.lzf == nil {
		w.lzf = compressors.Get().(*compressor)
	}
	short, ok := w.lzf.compress(b)
	if !ok {
		return false
	}
	w.Buf = append(w.Buf, encLZF)
	w.Length(uint64(len(short)))
	w.Length(uint64(len(b)))
	w.Buf = append(w.Buf, short...)
	return true
}

// Swap exchanges what two writers have in Buf.
func (w *Writer) Swap(o *Writer) {
	w.Buf, o.Buf = o.Buf, w.Buf
	w.later, o.later = o.later, w.later
}

// Release gives back what the Writer borrowed. It can go on being used.
func (w *Writer) Release() {
	if w.lzf != nil {
		compressors.Put(w.lzf)
		w.lzf = nil
	}
}

// span is a string in Buf, without its length, that may be compressed.
type span struct{ at, n int }

// relaxBytes take some 50 to 100 us to compress.
const relaxBytes = 16 << 10

// Pack appends what from has in Buf, which was written with Later, and compresses on the way. It leaves from empty.
func (w *Writer) Pack(from *Writer) {
	at, relaxed := 0, 0
	for _, s := range from.later {
		if at-relaxed >= relaxBytes && w.Relax != nil {
			w.Relax()
			relaxed = at
		}
		w.Buf = append(w.Buf, from.Buf[at:s.at]...)
		at = s.at + s.n
		if b := from.Buf[s.at:at]; !w.compressed(b) {
			w.verbatim(b)
		}
	}
	w.Buf = append(w.Buf, from.Buf[at:]...)
	from.Buf, from.later = from.Buf[:0], from.later[:0]
}

func (w *Writer) double(f float64) {
	w.Buf = binary.LittleEndian.AppendUint64(w.Buf, math.Float64bits(f))
}

// Value appends the type and the value of a key.
func (w *Writer) Value(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) {
	switch it.Type() {
	case keyspace.String:
		w.kind(typeString)
		if it.Encoding() == keyspace.Int {
			w.Int(it.Int())
		} else {
			w.String(it.Value())
		}
	case keyspace.List:
		w.list(db, k, it)
	case keyspace.Set:
		w.set(db, k, it)
	case keyspace.Hash:
		w.hash(db, k, it)
	case keyspace.ZSet:
		w.zset(db, k, it)
	case keyspace.Stream:
		w.stream(collection.OpenStream(it))
	}
}

// The containers of a quicklist's nodes.
const (
	nodePlain  = 1
	nodePacked = 2
)

func (w *Writer) list(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) {
	l := collection.OpenList(db, k, it, 0)
	w.kind(typeListQuicklist2)
	w.Length(uint64(l.NodeCount()))
	l.Nodes(func(b []byte, plain bool) bool {
		if plain {
			w.Length(nodePlain)
		} else {
			w.Length(nodePacked)
		}
		w.String(b)
		return w.goOn()
	})
}

func (w *Writer) set(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) {
	if it.Encoding() == keyspace.Intset {
		w.kind(typeSetIntset)
		w.String(it.Value())
		return
	}
	s := collection.OpenSet(db, k, it, 0)
	w.kind(typeSet)
	w.Length(uint64(s.Len()))
	var scratch [20]byte
	s.Each(func(v collection.Value) bool {
		w.String(v.Bytes(scratch[:0]))
		return w.goOn()
	})
}

func (w *Writer) hash(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) {
	if it.Encoding() == keyspace.Listpack {
		w.kind(typeHashListpack)
		w.String(it.Value())
		return
	}
	h := collection.OpenHash(db, k, it, collection.HashLimits{})
	if h.Timed() && w.hashTimed(&h) {
		return
	}
	w.kind(typeHash)
	w.Length(uint64(h.Len()))
	var fs, vs [20]byte
	h.Each(func(f, v collection.Value) bool {
		w.String(f.Bytes(fs[:0]))
		w.String(v.Bytes(vs[:0]))
		return w.goOn()
	})
}

// hashTimed writes a hash whose fields have deadlines, or says that none has one. First comes the earliest deadline; those
// of the fields follow as differences from it, plus one, before each field; 0 is none. Fields that are due and have not
// been removed yet are written as well: a value that is written piece by piece must have as many fields as it says.
func (w *Writer) hashTimed(h *collection.Hash) bool {
	first := h.FirstTime()
	if first == collection.NoTime {
		return false
	}
	w.kind(typeHashTimed)
	w.Buf = binary.LittleEndian.AppendUint64(w.Buf, uint64(first))
	w.Length(uint64(h.Stored()))
	var fs, vs [20]byte
	h.EachStored(func(f, v collection.Value, at int64) bool {
		if at != collection.NoTime {
			at += 1 - first
		}
		w.Length(uint64(at))
		w.String(f.Bytes(fs[:0]))
		w.String(v.Bytes(vs[:0]))
		return w.goOn()
	})
	return true
}

func (w *Writer) zset(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) {
	if it.Encoding() == keyspace.Listpack {
		w.kind(typeZSetListpack)
		w.String(it.Value())
		return
	}
	z := collection.OpenZSet(db, k, it, collection.ZSetLimits{})
	w.kind(typeZSet2)
	w.Length(uint64(z.Len()))
	// From the highest score down, as Redis does: its loader then inserts each at the front.
	for i := z.At(z.Len() - 1); i.OK(); i.Prev() {
		w.String(i.Member())
		w.double(i.Score())
		if !w.goOn() {
			return
		}
	}
}
