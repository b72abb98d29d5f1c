// Package glob matches names against Redis' glob-style patterns.
package glob

// Match says whether s matches a glob-style pattern as Redis does in KEYS, SCAN, PSUBSCRIBE and CONFIG GET:
//
//	?        one byte
//	*        any number of bytes
//	[a-c^]   one byte of a set; [^...] one that is not in it; a range may stand in either order
//	\x       the byte x
//
// With nocase letters of ASCII match in either case, but for an escaped one in a set. A set that is not closed ends with
// the pattern. Bytes compare as C's signed char does on amd64, so a range from a letter to a byte over 127 holds what
// Redis' does there. Two of Redis' peculiarities are kept: an empty s matches the empty pattern only, not "*", and
// stars at the end match nothing more once s is used up.
//
// It takes len(pattern) x len(s) steps at most: after a mismatch only the last star is tried with a longer part of s, as
// what stands between two stars matches best where it matches first.
func Match(pattern, s []byte, nocase bool) bool {
	if len(s) == 0 {
		return len(pattern) == 0
	}
	p, i := 0, 0
	star, from := -1, 0 // the pattern behind the last star, and where in s it was tried
	for {
		if p < len(pattern) && pattern[p] == '*' {
			for p < len(pattern) && pattern[p] == '*' {
				p++
			}
			if p == len(pattern) {
				return true
			}
			star, from = p, i
		}
		if n, ok := matchOne(pattern[p:], s[i], nocase); ok {
			p += n
			i++
			if i < len(s) {
				continue
			}
			for p < len(pattern) && pattern[p] == '*' {
				p++
			}
			// A longer part for the star leaves less for the rest of the pattern, which wanted more already.
			if p == len(pattern) || star < 0 {
				return p == len(pattern)
			}
		}
		if star < 0 {
			return false
		}
		from++
		if from == len(s) {
			return false
		}
		p, i = star, from
	}
}

// matchOne matches one byte with the element at the start of pattern, which is not a star, and returns the element's
// length. Nothing matches when the pattern is used up.
func matchOne(pattern []byte, c byte, nocase bool) (n int, ok bool) {
	if len(pattern) == 0 {
		return 0, false
	}
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		return matchSet(pattern, c, nocase)
	case '\\':
		if len(pattern) >= 2 {
			return 2, sameByte(pattern[1], c, nocase)
		}
	}
	return 1, sameByte(pattern[0], c, nocase)
}

// matchSet matches one byte with the set at the start of pattern.
func matchSet(pattern []byte, c byte, nocase bool) (n int, ok bool) {
	p := 1
	not := p < len(pattern) && pattern[p] == '^'
	if not {
		p++
	}
	for ; ; p++ {
		left := len(pattern) - p
		if left <= 0 {
			return len(pattern), ok != not
		}
		switch b := pattern[p]; {
		case b == '\\' && left >= 2:
			p++
			ok = ok || pattern[p] == c
		case b == ']':
			return p + 1, ok != not
		case left >= 3 && pattern[p+1] == '-':
			ok = ok || inRange(int8(b), int8(pattern[p+2]), int8(c), nocase)
			p += 2
		default:
			ok = ok || sameByte(b, c, nocase)
		}
	}
}

func inRange(from, to, c int8, nocase bool) bool {
	if from > to {
		from, to = to, from
	}
	if nocase {
		from, to, c = int8(lowerByte(byte(from))), int8(lowerByte(byte(to))), int8(lowerByte(byte(c)))
	}
	return c >= from && c <= to
}

func sameByte(a, b byte, nocase bool) bool {
	return a == b || nocase && lowerByte(a) == lowerByte(b)
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// MatchAll says whether a pattern is "*", which the commands that filter take for no filter at all.
func MatchAll(pattern []byte) bool { return len(pattern) == 1 && pattern[0] == '*' }
