// Package hyperloglog estimates how many different elements were added to a set, within about 0.8 %, in at most 12 KiB.
// The functions work on the bytes that Redis keeps as a string value, and give the same bytes and the same estimates.
//
// Layout, 16 bytes of head and the registers:
//
//	+--------+----------+--------+-----------------------------------+-----------+
//	| "HYLL" | encoding | unused | estimate, little-endian, 8 B;     | registers |
//	|        | 1 B      | 3 B    | highest bit set: must be computed |           |
//	+--------+----------+--------+-----------------------------------+-----------+
//
// Encoding 0, dense: 16,384 registers of 6 bits, from the lowest bit of each byte on. Encoding 1, sparse: a sequence of
//
//	00nnnnnn            n+1 registers that are 0 (ZERO)
//	01nnnnnn mmmmmmmm   n*256+m+1 registers that are 0 (XZERO)
//	1vvvvvnn            n+1 registers that are v+1 (VAL)
//
// Source of the estimate: Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches",
// arXiv:1702.01284; of the hash: MurmurHash64A by Austin Appleby.
package hyperloglog

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// Sizes.
const (
	precision  = 14
	Registers  = 1 << precision
	HeaderSize = 16
	DenseSize  = HeaderSize + Registers*6/8 // bytes

	hashBits    = 64 - precision // of the hash beside the register's number
	registerMax = hashBits + 1
)

const (
	dense  = 0
	sparse = 1
)

// ErrCorrupt is returned for registers that cannot be.
var ErrCorrupt = errors.New("corrupted HyperLogLog")

// New returns an empty set, sparse.
func New() []byte {
	b := make([]byte, HeaderSize, HeaderSize+16)
	copy(b, "HYLL")
	b[4] = sparse
	return appendZeros(b, Registers)
}

// Valid says whether a string has the head and the length of a HyperLogLog. Its registers may be corrupt all the same.
func Valid(b []byte) bool {
	return len(b) >= HeaderSize && string(b[:4]) == "HYLL" && b[4] <= sparse && (b[4] != dense || len(b) == DenseSize)
}

// Dense says whether a valid set is in the dense form.
func Dense(b []byte) bool { return b[4] == dense }

// Cached returns the estimate that is kept with the set, unless it has changed since.
func Cached(b []byte) (n uint64, ok bool) {
	return binary.LittleEndian.Uint64(b[8:]), b[15]&0x80 == 0
}

// SetCached keeps an estimate.
func SetCached(b []byte, n uint64) { binary.LittleEndian.PutUint64(b[8:], n) }

// Invalidate marks the estimate as one to be computed.
func Invalidate(b []byte) { b[15] |= 0x80 }

// Add adds an element. A sparse set that would exceed sparseMax bytes becomes dense. It returns the set, which may have
// moved, and whether a register changed.
func Add(b, elem []byte, sparseMax int) (out []byte, changed bool, err error) {
	i, n := place(elem)
	return Raise(b, i, n, sparseMax)
}

// Raise sets a register to n if it is less, as Add does.
func Raise(b []byte, i int, n uint8, sparseMax int) (out []byte, changed bool, err error) {
	if b[4] == dense {
		return b, raiseDense(b[HeaderSize:], i, n), nil
	}
	return raiseSparse(b, i, n, sparseMax)
}

// place returns the register that an element belongs to, and the position of the first set bit in the rest of its hash.
func place(elem []byte) (i int, n uint8) {
	h := murmur(elem)
	return int(h & (Registers - 1)), uint8(bits.TrailingZeros64(h>>precision|1<<hashBits)) + 1
}

// murmur is MurmurHash64A with Redis' seed.
func murmur(b []byte) uint64 {
	const m, r, seed = 0xc6a4a7935bd1e995, 47, 0xadc83b19
	h := seed ^ uint64(len(b))*m
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * m
		k ^= k >> r
		h = (h ^ k*m) * m
	}
	if len(b) > 0 {
		var tail [8]byte
		copy(tail[:], b)
		h = (h ^ binary.LittleEndian.Uint64(tail[:])) * m
	}
	h ^= h >> r
	h *= m
	return h ^ h>>r
}

func register(regs []byte, i int) uint8 {
	at, shift := i*6/8, uint(i*6&7)
	v := regs[at] >> shift
	if shift > 2 {
		v |= regs[at+1] << (8 - shift)
	}
	return v & 63
}

func setRegister(regs []byte, i int, n uint8) {
	at, shift := i*6/8, uint(i*6&7)
	regs[at] = regs[at]&^(63<<shift) | n<<shift
	if shift > 2 {
		regs[at+1] = regs[at+1]&^(63>>(8-shift)) | n>>(8-shift)
	}
}

func raiseDense(regs []byte, i int, n uint8) bool {
	if register(regs, i) >= n {
		return false
	}
	setRegister(regs, i, n)
	return true
}

// ToDense returns the dense form of a set; one that is dense already as it is.
func ToDense(b []byte) ([]byte, error) {
	if b[4] == dense {
		return b, nil
	}
	out := make([]byte, DenseSize)
	copy(out, b[:HeaderSize])
	out[4] = dense
	return out, walk(b, func(i, run int, n uint8) {
		for ; run > 0; run-- {
			setRegister(out[HeaderSize:], i, n)
			i++
		}
	})
}

// Register returns one register of a dense set.
func Register(b []byte, i int) uint8 { return register(b[HeaderSize:], i) }
