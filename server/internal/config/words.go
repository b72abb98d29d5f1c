package config

// splitLine cuts a line into words as redis.conf has them: words are separated by blanks; "double quotes" know the
// escapes \n \r \t \a \b \xHH and \ before any other character; 'single quotes' know only \'. A closing quote must be
// followed by a blank or the end; otherwise, and for a quote that is not closed, ok is false.
func splitLine(s string) (words []string, ok bool) {
	for i := 0; ; {
		for i < len(s) && isBlank(s[i]) {
			i++
		}
		if i == len(s) {
			return words, true
		}
		var word []byte
		for i < len(s) && !isBlank(s[i]) {
			var n int
			switch s[i] {
			case '"':
				word, n = doubleQuoted(word, s[i:])
			case '\'':
				word, n = singleQuoted(word, s[i:])
			default:
				word, n = append(word, s[i]), 1
			}
			if n == 0 {
				return nil, false
			}
			if s[i] == '"' || s[i] == '\'' {
				i += n
				if i < len(s) && !isBlank(s[i]) {
					return nil, false
				}
				break
			}
			i += n
		}
		words = append(words, string(word))
	}
}

// doubleQuoted appends the content of the quotes at the start of s and returns their length with quotes, 0 if they are
// not closed.
func doubleQuoted(dst []byte, s string) ([]byte, int) {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return dst, i + 1
		case s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' && hexDigit(s[i+2]) >= 0 && hexDigit(s[i+3]) >= 0:
			dst = append(dst, byte(hexDigit(s[i+2])<<4|hexDigit(s[i+3])))
			i += 3
		case s[i] == '\\' && i+1 < len(s):
			i++
			dst = append(dst, unescape(s[i]))
		default:
			dst = append(dst, s[i])
		}
	}
	return dst, 0
}

func singleQuoted(dst []byte, s string) ([]byte, int) {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			return dst, i + 1
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '\'':
			i++
			dst = append(dst, '\'')
		default:
			dst = append(dst, s[i])
		}
	}
	return dst, 0
}

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

const (
	escapeLetters = "nrtab"
	escapeBytes   = "\n\r\t\a\b"
)

func unescape(c byte) byte {
	for i := range len(escapeLetters) {
		if escapeLetters[i] == c {
			return escapeBytes[i]
		}
	}
	return c
}

// quote writes a word so that splitLine reads it back.
func quote(s string) string {
	b := []byte{'"'}
next:
	for _, c := range []byte(s) {
		for i := range len(escapeBytes) {
			if escapeBytes[i] == c {
				b = append(b, '\\', escapeLetters[i])
				continue next
			}
		}
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ' && c < 0x7f:
			b = append(b, c)
		default:
			const digits = "0123456789abcdef"
			b = append(b, '\\', 'x', digits[c>>4], digits[c&15])
		}
	}
	return string(append(b, '"'))
}

// nearest returns the known directive that is spelled most like name.
func nearest(name string) string {
	if len(name) > 64 { // no directive is that long: the distance would only cost time
		name = name[:64]
	}
	best, bestDistance := "", 1<<30
	for i := range directives {
		for _, known := range []string{directives[i].Name, directives[i].Alias} {
			if known == "" || directives[i].hidden {
				continue
			}
			if d := distance(name, known); d < bestDistance {
				best, bestDistance = known, d
			}
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into b.
func distance(a, b string) int {
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
