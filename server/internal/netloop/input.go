package netloop

import (
	"sync"

	"redline/server/internal/buffers"
	"redline/server/internal/session"
)

// Input buffers come from a pool while there is input and go back when all of it is consumed, so an idle connection
// holds none. A request that does not fit gets a larger one, of package buffers.
const (
	inputSize = 16 << 10 // Redis' PROTO_IOBUF_LEN: a read of this size amortises its system call over a pipeline
	// inputSpare is the least free space worth a read.
	inputSpare = 4 << 10
)

var inputs = sync.Pool{New: func() any { b := make([]byte, inputSize); return &b }}

// enlarge takes a buffer of at least n bytes. The content is not kept.
func (in *input) enlarge(n int) {
	in.release()
	if pooling {
		in.buf = buffers.Get(n)
	} else {
		in.buf = make([]byte, n)
	}
}

// input is what was received and not yet consumed.
type input struct {
	buf  []byte  // nil while there is nothing
	box  *[]byte // of the pool, when buf is from there; else buf is of package buffers
	from int     // buf[from:to] is unconsumed
	to   int
}

func (in *input) bytes() []byte { return in.buf[in.from:in.to] }
func (in *input) empty() bool   { return in.from == in.to }
func (in *input) drop(n int)    { in.from += n }
func (in *input) grew(n int)    { in.to += n }

// space returns where the next read goes, taking a buffer if there is none.
func (in *input) space() []byte {
	if in.buf == nil {
		if pooling {
			in.box = inputs.Get().(*[]byte)
			in.buf = *in.box
		} else {
			in.buf = make([]byte, inputSize)
		}
		in.from, in.to = 0, 0
	}
	return in.buf[in.to:]
}

// adopt keeps a tail that is in another buffer. There is nothing in this one, and the tail is no longer than inputSize.
func (in *input) adopt(tail []byte) { in.to = copy(in.space(), tail) }

// release gives the buffer back.
func (in *input) release() {
	switch {
	case in.box != nil:
		inputs.Put(in.box)
	case pooling:
		buffers.Put(in.buf)
	}
	*in = input{}
}

// fit makes room for the next read: it moves the unconsumed tail to the front, or to a larger buffer if the request at
// its head needs one. It returns false when the tail exceeds limit: the client is to be closed.
func (in *input) fit(s *session.Session, limit int64) bool {
	tail := in.to - in.from
	if tail == 0 {
		if in.buf != nil && in.box == nil {
			s.Forget()
		}
		in.release()
		return true
	}
	if int64(tail) > limit {
		s.QueryTooLong(tail)
		return false
	}
	need := max(s.Need(), inputSpare)
	switch {
	case len(in.buf)-in.to >= need:
		return true
	case len(in.buf)-tail >= need:
		copy(in.buf, in.buf[in.from:in.to])
	default:
		// A bulk of known length gets its exact room; a tail of unknown length doubles, so that moving is linear.
		var old input
		old, *in = *in, input{}
		in.enlarge(max(tail+need, min(2*tail, tail+maxGrowth)))
		copy(in.buf, old.bytes())
		old.release()
	}
	in.from, in.to = 0, tail
	return true
}

// maxGrowth bounds how much is reserved at once beyond what is known to be needed.
const maxGrowth = 16 << 20
