package workload

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// below draws a number in [0, n). The bias is below n / 2^64.
func below(rng *rand.PCG, n uint64) uint64 {
	hi, _ := bits.Mul64(rng.Uint64(), n)
	return hi
}

// unit draws a number in (0, 1].
func unit(rng *rand.PCG) float64 { return float64(rng.Uint64()>>11+1) / (1 << 53) }

// zipf draws ranks in [0, n) with probability proportional to 1/(rank+1)^theta,
// by rejection-inversion: W. Hormann and G. Derflinger, "Rejection-inversion to
// generate variates from monotone discrete distributions", ACM TOMACS 6 (1996).
// It needs no table, so a billion keys cost as much as ten.
type zipf struct {
	theta    float64
	hLow     float64 // H(1.5) - h(1)
	hHigh    float64 // H(n + 0.5)
	shortcut float64 // accept without evaluating h when k - x is below it
	n        float64
}

func newZipf(n uint64, theta float64) zipf {
	z := zipf{theta: theta, n: float64(n)}
	z.hLow = z.integral(1.5) - 1
	z.hHigh = z.integral(z.n + 0.5)
	z.shortcut = 2 - z.inverse(z.integral(2.5)-z.density(2))
	return z
}

// grow sets the number of ranks.
func (z *zipf) grow(n uint64) {
	z.n = float64(n)
	z.hHigh = z.integral(z.n + 0.5)
}

func (z *zipf) pick(rng *rand.PCG) uint64 {
	for {
		u := z.hHigh + unit(rng)*(z.hLow-z.hHigh)
		x := z.inverse(u)
		k := min(max(math.Floor(x+0.5), 1), z.n)
		if k-x <= z.shortcut || u >= z.integral(k+0.5)-z.density(k) {
			return uint64(k) - 1
		}
	}
}

func (z *zipf) density(x float64) float64 { return math.Exp(-z.theta * math.Log(x)) }

// integral is H, the integral of density: (x^(1-theta) - 1) / (1 - theta), and
// log x at theta 1; written with expm1 so that it is smooth around 1.
func (z *zipf) integral(x float64) float64 {
	logX := math.Log(x)
	return expm1Over(logX*(1-z.theta)) * logX
}

func (z *zipf) inverse(u float64) float64 {
	t := max(u*(1-z.theta), -1)
	return math.Exp(log1pOver(t) * u)
}

// expm1Over is (e^x - 1) / x.
func expm1Over(x float64) float64 {
	if math.Abs(x) > 1e-8 {
		return math.Expm1(x) / x
	}
	return 1 + x/2*(1+x/3)
}

// log1pOver is log(1 + x) / x.
func log1pOver(x float64) float64 {
	if math.Abs(x) > 1e-8 {
		return math.Log1p(x) / x
	}
	return 1 - x*(0.5-x/3)
}

// permutation maps [0, n) onto itself in a scattered order: an invertible mix on
// the next power of two, repeated while the result lies outside.
type permutation struct {
	n, mask uint64
	shift   uint
}

func newPermutation(n uint64) permutation {
	width := uint(bits.Len64(n - 1))
	if n <= 1 {
		width = 1
	}
	return permutation{n: n, mask: 1<<width - 1, shift: max(1, width/2)}
}

func (p *permutation) apply(x uint64) uint64 {
	for {
		// Odd multiplications and shifts to the right are each invertible within
		// the mask; the constants are those of the 64-bit finalizer of MurmurHash3.
		x = (x*0xff51afd7ed558ccd + 0x9e3779b9) & p.mask
		x ^= x >> p.shift
		x = (x * 0xc4ceb9fe1a85ec53) & p.mask
		x ^= x >> p.shift
		if x < p.n {
			return x
		}
	}
}

// TopShare is the share of requests that the most popular of n keys gets under
// zipf with the given theta.
func TopShare(theta float64, n int64) float64 {
	// The sum of 1/k^theta: the first terms exactly, the rest by the midpoint
	// integral, which is off by less than a thousandth of a percent.
	const exact = 1000
	sum := 0.0
	for k := int64(1); k <= min(n, exact); k++ {
		sum += math.Pow(float64(k), -theta)
	}
	if n > exact {
		z := zipf{theta: theta}
		sum += z.integral(float64(n)+0.5) - z.integral(exact+0.5)
	}
	return 1 / sum
}
