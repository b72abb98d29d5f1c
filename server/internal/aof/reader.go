package aof

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
)

// A reader reads requests and knows where it is.
type reader struct {
	src    *bufio.Reader
	name   string
	offset int64 // of the next byte
	start  int64 // of the command being read
	size   int64
}

const (
	// lineMax is the longest line: lengths are short, annotations not long.
	lineMax = 64 << 10
	// argStep bounds how much memory is taken before the bytes for it have been read.
	argStep = 1 << 20
)

func newReader(src io.Reader, name string, offset, size int64) *reader {
	return &reader{src: bufio.NewReaderSize(src, lineMax), name: name, offset: offset, start: offset, size: size}
}

func (r *reader) corrupt(why string) error { return &CorruptError{r.name, r.start, why} }

// line reads a line that begins with one of the bytes in first, and leaves CR LF out. io.EOF is the end before it; the end
// within it is io.ErrUnexpectedEOF only if it began right: a tail of zeros was left by no write that was cut.
func (r *reader) line(first, why string) ([]byte, error) {
	b, err := r.src.ReadSlice('\n')
	r.offset += int64(len(b))
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, r.corrupt("a line without end")
	case err != nil && err != io.EOF:
		return nil, err
	case len(b) == 0:
		return nil, io.EOF
	case strings.IndexByte(first, b[0]) < 0:
		return nil, r.corrupt(why)
	case err == io.EOF:
		return nil, io.ErrUnexpectedEOF
	}
	return bytes.TrimSuffix(b[:len(b)-1], []byte("\r")), nil
}

// next reads one command. io.EOF is the end between two commands, io.ErrUnexpectedEOF the end within one.
func (r *reader) next() ([][]byte, error) {
	line, err := r.begin()
	if err != nil {
		return nil, err
	}
	count, ok := parseCount(line[1:])
	if !ok || count < 1 {
		return nil, r.corrupt("a wrong number of arguments")
	}
	args := make([][]byte, 0, min(count, 64))
	for range count {
		arg, err := r.arg()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
	}
	return args, nil
}

// begin reads the line that begins a command, past annotations.
func (r *reader) begin() ([]byte, error) {
	for {
		r.start = r.offset
		line, err := r.line("*#", "no command begins here")
		if err != nil || line[0] == '*' {
			return line, err
		}
	}
}

// arg reads one argument into memory of its own.
func (r *reader) arg() ([]byte, error) {
	line, err := r.line("$", "an argument without its length")
	if err != nil {
		return nil, err
	}
	n, ok := parseCount(line[1:])
	if !ok {
		return nil, r.corrupt("a wrong length of an argument")
	}
	if n+2 > r.size-r.offset {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, min(n+2, argStep))
	for have := int64(0); ; {
		got, err := io.ReadFull(r.src, b[have:])
		r.offset += int64(got)
		if err != nil {
			return nil, err
		}
		if have = int64(len(b)); have == n+2 {
			break
		}
		b = append(b, make([]byte, min(n+2-have, have))...)
	}
	if b[n] != '\r' || b[n+1] != '\n' {
		return nil, r.corrupt("an argument longer than its length says")
	}
	return b[:n:n], nil
}

// parseCount parses a number that is not negative.
func parseCount(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 10 {
		return 0, false
	}
	n := int64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, n <= math.MaxInt32
}
