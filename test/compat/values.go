package compat

import (
	"regexp"
	"strconv"
	"strings"
)

// keysPerKind is small, so that commands meet on the same keys.
const keysPerKind = 5

// keyKinds are the prefixes of the key pools: string, list, hash, set, zset, stream (x), hyperloglog (p), geo, bitmap.
var keyKinds = []string{"s", "l", "h", "t", "z", "x", "p", "g", "b"}

// pick draws one of the words.
func pick(words ...string) func(*Gen) string {
	return func(g *Gen) string { return words[g.IntN(len(words))] }
}

// mostly draws from the first generator, and one time in n from the second.
func mostly(n int, usual, rare func(*Gen) string) func(*Gen) string {
	return func(g *Gen) string {
		if g.IntN(n) == 0 {
			return rare(g)
		}
		return usual(g)
	}
}

func between(lo, hi int) func(*Gen) string {
	return func(g *Gen) string { return strconv.Itoa(lo + g.IntN(hi-lo+1)) }
}

func poolKey(g *Gen, kind string) string { return kind + strconv.Itoa(g.IntN(keysPerKind)) }

// ownKey is a key of the operation's kind, and now and then of another, for WRONGTYPE.
func ownKey(g *Gen) string {
	if g.IntN(25) == 0 {
		return anyKey(g)
	}
	return poolKey(g, g.prefix)
}

func anyKey(g *Gen) string { return poolKey(g, keyKinds[g.IntN(len(keyKinds))]) }

// value draws a string value over the shapes that are stored differently: small and large integers, floats, short and long
// text around the 44-byte embstr limit and the 64-byte listpack limit, binary.
func value(g *Gen) string {
	switch g.IntN(12) {
	case 0, 1:
		return strconv.Itoa(g.IntN(20) - 5)
	case 2:
		return strconv.FormatInt(int64(g.Uint64()), 10)
	case 3:
		return strconv.FormatFloat(float64(g.IntN(4000)-2000)/16, 'g', -1, 64)
	case 4:
		return strings.Repeat("x", 40+g.IntN(30))
	case 5:
		return ""
	case 6:
		b := make([]byte, g.IntN(12))
		for i := range b {
			b[i] = byte(g.IntN(256))
		}
		return string(b)
	case 7:
		return oddNumber(g)
	case 8:
		return strings.Repeat(string(rune('a'+g.IntN(26))), 1+g.IntN(300))
	}
	return "v" + strconv.Itoa(g.IntN(50))
}

// oddNumber draws what number parsers disagree about.
var oddNumber = pick("9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615", "+5", "-0", "007", " 1",
	"1 ", "0x10", "1e3", "3.0", "inf", "-inf", "nan", "1e400", "1.7976931348623157e308", "0.1", "-", "", "abc", "1_000", "5.0e-324", ".5", "5.", "1e-7")

// listIDs and members are few, so that they repeat.
func member(g *Gen) string {
	switch g.IntN(10) {
	case 0:
		return strconv.Itoa(g.IntN(1000) - 500)
	case 1:
		return value(g)
	}
	return "m" + strconv.Itoa(g.IntN(30))
}

func score(g *Gen) string {
	switch g.IntN(12) {
	case 0:
		return pick("inf", "-inf", "+inf", "1e15", "-1e-9", "0", "-0", "1.5e300", "123456789012345678", "0.1")(g)
	case 1:
		return oddNumber(g)
	case 2, 3:
		return strconv.FormatFloat(float64(g.IntN(200)-100)/8, 'g', -1, 64)
	}
	return strconv.Itoa(g.IntN(10))
}

func bound(g *Gen, plain func(*Gen) string, lowest, highest string) string {
	switch g.IntN(8) {
	case 0:
		return lowest
	case 1:
		return highest
	case 2, 3:
		return "(" + plain(g)
	}
	return plain(g)
}

func lexBound(g *Gen) string {
	switch g.IntN(8) {
	case 0, 1:
		return "-"
	case 2, 3:
		return "+"
	case 4:
		return "(" + member(g)
	case 5:
		return member(g) // an error
	}
	return "[" + member(g)
}

func streamID(g *Gen) string {
	switch g.IntN(12) {
	case 0:
		return strconv.Itoa(g.IntN(30))
	case 1:
		return pick("0-0", "5-*", "-", "+", "$", "18446744073709551615-18446744073709551615", "5-", "a-1", "1-2-3", "(3-1", "")(g)
	}
	return strconv.Itoa(1+g.IntN(30)) + "-" + strconv.Itoa(g.IntN(4))
}

func coordinate(g *Gen, limit float64) string {
	if g.IntN(30) == 0 {
		return oddNumber(g)
	}
	return strconv.FormatFloat((g.Float64()*2-1)*limit, 'f', 4, 64)
}

// values are the generators that templates name.
var values = generators{
	"k":      ownKey,
	"any":    anyKey,
	"str":    func(g *Gen) string { return poolKey(g, "s") },
	"list":   func(g *Gen) string { return poolKey(g, "l") },
	"hash":   func(g *Gen) string { return poolKey(g, "h") },
	"set":    func(g *Gen) string { return poolKey(g, "t") },
	"zset":   func(g *Gen) string { return poolKey(g, "z") },
	"hfield": pick("h*->f"),
	"small":  mostly(8, between(-4, 4), pick("1.5", "+3", "-0", "007", "1e1", "0x10", "-2.25", "abc")),
	"weight": func(g *Gen) string { return "w" + strconv.Itoa(g.IntN(9)-4) },
	"lexk":   func(g *Gen) string { return poolKey(g, "y") },
	"v":      value,
	"m":      member,
	"f":      mostly(12, func(g *Gen) string { return "f" + strconv.Itoa(g.IntN(20)) }, value),
	"n":      mostly(8, between(-20, 20), oddNumber),
	"float":  mostly(6, func(g *Gen) string { return strconv.FormatFloat(float64(g.IntN(400)-200)/16, 'g', -1, 64) }, oddNumber),
	"i":      mostly(20, between(-12, 12), pick("100", "-100", "9223372036854775807", "x", "")),
	"off":    mostly(20, between(-2, 80), pick("600", "536870912", "4294967296", "9223372036854775807", "x", "-1")),
	"boff":   mostly(20, between(-2, 700), pick("70000", "4294967296", "9223372036854775807", "x")),
	"bit":    mostly(20, pick("0", "1"), pick("2", "-1", "x")),
	"count":  mostly(15, between(0, 6), pick("-1", "100", "x", "9223372036854775807", "-9223372036854775808")),
	"num":    mostly(15, pick("1", "2"), pick("0", "3", "-1", "x", "1000")),
	// Deadlines are hours away or past: nothing may expire between the answers of the two servers.
	"sec":   mostly(10, between(5000, 9000), pick("-1", "0", "x", "9223372036854775807", "-9223372036854775808", "1.5")),
	"msec":  mostly(10, between(5_000_000, 9_000_000), pick("-1", "0", "x", "9223372036854775807", "-9223372036854775808")),
	"at":    mostly(10, between(4_000_000_000, 4_000_009_000), pick("1", "-1", "0", "x", "9223372036854775807")),
	"msat":  mostly(10, between(4_000_000_000_000, 4_000_009_000_000), pick("1", "-1", "0", "x", "9223372036854775807")),
	"db":    mostly(10, pick("0", "1"), pick("2", "16", "-1", "x")),
	"glob":  pick("*", "s*", "?1", "[lh]*", "*[^0-3]", "s[0-2]", `\s1`, "", "nokey", "**1", "[", "[a-", `\`),
	"mglob": pick("*", "m*", "m1?", "*[0-5]", "x*", "[^m]*", ""),
	"score": score,
	"min":   func(g *Gen) string { return bound(g, score, "-inf", "+inf") },
	"max":   func(g *Gen) string { return bound(g, score, "+inf", "-inf") },
	"lex":   lexBound,
	"id":    streamID,
	"idmin": mostly(3, pick("-"), streamID),
	"idmax": mostly(3, pick("+"), streamID),
	"group": mostly(12, pick("ga", "gb"), pick("gc", "")),
	"cons":  pick("c1", "c2", "c3"),
	"new":   mostly(6, pick(">"), streamID),
	"star":  pick("*"),
	"lon":   func(g *Gen) string { return coordinate(g, 181) },
	"lat":   func(g *Gen) string { return coordinate(g, 86) },
	"dist":  mostly(15, between(1, 9000), oddNumber),
	"unit":  mostly(20, pick("m", "km", "ft", "mi", "KM"), pick("x", "")),
	"type":  mostly(15, pick("u8", "i8", "u1", "i64", "u63", "i5", "u31"), pick("u64", "i65", "i0", "x8", "u", "")),
	"bfoff": mostly(12, pick("0", "3", "#0", "#3", "17", "100", "#20"), pick("-1", "#-1", "x", "#", "4294967296")),
}

// integerRefcount: Redis shares small integers, and arguments of queued commands, which shows in OBJECT REFCOUNT and nowhere else.
var integerRefcount = Mask{regexp.MustCompile(`^(1|2|2147483647)$`)}

// radixTree: how many tree nodes a stream has is nobody's contract.
var radixTree = Mask{regexp.MustCompile(`^[0-9]+$`)}
