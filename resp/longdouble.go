package resp

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// Errors of IncrByFloat, in the words that Redis answers with.
var (
	ErrNotFloat  = errors.New("ERR value is not a valid float")
	ErrNotFinite = errors.New("ERR increment would produce NaN or Infinity")
)

// IncrByFloat returns the text of old + incr as INCRBYFLOAT stores and shows it. A nil old counts as 0. The error is
// ErrNotFloat or ErrNotFinite.
func IncrByFloat(old, incr []byte) ([]byte, error) {
	var sum LongDouble
	if old != nil {
		var ok bool
		if sum, ok = ParseLongDouble(old); !ok {
			return nil, ErrNotFloat
		}
	}
	x, ok := ParseLongDouble(incr)
	if !ok {
		return nil, ErrNotFloat
	}
	if sum, ok = sum.Add(x); !ok {
		return nil, ErrNotFinite
	}
	return sum.AppendHuman(nil), nil
}

// LongDouble is the 80-bit floating-point number that C calls long double on x86, where Redis does INCRBYFLOAT and
// HINCRBYFLOAT in it: a mantissa of 64 bits (a float64 has 53) and an exponent of 15. Its results differ from those of
// float64 in digits that clients see: 0.1 + 0.2 is 0.3. Zero is the zero value; there is no NaN.
//
// Numbers below 2^-16382 keep their full mantissa here, where the hardware would drop bits; no format shows them.
type LongDouble struct {
	mant     uint64 // with its top bit set; 0: the number is 0
	exp      int    // the number is mant * 2^exp
	negative bool
	inf      bool // then mant and exp are 0
}

const (
	// longMaxExp is the largest exp of a finite number: the hardware's exponent ends at 16383, with the point behind
	// the first of 64 bits.
	longMaxExp = 16383 - 63
	// longMinPower: what is not above 2^longMinPower is nearer to 0 than to the smallest number, 2^-16445.
	longMinPower = -16446
	// maxLongText is where Redis cuts: its buffer for the text of a long double.
	maxLongText = 5*1024 - 1
)

// IsInf reports whether x is infinite.
func (x LongDouble) IsInf() bool { return x.inf }

// LongDoubleFromInt returns n, exactly.
func LongDoubleFromInt(n int64) LongDouble {
	magnitude := uint64(n)
	if n < 0 {
		magnitude = -magnitude
	}
	return roundLong(magnitude, 0, false, -64, n < 0)
}

// LongDoubleFromFloat returns f, exactly; f is not NaN.
func LongDoubleFromFloat(f float64) LongDouble {
	if math.IsInf(f, 0) {
		return LongDouble{inf: true, negative: f < 0}
	}
	fraction, exp := math.Frexp(math.Abs(f))
	return roundLong(uint64(math.Ldexp(fraction, 53)), 0, false, exp-53-64, math.Signbit(f))
}

// roundLong returns the number (hi * 2^64 + lo) * 2^exp, rounded to a mantissa of 64 bits, to even when it lies in the
// middle. sticky says that the exact value is larger, by less than one unit of lo.
func roundLong(hi, lo uint64, sticky bool, exp int, negative bool) LongDouble {
	if hi == 0 {
		hi, lo, exp = lo, 0, exp-64
		if hi == 0 {
			return LongDouble{negative: negative}
		}
	}
	shift := bits.LeadingZeros64(hi)
	hi = hi<<shift | lo>>(64-shift) // a shift by 64 gives 0
	lo <<= shift
	exp += 64 - shift
	const half = 1 << 63
	if lo > half || lo == half && (sticky || hi&1 == 1) {
		hi++
		if hi == 0 {
			hi = half
			exp++
		}
	}
	if exp > longMaxExp {
		return LongDouble{inf: true, negative: negative}
	}
	return LongDouble{mant: hi, exp: exp, negative: negative}
}

// Add returns x + y. ok is false when that is not a finite number.
func (x LongDouble) Add(y LongDouble) (sum LongDouble, ok bool) {
	if x.inf || y.inf {
		return LongDouble{}, false
	}
	if x.mant == 0 || y.mant != 0 && (x.exp < y.exp || x.exp == y.exp && x.mant < y.mant) {
		x, y = y, x
	}
	if y.mant == 0 {
		return x, true
	}
	// x is the larger. y is shifted to the scale of x and 64 bits below; what falls off is remembered as sticky.
	distance := x.exp - y.exp
	var hi, lo uint64
	sticky := false
	switch {
	case distance < 64:
		hi, lo = y.mant>>distance, y.mant<<(64-distance)
	case distance < 128:
		lo = y.mant >> (distance - 64)
		sticky = lo<<(distance-64) != y.mant
	default:
		sticky = true
	}
	if x.negative == y.negative {
		sumHi, carry := bits.Add64(x.mant, hi, 0)
		if carry == 1 {
			sticky = sticky || lo&1 == 1
			sumHi, lo = 1<<63|sumHi>>1, sumHi<<63|lo>>1
			sum = roundLong(sumHi, lo, sticky, x.exp-63, x.negative)
		} else {
			sum = roundLong(sumHi, lo, sticky, x.exp-64, x.negative)
		}
		return sum, !sum.inf
	}
	// x - (y + a bit) is one unit of lo less, plus what the unit holds beyond that bit: sticky again.
	borrow := uint64(0)
	if sticky {
		borrow = 1
	}
	diffLo, borrow := bits.Sub64(0, lo, borrow)
	diffHi, _ := bits.Sub64(x.mant, hi, borrow)
	if diffHi|diffLo == 0 {
		return LongDouble{}, true
	}
	return roundLong(diffHi, diffLo, sticky, x.exp-64, x.negative), true
}

// ParseLongDouble reads a number in the grammar of ParseFloat, correctly rounded to a long double. It rejects what is
// too large, what vanishes, and texts of 5 KiB and more.
func ParseLongDouble(b []byte) (LongDouble, bool) {
	if len(b) > maxLongText {
		return LongDouble{}, false
	}
	s, ok := scanFloat(b)
	switch {
	case !ok:
		return LongDouble{}, false
	case s.inf:
		return LongDouble{inf: true, negative: s.negative}, true
	case s.zero:
		return LongDouble{negative: s.negative}, true
	}
	if fastPath {
		if x, ok := s.shortLong(); ok {
			return x, true
		}
	}
	return s.exactLong()
}

// fivePowers are the powers of 5 that fit in 64 bits.
var fivePowers = makeFivePowers()

func makeFivePowers() (table [28]uint64) {
	table[0] = 1
	for i := 1; i < len(table); i++ {
		table[i] = table[i-1] * 5
	}
	return table
}

// shortLong is the fast path for decimal numbers of up to 19 digits and a small exponent: both the digits and the power of
// ten are exact in 64 bits, so that one multiplication or division rounds correctly.
func (s *floatSyntax) shortLong() (x LongDouble, ok bool) {
	if s.hex || len(s.whole)+len(s.fraction) > 19 {
		return LongDouble{}, false
	}
	power := s.exponentValue() - len(s.fraction)
	if power < -(len(fivePowers)-1) || power > len(fivePowers)-1 {
		return LongDouble{}, false
	}
	var mant uint64
	for _, c := range s.whole {
		mant = mant*10 + uint64(c-'0')
	}
	for _, c := range s.fraction {
		mant = mant*10 + uint64(c-'0')
	}
	if power >= 0 {
		hi, lo := bits.Mul64(mant, fivePowers[power])
		return roundLong(hi, lo, false, power, s.negative), true
	}
	// mant / 5^-power, with both scaled to have their top bits set, so that the quotient is above 1/2 and below 2.
	five := fivePowers[-power]
	mantShift, fiveShift := bits.LeadingZeros64(mant), bits.LeadingZeros64(five)
	mant <<= mantShift
	five <<= fiveShift
	exp := power - mantShift + fiveShift // of the quotient mant / five
	hi, rest := bits.Div64(mant>>1, mant<<63, five)
	lo, rest := bits.Div64(rest, 0, five)
	return roundLong(hi, lo, rest != 0, exp-63-64, s.negative), true
}

// exactLong reads any number by integer arithmetic without bound.
func (s *floatSyntax) exactLong() (LongDouble, bool) {
	base, digitBits := 10, 0.0
	if s.hex {
		base, digitBits = 16, 4
	} else {
		digitBits = math.Log2(10)
	}
	digits := string(s.whole) + string(s.fraction)
	mant, ok := new(big.Int).SetString(digits, base)
	if !ok {
		panic("resp: digits are no number: " + strconv.Quote(digits))
	}
	power := s.exponentValue()
	if s.hex {
		power -= 4 * len(s.fraction)
	} else {
		power -= len(s.fraction)
	}
	// Keep powers out of reach from being computed: 10^1000000000 has a gigabyte.
	magnitude := float64(mant.BitLen())
	if s.hex {
		magnitude += float64(power)
	} else {
		magnitude += float64(power) * digitBits
	}
	if magnitude > longMaxExp+64+8 || magnitude < longMinPower-8 {
		return LongDouble{}, false
	}
	return ratioLong(mant, base, power, s.negative)
}

// ratioLong returns mant * 10^power (base 10) or mant * 2^power (base 16), correctly rounded.
func ratioLong(mant *big.Int, base, power int, negative bool) (LongDouble, bool) {
	divisor := big.NewInt(1)
	exp := power
	if base == 10 {
		five := new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(max(power, -power))), nil)
		if power >= 0 {
			mant.Mul(mant, five)
		} else {
			divisor = five
		}
	}
	// Scale so that the quotient has 128 or 129 bits: with the last one cut, it fills hi and lo.
	shift := 128 - (mant.BitLen() - divisor.BitLen())
	rest := new(big.Int)
	if shift >= 0 {
		mant.Lsh(mant, uint(shift))
	} else {
		divisor.Lsh(divisor, uint(-shift))
	}
	mant.QuoRem(mant, divisor, rest)
	sticky := rest.Sign() != 0
	exp -= shift
	for mant.BitLen() > 128 {
		sticky = sticky || mant.Bit(0) == 1
		mant.Rsh(mant, 1)
		exp++
	}
	lo := new(big.Int).And(mant, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	hi := new(big.Int).Rsh(mant, 64).Uint64()
	top := exp + 127 // hi has its top bit set: the number is 2^top or more
	tooSmall := top < longMinPower || top == longMinPower && hi == 1<<63 && lo == 0 && !sticky
	x := roundLong(hi, lo, sticky, exp, negative)
	return x, !x.inf && !tooSmall
}
