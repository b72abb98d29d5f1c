package resp

import (
	"slices"
	"strconv"
)

// Writer appends replies to Buf in the protocol Proto: 3, or anything else for 2. The zero value writes RESP2. Types
// that RESP2 lacks are written as Redis writes them to a RESP2 client.
//
// Aggregates (arrays, maps, ...) are written as a header, then their elements as replies of their own. Where the number
// of elements is known only at the end, take a mark with Begin, write the elements, and call the End method of the type.
type Writer struct {
	Buf   []byte
	Proto int
	// Grow, if it is set, returns buf with room for n more bytes, or buf as it is to have it grow by append. It is asked for
	// bulk strings of growMin bytes and more that do not fit.
	Grow func(buf []byte, n int) []byte
}

// growMin is the length from which on it matters where a buffer comes from.
const growMin = 128 << 10

// room has Grow make room for a bulk string of n bytes.
func (w *Writer) room(n int) {
	if n += maxHeader + 2; w.Grow != nil && cap(w.Buf)-len(w.Buf) < n {
		w.Buf = w.Grow(w.Buf, n)
	}
}

// OK writes +OK.
func (w *Writer) OK() { w.Buf = append(w.Buf, "+OK\r\n"...) }

// SimpleString writes s as a simple string, with line breaks replaced by spaces.
func (w *Writer) SimpleString(s string) { w.Buf = AppendSimpleString(w.Buf, s) }

// Error writes an error. s starts with the error code and has no '-', as in "ERR no such key"; line breaks are replaced
// by spaces.
func (w *Writer) Error(s string) { w.Buf = AppendError(w.Buf, s) }

// Int writes an integer.
func (w *Writer) Int(n int64) { w.Buf = AppendInt(w.Buf, n) }

// Bulk writes b as a bulk string.
func (w *Writer) Bulk(b []byte) {
	if len(b) >= growMin {
		w.room(len(b))
	}
	w.Buf = AppendBulk(w.Buf, b)
}

// BulkString writes s as a bulk string.
func (w *Writer) BulkString(s string) {
	if len(s) >= growMin {
		w.room(len(s))
	}
	w.Buf = AppendBulkString(w.Buf, s)
}

// BulkInt writes n in decimal as a bulk string.
func (w *Writer) BulkInt(n int64) {
	var text [20]byte
	w.Bulk(strconv.AppendInt(text[:0], n, 10))
}

// Null writes the null that stands for a missing string: "$-1" in RESP2.
func (w *Writer) Null() {
	if w.Proto == 3 {
		w.Buf = append(w.Buf, "_\r\n"...)
		return
	}
	w.Buf = append(w.Buf, "$-1\r\n"...)
}

// NullArray writes the null that stands for a missing array: "*-1" in RESP2.
func (w *Writer) NullArray() {
	if w.Proto == 3 {
		w.Buf = append(w.Buf, "_\r\n"...)
		return
	}
	w.Buf = append(w.Buf, "*-1\r\n"...)
}

// Array writes the header of an array of n elements.
func (w *Writer) Array(n int) { w.Buf = AppendArray(w.Buf, n) }

// Map writes the header of a map of n pairs, key before value. RESP2: an array of 2n elements.
func (w *Writer) Map(n int) { w.Buf = w.appendAggregate(w.Buf, '%', n) }

// Set writes the header of a set of n elements. RESP2: an array.
func (w *Writer) Set(n int) { w.Buf = w.appendAggregate(w.Buf, '~', n) }

// Push writes the header of an out-of-band message of n elements. RESP2: an array.
func (w *Writer) Push(n int) { w.Buf = w.appendAggregate(w.Buf, '>', n) }

// Attribute writes the header of n pairs of attributes of the reply that follows them. RESP2 has nothing of the kind and
// ordinary replies in their place would shift all later ones, so it is a bug to call it there, and panics.
func (w *Writer) Attribute(n int) {
	if w.Proto != 3 {
		panic("resp: attribute in RESP2")
	}
	w.Buf = w.appendAggregate(w.Buf, '|', n)
}

// appendAggregate appends the header of an aggregate of the RESP3 type kind.
func (w *Writer) appendAggregate(dst []byte, kind byte, n int) []byte {
	if w.Proto != 3 {
		if kind == '%' {
			n *= 2
		}
		kind = '*'
	}
	return appendHeader(dst, kind, int64(n))
}

// Bool writes a boolean. RESP2: the integer 1 or 0.
func (w *Writer) Bool(b bool) {
	text := ":0\r\n"
	switch {
	case w.Proto == 3 && b:
		text = "#t\r\n"
	case w.Proto == 3:
		text = "#f\r\n"
	case b:
		text = ":1\r\n"
	}
	w.Buf = append(w.Buf, text...)
}

// Double writes a floating-point number with 17 significant digits (see AppendDouble). RESP2: a bulk string.
func (w *Writer) Double(f float64) {
	var text [32]byte
	w.number(AppendDouble(text[:0], f))
}

// HumanDouble writes a floating-point number in human form (see AppendHumanFloat). RESP2: a bulk string.
func (w *Writer) HumanDouble(f float64) {
	var text [64]byte
	w.number(AppendHumanFloat(text[:0], f))
}

// number writes the text of a floating-point number.
func (w *Writer) number(text []byte) {
	if w.Proto != 3 {
		w.Bulk(text)
		return
	}
	w.Buf = append(w.Buf, ',')
	w.Buf = append(w.Buf, text...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// BigNumber writes an integer of any size, given in decimal. RESP2: a bulk string.
func (w *Writer) BigNumber(s string) {
	if w.Proto != 3 {
		w.BulkString(s)
		return
	}
	w.Buf = appendLine(w.Buf, '(', s)
}

// Verbatim writes text in the format named by three letters, such as "txt" or "mkd" (shorter names are padded with
// blanks, longer ones cut). RESP2: a bulk string without the format.
func (w *Writer) Verbatim(format string, b []byte) {
	if w.Proto != 3 {
		w.Bulk(b)
		return
	}
	name := [4]byte{' ', ' ', ' ', ':'}
	copy(name[:3], format)
	dst := slices.Grow(w.Buf, len(b)+maxHeader+len(name)+2)
	dst = appendHeader(dst, '=', int64(len(b)+len(name)))
	dst = append(dst, name[:]...)
	dst = append(dst, b...)
	w.Buf = append(dst, '\r', '\n')
}

// Raw writes bytes that are replies already.
func (w *Writer) Raw(b []byte) { w.Buf = append(w.Buf, b...) }

// Begin returns a mark for an aggregate whose elements are written before its length is known.
func (w *Writer) Begin() (mark int) { return len(w.Buf) }

// EndArray makes what was written since mark the n elements of an array. Like its siblings it moves those bytes by the
// length of a header.
func (w *Writer) EndArray(mark, n int) { w.insert(mark, '*', n) }

// EndMap makes what was written since mark the n pairs of a map.
func (w *Writer) EndMap(mark, n int) { w.insert(mark, '%', n) }

// EndSet makes what was written since mark the n elements of a set.
func (w *Writer) EndSet(mark, n int) { w.insert(mark, '~', n) }

// EndPush makes what was written since mark the n elements of a push message.
func (w *Writer) EndPush(mark, n int) { w.insert(mark, '>', n) }

// insert puts the header of an aggregate at mark.
func (w *Writer) insert(mark int, kind byte, n int) {
	var room [maxHeader]byte
	head := w.appendAggregate(room[:0], kind, n)
	w.Buf = slices.Insert(w.Buf, mark, head...)
}
