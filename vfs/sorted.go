package vfs

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// sorted iterates over a map in the order of its keys, so that what a seed decides does not depend on the map.
func sorted[K cmp.Ordered, V any](m map[K]V) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
