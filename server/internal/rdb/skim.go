package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// errShort says that the bytes at hand end before the value does.
var errShort = errors.New("rdb: more bytes are needed")

// skim finds where things end, without looking into them. Once it failed it stays where it is.
type skim struct {
	b    []byte // at hand
	at   int
	left int64 // bytes that there may be from the start of b on, at hand or not
	err  error
}

// skip moves n bytes on.
func (s *skim) skip(n uint64) {
	switch {
	case s.err != nil:
	case n > math.MaxInt64/2 || int64(n) > s.left-int64(s.at):
		s.err = fmt.Errorf("%w: a length of %d goes beyond the end", ErrCorrupt, n)
	case n > uint64(len(s.b)-s.at):
		s.err = errShort
	default:
		s.at += int(n)
	}
}

// take moves n bytes on and returns them, or zeros.
func (s *skim) take(n int) []byte {
	from := s.at
	if s.skip(uint64(n)); s.err != nil {
		return make([]byte, n)
	}
	return s.b[from:s.at]
}

func (s *skim) byte() byte { return s.take(1)[0] }

// length reads a length, or the first byte of a special encoding.
func (s *skim) length() (n uint64, special byte) {
	first := s.byte()
	switch {
	case s.err != nil:
	case first>>6 == 0:
		return uint64(first), 0
	case first>>6 == 1:
		return uint64(first&63)<<8 | uint64(s.byte()), 0
	case first == 0x80:
		return uint64(binary.BigEndian.Uint32(s.take(4))), 0
	case first == 0x81:
		return binary.BigEndian.Uint64(s.take(8)), 0
	case first >= encInt8 && first <= encLZF:
		return 0, first
	default:
		s.err = fmt.Errorf("%w: %#02x begins no length", ErrCorrupt, first)
	}
	return 0, 0
}

// plain reads a length that is none of the special encodings.
func (s *skim) plain() uint64 {
	n, special := s.length()
	if special != 0 && s.err == nil {
		s.err = fmt.Errorf("%w: %#02x is no length", ErrCorrupt, special)
	}
	return n
}

// each calls fn as often as the number says that is next.
func (s *skim) each(fn func()) {
	n := s.plain()
	if s.err == nil && n > uint64(s.left-int64(s.at)) { // everything takes a byte at least
		s.err = fmt.Errorf("%w: %d elements do not fit in what is left", ErrCorrupt, n)
	}
	for ; n > 0 && s.err == nil; n-- {
		fn()
	}
}

func (s *skim) string() {
	n, special := s.length()
	switch special {
	case 0:
		s.skip(n)
	case encLZF:
		packed := s.plain()
		s.plain()
		s.skip(packed)
	default:
		s.skip(1 << (special - encInt8))
	}
}

// value moves behind a value.
func (s *skim) value(typ byte) {
	switch typ {
	case typeString, typeHashZipmap, typeListZiplist, typeSetIntset, typeZSetZiplist, typeHashZiplist, typeHashListpack,
		typeZSetListpack, typeSetListpack, typeHashListpack0:
		s.string()
	case typeList, typeSet, typeListQuicklist:
		s.each(s.string)
	case typeZSet:
		s.each(func() { s.string(); s.textDouble() })
	case typeZSet2:
		s.each(func() { s.string(); s.skip(8) })
	case typeHash:
		s.each(func() { s.string(); s.string() })
	case typeHashTimed0, typeHashTimed:
		if typ == typeHashTimed {
			s.skip(8)
		}
		s.each(func() { s.plain(); s.string(); s.string() })
	case typeHashListpackEx:
		s.skip(8)
		s.string()
	case typeListQuicklist2:
		s.each(func() { s.plain(); s.string() })
	case typeStream, typeStream2, typeStream3:
		s.stream(typ)
	case typeModuleOld, typeModule:
		s.err = fmt.Errorf("%w: the value belongs to a module of Redis, which Redline does not have; delete the key before saving", ErrUnsupported)
	default:
		s.err = fmt.Errorf("%w: type %d is unknown", ErrCorrupt, typ)
	}
}

func (s *skim) textDouble() {
	if n := s.byte(); n < 253 {
		s.skip(uint64(n))
	}
}

func (s *skim) stream(typ byte) {
	numbers := func(n int) {
		for range n {
			s.plain()
		}
	}
	s.each(func() { s.string(); s.string() }) // nodes
	numbers(3)                                // length and last ID
	if typ != typeStream {
		numbers(5) // first ID, greatest deleted ID, entries added
	}
	s.each(func() { // groups
		s.string()
		numbers(2)
		if typ != typeStream {
			numbers(1)
		}
		s.each(func() { s.skip(16 + 8); s.plain() }) // pending
		s.each(func() {                              // consumers
			s.string()
			s.skip(8)
			if typ == typeStream3 {
				s.skip(8)
			}
			s.each(func() { s.skip(16) })
		})
	})
}

// The parts of a module's data.
const (
	moduleEnd    = 0
	moduleInt    = 1
	moduleUint   = 2
	moduleFloat  = 3
	moduleDouble = 4
	moduleString = 5
)

// module moves behind a module's data.
func (s *skim) module() {
	for s.err == nil {
		switch part := s.plain(); part {
		case moduleEnd:
			return
		case moduleInt, moduleUint:
			s.plain()
		case moduleFloat:
			s.skip(4)
		case moduleDouble:
			s.skip(8)
		case moduleString:
			s.string()
		default:
			if s.err == nil {
				s.err = fmt.Errorf("%w: part %d of a module's data is unknown", ErrCorrupt, part)
			}
		}
	}
}
