package resp

import (
	"encoding/binary"
	"slices"
	"strconv"
)

// header is "N\r\n" for a small N as little-endian bytes, with their number in the topmost byte.
type header uint64

// shortHeaders holds the headers of lengths below 256: together with a type byte any of them is one store of 8 bytes.
// Larger lengths are rare, and 2 KiB stay in the first-level cache.
var shortHeaders = makeShortHeaders()

func makeShortHeaders() (table [256]header) {
	for n := range table {
		var text [8]byte
		size := len(append(strconv.AppendInt(text[:0], int64(n), 10), "\r\n"...))
		table[n] = header(binary.LittleEndian.Uint64(text[:]) | uint64(size)<<56)
	}
	return table
}

// maxHeader bounds the length of a type byte, a 64-bit integer and CR LF.
const maxHeader = 1 + 20 + 2

// appendHeader appends kind, n in decimal and CR LF.
func appendHeader(dst []byte, kind byte, n int64) []byte {
	at := len(dst)
	if uint64(n) < uint64(len(shortHeaders)) && cap(dst)-at >= 8 {
		h := uint64(shortHeaders[n])
		binary.LittleEndian.PutUint64(dst[at:at+8], uint64(kind)|h<<8)
		return dst[:at+1+int(h>>56)]
	}
	var text [maxHeader]byte
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	i := len(text) - 2
	text[i], text[i+1] = '\r', '\n'
	for u >= 10 {
		i--
		text[i] = byte(u%10) + '0'
		u /= 10
	}
	i--
	text[i] = byte(u) + '0'
	if n < 0 {
		i--
		text[i] = '-'
	}
	i--
	text[i] = kind
	return append(dst, text[i:]...)
}

// appendBlob appends a length-prefixed string: kind, its length, the bytes.
func appendBlob[T []byte | string](dst []byte, kind byte, b T) []byte {
	need := len(b) + maxHeader + 2
	if cap(dst)-len(dst) < need {
		dst = slices.Grow(dst, need)
	}
	at := len(dst)
	if len(b) < len(shortHeaders) {
		h := uint64(shortHeaders[len(b)])
		binary.LittleEndian.PutUint64(dst[at:at+8], uint64(kind)|h<<8)
		at += 1 + int(h>>56)
	} else {
		at = len(appendHeader(dst, kind, int64(len(b))))
	}
	dst = dst[:at+len(b)+2]
	tail := dst[at:]
	copy(tail, b)
	tail[len(b)] = '\r'
	tail[len(b)+1] = '\n'
	return dst
}

// AppendBulk appends b as a bulk string.
func AppendBulk(dst, b []byte) []byte { return appendBlob(dst, '$', b) }

// AppendBulkString appends s as a bulk string.
func AppendBulkString(dst []byte, s string) []byte { return appendBlob(dst, '$', s) }

// AppendInt appends n as an integer reply.
func AppendInt(dst []byte, n int64) []byte { return appendHeader(dst, ':', n) }

// AppendArray appends the header of an array of n elements, which are to follow.
func AppendArray(dst []byte, n int) []byte { return appendHeader(dst, '*', int64(n)) }

// AppendSimpleString appends s as a simple string, with line breaks replaced by spaces.
func AppendSimpleString(dst []byte, s string) []byte { return appendLine(dst, '+', s) }

// AppendError appends an error reply. s starts with the error code, such as "ERR"; line breaks are replaced by spaces.
func AppendError(dst []byte, s string) []byte { return appendLine(dst, '-', s) }

func appendLine(dst []byte, kind byte, s string) []byte {
	dst = append(dst, kind)
	at := len(dst)
	dst = append(dst, s...)
	for i, c := range dst[at:] {
		if c == '\r' || c == '\n' {
			dst[at+i] = ' '
		}
	}
	return append(dst, '\r', '\n')
}

// AppendCommand appends a request: an array of bulk strings.
func AppendCommand(dst []byte, args ...[]byte) []byte {
	dst = AppendArray(dst, len(args))
	for _, arg := range args {
		dst = AppendBulk(dst, arg)
	}
	return dst
}

// AppendCommandStrings is AppendCommand for strings.
func AppendCommandStrings(dst []byte, args ...string) []byte {
	dst = AppendArray(dst, len(args))
	for _, arg := range args {
		dst = AppendBulkString(dst, arg)
	}
	return dst
}
