package workload

import (
	"fmt"
	"strconv"
	"strings"
)

// Placeholders an argument of a command may hold.
type holder byte

const (
	literal holder = iota
	holderKey
	holderValue
	holderInt
)

var holders = map[string]holder{"key": holderKey, "value": holderValue, "int": holderInt}

// piece is a stretch of an argument.
type piece struct {
	holder holder
	text   string // of a literal
}

// splitArg cuts an argument at its placeholders.
func splitArg(arg string) ([]piece, error) {
	var out []piece
	for rest := arg; rest != ""; {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			return append(out, piece{literal, rest}), nil
		}
		if open > 0 {
			out = append(out, piece{literal, rest[:open]})
		}
		end := strings.IndexByte(rest, '}')
		if end < open {
			return nil, fmt.Errorf("argument %q has an unmatched brace; placeholders are {key}, {value} and {int}", arg)
		}
		h, ok := holders[rest[open+1:end]]
		if !ok {
			return nil, fmt.Errorf("argument %q: unknown placeholder %s; known are {key}, {value} and {int}", arg, rest[open:end+1])
		}
		out = append(out, piece{h, ""})
		rest = rest[end+1:]
	}
	return out, nil
}

// template is a request in wire form whose variable parts have fixed widths:
// writing one is a copy and a few patches.
type template struct {
	bytes   []byte
	patches []patch
}

type patch struct {
	holder holder
	at     int
	width  int
}

// compile turns a command into its template. Numbers have width digits.
func compile(command []string, prefix string, digits, valueBytes int) (template, error) {
	var t template
	t.bytes = append(t.bytes, '*')
	t.bytes = strconv.AppendInt(t.bytes, int64(len(command)), 10)
	t.bytes = append(t.bytes, "\r\n"...)
	for _, arg := range command {
		pieces, err := splitArg(arg)
		if err != nil {
			return t, err
		}
		width := 0
		for _, p := range pieces {
			width += p.width(len(prefix), digits, valueBytes)
		}
		t.bytes = append(t.bytes, '$')
		t.bytes = strconv.AppendInt(t.bytes, int64(width), 10)
		t.bytes = append(t.bytes, "\r\n"...)
		for _, p := range pieces {
			t.add(p, prefix, digits, valueBytes)
		}
		t.bytes = append(t.bytes, "\r\n"...)
	}
	return t, nil
}

func (p piece) width(prefix, digits, valueBytes int) int {
	switch p.holder {
	case holderKey:
		return prefix + digits
	case holderValue:
		return valueBytes
	case holderInt:
		return digits
	}
	return len(p.text)
}

func (t *template) add(p piece, prefix string, digits, valueBytes int) {
	switch p.holder {
	case literal:
		t.bytes = append(t.bytes, p.text...)
	case holderKey:
		t.bytes = append(t.bytes, prefix...)
		t.hole(holderKey, digits)
	case holderInt:
		t.hole(holderInt, digits)
	case holderValue:
		t.hole(holderValue, valueBytes)
	}
}

func (t *template) hole(h holder, width int) {
	t.patches = append(t.patches, patch{h, len(t.bytes), width})
	for range width {
		t.bytes = append(t.bytes, '0')
	}
}

// putDigits writes n right-aligned into b, which holds zeros on the left.
func putDigits(b []byte, n uint64) {
	i := len(b)
	for n >= 100 && i >= 2 {
		q := n / 100
		d := (n - q*100) * 2
		b[i-1], b[i-2] = pairs[d+1], pairs[d]
		i -= 2
		n = q
	}
	for n > 0 && i > 0 {
		i--
		b[i] = byte('0' + n%10)
		n /= 10
	}
	for i > 0 {
		i--
		b[i] = '0'
	}
}

const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"
