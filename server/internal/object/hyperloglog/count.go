package hyperloglog

import "math"

// Count estimates the number of elements of a set.
func Count(b []byte) (uint64, error) {
	var histo [64]int
	if b[4] == dense {
		for regs := b[HeaderSize:]; len(regs) > 0; regs = regs[3:] { // four registers in three bytes
			x := uint32(regs[0]) | uint32(regs[1])<<8 | uint32(regs[2])<<16
			histo[x&63]++
			histo[x>>6&63]++
			histo[x>>12&63]++
			histo[x>>18]++
		}
		return estimate(&histo), nil
	}
	rest := Registers
	err := walk(b, func(_, run int, n uint8) {
		histo[n] += run
		rest -= run
	})
	if err != nil {
		return 0, err
	}
	histo[0] = rest
	return estimate(&histo), nil
}

// Union is the union of several sets, one byte a register.
type Union [Registers]uint8

// Add adds a set.
func (u *Union) Add(b []byte) error {
	if b[4] == dense {
		for i := range u {
			u[i] = max(u[i], register(b[HeaderSize:], i))
		}
		return nil
	}
	return walk(b, func(i, run int, n uint8) {
		for ; run > 0; run-- {
			u[i] = max(u[i], n)
			i++
		}
	})
}

// Count estimates the number of elements of the union.
func (u *Union) Count() uint64 {
	var histo [64]int
	for _, n := range u {
		histo[n&63]++
	}
	return estimate(&histo)
}

// alpha is 1/(2 ln 2), as many digits as Redis has.
const alpha = 0.721347520444481703680

// estimate is the improved raw estimator of Ertl's paper, algorithm 6: histo[k] registers have the value k.
func estimate(histo *[64]int) uint64 {
	const m = float64(Registers)
	// The conversions keep the compiler from fusing a product and a sum, which would round differently than Redis.
	z := float64(m * tau((m-float64(histo[registerMax]))/m))
	for k := hashBits; k >= 1; k-- {
		z += float64(histo[k])
		z *= 0.5
	}
	z += float64(m * sigma(float64(histo[0])/m))
	return uint64(math.Round(float64(alpha*m) * m / z))
}

// sigma is the paper's function for registers that are zero.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += float64(x * y)
		y += y
		if z == before {
			return z
		}
	}
}

// tau is the paper's function for registers that are full.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		z -= float64((1 - x) * (1 - x) * y)
		if z == before {
			return z / 3
		}
	}
}
