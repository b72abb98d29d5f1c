package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"redline/server/internal/keyspace"
)

// ErrUnsupported is returned for what is in order but cannot be kept here.
var ErrUnsupported = errors.New("rdb: not supported")

// FileError says what is wrong with a file, and where.
type FileError struct {
	Offset int64 // of the part that is wrong, in bytes
	Key    []byte
	Err    error
}

func (e *FileError) Error() string {
	if e.Key != nil {
		return fmt.Sprintf("at byte %d, key %q: %v", e.Offset, e.Key, e.Err)
	}
	return fmt.Sprintf("at byte %d: %v", e.Offset, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// Record is a key of a file. Key and Value are valid until the next call of Next.
type Record struct {
	Offset int64 // where it begins in the file
	DB     int
	Meta
	Type  byte
	Key   []byte
	Value []byte // what Load reads
}

// FileReader goes through a file key by key. It checks the frame, not the values: Load does.
type FileReader struct {
	// Facts are the first facts about the file that it has in its head.
	Facts map[string]string
	// Version is that of the file's format.
	Version int
	// Libraries is how many libraries of functions, and Modules how many parts of modules' data, were passed over so far.
	Libraries, Modules int
	// Keys is how many keys the file says that it has, as far as it was read.
	Keys int64
	// SkipChecksum has a wrong checksum go unnoticed.
	SkipChecksum bool

	src   io.Reader
	size  int64  // of the file, or more
	buf   []byte // what was read and is not done with
	at    int    // in buf: what comes next
	base  int64  // offset of buf in the file
	crc   uint64 // of all before buf
	db    int
	began bool
	done  bool
	rec   Record // reused, as is skim
	skim  skim
}

const (
	// readChunk is how much is read at once, in bytes.
	readChunk = 1 << 20
	// factsMax bounds how many facts are kept.
	factsMax = 64
)

// NewFileReader reads a file of size bytes.
func NewFileReader(src io.Reader, size int64) *FileReader {
	return &FileReader{src: src, size: size, Facts: make(map[string]string)}
}

// Offset returns how many bytes of the file have been gone through. After io.EOF that is where the file ends.
func (f *FileReader) Offset() int64 { return f.base + int64(f.at) }

// Rest returns what was read of what comes behind Offset, followed by the source: an append-only file may begin with a file
// like this.
func (f *FileReader) Rest() (ahead []byte) { return f.buf[f.at:] }

// Next returns the next key, or io.EOF behind the last, when the checksum was right. Other errors are *FileError, or come
// from the source.
func (f *FileReader) Next() (*Record, error) {
	if f.done {
		return nil, io.EOF
	}
	if !f.began {
		if err := f.header(); err != nil {
			return nil, err
		}
	}
	r := &f.rec
	*r = Record{Meta: noMeta}
	for {
		found, err := f.part(r)
		if err != nil {
			return nil, err
		}
		if found {
			return r, nil
		}
	}
}

var noMeta = Meta{ExpireAt: keyspace.NoExpiry, Idle: NoAccess, Freq: NoAccess}

// read runs fn on what comes next, with ever more of the file at hand, until that is enough.
func (f *FileReader) read(fn func(s *skim)) error {
	for {
		s := &f.skim
		*s = skim{b: f.buf[f.at:], left: f.size - f.Offset()}
		fn(s)
		switch {
		case s.err == nil:
			f.at += s.at
			return nil
		case !errors.Is(s.err, errShort):
			return f.wrong(s.err)
		}
		if err := f.more(); err != nil {
			return err
		}
	}
}

func (f *FileReader) wrong(err error) error { return &FileError{Offset: f.Offset(), Err: err} }

// more reads some more of the file behind what is at hand.
func (f *FileReader) more() error {
	if f.at > 0 {
		f.crc = CRC(f.crc, f.buf[:f.at])
		f.base += int64(f.at)
		f.buf = f.buf[:copy(f.buf, f.buf[f.at:])]
		f.at = 0
	}
	if cap(f.buf)-len(f.buf) < readChunk/2 {
		grown := make([]byte, len(f.buf), max(2*cap(f.buf), readChunk))
		copy(grown, f.buf)
		f.buf = grown
	}
	n, err := f.src.Read(f.buf[len(f.buf):cap(f.buf)])
	f.buf = f.buf[:len(f.buf)+n]
	switch {
	case n > 0:
		return nil
	case errors.Is(err, io.EOF):
		return f.wrong(fmt.Errorf("%w: the file ends too early", ErrCorrupt))
	default:
		return err
	}
}

func (f *FileReader) header() error {
	var head [len(magic) + 4]byte
	if err := f.read(func(s *skim) { copy(head[:], s.take(len(head))) }); err != nil {
		return err
	}
	f.at -= len(head)
	version, err := strconv.Atoi(string(head[len(magic):]))
	switch {
	case string(head[:len(magic)]) != magic:
		return f.wrong(fmt.Errorf("%w: it does not begin with %s", ErrCorrupt, magic))
	case err != nil || version < 1:
		return f.wrong(fmt.Errorf("%w: version %q", ErrCorrupt, head[len(magic):]))
	case version > VersionMax:
		return f.wrong(fmt.Errorf("%w: version %d of the format; up to %d, of Redis 7.4, can be read", ErrUnsupported, version, VersionMax))
	}
	f.at += len(head)
	f.Version, f.began = version, true
	return nil
}

// part goes through the next part of the file and says whether it was a key, which r then has.
func (f *FileReader) part(r *Record) (key bool, err error) {
	for f.at == len(f.buf) {
		if err := f.more(); err != nil {
			return false, err
		}
	}
	op := f.buf[f.at]
	switch op {
	case opEOF:
		return false, f.end()
	case opAux:
		return false, f.aux()
	case opSelect:
		n, err := f.numbers(1)
		f.db = int(n[0])
		if err == nil && n[0] > 1<<31-1 {
			err = f.wrong(fmt.Errorf("%w: database %d", ErrCorrupt, n[0]))
		}
		return false, err
	case opResize:
		n, err := f.numbers(2)
		f.Keys += int64(n[0])
		return false, err
	case opFunction:
		f.Libraries++
		return false, f.read(func(s *skim) { s.skip(1); s.string() })
	case opSlot:
		return false, f.read(func(s *skim) { s.skip(1); s.plain(); s.plain(); s.plain() })
	case opFunctionOld:
		return false, f.wrong(fmt.Errorf("%w: functions in the form of a Redis 7.0 before its release", ErrUnsupported))
	case opModuleAux:
		f.Modules++
		return false, f.read(func(s *skim) { s.skip(1); s.plain(); s.plain(); s.plain(); s.module() })
	}
	if r.Offset == 0 {
		r.Offset = f.Offset()
	}
	return f.key(op, r)
}

// numbers reads the lengths behind an opcode.
func (f *FileReader) numbers(count int) (n [2]uint64, err error) {
	err = f.read(func(s *skim) {
		s.skip(1)
		for i := range count {
			n[i] = s.plain()
		}
	})
	return n, err
}

// key goes through what stands before a key, or the key.
func (f *FileReader) key(op byte, r *Record) (bool, error) {
	var from, name, at int
	err := f.read(func(s *skim) {
		s.skip(1)
		switch op {
		case opExpireMs:
			r.ExpireAt = int64(binary.LittleEndian.Uint64(s.take(8)))
		case opExpire:
			r.ExpireAt = int64(int32(binary.LittleEndian.Uint32(s.take(4)))) * 1000
		case opIdle:
			r.Idle = int64(s.plain())
		case opFreq:
			r.Freq = int(s.byte())
		default:
			from = s.at
			s.string()
			name = s.at
			s.value(op)
			at = s.at
		}
	})
	if err != nil || at == 0 {
		return false, err
	}
	b := f.buf[f.at-at : f.at]
	r.DB, r.Type, r.Value = f.db, op, b[name:]
	k := &Reader{b: b[from:name]}
	if r.Key, err = k.view(); err != nil {
		return false, &FileError{Offset: r.Offset, Err: err}
	}
	return true, nil
}

func (f *FileReader) aux() error {
	var b []byte
	err := f.read(func(s *skim) {
		s.skip(1)
		s.string()
		s.string()
		b = s.b[:s.at]
	})
	if err != nil || len(f.Facts) >= factsMax {
		return err
	}
	r := &Reader{b: b[1:]}
	name, err := r.String()
	value, err2 := r.String()
	if err = errors.Join(err, err2); err != nil {
		return f.wrong(err)
	}
	f.Facts[string(name)] = string(value)
	return nil
}

// end checks the checksum.
func (f *FileReader) end() error {
	var sum uint64
	err := f.read(func(s *skim) { s.skip(1) })
	if err == nil && f.Version >= 5 { // older ones have none
		want := CRC(f.crc, f.buf[:f.at])
		if err = f.read(func(s *skim) { sum = binary.LittleEndian.Uint64(s.take(8)) }); err != nil {
			return err
		}
		if sum != 0 && sum != want && !f.SkipChecksum {
			f.at -= 9
			return f.wrong(fmt.Errorf("%w: the checksum is wrong (%016x, should be %016x)", ErrCorrupt, sum, want))
		}
	}
	if err != nil {
		return err
	}
	f.done = true
	return io.EOF
}
