// Package glob matches names against the patterns of KEYS, SCAN, PSUBSCRIBE and CONFIG GET: * stands for any bytes, ?
// for one, [abc], [^abc] and [a-z] for one of a set, and a backslash takes the meaning away from what follows.
//
// It follows Redis 7.0 (util.c, stringmatchlen) in its corners: a set that is not closed ends with the pattern, a range
// may be written backwards, and an empty name is matched by the empty pattern alone, not by "*". Time is bounded by the
// product of both lengths whatever the pattern.
package glob

// Match says whether name matches pattern.
func Match(pattern, name []byte) bool { return match(pattern, name, false) }

// MatchFold is Match that takes upper and lower case of ASCII letters as equal.
func MatchFold(pattern, name []byte) bool { return match(pattern, name, true) }

// match walks both and, on a mismatch, goes back to the last star, which then takes one byte more: earlier stars need
// not be tried again, as whatever they could take more the last one can take.
func match(p, s []byte, fold bool) bool {
	if len(s) == 0 {
		return len(p) == 0
	}
	star, taken := -1, 0 // index behind the last star, and where in s what it does not take begins
	i, j := 0, 0
	for j < len(s) {
		if i < len(p) && p[i] == '*' {
			i++
			star, taken = i, j
			if i == len(p) {
				return true
			}
			continue
		}
		if i < len(p) {
			if n, ok := one(p[i:], s[j], fold); ok {
				i += n
				j++
				continue
			}
		}
		if star < 0 {
			return false
		}
		taken++
		i, j = star, taken
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// one matches a single byte against the element at the start of p, whose length it returns.
func one(p []byte, c byte, fold bool) (n int, ok bool) {
	switch p[0] {
	case '?':
		return 1, true
	case '[':
		return set(p, c, fold)
	case '\\':
		if len(p) >= 2 {
			return 2, equal(p[1], c, fold)
		}
	}
	return 1, equal(p[0], c, fold)
}

func set(p []byte, c byte, fold bool) (n int, ok bool) {
	i := 1
	not := i < len(p) && p[i] == '^'
	if not {
		i++
	}
	for ; i < len(p) && p[i] != ']'; i++ {
		switch {
		case p[i] == '\\' && i+1 < len(p):
			i++
			ok = ok || p[i] == c
		case i+2 < len(p) && p[i+1] == '-':
			lo, hi, x := p[i], p[i+2], c
			if lo > hi {
				lo, hi = hi, lo
			}
			if fold {
				lo, hi, x = lower(lo), lower(hi), lower(x)
			}
			ok = ok || lo <= x && x <= hi
			i += 2
		default:
			ok = ok || equal(p[i], c, fold)
		}
	}
	if i < len(p) {
		i++ // the closing bracket
	}
	return i, ok != not
}

func equal(a, b byte, fold bool) bool { return a == b || fold && lower(a) == lower(b) }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return c
}
