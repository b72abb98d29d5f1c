package workload

import (
	"math/rand/v2"
)

// poolBytes is how much text values are cut from: enough that neighbouring
// values differ, little enough to stay in the cache.
const poolBytes = 16 << 10

// poolBytesMost bounds it for large values, which are cut from more, so that a
// compressor does not find one part of a value in another: its window is 64 KB
// in LZ4, 8 KB in LZF, and 8 MB at most levels of Zstandard.
const poolBytesMost = 8 << 20

// blockBytes is the unit of compressible text: its first part is filler and the
// rest random. A value of a few blocks has its share of filler to within one.
const blockBytes = 64

// pools are the texts that values of each group are cut from; groups of equal
// compressibility share one.
type pools struct {
	texts []poolText
	of    []int // group -> index of texts, -1 without
	wants []int // largest value of each group
}

type poolText struct {
	share float64
	bytes []byte
}

// need notes that group takes values of up to size bytes.
func (p *pools) need(group, size int) {
	for len(p.wants) <= group {
		p.wants, p.of = append(p.wants, -1), append(p.of, -1)
	}
	p.wants[group] = max(p.wants[group], size)
}

// fill makes the texts.
func (p *pools) fill(rng *rand.PCG, s *Spec) {
	groups := s.AllGroups()
	for g, size := range p.wants {
		if size < 0 {
			continue
		}
		share := s.ValuesOf(&groups[g]).Compressible
		n := max(poolBytes, min(poolBytesMost, roundUp(2*size)))
		at := -1
		for i := range p.texts {
			if p.texts[i].share == share {
				at = i
			}
		}
		switch {
		case at < 0:
			at = len(p.texts)
			p.texts = append(p.texts, poolText{share, compressibleText(rng, n, share)})
		case len(p.texts[at].bytes) < n:
			p.texts[at].bytes = compressibleText(rng, n, share)
		}
		p.of[g] = at
	}
}

func (p *pools) at(group int) []byte { return p.texts[p.of[group]].bytes }

// roundUp is the next power of two.
func roundUp(n int) int {
	p := poolBytes
	for p < n && p < poolBytesMost {
		p *= 2
	}
	return p
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// compressibleText is n bytes of printable text. Random text does not compress
// to less than 3/4; a share of each block is replaced by filler, which compresses
// to next to nothing.
func compressibleText(rng *rand.PCG, n int, share float64) []byte {
	b := make([]byte, n)
	filler := int(share*blockBytes + 0.5)
	x, left := uint64(0), 0
	for i := range b {
		if i%blockBytes < filler {
			b[i] = 'x'
			continue
		}
		if left == 0 {
			x, left = rng.Uint64(), 10 // of 6 bits
		}
		b[i] = alphabet[x&63]
		x, left = x>>6, left-1
	}
	return b
}

// copyCyclic fills dst from pool, whose length is a power of two, from a place
// that the random bits x decide, and around its end as often as it takes.
func copyCyclic(dst, pool []byte, x uint64) {
	n := copy(dst, pool[x&uint64(len(pool)-1):])
	for n < len(dst) {
		n += copy(dst[n:], pool)
	}
}
