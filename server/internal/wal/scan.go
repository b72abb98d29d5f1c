package wal

import (
	"bytes"
	"fmt"
	"io"
	"math"

	"redline/vfs"
)

// scanner reads the frames of one segment one after the other, through a window of its file.
type scanner struct {
	f    vfs.File
	path string
	size int64
	seed uint32
	off  int64 // of the next frame
	buf  []byte
	from int // buf[from:] begins at off
}

// window is how much is read at once: large enough that the system call does not show, small beside any data set.
const window = 1 << 20

func newScanner(fs vfs.FS, s *Segment) (*scanner, error) {
	f, err := fs.Open(s.Path)
	if err != nil {
		return nil, err
	}
	return &scanner{f: f, path: s.Path, size: s.Size, seed: seedOf(s.Header.ID), off: segmentHeader}, nil
}

func (s *scanner) close() error { return s.f.Close() }

// peek returns at least n bytes from off on, or what there is.
func (s *scanner) peek(n int) ([]byte, error) {
	if have := len(s.buf) - s.from; have >= n {
		return s.buf[s.from:], nil
	}
	want := int(min(int64(max(n, window)), s.size-s.off))
	have := copy(s.buf, s.buf[s.from:])
	if cap(s.buf) < want {
		b := make([]byte, want)
		copy(b, s.buf[:have])
		s.buf = b
	}
	s.buf, s.from = s.buf[:max(want, have)], 0
	for have < len(s.buf) {
		m, err := s.f.ReadAt(s.buf[have:], s.off+int64(have))
		have += m
		if err != nil && (err != io.EOF || have < len(s.buf)) {
			if err == io.EOF { // the file became shorter
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("cannot read %s: %w", s.path, err)
		}
	}
	return s.buf, nil
}

// next reads the next frame, a view that is valid until the next call. ok is false where there is no valid one; off then
// stays.
func (s *scanner) next() (f frame, ok bool, err error) {
	b, err := s.peek(frameHeader)
	if err != nil || len(b) < frameHeader {
		return f, false, err
	}
	if n := frameHeader + bodyLen(b); n > int64(len(b)) && n <= s.size-s.off && n <= math.MaxInt {
		if b, err = s.peek(int(n)); err != nil {
			return f, false, err
		}
	}
	if f, ok = parseFrame(b, s.seed); ok {
		s.off += int64(f.size())
		s.from += f.size()
	}
	return f, ok, nil
}

// behind looks for valid frames at any place from off on, where the log does not go on.
// It returns how many there are with a number from seq on, and whether one of them says that seq was on disk.
func (s *scanner) behind(seq uint64) (frames int, vouched bool, err error) {
	for off := s.off; off+frameHeader <= s.size; {
		s.jump(off)
		b, err := s.peek(frameHeader)
		if err != nil {
			return frames, vouched, err
		}
		skip := plausible(b)
		if skip < 0 { // nothing begins in this window
			off += int64(len(b) - frameHeader + 1)
			continue
		}
		s.jump(off + int64(skip))
		f, ok, err := s.next()
		if err != nil {
			return frames, vouched, err
		}
		if !ok {
			off += int64(skip) + 1
			continue
		}
		off = s.off
		if f.seq >= seq {
			frames++
			vouched = vouched || f.durable() >= seq
		}
	}
	return frames, vouched, nil
}

// jump goes on at another place.
func (s *scanner) jump(off int64) {
	if d := off - s.off; d >= 0 && d <= int64(len(s.buf)-s.from) {
		s.from += int(d)
	} else {
		s.buf, s.from = s.buf[:0], 0
	}
	s.off = off
}

// plausible returns the first place in b at which a frame's header may stand, by its constant bytes, or -1.
func plausible(b []byte) int {
	for i := 0; i+frameHeader <= len(b); i++ {
		for i+len(zeros) <= len(b) && bytes.Equal(b[i:i+len(zeros)], zeros[:]) { // preallocated room: its kind is none
			i += len(zeros) - frameHeader + 1
		}
		if i+frameHeader > len(b) {
			break
		}
		if k := Kind(b[i+28]); (k == KindEffects || k == KindSeal) && b[i+29] == 0 {
			return i
		}
	}
	return -1
}

var zeros [4096]byte
