package resp

import "encoding/binary"

// Length lines of one and of two digits as words: what the bytes but the digits must be.
const (
	oneDigit, oneDigitMask   = '$' | '\r'<<16, 0xff | 0xff<<16
	twoDigits, twoDigitsMask = '$' | '\r'<<24, 0xff | 0xff<<24
)

// nextFast is the fast path: it takes a whole multibulk request of up to 9 arguments of up to 99,999 bytes, well formed
// and within the limits, and returns n == 0 for anything else.
func (p *Parser) nextFast(in []byte) (args [][]byte, n int) {
	if len(in) < 4 || in[0] != '*' || in[2] != '\r' {
		return nil, 0
	}
	count := uint(in[1]) - '0'
	if count-1 >= p.maxCount {
		return nil, 0
	}
	pos := 4
	for i := range p.small[:count] {
		word := loadWord(in, pos)
		var size, body int
		// One digit or two here, without a call: command names and most keys and values (20 % less time).
		switch a, b := uint(byte(word>>8)-'0'), uint(byte(word>>16)-'0'); {
		case word&oneDigitMask == oneDigit && a <= 9:
			size, body = int(a), 4
		case word&twoDigitsMask == twoDigits && a-1 <= 8 && b <= 9:
			size, body = int(a*10+b), 5
		default:
			if size, body = bulkHeader(word); body == 0 {
				return nil, 0
			}
		}
		start := pos + body
		end := start + size
		if size > p.maxBulk || end > len(in)-2 {
			return nil, 0
		}
		p.small[i] = in[start:end:end]
		pos = end + 2
	}
	return p.small[:count], pos
}

// readArgFast is the same for one argument of a request that does not go the fast path as a whole.
func (p *Parser) readArgFast(in []byte) bool {
	size, body := bulkHeader(loadWord(in, p.pos))
	start := p.pos + body
	end := start + size
	if body == 0 || size > p.maxBulk || end > len(in)-2 {
		return false
	}
	p.spans = append(p.spans, span{start, end})
	p.pos = end + 2
	p.left--
	return true
}

// loadWord returns the 8 bytes at in[pos:], the first as the lowest, with zeros for what is behind the end of in.
func loadWord(in []byte, pos int) uint64 {
	if len(in)-pos >= 8 {
		return binary.LittleEndian.Uint64(in[pos:])
	}
	return loadTail(in[pos:])
}

func loadTail(tail []byte) (word uint64) {
	for i, c := range tail {
		word |= uint64(c) << (8 * i)
	}
	return word
}

// bulkHeader reads a length line "$N\r" of up to 5 digits from the word at its place. body is its length with the byte
// behind the CR, or 0 when it is anything else. Most lengths have one to three digits, which get code without a loop.
func bulkHeader(word uint64) (size, body int) {
	if byte(word) != '$' {
		return 0, 0
	}
	a, b, c := byte(word>>8)-'0', byte(word>>16)-'0', byte(word>>24)-'0'
	const cr = '\r' - '0' + 256
	switch {
	case b == cr:
		if a > 9 {
			return 0, 0
		}
		return int(a), 4
	case a-1 > 8 || b > 9: // no digits, or a leading zero
		return 0, 0
	case c == cr:
		return int(a)*10 + int(b), 5
	case c > 9:
		return 0, 0
	}
	size = int(a)*100 + int(b)*10 + int(c)
	for body = 6; body <= 8; body++ {
		word >>= 8
		d := byte(word>>24) - '0'
		if d == cr {
			return size, body
		}
		if d > 9 {
			break
		}
		size = size*10 + int(d)
	}
	return 0, 0
}
