package collection

import (
	"math/bits"

	"redline/server/internal/keyspace"
	"redline/server/internal/object/hashtable"
	"redline/server/internal/object/listpack"
)

// Limits of a listpack in the place of a hash table (keyspace.Packed): a search through 128 entries takes about as long
// as two or three cache misses, and at 8 KiB the fixed cost of a table, 5 KiB, begins not to matter.
const (
	packedEntriesMax = 128
	packedBytesMax   = 8 << 10
)

// Value is a field, value or member: a string, which is a view, or, where it is kept so, an integer.
type Value = listpack.Value

// tableObject is a large hash or set in the shard's table.
type tableObject struct{ *hashtable.Table }

// Clone implements keyspace.Object.
func (o tableObject) Clone() keyspace.Object { return tableObject{o.Table.Clone()} }

func newTable(k *keyspace.Key) *hashtable.Table {
	// The key's hash is secret and differs from key to key, which is what a seed has to be.
	return hashtable.New(k.Hash * 0x9E3779B97F4A7C15)
}

func tableOf(it keyspace.Item) *hashtable.Table { return it.Object().(tableObject).Table }

// reserveFor returns the room to keep behind an inline value that grows to n bytes: none where blocks come in classes
// that grow by an eighth by themselves.
func reserveFor(n int) int {
	if n < 32<<10 {
		return 0
	}
	return n / 8
}

// below maps a random number to 0..n-1.
func below(r uint64, n int) int {
	hi, _ := bits.Mul64(r, uint64(n))
	return int(hi)
}

// sampler picks want of have things that pass by, each combination with the same probability (Knuth, algorithm S).
type sampler struct {
	want, have int
	random     func() uint64
}

func (s *sampler) take() bool {
	take := below(s.random(), s.have) < s.want
	s.have--
	if take {
		s.want--
	}
	return take
}
