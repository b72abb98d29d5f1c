package resp

import (
	"math/big"
	"math/bits"
	"strconv"
)

// pow10Human is 10^humanDigits.
const pow10Human = 100_000_000_000_000_000

// AppendHuman appends x in the form of INCRBYFLOAT: C's %.17Lf without trailing zeros, never "-0".
func (x LongDouble) AppendHuman(dst []byte) []byte {
	start := len(dst)
	if x.negative {
		dst = append(dst, '-')
	}
	if x.inf {
		return append(dst, "inf"...)
	}
	if x.exp > 0 {
		return new(big.Int).Lsh(new(big.Int).SetUint64(x.mant), uint(x.exp)).Append(dst, 10)
	}
	whole, fraction := x.decimal()
	dst = strconv.AppendUint(dst, whole, 10)
	// The digits behind the point, with the zeros that a number drops in front.
	text := strconv.AppendUint(append(dst, '.'), pow10Human+fraction, 10)
	point := len(dst)
	copy(text[point+1:], text[point+2:]) // drop the 1 of pow10Human
	return trimHuman(text[:len(text)-1], start)
}

// decimal returns x, which is below 2^64, as a whole number and a fraction in units of 10^-17, rounded to even.
func (x LongDouble) decimal() (whole, fraction uint64) {
	drop := -x.exp // bits of the mantissa behind the point
	if drop >= 128 {
		return 0, 0
	}
	part := x.mant
	if drop < 64 {
		whole = x.mant >> drop
		part = x.mant << (64 - drop) // in units of 2^-64
		drop = 64
	}
	// part * 10^17, of which all but the lowest drop bits is the result.
	hi, lo := bits.Mul64(part, pow10Human)
	fraction = hi >> (drop - 64)
	restHi := hi - fraction<<(drop-64)
	halfHi, halfLo := uint64(0), uint64(1)<<63
	if drop > 64 {
		halfHi, halfLo = 1<<(drop-65), 0
	}
	above := restHi > halfHi || restHi == halfHi && lo > halfLo
	middle := restHi == halfHi && lo == halfLo
	if above || middle && fraction&1 == 1 {
		fraction++
	}
	if fraction == pow10Human {
		return whole + 1, 0
	}
	return whole, fraction
}
