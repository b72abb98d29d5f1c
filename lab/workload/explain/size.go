package explain

import (
	"redline/lab/workload"
)

// size is how much data there is, in bytes.
type size struct {
	keys, payload, overhead float64
}

func (s *size) add(o size) {
	s.keys += o.keys
	s.payload += o.payload
	s.overhead += o.overhead
}

// What a server keeps beside names and values, in bytes, as Redis 7.0 does: its
// dictionary entry, object and string headers and allocator rounding. Measured
// with 1 million keys of 16 bytes and values of 64 bytes: 168 bytes a key, and
// 41 more with a TTL. Other servers take less; it is an estimate.
const (
	perKey     = 88
	perTTL     = 41
	perElement = 4  // of a listpack
	perNode    = 90 // of a hash table or skip list, from packedMost elements on
	packedMost = 128
	longestRow = 64 // bytes of an element in a listpack
)

// sizeOf estimates a group as preloading writes it.
func sizeOf(s *workload.Spec, g *workload.Group) size {
	n := float64(g.Count)
	v := s.ValuesOf(g)
	value := v.Size.Mean()
	name := float64(len(keyForm(s, g)) - len("{n}") + workload.KeyDigits)
	sz := size{keys: n, payload: n * name, overhead: n * perKey}
	if g.Data.TTL.Given() {
		sz.overhead += n * perTTL
	}
	if g.Data.Type == "" || g.Data.Type == workload.String {
		sz.payload += n * value
		return sz
	}
	members := 10.0
	if g.Data.Members.Given() {
		members = g.Data.Members.Mean()
	}
	const memberName = 5
	element := map[workload.Type]float64{workload.Hash: memberName + value, workload.List: value, workload.Set: memberName,
		workload.ZSet: memberName + 8, workload.Stream: value + 16}[g.Data.Type]
	sz.payload += n * members * element
	each := float64(perElement)
	if scattered := members > packedMost || element > longestRow; scattered && g.Data.Type != workload.List && g.Data.Type != workload.Stream {
		each = perNode
	}
	sz.overhead += n * members * each
	return sz
}
