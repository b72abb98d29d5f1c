package rdb

import (
	"fmt"
	"math"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/intset"
	"redline/server/internal/object/listpack"
	"redline/server/internal/object/stream"
	"redline/server/internal/object/zset"
)

// Limits are the settings that say which form a value takes.
type Limits struct {
	List      int // list-max-listpack-size
	Hash      collection.HashLimits
	SetIntset int // set-max-intset-entries
	ZSet      collection.ZSetLimits
}

// Value is a value that was read and checked, and is not in the keyspace yet. It belongs under the key that it was loaded
// for.
type Value struct {
	Type keyspace.Type

	key    *keyspace.Key
	limits Limits
	text   []byte
	nodes  []collection.ListNode
	set    *collection.SetBuilder
	pairs  [][]byte // of a hash: field, value, ...
	times  []int64  // of a hash: its fields' deadlines, unix milliseconds or 0; nil if it has none
	zset   *zset.ZSet
	stream *stream.Stream
}

// loader reads one value.
type loader struct {
	*Reader
	Value
}

// Load reads the value of a type, which is the byte before it, for a key.
func Load(r *Reader, typ byte, k *keyspace.Key, limits Limits) (*Value, error) {
	l := &loader{r, Value{key: k, limits: limits}}
	var err error
	switch typ {
	case typeString:
		l.Type = keyspace.String
		l.text, err = r.String()
	case typeList, typeListZiplist, typeListQuicklist, typeListQuicklist2:
		l.Type = keyspace.List
		err = l.loadList(typ)
	case typeSet, typeSetIntset, typeSetListpack:
		l.Type = keyspace.Set
		l.set = collection.NewSetBuilder(k, limits.SetIntset)
		err = l.loadSet(typ)
	case typeHash, typeHashZipmap, typeHashZiplist, typeHashListpack:
		l.Type = keyspace.Hash
		err = l.loadHash(typ)
	case typeHashTimed0, typeHashTimed, typeHashListpack0, typeHashListpackEx:
		l.Type = keyspace.Hash
		err = l.loadTimed(typ)
	case typeZSet, typeZSet2, typeZSetZiplist, typeZSetListpack:
		l.Type = keyspace.ZSet
		l.zset = zset.New(k.Hash * 0x9E3779B97F4A7C15) // as package collection seeds them
		err = l.loadZSet(typ)
	case typeStream, typeStream2, typeStream3:
		l.Type = keyspace.Stream
		err = l.loadStream(typ)
	default:
		err = fmt.Errorf("%w: type %d is unknown", ErrCorrupt, typ)
	}
	if err != nil {
		return nil, err
	}
	return &l.Value, nil
}

// Store makes the value that of its key, in place of it, which is what was found under the key, and without a deadline.
func (v *Value) Store(db *keyspace.DB, it keyspace.Item) keyspace.Item {
	k := v.key
	switch v.Type {
	case keyspace.List:
		return collection.NewList(db, k, it, v.limits.List, v.nodes)
	case keyspace.Set:
		return v.set.Store(db, it)
	case keyspace.ZSet:
		return collection.StoreZSet(db, k, it, v.limits.ZSet, v.zset, false)
	case keyspace.Stream:
		return collection.NewStream(db, k, it, v.stream)
	case keyspace.Hash:
		if it.OK() {
			db.Delete(k)
		}
		h := collection.OpenHash(db, k, keyspace.Item{}, v.limits.Hash)
		for i := 0; i < len(v.pairs); i += 2 {
			h.Set(v.pairs[i], v.pairs[i+1])
			if v.times != nil && v.times[i/2] != collection.NoTime {
				h.SetTime(v.pairs[i], v.times[i/2])
			}
		}
		return h.Item()
	}
	return v.storeString(db, it)
}

// Restore reads the value of a type and stores it as that of a key, in place of it, which is what was found under the key.
// b is the whole value.
func Restore(b []byte, typ byte, db *keyspace.DB, k *keyspace.Key, it keyspace.Item, limits Limits) (keyspace.Item, error) {
	if typ == typeString { // fast path: no copy in between, and no allocation
		return restoreString(b, db, k, it)
	}
	r := &Reader{b: b}
	v, err := Load(r, typ, k, limits)
	if err == nil && !r.done() {
		err = errRest(r)
	}
	if err != nil {
		return keyspace.Item{}, err
	}
	return v.Store(db, it), nil
}

func restoreString(b []byte, db *keyspace.DB, k *keyspace.Key, it keyspace.Item) (keyspace.Item, error) {
	r := Reader{b: b}
	text, err := r.view()
	if err == nil && !r.done() {
		err = errRest(&r)
	}
	if err != nil {
		return keyspace.Item{}, err
	}
	v := Value{Type: keyspace.String, key: k, text: text}
	return v.storeString(db, it), nil
}

func errRest(r *Reader) error {
	return fmt.Errorf("%w: %d bytes behind the value", ErrCorrupt, r.left())
}

func (v *Value) storeString(db *keyspace.DB, it keyspace.Item) keyspace.Item {
	if len(v.text) <= 20 {
		if n, ok := resp.ParseInt(v.text); ok {
			return db.WriteInt(v.key, it, n, false)
		}
	}
	e := keyspace.Raw
	if len(v.text) <= keyspace.EmbstrMax {
		e = keyspace.Embstr
	}
	it = db.Write(v.key, it, keyspace.String, e, len(v.text), false)
	copy(it.Value(), v.text)
	return it
}

// errEmpty: an empty collection cannot be, but for streams.
var errEmpty = fmt.Errorf("%w: empty collection", ErrCorrupt)

func errTwice(what string) error { return fmt.Errorf("%w: the same %s twice", ErrCorrupt, what) }

// packedNode is how long the listpacks become that are made of single elements, in bytes: Redis' default node.
const packedNode = 8 << 10

func (l *loader) loadList(typ byte) error {
	switch typ {
	case typeListZiplist:
		b, err := l.String()
		if err != nil {
			return err
		}
		return l.endList(l.addZiplist(b))
	case typeList:
		n, err := l.Count(1)
		for ; n > 0 && err == nil; n-- {
			var b []byte
			if b, err = l.String(); err == nil {
				l.addElement(b)
			}
		}
		return l.endList(err)
	}
	n, err := l.Count(1)
	for ; n > 0 && err == nil; n-- {
		err = l.listNode(typ)
	}
	return l.endList(err)
}

func (l *loader) endList(err error) error {
	if err == nil && len(l.nodes) == 0 {
		err = errEmpty
	}
	return err
}

// listNode reads a node of a quicklist.
func (l *loader) listNode(typ byte) error {
	container := uint64(nodePacked)
	if typ == typeListQuicklist2 {
		var err error
		if container, err = l.Length(); err != nil {
			return err
		}
	}
	b, err := l.String()
	switch {
	case err != nil:
		return err
	case typ == typeListQuicklist:
		return l.addZiplist(b)
	case container == nodePlain:
		l.nodes = append(l.nodes, collection.ListNode{Bytes: b, Plain: true})
		return nil
	case container != nodePacked:
		return fmt.Errorf("%w: list node of kind %d", ErrCorrupt, container)
	}
	if err := listpack.Validate(b); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if listpack.First(b) != 0 { // Redis drops empty nodes as well
		l.nodes = append(l.nodes, collection.ListNode{Bytes: b})
	}
	return nil
}

func (l *loader) addZiplist(b []byte) error {
	return ziplist(b, func(e []byte) error { l.addElement(e); return nil })
}

// addElement adds one element to the last node.
func (l *loader) addElement(b []byte) {
	last := len(l.nodes) - 1
	if len(b) >= packedNode {
		l.nodes = append(l.nodes, collection.ListNode{Bytes: append([]byte(nil), b...), Plain: true})
		return
	}
	if last < 0 || l.nodes[last].Plain || len(l.nodes[last].Bytes)+len(b) > packedNode {
		l.nodes = append(l.nodes, collection.ListNode{Bytes: listpack.AppendEmpty(nil)})
		last++
	}
	l.nodes[last].Bytes = listpack.Append(l.nodes[last].Bytes, b)
}

func (l *loader) loadSet(typ byte) error {
	var b []byte
	n, err := 0, error(nil)
	if typ == typeSet {
		n, err = l.Count(1)
	} else {
		b, err = l.String()
	}
	if err != nil {
		return err
	}
	switch typ {
	case typeSetIntset:
		if err = intset.Validate(b); err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		for i := range intset.Len(b) {
			if !l.set.AddValue(collection.Value{Int: intset.At(b, i)}) {
				return errTwice("member")
			}
		}
	case typeSetListpack:
		err = entries(b, l.addMember)
	default:
		for ; n > 0 && err == nil; n-- {
			var m []byte
			if m, err = l.String(); err == nil {
				err = l.addMember(m)
			}
		}
	}
	if err == nil && l.set.Len() == 0 {
		err = errEmpty
	}
	return err
}

func (l *loader) addMember(m []byte) error {
	if !l.set.Add(m) {
		return errTwice("member")
	}
	return nil
}

// entries passes the entries of a listpack, which may be any bytes. They are views.
func entries(lp []byte, fn func(b []byte) error) error {
	var scratch [20]byte
	err := listpack.ValidateEntries(lp, func(_ int, v listpack.Value) error { return fn(v.Bytes(scratch[:0])) })
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return nil
}

// pairing passes every two of a row of strings. They are copied, as rows are read from views.
func pairing(fn func(a, b []byte) error) (each func(b []byte) error, odd func() bool) {
	var first []byte
	waits := false
	return func(b []byte) error {
		b = append(make([]byte, 0, len(b)), b...)
		if waits = !waits; waits {
			first = b
			return nil
		}
		return fn(first, b)
	}, func() bool { return waits }
}

func (l *loader) loadHash(typ byte) error {
	seen := make(map[string]struct{})
	each, odd := pairing(func(field, val []byte) error {
		if _, twice := seen[string(field)]; twice {
			return errTwice("field")
		}
		seen[string(field)] = struct{}{}
		l.pairs = append(l.pairs, field, val)
		return nil
	})
	if err := l.row(each, hashRows[typ]); err != nil {
		return err
	}
	if odd() || len(l.pairs) == 0 {
		return errEmpty
	}
	return nil
}

// rowKind says in what a row of strings lies.
type rowKind int

const (
	rowStrings rowKind = iota // a count of pairs, then strings
	rowListpack
	rowZiplist
	rowZipmap
)

// row passes the strings of a hash or sorted set.
func (l *loader) row(each func([]byte) error, kind rowKind) error {
	if kind == rowStrings {
		n, err := l.Count(2)
		for n *= 2; n > 0 && err == nil; n-- {
			var b []byte
			if b, err = l.String(); err == nil {
				err = each(b)
			}
		}
		return err
	}
	b, err := l.String()
	if err != nil {
		return err
	}
	switch kind {
	case rowListpack:
		return entries(b, each)
	case rowZiplist:
		return ziplist(b, each)
	default:
		return zipmap(b, each)
	}
}

func (l *loader) loadZSet(typ byte) error {
	var err error
	switch typ {
	case typeZSetListpack, typeZSetZiplist:
		kind := rowListpack
		if typ == typeZSetZiplist {
			kind = rowZiplist
		}
		each, odd := pairing(func(member, text []byte) error {
			score, ok := resp.ParseFloat(text)
			if !ok {
				return fmt.Errorf("%w: score %q", ErrCorrupt, text)
			}
			return l.addScored(member, score)
		})
		if err = l.row(each, kind); err == nil && odd() {
			err = errEmpty
		}
	default:
		var n int
		n, err = l.Count(2)
		for ; n > 0 && err == nil; n-- {
			err = l.scored(typ)
		}
	}
	if err == nil && l.zset.Len() == 0 {
		err = errEmpty
	}
	return err
}

func (l *loader) scored(typ byte) error {
	m, err := l.String()
	if err != nil {
		return err
	}
	score := 0.0
	if typ == typeZSet2 {
		score, err = l.double()
	} else {
		score, err = l.textDouble()
	}
	if err != nil {
		return err
	}
	return l.addScored(m, score)
}

func (l *loader) addScored(m []byte, score float64) error {
	if math.IsNaN(score) {
		return fmt.Errorf("%w: a score is not a number", ErrCorrupt)
	}
	if _, twice := l.zset.Set(m, score); twice {
		return errTwice("member")
	}
	return nil
}

// hashRows says in what the forms of hashes lie.
var hashRows = map[byte]rowKind{typeHashListpack: rowListpack, typeHashZiplist: rowZiplist, typeHashZipmap: rowZipmap}
