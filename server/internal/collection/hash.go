package collection

import (
	"redline/server/internal/keyspace"
	"redline/server/internal/object/hashtable"
	"redline/server/internal/object/listpack"
	"redline/server/internal/object/zset"
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
	times  *zset.ZSet       // deadlines of the fields of a large timed hash, nil for any other
	width  int              // entries a field has in the listpack of an inline hash
	hides  bool             // fields are due that have not been removed yet: readers pass over them
	limits HashLimits
}

// OpenHash returns the hash of a key. it is what was found under k: a hash, or the zero Item.
func OpenHash(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, limits HashLimits) Hash {
	h := Hash{db: db, key: k, limits: limits}
	h.use(it)
	return h
}

func (h *Hash) use(it keyspace.Item) {
	h.it, h.table, h.times, h.width, h.hides = it, nil, nil, 2, false
	switch {
	case !it.OK():
	case it.Encoding().Timed():
		h.useTimed(it)
	case !it.Encoding().Inline():
		h.table = tableOf(it)
	}
}

// lp returns the listpack of an inline hash.
func (h *Hash) lp() []byte {
	if h.width == 3 {
		return h.it.Fields()
	}
	return h.it.Value()
}

// resize makes the listpack of an inline hash n bytes long.
func (h *Hash) resize(n, reserve int) {
	if h.width == 3 {
		h.it = h.db.ResizeFields(h.it, n, reserve)
	} else {
		h.it = h.db.Resize(h.it, n, reserve)
	}
}

// next returns the position of the field after that at p.
func (h *Hash) next(lp []byte, p int) int {
	for range h.width {
		p = listpack.Next(lp, p)
	}
	return p
}

// find returns the position of a field in a listpack.
func (h *Hash) find(lp, field []byte) int {
	return listpack.Find(lp, listpack.First(lp), field, h.width-1)
}

// OK says whether the key exists.
func (h *Hash) OK() bool { return h.it.OK() }

// Item returns the key, or the zero Item.
func (h *Hash) Item() keyspace.Item { return h.it }

// Len returns the number of fields.
func (h *Hash) Len() int {
	switch {
	case h.hides:
		return h.Stored() - h.due()
	default:
		return h.Stored()
	}
}

// Stored returns the number of fields, those included that are due.
func (h *Hash) Stored() int {
	switch {
	case h.table != nil:
		return h.table.Len()
	case h.it.OK():
		return listpack.Len(h.lp()) / h.width
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
		lp := h.lp()
		if p := h.find(lp, field); p != 0 {
			v, ok = listpack.Get(lp, listpack.Next(lp, p)), true
		}
	}
	if ok && h.hides && h.isDue(field) {
		return Value{}, false
	}
	return v, ok
}

// Has says whether there is a field.
func (h *Hash) Has(field []byte) bool {
	_, ok := h.Get(field)
	return ok
}

// Set gives a field a value, takes its deadline away, and says whether the field is new. Neither may lie in the hash.
func (h *Hash) Set(field, val []byte) (added bool) { return h.set(field, val, false) }

// Change is Set for a field that keeps its deadline if it has one.
func (h *Hash) Change(field, val []byte) (added bool) { return h.set(field, val, true) }

func (h *Hash) set(field, val []byte, keep bool) (added bool) {
	if h.it.OK() && h.table == nil && h.listpacked() && h.long(field, val) {
		h.leaveListpack()
	}
	switch {
	case h.table != nil:
		return h.setLarge(field, val, keep)
	case !h.it.OK():
		return h.create(field, val)
	}
	lp := h.lp()
	if p := h.find(lp, field); p != 0 {
		if h.width == 3 && !keep {
			lp = h.clearTime(lp, p)
		}
		return h.replace(lp, listpack.Next(lp, p), field, val)
	}
	n, m := len(lp), listpack.Size(field)+listpack.Size(val)
	if h.width == 3 {
		m += listpack.SizeInt(0)
	}
	if !h.fits(h.Stored()+1, n+m) {
		h.enlarge()
		return h.setLarge(field, val, keep)
	}
	h.resize(n+m, reserveFor(n+m))
	lp = listpack.Append(h.lp()[:n], field)
	lp = listpack.Append(lp, val)
	if h.width == 3 {
		_ = listpack.AppendInt(lp, 0) // within the room made above
	}
	if h.listpacked() && h.Stored() > h.limits.Entries {
		h.leaveListpack()
	}
	return true
}

// listpacked says whether an inline hash is called a listpack.
func (h *Hash) listpacked() bool {
	e := h.it.Encoding()
	return e == keyspace.Listpack || e == keyspace.ListpackEx
}

func (h *Hash) long(field, val []byte) bool {
	return len(field) > h.limits.Value || len(val) > h.limits.Value
}

// fits says whether an inline hash of so many fields and bytes may stay inline.
func (h *Hash) fits(fields, bytes int) bool {
	if h.listpacked() {
		return bytes <= listpack.SafeLen
	}
	return 2*fields <= packedEntriesMax && bytes <= packedBytesMax
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
	case h.fits(h.Stored(), n+m):
		h.resize(n+m, reserveFor(n+m))
		listpack.Replace(h.lp()[:n], p, val)
	default:
		h.enlarge()
		return h.setLarge(field, val, true)
	}
	return false
}

// keep makes an inline value as long as what is left of it after an edit in place.
func (h *Hash) keep(lp []byte) {
	if len(lp) == len(h.lp()) {
		h.db.Touch(h.it)
	} else {
		h.resize(len(lp), 0)
	}
}

func (h *Hash) setLarge(field, val []byte, keep bool) bool {
	added := h.table.Set(field, val)
	if h.times != nil && !keep {
		h.times.Remove(field)
	}
	h.db.Touch(h.it)
	return added
}

// leaveListpack makes what Redis calls a hash table of a listpack: another name while it is small.
func (h *Hash) leaveListpack() {
	e := keyspace.Packed
	if h.width == 3 {
		e = keyspace.PackedEx
	}
	if lp := h.lp(); 2*h.Stored() <= packedEntriesMax && len(lp) <= packedBytesMax {
		h.it.SetEncoding(e)
	} else {
		h.enlarge()
	}
}

// enlarge moves an inline hash into a table.
func (h *Hash) enlarge() {
	t := newTable(h.key)
	var times *zset.ZSet
	if h.width == 3 {
		times = newTimes(h.key)
	}
	var fs, vs [20]byte
	lp := h.lp()
	for p := listpack.First(lp); p != 0; p = h.next(lp, p) {
		v := listpack.Next(lp, p)
		field := listpack.Get(lp, p).Bytes(fs[:])
		t.Set(field, listpack.Get(lp, v).Bytes(vs[:]))
		if h.width == 3 {
			if at := timeAt(lp, p); at != 0 {
				times.Set(field, float64(at))
			}
		}
	}
	if times != nil {
		h.use(h.db.WriteObject(h.key, h.it, keyspace.Hash, keyspace.HashtableEx, timedObject{t, times}, true))
		return
	}
	h.use(h.db.WriteObject(h.key, h.it, keyspace.Hash, keyspace.Hashtable, tableObject{t}, true))
}

// Delete removes a field and says whether there was one. The key goes with its last field.
func (h *Hash) Delete(field []byte) bool {
	switch {
	case h.table != nil:
		if !h.table.Delete(field) {
			return false
		}
		if h.times != nil {
			h.times.Remove(field)
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
	lp := h.lp()
	p := h.find(lp, field)
	if p == 0 {
		return false
	}
	if lp = listpack.DeleteN(lp, p, h.width); listpack.First(lp) == 0 {
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
	case h.table == nil && h.hides:
		h.EachTimed(func(f, v Value, _ int64) bool { return fn(f, v) })
	case h.table != nil:
		if h.hides {
			fn = h.hiding(fn)
		}
		h.table.Each(func(f, v []byte) bool { return fn(Value{Str: f}, Value{Str: v}) })
	case h.it.OK():
		lp := h.lp()
		for p := listpack.First(lp); p != 0; p = h.next(lp, p) {
			if !fn(listpack.Get(lp, p), listpack.Get(lp, listpack.Next(lp, p))) {
				return
			}
		}
	}
}

// Scan passes the fields of one step to fn and returns the next cursor, with the guarantee of SCAN. A small hash is
// passed in one step.
func (h *Hash) Scan(cursor uint64, fn func(field, val Value)) (next uint64) {
	if h.table != nil {
		pass := func(f, v Value) bool { fn(f, v); return true }
		if h.hides {
			pass = h.hiding(pass)
		}
		return h.table.Scan(cursor, func(f, v []byte) { pass(Value{Str: f}, Value{Str: v}) })
	}
	h.Each(func(f, v Value) bool {
		fn(f, v)
		return true
	})
	return 0
}

// Random returns a field of a hash that has one, chosen by r, each with the same probability.
func (h *Hash) Random(r uint64) (field, val Value) {
	if h.hides {
		return h.randomLive(r)
	}
	if h.table != nil {
		field.Str, val.Str = h.table.Random(r)
		return field, val
	}
	lp := h.lp()
	p := listpack.Seek(lp, h.width*below(r, h.Len()))
	return listpack.Get(lp, p), listpack.Get(lp, listpack.Next(lp, p))
}

// Repeat passes n fields to fn, each chosen anew, until it returns false. The hash must have one.
func (h *Hash) Repeat(n int64, random func() uint64, fn func(field, val Value) bool) {
	var places []int32 // of the fields of a listpack: found once
	var lp []byte
	if h.table == nil && n > 1 && !h.hides {
		lp = h.lp()
		places = make([]int32, 0, h.Len())
		for p := listpack.First(lp); p != 0; p = h.next(lp, p) {
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
	if h.table != nil && !h.hides && n < size/sparseSample {
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
