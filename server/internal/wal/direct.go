package wal

import "encoding/binary"

// Where the file system allows it the segment is mapped into memory, and a record is stored into it by Commit itself: it is
// in the file then, safe from the end of the process, without a system call. So under the policies that sync in the
// background nobody leads a round and nobody waits, but when a segment is full. Syncing is the same either way.
//
// The room was zeroed before, so a store never needs a block from the disk. Measured at pipeline 1 and 50 connections: a
// write a request costs some 2 us, a third of the request.

// frameMax bounds the size of a frame of effects.
func frameMax(effects []Effect) int64 {
	n := int64(frameHeader)
	for i := range effects {
		n += 2*binary.MaxVarintLen64 + int64(len(effects[i].RESP))
	}
	return n
}

// direct says whether the next record can be stored into the file. Called with mu held.
func (l *Log) direct(effects []Effect) bool {
	return l.seg.maps != nil && !l.always.Load() && !l.writing && len(l.buf) == 0 && l.err == nil && !l.closed && !(l.cut.Load() && l.ready()) &&
		l.seg.off+frameMax(effects)+frameHeader <= int64(len(l.seg.maps.Bytes))
}

// store stores a record into the file. Called with mu held.
func (l *Log) store(seq uint64, nowMs int64, effects []Effect) {
	s := &l.seg
	mem := s.maps.Bytes
	n := int64(len(appendFrame(mem[s.off:s.off], l.seed, seq, l.synced.Load(), nowMs, effects)))
	if s.used {
		clear(mem[s.off+n : s.off+n+frameHeader])
	}
	s.off += n
	l.bytes += n
	l.written.Store(seq)
	l.wantSpare()
	if l.due() {
		l.wake()
	}
}

// drain stores what came while a leader wrote, so that the records after it need no leader. Called with mu held.
func (l *Log) drain() {
	s := &l.seg
	n := int64(len(l.buf))
	if s.maps == nil || l.always.Load() || n == 0 || l.err != nil || s.off+n+frameHeader > int64(len(s.maps.Bytes)) {
		return
	}
	mem := s.maps.Bytes
	copy(mem[s.off:], l.buf)
	if s.used {
		clear(mem[s.off+n : s.off+n+frameHeader])
	}
	s.off += n
	l.buf = l.buf[:0]
	l.written.Store(l.next - 1)
}

// wantSpare asks for a spare file when the segment is half full. Called with mu held.
func (l *Log) wantSpare() {
	if l.seg.off > l.seg.room/2 && l.spareState.Load() == spareNone && l.spareState.CompareAndSwap(spareNone, spareWanted) {
		l.wake()
	}
}

// close ends the use of a segment's file.
func (c *current) close() error {
	var err error
	if c.maps != nil {
		err = c.maps.Unmap()
	}
	if cerr := c.file.Close(); err == nil {
		err = cerr
	}
	return err
}
