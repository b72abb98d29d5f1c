package keyspace

import (
	"strconv"

	"redline/server/internal/slab"
)

// Item is a view of one live key. The zero Item means "no such key". An Item, and every slice got from it, is valid
// until the next change of its shard.
type Item struct {
	db *DB
	h  slab.Handle
	b  block
}

// OK says whether the key exists.
func (it Item) OK() bool { return it.b != nil }

// DB returns the database that holds the key.
func (it Item) DB() *DB { return it.db }

// Type returns the value's data type.
func (it Item) Type() Type { return Type(it.b[offKind] & kindType) }

// Encoding returns how the value is laid out.
func (it Item) Encoding() Encoding { return Encoding(it.b[offKind] >> 4) }

// EncodingName returns what OBJECT ENCODING calls it. A list is always a quicklist to Redis 7.0, also where it is kept
// as one listpack here.
func (it Item) EncodingName() string {
	if it.Type() == List {
		return Quicklist.String()
	}
	return it.Encoding().String()
}

// SetEncoding changes what the value is called without touching its bytes (Embstr to Raw after a change in place).
func (it Item) SetEncoding(e Encoding) { it.b[offKind] = it.b[offKind]&kindLow | byte(e)<<4 }

// Key returns the key's name.
func (it Item) Key() []byte { return keyOf(it.b) }

// Value returns the bytes of an inline value. Writing to them changes the value: call DB.Touch afterwards.
func (it Item) Value() []byte {
	l := layoutOf(it.b)
	return it.b[l.val:l.end():l.end()]
}

// ValueLen returns the length of the inline value in bytes.
func (it Item) ValueLen() int {
	l := layoutOf(it.b)
	return l.valLen
}

// Int returns the value of an Int string.
func (it Item) Int() int64 { return getInt(it.Value()) }

// Text returns the bytes of a string value; an Int is formatted into scratch, which should have room for 20 bytes.
func (it Item) Text(scratch []byte) []byte {
	if it.Encoding() == Int {
		return strconv.AppendInt(scratch[:0], it.Int(), 10)
	}
	return it.Value()
}

// Object returns the large structure of a value that is not inline.
func (it Item) Object() Object { return it.db.sh.objects.at(it.objectIndex()) }

func (it Item) objectIndex() uint32 { return uint32(getInt(it.Value()[it.Encoding().head():])) }

// ExpireAt returns the deadline in unix milliseconds, or NoExpiry.
func (it Item) ExpireAt() int64 {
	l := layoutOf(it.b)
	return keyDeadline(&l, it.b)
}

// Bytes returns the memory that the key and its value take, its share of the index aside.
func (it Item) Bytes() int64 {
	n := int64(len(it.b))
	if !it.Encoding().Inline() {
		n += it.db.sh.objects.sizeAt(it.objectIndex())
	}
	return n
}

// Object is a large value: a structure on the Go heap, held by index so that blocks stay free of pointers.
type Object interface {
	// MemBytes returns the memory the structure takes, in constant time.
	MemBytes() int64
	// Clone returns a copy that shares nothing: COPY.
	Clone() Object
}

// objectTable holds a shard's large values. Slots are reused; freeing drops the reference, whatever its size, so
// deleting a collection of a million members costs the deleter nothing.
type objectTable struct {
	slots []objectSlot
	free  []uint32
	bytes int64
	arena *slab.Arena

	dead    []Lodger       // objects that are gone and still have blocks
	flushed [][]objectSlot // tables of flushed shards
}

type objectSlot struct {
	obj  Object
	size int64 // as of the last put or refresh
}

func (t *objectTable) put(o Object) uint32 {
	if l, ok := o.(Lodger); ok {
		l.Adopt(t.arena)
	}
	var i uint32
	if n := len(t.free); n > 0 {
		i, t.free = t.free[n-1], t.free[:n-1]
	} else {
		i = uint32(len(t.slots))
		t.slots = append(t.slots, objectSlot{})
	}
	t.slots[i] = objectSlot{obj: o, size: o.MemBytes()}
	t.bytes += t.slots[i].size
	return i
}

func (t *objectTable) at(i uint32) Object            { return t.slots[i].obj }
func (t *objectTable) sizeAt(i uint32) int64         { return t.slots[i].obj.MemBytes() }
func (t *objectTable) refresh(i uint32)              { t.resize(&t.slots[i], t.slots[i].obj.MemBytes()) }
func (t *objectTable) resize(s *objectSlot, n int64) { t.bytes += n - s.size; s.size = n }

func (t *objectTable) drop(i uint32) {
	t.gone(t.slots[i].obj)
	t.take(i)
}

// take takes an object out that lives on.
func (t *objectTable) take(i uint32) {
	t.resize(&t.slots[i], 0)
	t.slots[i] = objectSlot{}
	t.free = append(t.free, i)
}
