package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"redline/vfs"
)

// Version is the version of the format that is written, in every segment's header. Older ones are read.
const Version = 1

// segmentHeader is the size of a segment's header in bytes:
//
//	 0  8  magic "RLWAL\r\n\x1a"
//	 8  4  version
//	12  4  flags: 1 starts a history, 2 needs no base, 4 waits for its base
//	16  8  random ID
//	24  8  sequence number of the first record
//	32  8  time of making, unix milliseconds
//	40 20  zero
//	60  4  CRC32C of the first 60 bytes
const segmentHeader = 64

const magic = "RLWAL\r\n\x1a"

// Flag says where a segment stands in the history.
type Flag uint32

// The flags of a segment. One that starts a history does not continue the one before it: its records apply to a base with
// the sequence number before its first, or, with NoBase, to an empty keyspace. Pending segments were made before that base
// was complete: if it is not there, the history never came into force. The next one after that is no longer pending.
const (
	Start   Flag = 1
	NoBase  Flag = 2
	Pending Flag = 4
)

// Header is what a segment says of itself.
type Header struct {
	Version uint32
	Flags   Flag
	ID      uint64
	First   uint64
	MadeMs  int64
}

func (h *Header) append(dst []byte) []byte {
	from := len(dst)
	dst = append(dst, make([]byte, segmentHeader)...)
	b := dst[from:]
	copy(b, magic)
	binary.LittleEndian.PutUint32(b[8:], h.Version)
	binary.LittleEndian.PutUint32(b[12:], uint32(h.Flags))
	binary.LittleEndian.PutUint64(b[16:], h.ID)
	binary.LittleEndian.PutUint64(b[24:], h.First)
	binary.LittleEndian.PutUint64(b[32:], uint64(h.MadeMs))
	binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	return dst
}

// parseHeader reads a header. The error says what is wrong with it.
func parseHeader(b []byte) (h Header, err error) {
	switch {
	case len(b) < segmentHeader:
		return h, fmt.Errorf("the file is shorter than a header")
	case string(b[:8]) != magic:
		return h, fmt.Errorf("it does not begin as a log segment does")
	case crc32.Checksum(b[:60], castagnoli) != binary.LittleEndian.Uint32(b[60:]):
		return h, fmt.Errorf("the header's checksum is wrong")
	}
	h = Header{Version: binary.LittleEndian.Uint32(b[8:]), Flags: Flag(binary.LittleEndian.Uint32(b[12:])),
		ID: binary.LittleEndian.Uint64(b[16:]), First: binary.LittleEndian.Uint64(b[24:]), MadeMs: int64(binary.LittleEndian.Uint64(b[32:]))}
	if h.Version == 0 || h.Version > Version {
		return h, fmt.Errorf("it has version %d of the format, and this program knows versions up to %d", h.Version, Version)
	}
	return h, nil
}

// The names of files in the log's directory.
const (
	segmentPrefix = "log-"
	segmentSuffix = ".wal"
	spareName     = "spare.tmp" // a segment that is being prepared
	nextName      = "next.tmp"  // a segment that is about to get its name
)

// SegmentName returns the file name of the segment that begins with a record.
func SegmentName(first uint64) string {
	return fmt.Sprintf("%s%020d%s", segmentPrefix, first, segmentSuffix)
}

// ParseName returns the first record of the segment with a file name; ok is false for other files.
func ParseName(name string) (first uint64, ok bool) {
	digits, ok := strings.CutPrefix(name, segmentPrefix)
	if !ok {
		return 0, false
	}
	if digits, ok = strings.CutSuffix(digits, segmentSuffix); !ok || len(digits) != 20 {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil
}

// Segment is one file of a log.
type Segment struct {
	Path   string
	Size   int64 // of the file, in bytes
	Header Header
}

// List returns the segments of a directory in order. A file with the name of a segment that is none is a Corruption.
func List(fs vfs.FS, dir string) ([]Segment, error) {
	names, err := fs.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []Segment
	for _, name := range names {
		first, ok := ParseName(name)
		if !ok {
			continue
		}
		s, err := open(fs, filepath.Join(dir, name), first)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Segment) int {
		if a.Header.First < b.Header.First {
			return -1
		}
		return 1
	})
	return list, nil
}

func open(fs vfs.FS, path string, first uint64) (Segment, error) {
	f, err := fs.Open(path)
	if err != nil {
		return Segment{}, err
	}
	defer f.Close()
	s := Segment{Path: path}
	if s.Size, err = f.Size(); err != nil {
		return s, err
	}
	b := make([]byte, min(segmentHeader, s.Size))
	if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
		return s, err
	}
	if s.Header, err = parseHeader(b); err != nil {
		return s, &Corruption{Path: path, Offset: 0, Reason: err.Error()}
	}
	if s.Header.First != first {
		return s, &Corruption{Path: path, Offset: 24, Reason: fmt.Sprintf("the header says that it begins with record %d", s.Header.First)}
	}
	return s, nil
}

// Corruption is damage to a file that no crash leaves behind.
type Corruption struct {
	Path   string
	Offset int64 // in the file, in bytes
	Reason string
}

// Error implements error.
func (c *Corruption) Error() string {
	return fmt.Sprintf("%s is damaged at offset %d: %s; look at it with 'redline check %s'", c.Path, c.Offset, c.Reason, c.Path)
}
