package geohash

import "math"

// Sine, cosine and arc sine, rounded correctly but for cases closer to the middle between two numbers than about 2^-10 of
// their distance. Go's own are up to one unit of the last place off, which clients would see.
//
// They compute with pairs of numbers: hi is the nearest float64, lo what is missing.

type pair struct{ hi, lo float64 }

// add2 returns the exact sum of two numbers (Knuth's two-sum).
func add2(a, b float64) pair {
	s := a + b
	t := s - a
	return pair{s, (a - (s - t)) + (b - t)}
}

// mul2 returns the exact product of two numbers.
func mul2(a, b float64) pair {
	p := a * b
	return pair{p, math.FMA(a, b, -p)}
}

func (x pair) add(y pair) pair {
	s := add2(x.hi, y.hi)
	return add2(s.hi, s.lo+(x.lo+y.lo))
}

func (x pair) mul(y pair) pair {
	p := mul2(x.hi, y.hi)
	return add2(p.hi, p.lo+float64(x.hi*y.lo)+float64(x.lo*y.hi))
}

// Coefficients of the Taylor series as pairs.
var (
	third     = pair{-0.16666666666666666, -9.25185853854297e-18} // -1/3!
	fifth     = pair{0.008333333333333333, 1.1564823173178714e-19}
	seventh   = pair{-0.0001984126984126984, -1.7209558293420705e-22}
	half      = pair{-0.5, 0}
	fourth    = pair{0.041666666666666664, 2.3129646346357427e-18}
	sixth     = pair{-0.001388888888888889, 5.300543954373577e-20}
	quarterPi = math.Pi / 4
	piHalf    = [3]float64{1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33}
)

// reduce returns x minus the nearest multiple of pi/2, of which it was the quadrant-th. |x| <= 2 pi.
func reduce(x float64) (r pair, quadrant int) {
	if math.Abs(x) <= quarterPi {
		return pair{x, 0}, 0
	}
	n := math.RoundToEven(x / piHalf[0])
	p, q := mul2(n, piHalf[0]), mul2(n, piHalf[1])
	r = add2(x, -p.hi)
	r = r.add(pair{-p.lo, 0}).add(pair{-q.hi, -q.lo - n*piHalf[2]})
	return r, int(n) & 3
}

// sinPair returns the sine of |x| <= pi/4.
func sinPair(x pair) pair {
	z := x.mul(x)
	// The terms from x^9 on matter so little that single numbers do.
	t := z.hi
	rest := 2.7557319223985893e-06 + t*(-2.505210838544172e-08+t*(1.6059043836821613e-10+t*(-7.647163731819816e-13+t*2.8114572543455206e-15)))
	s := seventh.add(mul2(t, rest))
	s = fifth.add(z.mul(s))
	s = third.add(z.mul(s))
	return x.add(x.mul(z.mul(s)))
}

// cosPair returns the cosine of |x| <= pi/4.
func cosPair(x pair) pair {
	z := x.mul(x)
	t := z.hi
	rest := 2.48015873015873e-05 + t*(-2.755731922398589e-07+t*(2.08767569878681e-09+t*(-1.1470745597729725e-11+t*(4.779477332387385e-14+t*-1.5619206968586225e-16))))
	s := sixth.add(mul2(t, rest))
	s = fourth.add(z.mul(s))
	s = half.add(z.mul(s))
	return pair{1, 0}.add(z.mul(s))
}

func sinOf(x float64) pair {
	r, q := reduce(x)
	var s pair
	if q&1 == 0 {
		s = sinPair(r)
	} else {
		s = cosPair(r)
	}
	if q >= 2 {
		s = pair{-s.hi, -s.lo}
	}
	return s
}

// sin returns the sine of an angle, |x| <= 2 pi.
func sin(x float64) float64 { return sinOf(x).hi }

// cos returns the cosine of an angle, |x| <= 2 pi.
func cos(x float64) float64 {
	r, q := reduce(x)
	var s pair
	if q&1 == 0 {
		s = cosPair(r)
	} else {
		s = sinPair(r)
	}
	if q == 1 || q == 2 {
		return -s.hi
	}
	return s.hi
}

// asin returns the arc sine of a number from 0 to 1. What is not in that range is NaN, as in C.
func asin(y float64) float64 {
	guess := math.Asin(y)
	c := math.Cos(guess)
	if y == 0 || c < 1e-6 || math.IsNaN(guess) {
		return guess // close to 1 there is nothing to gain
	}
	// One step of Newton's method: the guess is right to 50 bits, then twice as many are.
	s := sinOf(guess)
	miss := add2(y, -s.hi)
	return guess + (miss.hi+(miss.lo-s.lo))/c
}
