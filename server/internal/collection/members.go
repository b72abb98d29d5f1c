package collection

import "redline/server/internal/keyspace"

// anyLimit is a list-max-listpack-size for views that only look.
const anyLimit = -2

// Members returns how many elements, fields, members or entries a key's value has; of a string its length in bytes.
func Members(it keyspace.Item) int64 {
	switch it.Type() {
	case keyspace.List:
		l := OpenList(it.DB(), nil, it, anyLimit)
		return int64(l.Len())
	case keyspace.Hash:
		h := OpenHash(it.DB(), nil, it, HashLimits{})
		return int64(h.Len())
	case keyspace.Set:
		s := OpenSet(it.DB(), nil, it, 0)
		return int64(s.Len())
	case keyspace.ZSet:
		z := OpenZSet(it.DB(), nil, it, ZSetLimits{})
		return int64(z.Len())
	case keyspace.Stream:
		return OpenStream(it).Len()
	default:
		var scratch [20]byte
		return int64(len(it.Text(scratch[:])))
	}
}
