package collection

import (
	"redline/resp"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/intset"
	"redline/server/internal/object/listpack"
)

// SetBuilder is a set outside of the keyspace: the result of an operation on sets, or one that is being loaded. It takes
// the same forms by the same thresholds. Make one with NewSetBuilder.
type SetBuilder struct {
	members
	key    *keyspace.Key
	intMax int
}

// NewSetBuilder returns an empty set that may be stored under k. intMax is the setting set-max-intset-entries.
func NewSetBuilder(k *keyspace.Key, intMax int) *SetBuilder {
	return &SetBuilder{key: k, intMax: min(intMax, intsetMax)}
}

// Add makes m a member and says whether it was none.
func (b *SetBuilder) Add(m []byte) bool {
	if b.bytes == nil && b.table == nil {
		b.enc, b.bytes = keyspace.Intset, intset.AppendEmpty(nil)
	}
	if b.enc == keyspace.Intset {
		if v, ok := resp.ParseInt(m); ok {
			return b.addInt(v)
		}
		b.leaveIntset()
	}
	if b.enc == keyspace.Packed {
		if listpack.Find(b.bytes, listpack.First(b.bytes), m, 0) != 0 {
			return false
		}
		if packedFits(listpack.Len(b.bytes)+1, len(b.bytes)+listpack.Size(m)) {
			b.bytes = listpack.Append(b.bytes, m)
			return true
		}
		b.enlarge()
	}
	return b.table.Add(m)
}

// AddValue is Add for what another set passed.
func (b *SetBuilder) AddValue(v Value) bool {
	if v.IsInt() && b.enc == keyspace.Intset && b.bytes != nil {
		return b.addInt(v.Int)
	}
	var scratch [20]byte
	return b.Add(v.Bytes(scratch[:]))
}

// addInt adds to an intset, which turns into something else when it has too many members.
func (b *SetBuilder) addInt(v int64) (added bool) {
	b.bytes, added = intset.Add(b.bytes, v)
	if added && intset.Len(b.bytes) > b.intMax {
		b.leaveIntset()
	}
	return added
}

func (b *SetBuilder) leaveIntset() {
	size := listpack.EmptyLen
	b.Each(func(v Value) bool {
		size += listpack.SizeInt(v.Int)
		return true
	})
	if !packedFits(b.Len(), size) {
		b.enlarge()
		return
	}
	lp := listpack.AppendEmpty(make([]byte, 0, size))
	b.Each(func(v Value) bool {
		lp = listpack.AppendInt(lp, v.Int)
		return true
	})
	b.enc, b.bytes = keyspace.Packed, lp
}

func (b *SetBuilder) enlarge() {
	b.members = members{enc: keyspace.Hashtable, table: toTable(&b.members, newTable(b.key))}
}

// Remove takes a member out and says whether it was one.
func (b *SetBuilder) Remove(v Value) (ok bool) {
	var scratch [20]byte
	m := v.Bytes(scratch[:])
	switch {
	case b.table != nil:
		return b.table.Delete(m)
	case b.bytes == nil:
		return false
	case b.enc == keyspace.Intset:
		n, isInt := v.Int, v.IsInt()
		if !isInt {
			n, isInt = resp.ParseInt(m)
		}
		if isInt {
			b.bytes, ok = intset.Remove(b.bytes, n)
		}
		return ok
	default:
		p := listpack.Find(b.bytes, listpack.First(b.bytes), m, 0)
		if p != 0 {
			b.bytes = listpack.Delete(b.bytes, p)
		}
		return p != 0
	}
}

// Store puts a set that is not empty under its key, in the place of whatever was there and without a deadline. it is what was
// found under the key. The builder must not be used afterwards.
func (b *SetBuilder) Store(db *keyspace.DB, it keyspace.Item) keyspace.Item {
	return b.store(db, it, false)
}

// Replace is Store that keeps the deadline.
func (b *SetBuilder) Replace(db *keyspace.DB, it keyspace.Item) keyspace.Item {
	return b.store(db, it, true)
}

func (b *SetBuilder) store(db *keyspace.DB, it keyspace.Item, keepTTL bool) keyspace.Item {
	if b.table != nil {
		return db.WriteObject(b.key, it, keyspace.Set, keyspace.Hashtable, tableObject{b.table}, keepTTL)
	}
	it = db.Write(b.key, it, keyspace.Set, b.enc, len(b.bytes), keepTTL)
	copy(it.Value(), b.bytes)
	return it
}
