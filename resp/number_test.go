package resp

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestParseInt(t *testing.T) {
	for _, s := range []string{"0", "1", "-1", "9223372036854775807", "-9223372036854775808", "1000000000000000000", "10"} {
		want, err := strconv.ParseInt(s, 10, 64)
		if got, ok := ParseInt([]byte(s)); err != nil || !ok || got != want {
			t.Errorf("%q: %d, %v", s, got, ok)
		}
	}
	for _, s := range []string{
		"", "-", "+1", "01", "-01", "-0", "00", " 1", "1 ", "1a", "a", "9223372036854775808", "-9223372036854775809",
		"18446744073709551616", "99999999999999999999", "1.0", "1\x00", "--1",
	} {
		if got, ok := ParseInt([]byte(s)); ok {
			t.Errorf("%q: %d, want none", s, got)
		}
	}
}

func FuzzParseInt(f *testing.F) {
	f.Add("-9223372036854775808")
	f.Fuzz(func(t *testing.T, s string) {
		want, err := strconv.ParseInt(s, 10, 64)
		canonical := err == nil && strconv.FormatInt(want, 10) == s
		if got, ok := ParseInt([]byte(s)); ok != canonical || ok && got != want {
			t.Fatalf("%q: %d, %v; strconv: %d, %v", s, got, ok, want, err)
		}
	})
}

func TestParseFloat(t *testing.T) {
	for s, want := range map[string]float64{
		"0": 0, "1": 1, "+1": 1, "-1.5": -1.5, "1.": 1, ".5": .5, "1e5": 1e5, "1E-5": 1e-5, "007": 7, "0x10": 16, "0X.8": .5,
		"0x1p-2": .25, "-0x1.8P1": -3, "inf": math.Inf(1), "+Infinity": math.Inf(1), "-INF": math.Inf(-1), "4.9e-324": 5e-324,
		"0e-999999999999": 0, "1e308": 1e308,
	} {
		if got, ok := ParseFloat([]byte(s)); !ok || got != want {
			t.Errorf("%q: %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{
		"", " 1", "1 ", ".", "e5", "1e", "1e+", "0x", "0x1p", "1_0", "nan", "-nan", "NaN", "1e309", "-1e309", "1e-400", "infx", "--1", "1\x00",
	} {
		if got, ok := ParseFloat([]byte(s)); ok {
			t.Errorf("%q: %v, want none", s, got)
		}
	}
}

// TestAppendDouble: what C prints with %.17g.
func TestAppendDouble(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "-0"}, {1, "1"}, {-1, "-1"}, {0.1, "0.10000000000000001"}, {0.5, "0.5"}, {3.14, "3.1400000000000001"},
		{100, "100"}, {1e15, "1000000000000000"}, {1e16, "10000000000000000"}, {1e17, "1e+17"}, {1.5e17, "1.5e+17"},
		{123456789012345678, "1.2345678901234568e+17"}, {0.0001, "0.0001"}, {0.00001, "1.0000000000000001e-05"},
		{1e100, "1e+100"}, {1e-300, "1e-300"}, {5e-324, "4.9406564584124654e-324"}, {math.MaxFloat64, "1.7976931348623157e+308"},
		{9007199254740993, "9007199254740992"}, {-123.456, "-123.456"},
		{math.Inf(1), "inf"}, {math.Inf(-1), "-inf"}, {math.NaN(), "nan"}, {math.Copysign(math.NaN(), -1), "-nan"},
	} {
		if got := AppendDouble(nil, c.f); string(got) != c.want {
			t.Errorf("%v: %q, want %q", c.f, got, c.want)
		}
	}
}

func TestAppendHumanFloat(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {-1e-30, "0"}, {1, "1"}, {100, "100"}, {0.5, "0.5"}, {0.1, "0.10000000000000001"},
		{3, "3"}, {-2.5, "-2.5"}, {1e20, "100000000000000000000"}, {math.Inf(1), "inf"}, {math.Inf(-1), "-inf"},
	} {
		if got := AppendHumanFloat(nil, c.f); string(got) != c.want {
			t.Errorf("%v: %q, want %q", c.f, got, c.want)
		}
	}
}

func TestIncrByFloat(t *testing.T) {
	for _, c := range []struct{ old, incr, want string }{
		{"0.1", "0.2", "0.3"}, {"10.50", "0.1", "10.6"}, {"5.0e3", "2.0e2", "5200"}, {"3", "-3", "0"}, {"-1", "1.0000000000000000001", "0"},
		{"1", "0.1", "1.1"}, {"17179869184", "1.5", "17179869185.5"}, {"9223372036854775807", "1", "9223372036854775808"},
		{"18446744073709551615", "1", "18446744073709551616"}, {"1e30", "0", "1000000000000000000024696061952"}, {"0x10", "0x1p-1", "16.5"},
		{"0.99999999999999999", "0", "0.99999999999999999"}, {"0.999999999999999999", "0", "1"}, {"-0", "0", "0"}, {"-1e-20", "0", "0"},
	} {
		if got, err := IncrByFloat([]byte(c.old), []byte(c.incr)); err != nil || string(got) != c.want {
			t.Errorf("%s + %s: %q, %v, want %s", c.old, c.incr, got, err, c.want)
		}
	}
	if got, err := IncrByFloat(nil, []byte("1.5")); err != nil || string(got) != "1.5" {
		t.Errorf("nothing + 1.5: %q, %v", got, err)
	}
	for _, c := range []struct {
		old, incr string
		want      error
	}{
		{"", "1", ErrNotFloat}, {"1", "", ErrNotFloat}, {"1", "x", ErrNotFloat}, {"1", "nan", ErrNotFloat}, {"1", "1e5000", ErrNotFloat},
		{"1", "1e-5000", ErrNotFloat}, {"1", " 1", ErrNotFloat}, {"1", strings.Repeat("1", 5*1024), ErrNotFloat},
		{"1", "inf", ErrNotFinite}, {"-inf", "inf", ErrNotFinite}, {"1e4932", "1e4932", ErrNotFinite},
	} {
		if got, err := IncrByFloat([]byte(c.old), []byte(c.incr)); !errors.Is(err, c.want) {
			t.Errorf("%.20s + %.20s: %q, %v, want %v", c.old, c.incr, got, err, c.want)
		}
	}
}

// bigLong is the value of a finite x.
func bigLong(x LongDouble) *big.Float {
	f := new(big.Float).SetPrec(64).SetUint64(x.mant)
	f.SetMantExp(f, x.exp)
	if x.negative {
		f.Neg(f)
	}
	return f
}

// TestLongDouble compares reading, adding and writing with math/big at the same precision.
func TestLongDouble(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	read := func() (string, LongDouble, *big.Float) {
		for {
			s := randomNumber(r)
			x, ok := ParseLongDouble([]byte(s))
			if !ok || x.inf {
				continue
			}
			var want *big.Float
			if exact, ok := new(big.Rat).SetString(s); ok {
				want = new(big.Float).SetPrec(64).SetRat(exact)
			} else {
				continue // hexadecimal without an exponent, and the like
			}
			if bigLong(x).Cmp(want) != 0 {
				t.Fatalf("%s: %v, want %v", s, bigLong(x), want)
			}
			return s, x, want
		}
	}
	for range 5000 {
		s1, x, bigX := read()
		s2, y, bigY := read()
		sum, ok := x.Add(y)
		if !ok {
			continue
		}
		want := new(big.Float).SetPrec(64).Add(bigX, bigY)
		if bigLong(sum).Cmp(want) != 0 {
			t.Fatalf("%s + %s: %v, want %v", s1, s2, bigLong(sum), want)
		}
		text := want.Text('f', humanDigits)
		if got := string(sum.AppendHuman(nil)); got != string(trimHuman([]byte(text), 0)) {
			t.Fatalf("%s + %s: %q, want %s", s1, s2, got, text)
		}
	}
}

// TestLongDoubleBits adds numbers of all distances and bit patterns, where rounding goes wrong if it does.
func TestLongDoubleBits(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	random := func() LongDouble {
		mant := r.Uint64() | 1<<63
		switch r.IntN(4) {
		case 0:
			mant = 1 << 63
		case 1:
			mant = math.MaxUint64
		case 2:
			mant = 1<<63 | 1<<r.IntN(63) | 1
		}
		return LongDouble{mant: mant, exp: r.IntN(280) - 140, negative: r.IntN(2) == 0}
	}
	for range 100000 {
		x, y := random(), random()
		sum, ok := x.Add(y)
		want := new(big.Float).SetPrec(64).Add(bigLong(x), bigLong(y))
		if !ok || bigLong(sum).Cmp(want) != 0 {
			t.Fatalf("%v + %v: %v, want %v", bigLong(x), bigLong(y), bigLong(sum), want)
		}
	}
	for range 20000 {
		x := random()
		want := string(trimHuman([]byte(bigLong(x).Text('f', humanDigits)), 0))
		if got := string(x.AppendHuman(nil)); got != want {
			t.Fatalf("%v: %q, want %q", bigLong(x), got, want)
		}
	}
}

func TestLongDoubleFrom(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 12345, math.MaxInt64, math.MinInt64} {
		if got := string(LongDoubleFromInt(n).AppendHuman(nil)); got != strconv.FormatInt(n, 10) {
			t.Errorf("%d: %s", n, got)
		}
	}
	for _, f := range []float64{0, 1, -1.5, 0.1, 1e-5, 1e300, math.Inf(1), math.Inf(-1), 13.361389338970184} {
		x := LongDoubleFromFloat(f)
		if got, want := string(x.AppendHuman(nil)), string(AppendHumanFloat(nil, f)); got != want || x.IsInf() != math.IsInf(f, 0) {
			t.Errorf("%v: %s, want %s", f, got, want)
		}
	}
}

func FuzzParseLongDouble(f *testing.F) {
	for _, s := range numberTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, ok := ParseLongDouble([]byte(s))
		_, isFloat := ParseFloat([]byte(s))
		if isFloat && !ok && len(s) <= maxLongText {
			t.Fatalf("%q is a float64 but no long double", s)
		}
		if !ok {
			return
		}
		syntax, _ := scanFloat([]byte(s))
		if short, ok := syntax.shortLong(); ok && !syntax.inf && !syntax.zero {
			if exact, ok := syntax.exactLong(); !ok || exact != short {
				t.Fatalf("%q: short %v, exact %v, %v", s, short, exact, ok)
			}
		}
		x.AppendHuman(nil)
	})
}
