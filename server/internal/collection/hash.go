package collection

import (
	"redline/server/internal/keyspace"
	"redline/server/internal/object/hashtable"
	"redline/server/internal/object/listpack"
)

// HashLimits are the settings hash-max-listpack-entries, in fields, and hash-max-listpack-value, in bytes: beyond them
// Redis keeps a hash as a hash table.
type HashLimits struct{ Entries, Value int }

// Hash is the hash of one key, which may not exist yet.
type Hash struct {
	db     *keyspace.DB
	key    *keyspace.Key
	it     keyspace.Item
	table  *hashtable.Table // nil while it is inline or absent
	limits HashLimits
}

// OpenHash returns the hash of a key. it is what was found under k: a hash, or the zero Item.
func OpenHash(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, limits HashLimits) Hash {
	h := Hash{db: db, key: k, limits: limits}
	h.use(it)
	return h
}

func (h *Hash) use(it keyspace.Item) {
	h.it, h.table = it, nil
	if it.OK() && !it.Encoding().Inline() {
		h.table = tableOf(it)
	}
}

// OK says whether the key exists.
func (h *Hash) OK() bool { return h.it.OK() }

// Item returns the key, or the zero Item.
func (h *Hash) Item() keyspace.Item { return h.it }

// Len returns the number of fields.
func (h *Hash) Len() int {
	switch {
	case h.table != nil:
		return h.table.Len()
	case h.it.OK():
		return listpack.Len(h.it.Value()) / 2
	default:
		return 0
	}
}

// Get returns the value of a field.
func (h *Hash) Get(field []byte) (v Value, ok bool) {
	switch {
	case h.table != nil:
		v.Str, ok = h.table.Get(field)
	case h.it.OK():
		lp := h.it.Value()
		if p := listpack.Find(lp, listpack.First(lp), field, 1); p != 0 {
			return listpack.Get(lp, listpack.Next(lp, p)), true
		}
	}
	return v, ok
}

// Has says whether there is a field.
func (h *Hash) Has(field []byte) bool {
	_, ok := h.Get(field)
	return ok
}

// Set gives a field a value and says whether the field is new. Neither may lie in the hash.
func (h *Hash) Set(field, val []byte) (added bool) {
	if h.it.OK() && h.table == nil && h.it.Encoding() == keyspace.Listpack && h.long(field, val) {
		h.leaveListpack()
	}
	switch {
	case h.table != nil:
		return h.setLarge(field, val)
	case !h.it.OK():
		return h.create(field, val)
	}
	lp := h.it.Value()
	if p := listpack.Find(lp, listpack.First(lp), field, 1); p != 0 {
		return h.replace(lp, listpack.Next(lp, p), field, val)
	}
	n, m := len(lp), listpack.Size(field)+listpack.Size(val)
	if !h.fits(listpack.Len(lp)+2, n+m) {
		h.enlarge()
		return h.setLarge(field, val)
	}
	h.it = h.db.Resize(h.it, n+m, reserveFor(n+m))
	lp = listpack.Append(h.it.Value()[:n], field)
	lp = listpack.Append(lp, val)
	if h.it.Encoding() == keyspace.Listpack && listpack.Len(lp)/2 > h.limits.Entries {
		h.leaveListpack()
	}
	return true
}

func (h *Hash) long(field, val []byte) bool {
	return len(field) > h.limits.Value || len(val) > h.limits.Value
}

// fits says whether an inline hash of so many entries and bytes may stay inline.
func (h *Hash) fits(entries, bytes int) bool {
	if h.it.Encoding() == keyspace.Listpack {
		return bytes <= listpack.SafeLen
	}
	return entries <= packedEntriesMax && bytes <= packedBytesMax
}

func (h *Hash) create(field, val []byte) bool {
	n := listpack.EmptyLen + listpack.Size(field) + listpack.Size(val)
	e := keyspace.Listpack
	if h.long(field, val) || h.limits.Entries < 1 {
		if e = keyspace.Packed; n > packedBytesMax {
			t := newTable(h.key)
			t.Set(field, val)
			h.use(h.db.WriteObject(h.key, h.it, keyspace.Hash, keyspace.Hashtable, tableObject{t}, false))
			return true
		}
	}
	h.it = h.db.Write(h.key, h.it, keyspace.Hash, e, n, false)
	lp := listpack.AppendEmpty(h.it.Value()[:0])
	listpack.Append(listpack.Append(lp, field), val)
	return true
}

// replace puts val in the place of the value at p.
func (h *Hash) replace(lp []byte, p int, field, val []byte) bool {
	n, m := len(lp), listpack.Size(val)-listpack.EntryLen(lp, p)
	switch {
	case m <= 0:
		h.keep(listpack.Replace(lp, p, val))
	case h.fits(listpack.Len(lp), n+m):
		h.it = h.db.Resize(h.it, n+m, reserveFor(n+m))
		listpack.Replace(h.it.Value()[:n], p, val)
	default:
		h.enlarge()
		return h.setLarge(field, val)
	}
	return false
}

// keep makes an inline value as long as what is left of it after an edit in place.
func (h *Hash) keep(lp []byte) {
	if len(lp) == h.it.ValueLen() {
		h.db.Touch(h.it)
	} else {
		h.it = h.db.Resize(h.it, len(lp), 0)
	}
}

func (h *Hash) setLarge(field, val []byte) bool {
	added := h.table.Set(field, val)
	h.db.Touch(h.it)
	return added
}

// leaveListpack makes what Redis calls a hash table of a listpack: another name while it is small.
func (h *Hash) leaveListpack() {
	if lp := h.it.Value(); listpack.Len(lp) <= packedEntriesMax && len(lp) <= packedBytesMax {
		h.it.SetEncoding(keyspace.Packed)
	} else {
		h.enlarge()
	}
}

// enlarge moves an inline hash into a table.
func (h *Hash) enlarge() {
	t := newTable(h.key)
	var fs, vs [20]byte
	h.Each(func(f, v Value) bool {
		t.Set(f.Bytes(fs[:]), v.Bytes(vs[:]))
		return true
	})
	h.use(h.db.WriteObject(h.key, h.it, keyspace.Hash, keyspace.Hashtable, tableObject{t}, true))
}

// Delete removes a field and says whether there was one. The key goes with its last field.
func (h *Hash) Delete(field []byte) bool {
	switch {
	case h.table != nil:
		if !h.table.Delete(field) {
			return false
		}
		if h.table.Len() == 0 {
			h.remove()
		} else {
			h.db.Touch(h.it)
		}
		return true
	case !h.it.OK():
		return false
	}
	lp := h.it.Value()
	p := listpack.Find(lp, listpack.First(lp), field, 1)
	if p == 0 {
		return false
	}
	if lp = listpack.DeleteN(lp, p, 2); listpack.First(lp) == 0 {
		h.remove()
	} else {
		h.keep(lp)
	}
	return true
}

func (h *Hash) remove() {
	h.db.Delete(h.key)
	h.use(keyspace.Item{})
}

// Each passes all fields to fn until it returns false. fn must not change the shard.
func (h *Hash) Each(fn func(field, val Value) bool) {
	switch {
	case h.table != nil:
		h.table.Each(func(f, v []byte) bool { return fn(Value{Str: f}, Value{Str: v}) })
	case h.it.OK():
		lp := h.it.Value()
		for p := listpack.First(lp); p != 0; {
			f := listpack.Get(lp, p)
			p = listpack.Next(lp, p)
			if !fn(f, listpack.Get(lp, p)) {
				return
			}
			p = listpack.Next(lp, p)
		}
	}
}

// Scan passes the fields of one step to fn and returns the next cursor, with the guarantee of SCAN. A small hash is
// passed in one step.
func (h *Hash) Scan(cursor uint64, fn func(field, val Value)) (next uint64) {
	if h.table != nil {
		return h.table.Scan(cursor, func(f, v []byte) { fn(Value{Str: f}, Value{Str: v}) })
	}
	h.Each(func(f, v Value) bool {
		fn(f, v)
		return true
	})
	return 0
}

// Random returns a field of a hash that has one, chosen by r, each with the same probability.
func (h *Hash) Random(r uint64) (field, val Value) {
	if h.table != nil {
		field.Str, val.Str = h.table.Random(r)
		return field, val
	}
	lp := h.it.Value()
	p := listpack.Seek(lp, 2*below(r, h.Len()))
	return listpack.Get(lp, p), listpack.Get(lp, listpack.Next(lp, p))
}

// Repeat passes n fields to fn, each chosen anew, until it returns false. The hash must have one.
func (h *Hash) Repeat(n int64, random func() uint64, fn func(field, val Value) bool) {
	var places []int32 // of the fields of a listpack: found once
	var lp []byte
	if h.table == nil && n > 1 {
		lp = h.it.Value()
		places = make([]int32, 0, h.Len())
		for p := listpack.First(lp); p != 0; p = listpack.Next(lp, listpack.Next(lp, p)) {
			places = append(places, int32(p))
		}
	}
	for ; n > 0; n-- {
		var f, v Value
		if places != nil {
			p := int(places[below(random(), len(places))])
			f, v = listpack.Get(lp, p), listpack.Get(lp, listpack.Next(lp, p))
		} else {
			f, v = h.Random(random())
		}
		if !fn(f, v) {
			return
		}
	}
}

// Sample passes n distinct fields, or all if there are fewer, to fn: each choice with the same probability, in no
// particular order.
func (h *Hash) Sample(n int, random func() uint64, fn func(field, val Value)) {
	size := h.Len()
	if h.table != nil && n < size/sparseSample {
		seen := hashtable.New(random())
		for seen.Len() < n {
			if f, v := h.table.Random(random()); seen.Add(f) {
				fn(Value{Str: f}, Value{Str: v})
			}
		}
		return
	}
	s := sampler{want: min(n, size), have: size, random: random}
	h.Each(func(f, v Value) bool {
		if s.take() {
			fn(f, v)
		}
		return s.want > 0
	})
}
