package collection

import (
	"redline/resp"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/hashtable"
	"redline/server/internal/object/intset"
	"redline/server/internal/object/listpack"
)

const (
	// intsetMax bounds the setting set-max-intset-entries, as Redis does.
	intsetMax = 1 << 30
	// sparseSample is how many times larger than a sample a table must be for random draws to beat a walk over all:
	// as in Redis, at a third every other draw still finds something new.
	sparseSample = 3
)

// members is the reading side of a set, in the keyspace or out of it: an intset, a listpack or a table.
type members struct {
	enc   keyspace.Encoding
	bytes []byte // of an intset or listpack
	table *hashtable.Table
}

// Len returns the number of members.
func (m *members) Len() int {
	switch {
	case m.table != nil:
		return m.table.Len()
	case m.bytes == nil:
		return 0
	case m.enc == keyspace.Intset:
		return intset.Len(m.bytes)
	default:
		return listpack.Len(m.bytes)
	}
}

// Has says whether s is a member.
func (m *members) Has(s []byte) bool {
	switch {
	case m.table != nil:
		return m.table.Has(s)
	case m.bytes == nil:
		return false
	case m.enc == keyspace.Intset:
		v, ok := resp.ParseInt(s)
		return ok && intset.Has(m.bytes, v)
	default:
		return listpack.Find(m.bytes, listpack.First(m.bytes), s, 0) != 0
	}
}

// HasValue is Has for what another set passed.
func (m *members) HasValue(v Value) bool {
	if v.IsInt() && m.table == nil && m.bytes != nil {
		if m.enc == keyspace.Intset {
			return intset.Has(m.bytes, v.Int)
		}
		return listpack.FindInt(m.bytes, listpack.First(m.bytes), v.Int, 0) != 0
	}
	var scratch [20]byte
	return m.Has(v.Bytes(scratch[:]))
}

// Each passes all members to fn until it returns false. fn must not change the shard.
func (m *members) Each(fn func(v Value) bool) {
	switch {
	case m.table != nil:
		m.table.Each(func(s, _ []byte) bool { return fn(Value{Str: s}) })
	case m.bytes == nil:
	case m.enc == keyspace.Intset:
		for i := range intset.Len(m.bytes) {
			if !fn(Value{Int: intset.At(m.bytes, i)}) {
				return
			}
		}
	default:
		for p := listpack.First(m.bytes); p != 0; p = listpack.Next(m.bytes, p) {
			if !fn(listpack.Get(m.bytes, p)) {
				return
			}
		}
	}
}

// Scan passes the members of one step to fn and returns the next cursor, with the guarantee of SCAN. A small set is
// passed in one step.
func (m *members) Scan(cursor uint64, fn func(v Value)) (next uint64) {
	if m.table != nil {
		return m.table.Scan(cursor, func(s, _ []byte) { fn(Value{Str: s}) })
	}
	m.Each(func(v Value) bool {
		fn(v)
		return true
	})
	return 0
}

// Random returns a member of a set that has one, chosen by r, each with the same probability.
func (m *members) Random(r uint64) (v Value) {
	switch {
	case m.table != nil:
		v.Str, _ = m.table.Random(r)
		return v
	case m.enc == keyspace.Intset:
		return Value{Int: intset.At(m.bytes, below(r, intset.Len(m.bytes)))}
	default:
		return listpack.Get(m.bytes, listpack.Seek(m.bytes, below(r, listpack.Len(m.bytes))))
	}
}

// Repeat passes n members to fn, each chosen anew, until it returns false. The set must have one.
func (m *members) Repeat(n int64, random func() uint64, fn func(v Value) bool) {
	var places []int32 // of the members of a listpack: found once
	if m.table == nil && m.enc != keyspace.Intset && n > 1 {
		places = make([]int32, 0, m.Len())
		for p := listpack.First(m.bytes); p != 0; p = listpack.Next(m.bytes, p) {
			places = append(places, int32(p))
		}
	}
	for ; n > 0; n-- {
		var v Value
		if places != nil {
			v = listpack.Get(m.bytes, int(places[below(random(), len(places))]))
		} else {
			v = m.Random(random())
		}
		if !fn(v) {
			return
		}
	}
}

// Sample passes n distinct members, or all if there are fewer, to fn: each choice with the same probability, in no
// particular order.
func (m *members) Sample(n int, random func() uint64, fn func(v Value)) {
	size := m.Len()
	if m.table != nil && n < size/sparseSample {
		seen := hashtable.New(random())
		for seen.Len() < n {
			if s, _ := m.table.Random(random()); seen.Add(s) {
				fn(Value{Str: s})
			}
		}
		return
	}
	s := sampler{want: min(n, size), have: size, random: random}
	m.Each(func(v Value) bool {
		if s.take() {
			fn(v)
		}
		return s.want > 0
	})
}

// Set is the set of one key, which may not exist yet.
type Set struct {
	members
	db     *keyspace.DB
	key    *keyspace.Key
	it     keyspace.Item
	intMax int
}

// OpenSet returns the set of a key. it is what was found under k: a set, or the zero Item. intMax is the setting
// set-max-intset-entries.
func OpenSet(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, intMax int) Set {
	s := Set{db: db, key: k, intMax: min(intMax, intsetMax)}
	s.use(it)
	return s
}

func (s *Set) use(it keyspace.Item) {
	s.it, s.members = it, members{}
	if !it.OK() {
		return
	}
	if s.enc = it.Encoding(); s.enc.Inline() {
		s.bytes = it.Value()
	} else {
		s.table = tableOf(it)
	}
}

// OK says whether the key exists.
func (s *Set) OK() bool { return s.it.OK() }

// Item returns the key, or the zero Item.
func (s *Set) Item() keyspace.Item { return s.it }

// Same says whether both are the set of the same key.
func (s *Set) Same(o *Set) bool { return s.db == o.db && string(s.key.Name) == string(o.key.Name) }

// Add makes m a member and says whether it was none. m must not lie in the set.
func (s *Set) Add(m []byte) bool {
	switch {
	case s.table != nil:
		added := s.table.Add(m)
		if added {
			s.db.Touch(s.it)
		}
		return added
	case !s.it.OK():
		return s.create(m)
	case s.enc == keyspace.Intset:
		v, ok := resp.ParseInt(m)
		if ok && intset.Has(s.bytes, v) {
			return false
		}
		if ok && intset.Len(s.bytes) < s.intMax {
			n := len(s.bytes)
			to := intset.LenWith(s.bytes, v)
			s.use(s.db.Resize(s.it, to, reserveFor(to)))
			intset.Add(s.bytes[:n], v)
			return true
		}
		s.leaveIntset(m)
		return s.Add(m)
	}
	if listpack.Find(s.bytes, listpack.First(s.bytes), m, 0) != 0 {
		return false
	}
	n, size := len(s.bytes), listpack.Size(m)
	if !packedFits(listpack.Len(s.bytes)+1, n+size) {
		s.enlarge()
		return s.Add(m)
	}
	s.use(s.db.Resize(s.it, n+size, reserveFor(n+size)))
	listpack.Append(s.bytes[:n], m)
	return true
}

func packedFits(entries, bytes int) bool {
	return entries <= packedEntriesMax && bytes <= packedBytesMax
}

func (s *Set) create(m []byte) bool {
	if v, ok := resp.ParseInt(m); ok && s.intMax > 0 {
		var empty [intset.EmptyLen]byte
		n := intset.LenWith(intset.AppendEmpty(empty[:0]), v)
		s.use(s.db.Write(s.key, s.it, keyspace.Set, keyspace.Intset, n, false))
		intset.Add(intset.AppendEmpty(s.bytes[:0]), v)
		return true
	}
	if n := listpack.EmptyLen + listpack.Size(m); packedFits(1, n) {
		s.use(s.db.Write(s.key, s.it, keyspace.Set, keyspace.Packed, n, false))
		listpack.Append(listpack.AppendEmpty(s.bytes[:0]), m)
		return true
	}
	t := newTable(s.key)
	t.Add(m)
	s.use(s.db.WriteObject(s.key, s.it, keyspace.Set, keyspace.Hashtable, tableObject{t}, false))
	return true
}

// leaveIntset makes a listpack or, if that or what is to be added is too large, a table of an intset.
func (s *Set) leaveIntset(m []byte) {
	size := listpack.EmptyLen + listpack.Size(m)
	s.Each(func(v Value) bool {
		size += listpack.SizeInt(v.Int)
		return true
	})
	if !packedFits(s.Len()+1, size) {
		s.enlarge()
		return
	}
	b := &SetBuilder{members: members{enc: keyspace.Packed, bytes: listpack.AppendEmpty(make([]byte, 0, size))}}
	s.Each(func(v Value) bool {
		b.bytes = listpack.AppendInt(b.bytes, v.Int)
		return true
	})
	s.it = s.db.Write(s.key, s.it, keyspace.Set, keyspace.Packed, len(b.bytes), true)
	copy(s.it.Value(), b.bytes)
	s.use(s.it)
}

// enlarge moves an inline set into a table.
func (s *Set) enlarge() {
	t := toTable(&s.members, newTable(s.key))
	s.use(s.db.WriteObject(s.key, s.it, keyspace.Set, keyspace.Hashtable, tableObject{t}, true))
}

func toTable(m *members, t *hashtable.Table) *hashtable.Table {
	var scratch [20]byte
	m.Each(func(v Value) bool {
		t.Add(v.Bytes(scratch[:]))
		return true
	})
	return t
}

// Remove takes m out and says whether it was a member. The key goes with its last member.
func (s *Set) Remove(m []byte) bool {
	switch {
	case s.table != nil:
		if !s.table.Delete(m) {
			return false
		}
		if s.table.Len() == 0 {
			s.remove()
		} else {
			s.db.Touch(s.it)
		}
		return true
	case !s.it.OK():
		return false
	case s.enc == keyspace.Intset:
		v, ok := resp.ParseInt(m)
		if !ok {
			return false
		}
		b, ok := intset.Remove(s.bytes, v)
		if ok {
			s.keep(b, intset.Len(b))
		}
		return ok
	}
	p := listpack.Find(s.bytes, listpack.First(s.bytes), m, 0)
	if p == 0 {
		return false
	}
	b := listpack.Delete(s.bytes, p)
	s.keep(b, listpack.Len(b))
	return true
}

// keep makes an inline value as long as what is left of it after a deletion in place.
func (s *Set) keep(b []byte, n int) {
	if n == 0 {
		s.remove()
	} else {
		s.use(s.db.Resize(s.it, len(b), 0))
	}
}

func (s *Set) remove() {
	s.db.Delete(s.key)
	s.use(keyspace.Item{})
}
