package stream

import (
	"math/bits"
)

// RadixNodes returns the number of nodes of the compressed radix tree in which Redis keeps the nodes of such a stream, by
// the 16 bytes of their IDs: XINFO STREAM tells it.
//
// Such a tree has a leaf for each key, a node wherever keys part, and one for each run of bytes on the way between two of
// these. Keys part after the bytes that neighbours share, so a stack of the places where the keys up to now have parted
// suffices.
func (s *Stream) RadixNodes() int64 {
	if s.nodes.n == 0 {
		return 1 // the empty root
	}
	n := int64(s.nodes.n)
	var parted []int // numbers of bytes after which the last key parts from earlier or later ones, ascending
	// way counts the run between a place and the next below it.
	way := func(above, below int) {
		if below-above > 1 {
			n++
		}
	}
	// part ends the ways of the last key below depth, where the next one leaves it.
	part := func(depth int) {
		below := idBytes
		for len(parted) > 0 && parted[len(parted)-1] > depth {
			top := parted[len(parted)-1]
			parted = parted[:len(parted)-1]
			way(top, below)
			below = top
		}
		if depth < 0 {
			way(-1, below)
			return
		}
		way(depth, below)
		if len(parted) == 0 || parted[len(parted)-1] != depth {
			parted = append(parted, depth)
			n++
		}
	}
	var prev ID
	first := true
	s.Each(func(id ID, _ []byte) bool {
		if !first {
			part(shared(prev, id))
		}
		prev, first = id, false
		return true
	})
	part(-1)
	return n
}

// idBytes is the length of an ID as a key.
const idBytes = 16

// shared returns how many leading bytes two IDs have in common, which differ.
func shared(a, b ID) int {
	if a.Ms != b.Ms {
		return bits.LeadingZeros64(a.Ms^b.Ms) / 8
	}
	return 8 + bits.LeadingZeros64(a.Seq^b.Seq)/8
}
