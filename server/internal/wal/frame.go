package wal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
)

// Effect is one deterministic command that repeats a change, in RESP, and the database that it acts on.
type Effect struct {
	DB   int
	RESP []byte
}

// Kind is what a frame holds.
type Kind uint8

// The kinds of frames. A seal is the last frame of a log that was closed in order: all before it is on disk.
const (
	KindEffects Kind = 1
	KindSeal    Kind = 2
)

// frameHeader is the size of a frame's header in bytes:
//
//	 0  4  checksum: CRC32C of the segment's ID (8 bytes) and of everything from offset 4 to the end of the body
//	 4  4  length of the body in bytes, its low 32 bits
//	 8  8  sequence number
//	16  8  time of the call, unix milliseconds
//	24  4  lag: sequence number less that of the last record on disk when this one was made, at most 2^32-1
//	28  1  kind
//	29  1  zero
//	30  2  length of the body, its high 16 bits
//
// All numbers are little endian. The body of effects is, for each: uvarint database, uvarint length, RESP.
const frameHeader = 32

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seedOf is the state of a frame's checksum after the segment's ID.
func seedOf(id uint64) uint32 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], id)
	return crc32.Update(0, castagnoli, b[:])
}

// sign fills in the checksum of a complete frame.
func sign(frame []byte, seed uint32) {
	binary.LittleEndian.PutUint32(frame, crc32.Update(seed, castagnoli, frame[4:]))
}

// resign gives all frames of a buffer the checksum of another segment.
func resign(frames []byte, seed uint32) {
	for len(frames) > 0 {
		n := frameHeader + bodyLen(frames)
		sign(frames[:n:n], seed)
		frames = frames[n:]
	}
}

// appendFrame appends a frame of effects.
func appendFrame(dst []byte, seed uint32, seq, durable uint64, nowMs int64, effects []Effect) []byte {
	from := len(dst)
	dst = append(dst, make([]byte, frameHeader)...)
	for i := range effects {
		e := &effects[i]
		dst = binary.AppendUvarint(dst, uint64(e.DB))
		dst = binary.AppendUvarint(dst, uint64(len(e.RESP)))
		dst = append(dst, e.RESP...)
	}
	fillHeader(dst[from:], seq, durable, nowMs, KindEffects)
	sign(dst[from:], seed)
	return dst
}

func appendSeal(dst []byte, seed uint32, seq uint64, nowMs int64) []byte {
	from := len(dst)
	dst = append(dst, make([]byte, frameHeader)...)
	fillHeader(dst[from:], seq, seq, nowMs, KindSeal)
	sign(dst[from:], seed)
	return dst
}

func fillHeader(f []byte, seq, durable uint64, nowMs int64, kind Kind) {
	n := len(f) - frameHeader
	binary.LittleEndian.PutUint32(f[4:], uint32(n))
	binary.LittleEndian.PutUint16(f[30:], uint16(n>>32))
	binary.LittleEndian.PutUint64(f[8:], seq)
	binary.LittleEndian.PutUint64(f[16:], uint64(nowMs))
	binary.LittleEndian.PutUint32(f[24:], uint32(min(seq-durable, math.MaxUint32)))
	f[28] = byte(kind)
}

// frame is a frame that was read. body is a view.
type frame struct {
	seq  uint64
	now  int64
	lag  uint32
	kind Kind
	body []byte
}

// size returns the length of the frame in the file.
func (f *frame) size() int { return frameHeader + len(f.body) }

// durable returns the last record that was on disk when this one was made.
func (f *frame) durable() uint64 { return f.seq - min(f.seq, uint64(f.lag)) }

// bodyLen returns the length of the body that a header announces.
func bodyLen(header []byte) int64 {
	return int64(binary.LittleEndian.Uint32(header[4:])) | int64(binary.LittleEndian.Uint16(header[30:]))<<32
}

// parseFrame reads the frame at the start of b, which may go on behind it. ok is false if there is no valid one.
func parseFrame(b []byte, seed uint32) (f frame, ok bool) {
	if len(b) < frameHeader || b[28] != byte(KindEffects) && b[28] != byte(KindSeal) || b[29] != 0 {
		return f, false
	}
	n := bodyLen(b)
	if n > int64(len(b)-frameHeader) || (n == 0) != (b[28] == byte(KindSeal)) {
		return f, false
	}
	b = b[:frameHeader+n]
	if crc32.Update(seed, castagnoli, b[4:]) != binary.LittleEndian.Uint32(b) {
		return f, false
	}
	return frame{
		seq: binary.LittleEndian.Uint64(b[8:]), now: int64(binary.LittleEndian.Uint64(b[16:])),
		lag: binary.LittleEndian.Uint32(b[24:]), kind: Kind(b[28]), body: b[frameHeader:],
	}, true
}

var errBody = errors.New("the record's effects do not fill it exactly")

// effectsOf appends the effects of a body to dst; they are views of it.
func effectsOf(dst []Effect, body []byte) ([]Effect, error) {
	for len(body) > 0 {
		db, n := binary.Uvarint(body)
		if n <= 0 || db > math.MaxInt32 {
			return dst, errBody
		}
		body = body[n:]
		size, n := binary.Uvarint(body)
		if n <= 0 || size > uint64(len(body)-n) {
			return dst, errBody
		}
		dst = append(dst, Effect{int(db), body[n : n+int(size) : n+int(size)]})
		body = body[n+int(size):]
	}
	return dst, nil
}
