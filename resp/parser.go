package resp

import "slices"

// Parser reads requests, one at a time, from a buffer that the caller owns and fills. It accepts what Redis accepts:
//
//	*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n     a multibulk request: a count, then that many arguments, each with its length
//	GET "key"\r\n                        an inline request: one line, split at blanks, with quotes
//
// Like Redis it does not look at the byte after the CR of a length line, nor at the two bytes after an argument, and
// it takes a line that contains a NUL for one that never ends (so that a peer speaking another protocol runs into the
// inline limit instead of having its noise executed). Unlike Redis, which measures a line only when it runs out of input,
// it applies that limit to every line: what is accepted does not depend on how the input was cut.
//
// A request that is not whole yet is not parsed again from its start when more has arrived: Parser remembers offsets
// from the start of the buffer, which stay true when the bytes move.
type Parser struct {
	limits   Limits
	maxCount uint // bounds of the fast path, no larger than limits
	maxBulk  int

	state state
	pos   int   // offset of the first byte not yet parsed
	left  int   // arguments still to come
	bulk  int64 // length of the argument at pos, -1: its length line comes first
	seen  int   // bytes of the line at pos in which its end has already been looked for
	need  int
	// tooLong is the error that awaits in stateBlocked.
	tooLong *ProtocolError

	small   [maxFastArgs][]byte // arguments of a request that went the fast path
	args    [][]byte            // arguments of any other
	spans   []span              // the same while the request is not whole and its bytes may still move
	scratch []byte              // unquoted inline arguments
}

// state says where in the stream the parser stands.
type state uint8

const (
	stateStart   state = iota // before a request; the fast path applies
	stateTrim                 // as stateStart, but the last request was huge and its memory is to be let go
	stateInline               // inside an inline request
	stateCount                // inside the line "*N"
	stateArgs                 // behind "*N"
	stateBlocked              // inside a line that holds a NUL
)

// span is an argument by offset.
type span struct{ start, end int }

const (
	// maxFastArgs is how many arguments the fast path takes: a count of one digit covers nearly every request.
	maxFastArgs = 9
	// maxFastBulk is the longest argument of the fast path: its length line "$NNNNN" and CR fit in a word.
	maxFastBulk = 99999
	// maxKeptArgs is the largest argument list whose memory is kept for the next request (24 KiB of headers).
	maxKeptArgs = 1024
	// maxKeptScratch is the largest scratch buffer that is kept: inline requests are typed by hand and short.
	maxKeptScratch = 4 << 10
)

// NewParser returns a parser that stands before a request.
func NewParser(limits Limits) *Parser {
	p := &Parser{bulk: -1, need: 1}
	p.SetLimits(limits)
	return p
}

// SetLimits changes the limits, from the next length or line that is read onwards.
func (p *Parser) SetLimits(limits Limits) {
	p.limits = limits
	p.maxCount = uint(max(0, min(maxFastArgs, limits.MaxMultibulk)))
	p.maxBulk = int(max(-1, min(maxFastBulk, limits.MaxBulk)))
}

// Fresh returns a parser with the same limits that shares no memory with p. p must stand before a request.
func (p *Parser) Fresh() *Parser { return NewParser(p.limits) }

// Reset forgets a half-read request and lets go of all memory. Call it after an error, or before the parser serves
// another connection.
func (p *Parser) Reset() {
	p.release()
	p.restart()
	p.state = stateStart
	p.args, p.spans, p.scratch = nil, nil, nil
}

// release lets go of the arguments of the last request, which hold on to the caller's buffer: a connection that falls
// silent after one huge request must not keep it.
func (p *Parser) release() {
	if p.small[0] != nil {
		p.small = [maxFastArgs][]byte{}
	}
	clear(p.args)
	p.args = p.args[:0]
}

// Need returns, after Next has returned n == 0, how many more bytes the request needs at least. Inside an argument
// that is the rest of the argument with its terminator, otherwise 1.
func (p *Parser) Need() int { return p.need }

// Next parses the request at the start of in and returns its arguments and its length n in bytes.
//
// The arguments are views into in (or, where inline quoting had to be undone, into memory of the parser); they and the
// slice that lists them are valid until the memory of in is reused or Next is called again. An empty request, which
// Redis ignores, returns n > 0 and no arguments.
//
// n == 0 without an error means that in ends before the request does: call again with the same bytes followed by more.
// The parser holds on to the memory of in until then: to free it, call Next until it returns n == 0, even with no input.
// After an error, which is always a *ProtocolError, the parser is of no use until Reset.
func (p *Parser) Next(in []byte) (args [][]byte, n int, err error) {
	if fastPath && p.state == stateStart {
		if args, n = p.nextFast(in); n > 0 {
			return args, n, nil
		}
	}
	return p.nextSlow(in)
}

// nextSlow parses any request, from wherever the last call stopped.
func (p *Parser) nextSlow(in []byte) (args [][]byte, n int, err error) {
	p.need = 1
	if p.state <= stateTrim {
		p.release()
		if len(in) == 0 {
			return nil, 0, nil
		}
		p.begin(in[0])
	}
	switch p.state {
	case stateInline:
		return p.nextInline(in)
	case stateCount:
		n, err = p.readCount(in)
		if p.state != stateArgs {
			return nil, n, err
		}
	case stateBlocked:
		return nil, 0, p.blocked(in)
	}
	return p.readArgs(in)
}

// begin prepares for the request that starts with the byte first.
func (p *Parser) begin(first byte) {
	p.trim()
	p.pos, p.seen, p.left, p.bulk = 0, 0, 0, -1
	p.state = stateInline
	if first == '*' {
		p.state = stateCount
	}
}

// trim lets go of memory that only a huge request needs.
func (p *Parser) trim() {
	if cap(p.args) > maxKeptArgs {
		p.args = nil
	}
	if cap(p.spans) > maxKeptArgs {
		p.spans = nil
	}
	if cap(p.scratch) > maxKeptScratch {
		p.scratch = nil
	}
	p.spans = p.spans[:0]
}

// restart stands the parser before a request.
func (p *Parser) restart() {
	p.state = stateStart
	if cap(p.args) > maxKeptArgs || cap(p.scratch) > maxKeptScratch {
		p.state = stateTrim
	}
	p.pos, p.seen, p.left, p.bulk, p.need = 0, 0, 0, -1, 1
}

// readCount reads the line "*N". It returns n > 0 for an empty request, and leaves stateCount when the line is whole.
func (p *Parser) readCount(in []byte) (n int, err error) {
	line, ok, err := p.lengthLine(in, errBigMultibulk)
	if !ok {
		return 0, err
	}
	count, valid := ParseInt(line[1:])
	if !valid || count > defaultMaxMultibulk {
		return 0, errMultibulkLength
	}
	if count > int64(p.limits.MaxMultibulk) {
		if p.limits.Unauthenticated {
			return 0, errMultibulkUnauth
		}
		return 0, errMultibulkLength
	}
	p.pos += len(line) + 2
	if count <= 0 {
		n = p.pos
		p.restart()
		return n, nil
	}
	p.left = int(count)
	p.state = stateArgs
	return 0, nil
}

// readArgs reads the arguments that are still to come, as far as in reaches.
func (p *Parser) readArgs(in []byte) (args [][]byte, n int, err error) {
	for p.left > 0 {
		if p.bulk < 0 {
			if fastPath && p.seen == 0 && p.readArgFast(in) {
				continue
			}
			line, ok, err := p.lengthLine(in, errBigBulk)
			if !ok {
				return nil, 0, err
			}
			if p.bulk, err = p.bulkLength(line, in[p.pos]); err != nil {
				return nil, 0, err
			}
			p.pos += len(line) + 2
		}
		if more := p.bulk + 2 - int64(len(in)-p.pos); more > 0 {
			p.need = int(more)
			return nil, 0, nil
		}
		end := p.pos + int(p.bulk)
		p.spans = append(p.spans, span{p.pos, end})
		p.pos = end + 2
		p.bulk = -1
		p.left--
	}
	p.args = slices.Grow(p.args, len(p.spans))[:len(p.spans)]
	for i, s := range p.spans {
		p.args[i] = in[s.start:s.end:s.end]
	}
	args, n = p.args, p.pos
	p.restart()
	return args, n, nil
}

// bulkLength reads the line "$N" of an argument. first is the byte at its place; the line is empty when that is the CR.
func (p *Parser) bulkLength(line []byte, first byte) (int64, error) {
	if first != '$' {
		return -1, errExpectedBulk(first)
	}
	size, valid := ParseInt(line[1:])
	switch {
	case !valid || size < 0:
		return -1, errBulkLength
	case size <= p.limits.MaxBulk:
		return size, nil
	case p.limits.Unauthenticated && size <= defaultMaxBulk:
		return -1, errBulkUnauth
	}
	return -1, errBulkLength
}

// lengthLine returns the line at pos without its terminator: a CR and one more byte. ok is false when the line is not
// whole; tooLong is the error when it cannot become so within the limit.
func (p *Parser) lengthLine(in []byte, tooLong *ProtocolError) (line []byte, ok bool, err error) {
	at := p.find(in, '\r')
	if at < 0 {
		if p.state == stateBlocked {
			p.tooLong = tooLong
		}
		if len(in)-p.pos > p.limits.MaxInline {
			return nil, false, tooLong
		}
		return nil, false, nil
	}
	if len(in)-p.pos < at+2 {
		return nil, false, nil
	}
	p.seen = 0
	return in[p.pos : p.pos+at], true, nil
}

// find looks for the byte end in the line at pos, as far as the limit allows, and returns its offset from pos or -1. It
// does not look again at what an earlier call has seen. On a NUL it blocks the parser, as C's strchr blocks Redis.
func (p *Parser) find(in []byte, end byte) int {
	line := in[p.pos:]
	line = line[:min(len(line), p.limits.MaxInline+1)]
	for i := p.seen; i < len(line); i++ {
		switch line[i] {
		case end:
			p.seen = i
			return i
		case 0:
			p.state = stateBlocked
			return -1
		}
	}
	p.seen = len(line)
	return -1
}

// blocked waits, inside a line that holds a NUL, for the limit.
func (p *Parser) blocked(in []byte) error {
	if len(in)-p.pos > p.limits.MaxInline {
		return p.tooLong
	}
	return nil
}
