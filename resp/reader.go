package resp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// What a reply may be before a client takes it for garbage. The bounds are wide: servers are trusted more than clients.
const (
	// MaxDepth is how deep aggregates may nest.
	MaxDepth = 64
	// MaxReplyLine bounds a simple string, error or number, in bytes.
	MaxReplyLine = 1 << 20
	// MaxReplyBulk bounds a string with a length, in bytes; of a streamed string, each chunk.
	MaxReplyBulk = 1 << 30
	// MaxReplyElems bounds the elements of one aggregate (of a map: its pairs).
	MaxReplyElems = 1<<31 - 1
)

// Reader reads replies as values, for tests and tools: each Value has memory of its own. A load driver, which reads
// millions and looks at few, is better served by [ReplyScanner].
type Reader struct {
	r *bufio.Reader
}

// NewReader returns a Reader on r. It reads ahead.
func NewReader(r io.Reader) *Reader { return &Reader{bufio.NewReaderSize(r, 16<<10)} }

// Buffered returns how many bytes have been read ahead.
func (r *Reader) Buffered() int { return r.r.Buffered() }

// Read reads the next reply, which may be a push message. The error is io.EOF when the stream ends before a reply,
// io.ErrUnexpectedEOF when it ends inside one, a *ProtocolError when it is not RESP, or what the underlying reader
// returned.
func (r *Reader) Read() (Value, error) {
	if _, err := r.r.Peek(1); err != nil {
		return Value{}, err
	}
	v, err := r.value(0, false)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return v, err
}

// errEnd is what value returns for the end of a streamed aggregate.
var errEnd = errors.New("resp: end of stream")

// value reads a value inside depth aggregates. Where ends is set, the end of a streamed aggregate may stand in its
// place, for which it returns errEnd.
func (r *Reader) value(depth int, ends bool) (v Value, err error) {
	for {
		line, err := r.line()
		if err != nil {
			return Value{}, err
		}
		if len(line) == 1 && line[0] == '.' && ends {
			return Value{}, errEnd
		}
		kind, text, err := splitReply(line)
		if err != nil {
			return Value{}, err
		}
		if kind != kindAttribute {
			v.Kind = Kind(kind)
			err = r.fill(&v, text, depth)
			return v, err
		}
		attrs, _, err := r.elems(kindAttribute, text, depth)
		if err != nil {
			return Value{}, err
		}
		v.Attrs = append(v.Attrs, attrs...)
		if v.Attrs == nil {
			v.Attrs = []Value{}
		}
		ends = false
	}
}

// fill reads the rest of a value of kind v.Kind, whose first line goes on with text.
func (r *Reader) fill(v *Value, text []byte, depth int) (err error) {
	switch v.Kind {
	case KindArray, KindMap, KindSet, KindPush:
		if v.Kind == KindArray && isMinusOne(text) {
			v.Kind, v.Form = KindNull, '*'
			return nil
		}
		v.Elems, v.Stream, err = r.elems(byte(v.Kind), text, depth)
		return err
	case KindBulk, KindBulkError, KindVerbatim:
		if v.Kind == KindBulk && isMinusOne(text) {
			v.Kind, v.Form = KindNull, '$'
			return nil
		}
		return r.blob(v, text)
	}
	if err := checkScalar(byte(v.Kind), text); err != nil {
		return err
	}
	switch v.Kind {
	case KindInt:
		v.Int, _ = parseReplyInt(text)
	case KindBool:
		v.Bool = text[0] == 't'
	case KindNull:
		v.Form = '_'
	case KindDouble:
		v.Float = replyDouble(text)
		v.Str = append([]byte{}, text...)
	default:
		v.Str = append([]byte{}, text...)
	}
	return nil
}

// blob reads a string with a length, or in chunks.
func (r *Reader) blob(v *Value, text []byte) error {
	if v.Kind == KindBulk && len(text) == 1 && text[0] == '?' {
		v.Stream = true
		return r.chunks(v)
	}
	size, err := replyLength(text, MaxReplyBulk)
	if err != nil {
		return err
	}
	if v.Str, err = r.bytes([]byte{}, size); err != nil {
		return err
	}
	if v.Kind != KindVerbatim {
		return nil
	}
	if len(v.Str) < 4 || v.Str[3] != ':' {
		return errVerbatim
	}
	v.Format, v.Str = string(v.Str[:3]), v.Str[4:]
	return nil
}

// chunks reads the chunks of a streamed string: ";N", N bytes, and so on until one of none.
func (r *Reader) chunks(v *Value) error {
	v.Str = []byte{}
	for {
		line, err := r.line()
		if err != nil {
			return err
		}
		if len(line) == 0 || line[0] != ';' {
			return errChunk
		}
		size, err := replyLength(line[1:], MaxReplyBulk)
		if err != nil || size == 0 {
			return err
		}
		if v.Str, err = r.bytes(v.Str, size); err != nil {
			return err
		}
	}
}

// bytes appends the next size bytes to dst and skips the CR LF behind them. Memory grows with what arrives, not with what
// is announced.
func (r *Reader) bytes(dst []byte, size int64) ([]byte, error) {
	for size > 0 {
		part := int(min(size, 1<<20))
		at := len(dst)
		dst = append(dst, make([]byte, part)...)
		if _, err := io.ReadFull(r.r, dst[at:]); err != nil {
			return nil, err
		}
		size -= int64(part)
	}
	var end [2]byte
	if _, err := io.ReadFull(r.r, end[:]); err != nil {
		return nil, err
	}
	if end != [2]byte{'\r', '\n'} {
		return nil, errBlobEnd
	}
	return dst, nil
}

// elems reads the elements of an aggregate whose length is text; stream reports that the length was not announced.
func (r *Reader) elems(kind byte, text []byte, depth int) (elems []Value, stream bool, err error) {
	if depth >= MaxDepth {
		return nil, false, errDepth
	}
	left := int64(-1)
	if stream = canStream(kind) && len(text) == 1 && text[0] == '?'; !stream {
		if left, err = replyLength(text, MaxReplyElems); err != nil {
			return nil, false, err
		}
	}
	pairs := kind == byte(KindMap) || kind == kindAttribute
	if pairs && left > 0 {
		left *= 2
	}
	elems = make([]Value, 0, max(0, min(left, 16)))
	for ; left != 0; left-- {
		v, err := r.value(depth+1, stream && (!pairs || len(elems)%2 == 0))
		if err == errEnd {
			return elems, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		elems = append(elems, v)
	}
	return elems, stream, nil
}

// line reads a line and returns it without CR LF. It is valid until the next read.
func (r *Reader) line() ([]byte, error) {
	line, err := r.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		long := append([]byte{}, line...)
		for err == bufio.ErrBufferFull {
			if len(long) > MaxReplyLine+2 {
				return nil, errLongLine
			}
			line, err = r.r.ReadSlice('\n')
			long = append(long, line...)
		}
		line = long
	}
	if err != nil {
		return nil, err
	}
	return cutLine(line)
}

// cutLine cuts CR LF off a line that ends in LF.
func cutLine(line []byte) ([]byte, error) {
	n := len(line) - 2
	switch {
	case n > MaxReplyLine:
		return nil, errLongLine
	case n < 0 || line[n] != '\r':
		return nil, errLineEnd
	}
	return line[:n], nil
}

var (
	errDepth     = &ProtocolError{"Protocol error: reply nested too deep"}
	errLongLine  = &ProtocolError{"Protocol error: reply line too long"}
	errLineEnd   = &ProtocolError{"Protocol error: reply line does not end in CR LF"}
	errBlobEnd   = &ProtocolError{"Protocol error: string in reply does not end in CR LF"}
	errVerbatim  = &ProtocolError{"Protocol error: verbatim string without a format"}
	errChunk     = &ProtocolError{"Protocol error: expected a chunk of a streamed string"}
	errLength    = &ProtocolError{"Protocol error: invalid length in reply"}
	errBadInt    = &ProtocolError{"Protocol error: invalid integer reply"}
	errBadDouble = &ProtocolError{"Protocol error: invalid double reply"}
	errBadBool   = &ProtocolError{"Protocol error: invalid boolean reply"}
	errBadNull   = &ProtocolError{"Protocol error: invalid null reply"}
	errBadBig    = &ProtocolError{"Protocol error: invalid big number reply"}
	errCR        = &ProtocolError{"Protocol error: CR inside a reply line"}
)

func errType(got byte) error {
	return &ProtocolError{fmt.Sprintf("Protocol error: unknown reply type %q", rune(got))}
}
