package drive

import "errors"

// replyKind is what a complete reply was.
type replyKind uint8

const (
	replyNone  replyKind = iota // not complete yet
	replyOK                     // any value
	replyNil                    // a null
	replyError                  // an error of the server, or an array that holds one, as EXEC's; text holds its start
	replyPush                   // out-of-band data, answers no request
)

// errProtocol is returned for bytes that are not RESP.
var errProtocol = errors.New("the reply is not RESP")

// Limits above which a length is taken for garbage.
const (
	maxBulkBytes    = 1 << 32 // Redis' own limit is 512 MB by default and can be raised
	maxElements     = 1 << 32
	maxPendingTotal = 1 << 40
	maxTextKept     = 120
)

// scanner finds the ends of replies in RESP2 and RESP3 without decoding them. It
// takes input cut anywhere and keeps no more of it than the start of a line.
//
// A reply is a tree of values; it suffices to count how many are still to come:
// each scalar takes one away, each aggregate of n elements adds n - 1. So nested
// replies of any depth need no stack.
type scanner struct {
	pending int64 // values still to come in the current reply; 0 between replies
	skip    int64 // bytes of a bulk string still to skip, with its CRLF
	kind    replyKind
	topSeen bool // the reply's own header was read (attributes come before it)
	inLine  bool // within a line whose text does not matter
	capture bool // what is being skipped is the text of the reply's first error
	nhead   int
	head    [24]byte // start of a header line that was cut
	ntext   int
	text    [maxTextKept]byte
}

// idle tells whether the scanner stands between two replies.
func (s *scanner) idle() bool { return s.pending == 0 }

// errorText is the start of the last error reply.
func (s *scanner) errorText() string { return string(s.text[:s.ntext]) }

// next consumes up to one reply from b. It returns how many bytes it took and,
// when the reply is complete, what it was. Without a complete reply it has taken
// all of b.
func (s *scanner) next(b []byte) (n int, kind replyKind, err error) {
	if s.pending == 0 && len(b) >= 4 {
		// Fast path: a whole status or bulk string, which is nearly every reply of
		// a GET and SET load.
		switch b[0] {
		case '+':
			if len(b) >= 5 && b[1] == 'O' && b[2] == 'K' && b[3] == '\r' && b[4] == '\n' {
				return 5, replyOK, nil
			}
		case '$':
			if n := wholeBulk(b); n > 0 {
				return n, replyOK, nil
			}
		}
	}
	return s.slow(b)
}

// wholeBulk returns the length of the bulk string reply that b starts with, or 0
// if that is not wholly there or not plain.
func wholeBulk(b []byte) int {
	size := 0
	for i := 1; i < len(b) && i < 10; i++ {
		c := b[i]
		if c-'0' <= 9 {
			size = size*10 + int(c-'0')
			continue
		}
		end := i + 2 + size + 2
		if c != '\r' || i == 1 || len(b) < end || b[end-1] != '\n' || b[i+1] != '\n' {
			return 0
		}
		return end
	}
	return 0
}

// slow is next for every kind of reply and cut.
func (s *scanner) slow(b []byte) (n int, kind replyKind, err error) {
	if s.pending == 0 {
		s.pending, s.topSeen, s.kind, s.ntext, s.capture = 1, false, replyOK, 0, false
	}
	for n < len(b) {
		var used int
		switch {
		case s.skip > 0:
			used, err = s.skipBulk(b[n:])
		case s.inLine:
			used = s.skipLine(b[n:])
		default:
			used, err = s.header(b[n:])
		}
		n += used
		if err != nil {
			return n, replyNone, err
		}
		if s.pending == 0 {
			return n, s.kind, nil
		}
	}
	return n, replyNone, nil
}

func (s *scanner) keep(b []byte) {
	if s.ntext < len(s.text) {
		s.ntext += copy(s.text[s.ntext:], b)
	}
}

func (s *scanner) skipBulk(b []byte) (int, error) {
	if s.capture {
		s.keep(b[:max(0, min(int64(len(b)), s.skip-2))])
	}
	if int64(len(b)) < s.skip {
		s.skip -= int64(len(b))
		return len(b), nil
	}
	n := int(s.skip)
	s.skip, s.capture = 0, false
	s.pending--
	if b[n-1] != '\n' {
		return n, errProtocol
	}
	return n, nil
}

func (s *scanner) skipLine(b []byte) int {
	for i, c := range b {
		if c == '\n' {
			s.keepLine(b[:i])
			s.inLine, s.capture = false, false
			s.pending--
			return i + 1
		}
	}
	s.keepLine(b)
	return len(b)
}

func (s *scanner) keepLine(b []byte) {
	if len(b) > 0 && b[len(b)-1] == '\r' {
		b = b[:len(b)-1]
	}
	if s.capture {
		s.keep(b)
	}
}

// header reads the first byte of a value and, where a number follows, the line.
func (s *scanner) header(b []byte) (int, error) {
	if s.nhead == 0 {
		switch b[0] {
		case '+', ':', ',', '#', '(':
			s.top(replyOK)
			s.inLine = true
			return 1, nil
		case '-':
			s.failure()
			s.inLine = true
			return 1, nil
		case '_':
			s.top(replyNil)
			s.inLine = true
			return 1, nil
		case '$', '=', '!', '*', '%', '~', '>', '|':
		default:
			return 0, errProtocol
		}
	}
	for i, c := range b {
		if c == '\n' {
			line := s.head[:s.nhead]
			s.nhead = 0
			return i + 1, s.lengthLine(line)
		}
		if s.nhead == len(s.head) {
			return i, errProtocol
		}
		s.head[s.nhead] = c
		s.nhead++
	}
	return len(b), nil
}

// top notes the kind of the reply if this value is the reply itself and not part
// of an attribute before it or an element within it.
func (s *scanner) top(kind replyKind) {
	if s.pending == 1 && !s.topSeen {
		s.topSeen = true
		s.kind = kind
	}
}

// failure notes an error: the reply itself, or an element of it. The first one's
// text is kept. Errors within attributes and pushes say nothing of the request.
func (s *scanner) failure() {
	if s.pending == 1 && !s.topSeen {
		s.topSeen = true
	} else if !s.topSeen || s.kind == replyPush || s.kind == replyError {
		return
	}
	s.kind, s.capture = replyError, true
}

// lengthLine applies a header line such as "$5\r" or "*-1\r".
func (s *scanner) lengthLine(line []byte) error {
	size, null, ok := parseLength(line[1:])
	if !ok {
		return errProtocol
	}
	switch line[0] {
	case '$', '=', '!':
		return s.bulk(line[0], size, null)
	case '|':
		if null {
			return errProtocol
		}
		s.pending += 2 * size
	case '>':
		if null || s.pending != 1 || s.topSeen {
			return errProtocol
		}
		s.top(replyPush)
		s.pending += size - 1
	default: // * % ~
		if null {
			s.top(replyNil)
			size = 0
		}
		s.top(replyOK)
		if line[0] == '%' {
			size *= 2
		}
		s.pending += size - 1
	}
	if size > maxElements || s.pending > maxPendingTotal {
		return errProtocol
	}
	return nil
}

func (s *scanner) bulk(prefix byte, size int64, null bool) error {
	if null {
		s.top(replyNil)
		s.pending--
		return nil
	}
	if size > maxBulkBytes {
		return errProtocol
	}
	if prefix == '!' {
		s.failure()
	}
	s.top(replyOK)
	s.skip = size + 2
	return nil
}

// parseLength reads "123\r" or "-1\r", the latter being null.
func parseLength(b []byte) (size int64, null, ok bool) {
	if len(b) < 2 || b[len(b)-1] != '\r' {
		return 0, false, false
	}
	b = b[:len(b)-1]
	if len(b) == 2 && b[0] == '-' && b[1] == '1' {
		return 0, true, true
	}
	if len(b) > 15 {
		return 0, false, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false, false
		}
		size = size*10 + int64(c-'0')
	}
	return size, false, true
}
