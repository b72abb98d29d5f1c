package collection

import (
	"fmt"
	"slices"

	"redline/server/internal/keyspace"
	"redline/server/internal/object/listpack"
	"redline/server/internal/object/quicklist"
)

// listInlineMax is the longest listpack that is kept in a list's block, in bytes: beyond it the block would be copied
// ever more often as the list grows, and the fixed cost of a large list no longer counts.
const listInlineMax = 2048

// List is the list of one key, which may not exist yet.
type List struct {
	db    *keyspace.DB
	key   *keyspace.Key
	it    keyspace.Item
	large *quicklist.List // nil while it is inline or absent
	limit quicklist.Limit
}

// listObject is a large list in the shard's table.
type listObject struct{ *quicklist.List }

// Clone implements keyspace.Object.
func (o listObject) Clone() keyspace.Object { return listObject{o.List.Clone()} }

// DebugInfo returns what DEBUG OBJECT tells of a large list, in Redis' words. Nodes are never compressed.
func (o listObject) DebugInfo() string {
	nodes, size := o.NodeCount(), 0
	o.Nodes(func(buf []byte, _ bool) bool {
		size += len(buf)
		return true
	})
	return fmt.Sprintf(" ql_nodes:%d ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:0 ql_uncompressed_size:%d",
		nodes, float64(o.Len())/float64(nodes), o.Limit(), size)
}

// OpenList returns the list of a key. it is what was found under k: a list, or the zero Item. limit is the setting
// list-max-listpack-size.
func OpenList(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, limit int) List {
	l := List{db: db, key: k, it: it, limit: quicklist.Limit(limit)}
	if it.OK() && !it.Encoding().Inline() {
		l.large = it.Object().(listObject).List
	}
	return l
}

// OK says whether the key exists.
func (l *List) OK() bool { return l.it.OK() }

// Item returns the key, or the zero Item.
func (l *List) Item() keyspace.Item { return l.it }

// Len returns the number of elements.
func (l *List) Len() int {
	switch {
	case l.large != nil:
		return l.large.Len()
	case l.it.OK():
		return listpack.Len(l.it.Value())
	default:
		return 0
	}
}

// At returns the place of the element with the given index; it stands nowhere if there is none.
func (l *List) At(i int) quicklist.Iter {
	switch {
	case l.large != nil:
		return l.large.At(i)
	case l.it.OK():
		return quicklist.Over(l.it.Value(), i)
	default:
		return quicklist.Iter{}
	}
}

// NodeCount returns how many listpacks or plain elements make up the list.
func (l *List) NodeCount() int {
	switch {
	case l.large != nil:
		return l.large.NodeCount()
	case l.it.OK():
		return 1
	default:
		return 0
	}
}

// Nodes passes the listpacks that make up the list, in order, each valid until fn returns; with plain it is a single
// element as it is.
func (l *List) Nodes(fn func(buf []byte, plain bool) bool) {
	if l.large != nil {
		l.large.Nodes(fn)
	} else if l.it.OK() {
		fn(l.it.Value(), false)
	}
}

// Push adds elements at an end, one after the other: pushed to the front they end up in reverse. They must not be views
// of the shard.
func (l *List) Push(front bool, elems ...[]byte) {
	if l.large == nil {
		size := 0
		for _, s := range elems {
			size += listpack.Size(s)
		}
		if l.fits(len(elems), size) {
			l.pushInline(front, elems, size)
			return
		}
		l.enlarge()
	}
	for _, s := range elems {
		if front {
			l.large.PushFront(s)
		} else {
			l.large.PushBack(s)
		}
	}
	l.db.Touch(l.it)
}

// fits says whether an inline or absent list stays inline with n more elements of size bytes as entries.
func (l *List) fits(n, size int) bool {
	have, length := 0, listpack.EmptyLen
	if l.it.OK() {
		v := l.it.Value()
		have, length = listpack.Len(v), len(v)
	}
	return length+size <= listInlineMax && (l.limit < 0 || have+n <= max(int(l.limit), 1))
}

func (l *List) pushInline(front bool, elems [][]byte, size int) {
	lp := l.grow(size)
	for _, s := range elems {
		if front {
			lp = listpack.Prepend(lp, s)
		} else {
			lp = listpack.Append(lp, s)
		}
	}
}

// grow gives the inline list, which is created if it does not exist, room for size more bytes and returns its listpack
// with that capacity.
func (l *List) grow(size int) (lp []byte) {
	if !l.it.OK() {
		l.it = l.db.Write(l.key, keyspace.Item{}, keyspace.List, keyspace.Listpack, listpack.EmptyLen+size, false)
		return listpack.AppendEmpty(l.it.Value()[:0])
	}
	n := l.it.ValueLen()
	// A quarter more is kept in reserve, so that a list that grows bit by bit is not copied each time.
	l.it = l.db.Resize(l.it, n+size, (n+size)/4)
	return l.it.Value()[:n]
}

// enlarge turns the inline or absent list into a large one.
func (l *List) enlarge() {
	l.large = quicklist.New(l.limit)
	if l.it.OK() {
		l.large.AppendListpack(slices.Clone(l.it.Value()))
	}
	l.it = l.db.WriteObject(l.key, l.it, keyspace.List, keyspace.Quicklist, listObject{l.large}, true)
}

// Insert adds an element before the one with the given index, which exists. s must not be a view of the shard.
func (l *List) Insert(i int, s []byte) {
	if l.large == nil {
		if size := listpack.Size(s); l.fits(1, size) {
			lp := l.grow(size)
			if p := listpack.Seek(lp, i); p != 0 {
				listpack.Insert(lp, p, s)
			} else {
				listpack.Append(lp, s)
			}
			return
		}
		l.enlarge()
	}
	l.large.Insert(i, s)
	l.db.Touch(l.it)
}

// Set replaces the element with the given index, which exists. s must not be a view of the shard.
func (l *List) Set(i int, s []byte) {
	if l.large == nil {
		lp := l.it.Value()
		p := listpack.Seek(lp, i)
		more := listpack.Size(s) - listpack.EntryLen(lp, p)
		if l.fits(0, max(more, 0)) {
			if more > 0 {
				lp = l.grow(more)
			}
			l.keep(listpack.Replace(lp, p, s))
			return
		}
		l.enlarge()
	}
	l.large.Set(i, s)
	l.db.Touch(l.it)
}

// keep makes a listpack that was edited in its block the value.
func (l *List) keep(lp []byte) {
	if len(lp) == l.it.ValueLen() {
		l.db.Touch(l.it)
		return
	}
	l.it = l.db.Resize(l.it, len(lp), 0)
}

// RemoveRange takes out n elements from an index on; they exist. It deletes the key with the last of them.
func (l *List) RemoveRange(i, n int) {
	switch {
	case n == l.Len():
		l.delete()
	case l.large != nil:
		l.large.RemoveRange(i, n)
		l.db.Touch(l.it)
	default:
		l.keep(listpack.DeleteRange(l.it.Value(), i, n))
	}
}

// Remove takes out elements equal to s: the first count of them, for a negative count the last -count, for 0 all. It
// deletes the key with the last element and returns how many there were.
func (l *List) Remove(s []byte, count int) (removed int) {
	if l.large != nil {
		if removed = l.large.Remove(s, count); removed > 0 {
			if l.large.Len() == 0 {
				l.delete()
			} else {
				l.db.Touch(l.it)
			}
		}
		return removed
	}
	if !l.it.OK() {
		return 0
	}
	lp, removed := quicklist.RemoveFrom(l.it.Value(), s, count)
	switch {
	case removed == 0:
	case len(lp) == listpack.EmptyLen:
		l.delete()
	default:
		l.keep(lp)
	}
	return removed
}

// Touch tells whoever watches the key that it was changed, though nothing is different.
func (l *List) Touch() { l.db.Touch(l.it) }

func (l *List) delete() {
	l.db.Delete(l.key)
	l.it, l.large = keyspace.Item{}, nil
}

// NewList makes the value of a list from the listpacks of its nodes, or plain elements, as RDB files and DUMP payloads
// hold them, in place of whatever the key held. The listpacks are valid and belong to the list from then on.
func NewList(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, limit int, nodes []ListNode) keyspace.Item {
	if len(nodes) == 1 && !nodes[0].Plain && len(nodes[0].Bytes) <= listInlineMax {
		lp := nodes[0].Bytes
		l := List{limit: quicklist.Limit(limit)}
		if l.fits(listpack.Len(lp), len(lp)-listpack.EmptyLen) {
			it = db.Write(k, it, keyspace.List, keyspace.Listpack, len(lp), false)
			copy(it.Value(), lp)
			return it
		}
	}
	large := quicklist.New(quicklist.Limit(limit))
	for _, n := range nodes {
		if n.Plain {
			large.PushBack(n.Bytes)
		} else {
			large.AppendListpack(n.Bytes)
		}
	}
	return db.WriteObject(k, it, keyspace.List, keyspace.Quicklist, listObject{large}, false)
}

// ListNode is a part of a list in its serialised form.
type ListNode struct {
	Bytes []byte // a listpack, or with Plain one element
	Plain bool
}
