package resp

import "bytes"

// SkipReply returns the length n of the first reply in in and whether that reply is an error; n is 0 while in does not
// hold all of it. It allocates nothing. Attributes count as part of the reply that follows them. err is a *ProtocolError.
//
// Every call starts from the beginning: for replies that arrive in many pieces use a [ReplyScanner].
func SkipReply(in []byte) (n int, isErr bool, err error) {
	if fastPath {
		if n, isErr = skipScalar(in); n > 0 {
			return n, isErr, nil
		}
	}
	var s ReplyScanner
	n, done, err := s.Scan(in)
	if !done {
		return 0, false, err
	}
	return n, s.IsError(), nil
}

// skipScalar is the fast path for what most replies are: a short line, an integer, or a bulk string. It returns 0 for
// anything else.
func skipScalar(in []byte) (n int, isErr bool) {
	if len(in) < 4 {
		return 0, false
	}
	switch Kind(in[0]) {
	case KindBulk:
		size, body := smallNumber(in)
		if body == 0 {
			if len(in) >= 5 && string(in[:5]) == "$-1\r\n" {
				return 5, false
			}
			return 0, false
		}
		end := body + size
		if len(in) < end+2 || in[end] != '\r' || in[end+1] != '\n' {
			return 0, false
		}
		return end + 2, false
	case KindInt:
		_, n = smallNumber(in)
		return n, false
	case KindSimpleString, KindError:
		line := in[:min(len(in), 128)] // OK, PONG, QUEUED and most errors
		for i := 1; i < len(line)-1; i++ {
			if line[i] == '\r' && line[i+1] == '\n' {
				return i + 2, in[0] == byte(KindError)
			}
			if line[i] == '\r' || line[i] == '\n' {
				break // an error, which the slow path reports
			}
		}
	}
	return 0, false
}

// smallNumber reads the number of up to 9 digits behind in[0] and returns the offset behind its CR LF, or 0.
func smallNumber(in []byte) (value, end int) {
	line := in[:min(len(in), 12)]
	for i := 1; i < len(line); i++ {
		d := line[i] - '0'
		if d <= 9 {
			value = value*10 + int(d)
			continue
		}
		if i == 1 || i > 10 || line[1] == '0' && i > 2 || i+1 == len(line) || line[i] != '\r' || line[i+1] != '\n' {
			return 0, 0
		}
		return value, i + 2
	}
	return 0, 0
}

// ReplyScanner finds the ends of replies without keeping their contents. It takes a reply in pieces of any size, in
// memory that does not grow with the reply. The zero value stands before a reply.
type ReplyScanner struct {
	inside  bool  // a reply has begun
	isError bool  // the reply is an error
	skip    int64 // bytes of a string, with its CR LF, still to skip
	seen    int   // bytes of an unfinished line that hold no LF
	chunked bool  // inside a streamed string: a chunk comes next
	attr    bool  // attributes have been read and their reply has not
	format  bool  // the skipped string starts with the format of a verbatim string, still to be checked
	depth   int   // aggregates around the next value
	// frames[:depth] are those aggregates from outside to inside.
	frames [MaxDepth]frame
}

// frame is an aggregate of which elements are still to come.
type frame struct {
	left int64 // elements to come; streamed: -1 - elements seen
	attr bool  // attributes rather than a value
	pair bool  // elements come in pairs
}

// IsError reports, after Scan has returned done, whether the reply was an error.
func (s *ReplyScanner) IsError() bool { return s.isError }

// Scan goes on with the current reply, or begins the next, at the start of in and returns how many bytes n of in it is
// done with. With done, the reply ends there. Without, the caller drops the n bytes and calls again with the rest
// followed by more input; the rest is shorter than a line. err is a *ProtocolError, after which the scanner is of no use.
func (s *ReplyScanner) Scan(in []byte) (n int, done bool, err error) {
	if !s.inside {
		s.isError = false
		s.inside = true
	}
	for {
		if fastPath && s.skip == 0 && s.seen == 0 && !s.chunked {
			if size, isError := skipScalar(in[n:]); size > 0 {
				n += size
				if s.depth == 0 {
					s.isError = isError
				}
				if s.valueDone() {
					return n, true, nil
				}
				continue
			}
		}
		if s.skip > 0 {
			n, err = s.skipBlob(in, n)
			if s.skip > 0 || err != nil {
				return n, false, err
			}
			if s.chunked {
				continue
			}
			if s.valueDone() {
				return n, true, nil
			}
			continue
		}
		line, size, err := s.line(in[n:])
		if size == 0 || err != nil {
			return n, false, err
		}
		whole, err := s.take(line)
		if err != nil {
			return n, false, err
		}
		n += size
		if whole && s.valueDone() {
			return n, true, nil
		}
	}
}

// line returns the line at the start of in, and its size with CR LF; 0 when it is not whole.
func (s *ReplyScanner) line(in []byte) (line []byte, size int, err error) {
	i := bytes.IndexByte(in[s.seen:], '\n')
	if i < 0 {
		s.seen = len(in)
		if s.seen > MaxReplyLine+2 {
			err = errLongLine
		}
		return nil, 0, err
	}
	size = s.seen + i + 1
	s.seen = 0
	line, err = cutLine(in[:size])
	return line, size, err
}

// skipBlob skips the rest of a string from in[n:] and returns the new n. The bytes with a meaning (the format of a
// verbatim string, the CR LF) are waited for and checked.
func (s *ReplyScanner) skipBlob(in []byte, n int) (int, error) {
	if s.format {
		if len(in)-n < 4 {
			return n, nil
		}
		if in[n+3] != ':' {
			return n, errVerbatim
		}
		s.format = false
	}
	if body := min(s.skip-2, int64(len(in)-n)); body > 0 {
		n += int(body)
		s.skip -= body
	}
	if s.skip > 2 || len(in)-n < 2 {
		return n, nil
	}
	if in[n] != '\r' || in[n+1] != '\n' {
		return n, errBlobEnd
	}
	s.skip = 0
	return n + 2, nil
}

// take takes the first line of a value, or another line of structure. whole reports that it is all of a value.
func (s *ReplyScanner) take(line []byte) (whole bool, err error) {
	if s.chunked {
		return s.takeChunk(line)
	}
	if len(line) == 1 && line[0] == '.' && s.mayEnd() {
		s.depth--
		return true, nil
	}
	kind, text, err := splitReply(line)
	if err != nil {
		return false, err
	}
	if s.depth == 0 && (kind == byte(KindError) || kind == byte(KindBulkError)) {
		s.isError = true
	}
	switch Kind(kind) {
	case KindArray, KindMap, KindSet, KindPush, kindAttribute:
		if kind == byte(KindArray) && isMinusOne(text) {
			return true, nil
		}
		return s.takeAggregate(kind, text)
	case KindBulk, KindBulkError, KindVerbatim:
		return s.takeBlob(kind, text)
	}
	return true, checkScalar(kind, text)
}

// takeChunk takes the header ";N" of a chunk of a streamed string.
func (s *ReplyScanner) takeChunk(line []byte) (whole bool, err error) {
	if len(line) == 0 || line[0] != ';' {
		return false, errChunk
	}
	size, err := replyLength(line[1:], MaxReplyBulk)
	if err != nil {
		return false, err
	}
	if size == 0 {
		s.chunked = false
		return true, nil
	}
	s.skip = size + 2
	return false, nil
}

// takeBlob takes the header of a string with a length.
func (s *ReplyScanner) takeBlob(kind byte, text []byte) (whole bool, err error) {
	if kind == byte(KindBulk) {
		if isMinusOne(text) {
			return true, nil
		}
		if len(text) == 1 && text[0] == '?' {
			s.chunked = true
			return false, nil
		}
	}
	size, err := replyLength(text, MaxReplyBulk)
	if err != nil {
		return false, err
	}
	if kind == byte(KindVerbatim) {
		if size < 4 {
			return false, errVerbatim
		}
		s.format = true
	}
	s.skip = size + 2
	return false, nil
}

// takeAggregate takes the header of an aggregate.
func (s *ReplyScanner) takeAggregate(kind byte, text []byte) (whole bool, err error) {
	if s.depth >= MaxDepth {
		return false, errDepth
	}
	f := frame{left: -1, attr: kind == kindAttribute}
	f.pair = f.attr || kind == byte(KindMap)
	if !(canStream(kind) && len(text) == 1 && text[0] == '?') {
		if f.left, err = replyLength(text, MaxReplyElems); err != nil {
			return false, err
		}
		if f.pair {
			f.left *= 2
		}
		if f.left == 0 {
			s.attr = f.attr
			return !f.attr, nil
		}
	}
	s.attr = false
	s.frames[s.depth] = f
	s.depth++
	return false, nil
}

// mayEnd reports whether the innermost aggregate is streamed and may end here.
func (s *ReplyScanner) mayEnd() bool {
	if s.depth == 0 || s.attr {
		return false
	}
	f := &s.frames[s.depth-1]
	return f.left < 0 && (!f.pair || (-1-f.left)%2 == 0)
}

// valueDone counts a whole value in the aggregates around it and reports whether that completes the reply.
func (s *ReplyScanner) valueDone() bool {
	s.attr = false
	for s.depth > 0 {
		f := &s.frames[s.depth-1]
		f.left--
		if f.left != 0 {
			return false
		}
		s.depth--
		if f.attr {
			s.attr = true
			return false
		}
	}
	s.inside = false
	return true
}
