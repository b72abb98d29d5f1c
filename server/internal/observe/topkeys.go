package observe

import (
	"bytes"
	"cmp"
	"slices"

	"redline/server/internal/keyspace"
)

// Shards calls fn for every shard, locked and entered.
type Shards func(fn func(sh *keyspace.Shard))

// HotKeys returns the n keys that were looked up most often lately, most often first. Shards know 16 each.
func HotKeys(each Shards, n int) []keyspace.HotKey {
	var all []keyspace.HotKey
	each(func(sh *keyspace.Shard) { all = sh.HotKeys(all) })
	slices.SortFunc(all, func(a, b keyspace.HotKey) int {
		return cmp.Or(cmp.Compare(b.PerSecond, a.PerSecond), bytes.Compare(a.Name, b.Name))
	})
	return all[:min(n, len(all))]
}

// BigKeys are the largest keys that are known, in no order: see Largest.
type BigKeys []keyspace.BigKey

// FindBigKeys asks all shards. members tells how many elements a value has.
func FindBigKeys(each Shards, members func(keyspace.Item) int64) BigKeys {
	var all BigKeys
	each(func(sh *keyspace.Shard) { all = sh.BigKeys(all, members) })
	return all
}

// Largest returns the n largest keys that want says yes to, largest first: by the number of members or by bytes. Shards
// know 16 of each type by either.
func (all BigKeys) Largest(n int, byMembers bool, want func(keyspace.Type) bool) []keyspace.BigKey {
	var list []keyspace.BigKey
	for _, k := range all {
		if want(k.Type) {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b keyspace.BigKey) int {
		x, y := a.Bytes, b.Bytes
		if byMembers {
			x, y = a.Members, b.Members
		}
		return cmp.Or(cmp.Compare(y, x), bytes.Compare(a.Name, b.Name))
	})
	return list[:min(n, len(list))]
}
