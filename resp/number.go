package resp

import (
	"errors"
	"math"
	"strconv"
)

// ParseInt reads a decimal integer as strictly as Redis does: digits with at most a leading '-', no leading zero, no
// "-0", no '+', no blanks; the whole range of int64.
func ParseInt(b []byte) (int64, bool) {
	digits, negative := b, false
	if len(b) > 0 && b[0] == '-' {
		digits, negative = b[1:], true
	}
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	if digits[0] == '0' {
		return 0, len(b) == 1
	}
	var v uint64 // 19 digits cannot overflow it
	for _, c := range digits {
		d := uint64(c) - '0'
		if d > 9 {
			return 0, false
		}
		v = v*10 + d
	}
	if negative {
		if v > 1<<63 {
			return 0, false
		}
		return -int64(v), true
	}
	if v > math.MaxInt64 {
		return 0, false
	}
	return int64(v), true
}

// ParseFloat reads a floating-point number as Redis does with C's strtod: decimal or hexadecimal digits with an optional
// sign, fraction and exponent, or inf or infinity in any case. It rejects NaN, blanks, what does not fit (1e400) and
// what vanishes (1e-400).
func ParseFloat(b []byte) (float64, bool) {
	syntax, ok := scanFloat(b)
	if !ok {
		return 0, false
	}
	text := string(b)
	if syntax.hex && !syntax.exponent {
		text += "p0" // C may omit the exponent, Go may not
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !(errors.Is(err, strconv.ErrRange) && !math.IsInf(f, 0)) {
		return 0, false
	}
	if f == 0 && !syntax.zero {
		return 0, false
	}
	return f, true
}

// floatSyntax is what scanFloat finds out about the text of a number.
type floatSyntax struct {
	hex, exponent bool
	inf           bool
	zero          bool // no digit but 0
	negative      bool
	// The following slices are the digits before and after the point and behind the exponent sign, unsigned.
	whole, fraction, power []byte
	powerNegative          bool
}

// scanFloat checks that all of b is a number in the grammar of C's strtod, except NaN and leading blanks.
func scanFloat(b []byte) (s floatSyntax, ok bool) {
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		s.negative = b[0] == '-'
		b = b[1:]
	}
	if isWord(b, "inf") || isWord(b, "infinity") {
		s.inf = true
		return s, true
	}
	isDigit, mark := isDecimal, byte('e')
	if len(b) > 1 && b[0] == '0' && b[1]|0x20 == 'x' {
		s.hex = true
		isDigit, mark = isHex, 'p'
		b = b[2:]
	}
	s.whole, b = cutDigits(b, isDigit)
	if len(b) > 0 && b[0] == '.' {
		s.fraction, b = cutDigits(b[1:], isDigit)
	}
	if len(s.whole)+len(s.fraction) == 0 {
		return s, false
	}
	s.zero = allZero(s.whole) && allZero(s.fraction)
	if len(b) == 0 {
		return s, true
	}
	if b[0]|0x20 != mark {
		return s, false
	}
	b = b[1:]
	s.exponent = true
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		s.powerNegative = b[0] == '-'
		b = b[1:]
	}
	s.power, b = cutDigits(b, isDecimal)
	return s, len(s.power) > 0 && len(b) == 0
}

// exponentValue returns the exponent as written, cut off where it is out of any range (but far from overflow).
func (s *floatSyntax) exponentValue() int {
	const limit = 1 << 30
	v := 0
	for _, c := range s.power {
		v = min(limit, v*10+int(c-'0'))
	}
	if s.powerNegative {
		return -v
	}
	return v
}

func cutDigits(b []byte, isDigit func(byte) bool) (digits, rest []byte) {
	i := 0
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return b[:i], b[i:]
}

func isDecimal(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { _, ok := hexDigit(c); return ok }

func allZero(digits []byte) bool {
	for _, c := range digits {
		if c != '0' {
			return false
		}
	}
	return true
}

// isWord reports whether b is the lower-case word in any case.
func isWord(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i := range b {
		if b[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}

// AppendDouble appends f as C's printf prints it with %.17g, the format of every double in Redis 7.0: 17 significant
// digits without trailing zeros, an exponent below 1e-4 and from 1e17; "inf", "-inf", "nan", "-nan".
func AppendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case math.IsNaN(f):
		if math.Signbit(f) {
			dst = append(dst, '-')
		}
		return append(dst, "nan"...)
	case f == math.Trunc(f) && math.Abs(f) < 1<<53 && f != 0:
		return strconv.AppendInt(dst, int64(f), 10) // fast path: scores are mostly integers
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}

// AppendHumanFloat appends f in Redis' human form (%.17f without trailing zeros, never "-0"), as GEOPOS shows
// coordinates. For the results of INCRBYFLOAT, which have more precision than a float64, see [LongDouble].
func AppendHumanFloat(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return AppendDouble(dst, f)
	}
	start := len(dst)
	return trimHuman(strconv.AppendFloat(dst, f, 'f', humanDigits, 64), start)
}

// humanDigits is the number of digits behind the point in Redis' human form.
const humanDigits = 17

// trimHuman cuts trailing zeros off the number at dst[start:], which has a point.
func trimHuman(dst []byte, start int) []byte {
	n := len(dst)
	for dst[n-1] == '0' {
		n--
	}
	if dst[n-1] == '.' {
		n--
	}
	if n-start == 2 && dst[start] == '-' && dst[start+1] == '0' {
		dst[start] = '0'
		n--
	}
	return dst[:n]
}
