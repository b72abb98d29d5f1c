package resp

import (
	"bytes"
	"fmt"
	"strconv"
)

// String renders v as redis-cli does on a terminal, for the output of failing tests and for people. There is no line
// break at its end.
func (v Value) String() string { return string(v.render(nil, 0)) }

// render appends v; indent is the width of what stands to the left of its lines behind the first.
func (v Value) render(dst []byte, indent int) []byte {
	if v.Attrs != nil {
		dst = renderPairs(dst, v.Attrs, indent, '|')
		dst = appendBreak(dst, indent)
	}
	switch v.Kind {
	case KindSimpleString, KindBigNumber, KindVerbatim:
		return append(dst, v.Str...)
	case KindError, KindBulkError:
		return append(append(dst, "(error) "...), v.Str...)
	case KindInt:
		return strconv.AppendInt(append(dst, "(integer) "...), v.Int, 10)
	case KindBulk:
		return appendQuoted(dst, v.Str)
	case KindNull:
		return append(dst, "(nil)"...)
	case KindBool:
		return append(strconv.AppendBool(append(dst, '('), v.Bool), ')')
	case KindDouble:
		return append(append(dst, "(double) "...), v.Str...)
	case KindMap:
		return renderPairs(dst, v.Elems, indent, '#')
	case KindArray:
		return renderList(dst, v.Elems, indent, ')', "(empty array)")
	case KindSet:
		return renderList(dst, v.Elems, indent, '~', "(empty set)")
	case KindPush:
		return renderList(dst, v.Elems, indent, '>', "(empty push)")
	}
	return fmt.Appendf(dst, "(kind %q)", byte(v.Kind))
}

// renderList appends elements one a line, each behind its number (right-aligned) and mark.
func renderList(dst []byte, elems []Value, indent int, mark byte, empty string) []byte {
	if len(elems) == 0 {
		return append(dst, empty...)
	}
	width := len(strconv.Itoa(len(elems)))
	for i, e := range elems {
		if i > 0 {
			dst = appendBreak(dst, indent)
		}
		dst = fmt.Appendf(dst, "%*d%c ", width, i+1, mark)
		dst = e.render(dst, indent+width+2)
	}
	return dst
}

// renderPairs appends pairs one a line, as "1# key => value".
func renderPairs(dst []byte, elems []Value, indent int, mark byte) []byte {
	if len(elems) == 0 {
		return append(dst, "(empty hash)"...)
	}
	width := len(strconv.Itoa(len(elems) / 2))
	for i := 0; i+1 < len(elems); i += 2 {
		if i > 0 {
			dst = appendBreak(dst, indent)
		}
		dst = fmt.Appendf(dst, "%*d%c ", width, i/2+1, mark)
		dst = elems[i].render(dst, indent+width+2)
		dst = append(dst, " => "...)
		if elems[i+1].Elems != nil {
			dst = appendBreak(dst, indent+width+2)
		}
		dst = elems[i+1].render(dst, indent+width+2)
	}
	return dst
}

// appendBreak appends a line break and indent blanks.
func appendBreak(dst []byte, indent int) []byte {
	return append(append(dst, '\n'), bytes.Repeat([]byte{' '}, indent)...)
}

// appendQuoted appends b in double quotes; what is not printable ASCII is escaped so that an inline request takes it.
func appendQuoted(dst, b []byte) []byte {
	const escaped, letters = "\n\r\t\a\b\\\"", "nrtab\\\""
	dst = append(dst, '"')
	for _, c := range b {
		if i := bytes.IndexByte([]byte(escaped), c); i >= 0 {
			dst = append(dst, '\\', letters[i])
		} else if c < ' ' || c > '~' {
			dst = fmt.Appendf(dst, "\\x%02x", c)
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
