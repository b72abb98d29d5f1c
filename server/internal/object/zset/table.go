package zset

import "unsafe"

// pageLen is the number of items in a page of a table: pages of leaves take 1.3 KiB, little for a small set.
const pageLen = 32

// table holds items under small integer ids, starting with 1. Items do not move, and growing copies only the list of
// pages.
type table[T any] struct {
	pages []*[pageLen]T
	last  uint32 // highest id ever given
	free  []uint32
}

func (t *table[T]) at(id uint32) *T { return &t.pages[id/pageLen][id%pageLen] }

// add returns the id of a new zero item and how much memory the table grew by.
func (t *table[T]) add() (id uint32, grown int64) {
	if n := len(t.free); n > 0 {
		id, t.free = t.free[n-1], t.free[:n-1]
		return id, 0
	}
	t.last++
	if int(t.last/pageLen) == len(t.pages) {
		t.pages = append(t.pages, new([pageLen]T))
		grown = int64(unsafe.Sizeof(*t.pages[0])) + int64(unsafe.Sizeof(t.pages[0]))
	}
	return t.last, grown
}

// remove makes an id free again.
func (t *table[T]) remove(id uint32) {
	var zero T
	*t.at(id) = zero
	t.free = append(t.free, id)
}

// clone copies the table and calls own for each item, the unused ones too, to copy what it refers to.
func (t *table[T]) clone(own func(*T)) table[T] {
	c := table[T]{pages: make([]*[pageLen]T, len(t.pages)), last: t.last, free: append([]uint32(nil), t.free...)}
	for i, p := range t.pages {
		page := *p
		for j := range page {
			own(&page[j])
		}
		c.pages[i] = &page
	}
	return c
}

// bytes returns the memory of the pages.
func (t *table[T]) bytes() int64 {
	return int64(len(t.pages)) * (int64(unsafe.Sizeof([pageLen]T{})) + int64(unsafe.Sizeof(&[pageLen]T{})))
}
