package resp

import "bytes"

// Kind is the type of a reply; its value is the byte that announces the type on the wire.
type Kind byte

// The kinds of replies. A null has KindNull in whichever of its three forms it came.
const (
	KindSimpleString Kind = '+' // Str
	KindError        Kind = '-' // Str, starting with the error code
	KindInt          Kind = ':' // Int
	KindBulk         Kind = '$' // Str
	KindArray        Kind = '*' // Elems
	KindNull         Kind = '_' // nothing; see Value.Form
	KindBool         Kind = '#' // Bool
	KindDouble       Kind = ',' // Float, and its text in Str
	KindBigNumber    Kind = '(' // Str, decimal
	KindBulkError    Kind = '!' // Str, starting with the error code
	KindVerbatim     Kind = '=' // Str, and Format
	KindMap          Kind = '%' // Elems: key, value, key, value, ...
	KindSet          Kind = '~' // Elems
	KindPush         Kind = '>' // Elems; out of band
)

// kindAttribute announces attributes, which belong to the reply behind them.
const kindAttribute = '|'

// String returns the name of the kind.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return "unknown"
}

var kindNames = map[Kind]string{
	KindSimpleString: "simple string", KindError: "error", KindInt: "integer", KindBulk: "bulk string",
	KindArray: "array", KindNull: "null", KindBool: "boolean", KindDouble: "double", KindBigNumber: "big number",
	KindBulkError: "bulk error", KindVerbatim: "verbatim string", KindMap: "map", KindSet: "set", KindPush: "push",
}

// Value is a reply of any type, with all that it contains. Which fields count depends on Kind.
type Value struct {
	Kind   Kind
	Form   byte   // of a null: '$' and '*' as in RESP2, '_' as in RESP3
	Bool   bool   //
	Format string // of a verbatim string: three letters
	Int    int64
	Float  float64
	Str    []byte
	Elems  []Value
	Attrs  []Value // attributes: key, value, key, value, ...
	Stream bool    // the length was not announced: a streamed string (reassembled) or aggregate
}

// IsNull reports whether v is a null of any form.
func (v Value) IsNull() bool { return v.Kind == KindNull }

// IsError reports whether v is an error.
func (v Value) IsError() bool { return v.Kind == KindError || v.Kind == KindBulkError }

// Err returns the error that v is, or nil.
func (v Value) Err() error {
	if v.IsError() {
		return ReplyError(v.Str)
	}
	return nil
}

// Text returns the string of a string, error, double or big number reply, and "" for others.
func (v Value) Text() string { return string(v.Str) }

// ReplyError is an error that a server answered with: its code, a space, and the explanation.
type ReplyError string

func (e ReplyError) Error() string { return string(e) }

// Code returns the first word of the error, such as "WRONGTYPE".
func (e ReplyError) Code() string {
	if i := bytes.IndexByte([]byte(e), ' '); i >= 0 {
		return string(e[:i])
	}
	return string(e)
}

// Append appends v in the protocol's form. Streamed values get a length like others, so that reading the result gives v
// but for its Stream fields.
func (v Value) Append(dst []byte) []byte {
	if v.Attrs != nil {
		dst = appendHeader(dst, kindAttribute, int64(len(v.Attrs)/2))
		dst = appendValues(dst, v.Attrs)
	}
	switch v.Kind {
	case KindSimpleString, KindError, KindBigNumber, KindDouble:
		return appendLine(dst, byte(v.Kind), string(v.Str))
	case KindInt:
		return AppendInt(dst, v.Int)
	case KindBulk, KindBulkError:
		return appendBlob(dst, byte(v.Kind), v.Str)
	case KindVerbatim:
		return appendBlob(dst, byte(v.Kind), v.Format+":"+string(v.Str))
	case KindBool:
		if v.Bool {
			return append(dst, "#t\r\n"...)
		}
		return append(dst, "#f\r\n"...)
	case KindMap:
		return appendValues(appendHeader(dst, byte(v.Kind), int64(len(v.Elems)/2)), v.Elems)
	case KindArray, KindSet, KindPush:
		return appendValues(appendHeader(dst, byte(v.Kind), int64(len(v.Elems))), v.Elems)
	case KindNull:
		if v.Form == '$' || v.Form == '*' {
			return append(dst, v.Form, '-', '1', '\r', '\n')
		}
		return append(dst, "_\r\n"...)
	}
	panic("resp: value without a kind")
}

func appendValues(dst []byte, values []Value) []byte {
	for _, v := range values {
		dst = v.Append(dst)
	}
	return dst
}
