package resp

import "math"

// Limits bounds what one request may announce. A request that goes beyond gets a [ProtocolError].
type Limits struct {
	MaxBulk      int64 // longest argument, in bytes (proto-max-bulk-len)
	MaxMultibulk int   // most arguments in one request
	MaxInline    int   // longest inline request, and longest length line, in bytes without its terminator

	// Unauthenticated says that the limits are those of a client that has yet to authenticate: what Redis answers
	// to an excess then differs.
	Unauthenticated bool
}

// The limits of Redis 7.0.
const (
	defaultMaxBulk      = 512 << 20
	defaultMaxMultibulk = math.MaxInt32
	defaultMaxInline    = 64 << 10

	unauthenticatedMaxBulk      = 16384
	unauthenticatedMaxMultibulk = 10
)

// DefaultLimits returns the limits of an ordinary client: arguments of 512 MiB, 2^31-1 arguments, inline requests of 64 KiB.
func DefaultLimits() Limits {
	return Limits{MaxBulk: defaultMaxBulk, MaxMultibulk: defaultMaxMultibulk, MaxInline: defaultMaxInline}
}

// UnauthenticatedLimits returns the limits of a client that must authenticate first and has not: arguments of 16 KiB,
// 10 arguments, inline requests of 64 KiB. They keep strangers from making the server reserve memory.
func UnauthenticatedLimits() Limits {
	return Limits{
		MaxBulk:         unauthenticatedMaxBulk,
		MaxMultibulk:    unauthenticatedMaxMultibulk,
		MaxInline:       defaultMaxInline,
		Unauthenticated: true,
	}
}

// ProtocolError says that the peer does not speak the protocol. The stream cannot be followed any further: answer with
// "-ERR " + Text and close.
type ProtocolError struct {
	Text string // Redis' own words, without CR and LF, such as "Protocol error: invalid bulk length"
}

func (e *ProtocolError) Error() string { return e.Text }

var (
	errBigInline       = &ProtocolError{"Protocol error: too big inline request"}
	errUnbalanced      = &ProtocolError{"Protocol error: unbalanced quotes in request"}
	errBigMultibulk    = &ProtocolError{"Protocol error: too big mbulk count string"}
	errMultibulkLength = &ProtocolError{"Protocol error: invalid multibulk length"}
	errMultibulkUnauth = &ProtocolError{"Protocol error: unauthenticated multibulk length"}
	errBigBulk         = &ProtocolError{"Protocol error: too big bulk count string"}
	errBulkLength      = &ProtocolError{"Protocol error: invalid bulk length"}
	errBulkUnauth      = &ProtocolError{"Protocol error: unauthenticated bulk length"}
)

// errExpectedBulk is the error for an argument that starts with got instead of '$'. As Redis does in every error it
// formats, a line break inside the text becomes a space, and a NUL ends the text.
func errExpectedBulk(got byte) *ProtocolError {
	text := []byte("Protocol error: expected '$', got '?'")
	at := len(text) - 2
	switch got {
	case '\r', '\n':
		got = ' '
	case 0:
		text = text[:at]
		return &ProtocolError{string(text)}
	}
	text[at] = got
	return &ProtocolError{string(text)}
}
