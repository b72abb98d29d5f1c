package wal

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"redline/vfs"
)

// current is the segment that is being written.
type current struct {
	file vfs.File // changed with ioMu held by the leader
	room int64    // preallocated size in bytes; only the leader looks at it
	used bool     // the file held another segment before
	// off is where the next frame goes and safe where the part that is on disk ends. Both change with mu held.
	off, safe int64
}

// made is a segment of this log.
type made struct {
	path  string
	first uint64
	room  int64
	flags Flag
}

const (
	// segmentBytes is the size of a full segment: large enough that making one is rare, small enough that what a snapshot
	// leaves to be dropped is found in whole files.
	segmentBytes = 64 << 20
	// firstBytes is the size of the first segment: most logs are small, and a start should not wait for the disk. Each one
	// has four times the room of the one before until they are full-sized.
	firstBytes = 1 << 20
	growth     = 4
	// chunk is how much is zeroed at once.
	chunk = 1 << 20
)

// first makes the first segment. The log is not shared yet.
func (l *Log) first() error {
	if err := l.clean(); err != nil {
		return err
	}
	if err := l.secure(); err != nil {
		return err
	}
	s, file, err := l.make(l.o.Next, l.o.Flags, min(firstBytes, l.o.SegmentBytes), nil)
	if err != nil {
		return err
	}
	l.install(s, file)
	return nil
}

// clean removes what an earlier process left half made.
func (l *Log) clean() error {
	names, err := l.o.FS.ReadDir(l.o.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == spareName || name == nextName {
			if err := l.o.FS.Remove(l.path(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *Log) path(name string) string { return filepath.Join(l.o.Dir, name) }

// segmentFile is a segment's file that has its name, with what is in it.
type segmentFile struct {
	made
	id     uint64
	length int64 // of header and frames
	used   bool
}

// make makes a segment that holds frames, and puts it on disk under its name. Its file is the spare one, if there is one,
// or a new one of size bytes.
func (l *Log) make(first uint64, flags Flag, size int64, frames []byte) (s segmentFile, file vfs.File, err error) {
	next := l.path(nextName)
	s = segmentFile{made: made{path: l.path(SegmentName(first)), first: first, flags: flags}, id: rand.Uint64()}
	if file, s.room, s.used = l.takeSpare(next); file == nil {
		if file, err = l.o.FS.Create(next); err != nil {
			return s, nil, err
		}
		s.room = size
		err = l.blank(file, size, nil)
	}
	if flags &^= Pending; l.pending.Load() {
		flags |= Pending
	}
	h := Header{Version: Version, Flags: flags, ID: s.id, First: first, MadeMs: l.o.Clock().UnixMilli()}
	resign(frames, seedOf(s.id))
	data := append(h.append(make([]byte, 0, segmentHeader+len(frames)+frameHeader)), frames...)
	s.length = int64(len(data))
	data = append(data, zeros[:frameHeader]...)
	if err == nil {
		_, err = file.WriteAt(data, 0)
	}
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = l.o.FS.Rename(next, s.path)
	}
	if err == nil {
		err = l.o.FS.SyncDir(l.o.Dir)
	}
	if err != nil {
		_ = file.Close() // the first error is the one to tell
		return s, nil, err
	}
	return s, file, nil
}

// install makes a segment the current one. Called by the leader with mu and ioMu held, or before there are others.
func (l *Log) install(s segmentFile, file vfs.File) {
	l.seg = current{file: file, room: s.room, used: s.used, off: s.length, safe: s.length}
	l.seed = seedOf(s.id)
	resign(l.buf, l.seed)
	if n := len(l.list); n > 0 && l.list[n-1].first == s.first { // in place of one of which nothing was on disk
		l.list = l.list[:n-1]
	}
	l.list = append(l.list, s.made)
}

// blank gives an empty file its size: of zeros that are on disk if each reply waits for a sync, and of a hole if syncs are
// rare, as then zeros are most of what the log costs. After a change of the policy the segments that there are stay as they
// are. each is called now and then while zeros are written.
func (l *Log) blank(f vfs.File, size int64, each func() error) error {
	if !l.always.Load() {
		return f.Truncate(size)
	}
	return zero(f, size, each)
}

// zero writes zeros over a file, so that later writes find their blocks allocated and need no change of the file's
// description: a sync then is one write to the disk instead of two. Measured on ext4: 0.20 ms against 0.40 ms.
func zero(f vfs.File, size int64, each func() error) error {
	b := make([]byte, min(chunk, size))
	for off := int64(0); off < size; off += int64(len(b)) {
		if n, err := f.WriteAt(b[:min(int64(len(b)), size-off)], off); err != nil {
			return fmt.Errorf("after %d bytes: %w", off+int64(n), err)
		}
		if each != nil {
			if err := each(); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes a batch whose last record is last; only the leader calls it. If it fails the batch is kept.
func (l *Log) write(batch []byte, last uint64) error {
	if len(batch) == 0 {
		return nil
	}
	if l.cut.Load() && l.ready() || l.seg.off > segmentHeader && l.seg.off+int64(len(batch)) > l.seg.room {
		if err := l.rotate(batch); err != nil {
			l.keep(batch)
			return err
		}
	}
	n := int64(len(batch))
	out := batch
	if l.seg.used { // the next header must not be one of before
		out = append(batch, zeros[:frameHeader]...)
	}
	if _, err := l.seg.file.WriteAt(out, l.seg.off); err != nil {
		l.keep(batch)
		return err
	}
	l.mu.Lock()
	l.seg.off += n
	l.written.Store(last)
	l.wantSpare()
	l.mu.Unlock()
	return nil
}

// keep holds a batch that could not be written until the log works again.
func (l *Log) keep(batch []byte) {
	l.mu.Lock()
	l.stuck = append(l.stuck, batch...)
	l.mu.Unlock()
}

// rotate puts what is written on disk and begins a new segment. batch has been taken from the buffer and gets the new
// segment's checksums. Only the leader calls it.
func (l *Log) rotate(batch []byte) error {
	if err := l.sync(); err != nil {
		return err
	}
	l.cut.Store(false)
	first := l.written.Load() + 1
	s, file, err := l.make(first, l.flagsFor(first), l.nextRoom(), nil)
	if err != nil {
		l.cut.Store(true)
		return err
	}
	l.ioMu.Lock()
	l.mu.Lock()
	old := l.seg
	l.install(s, file)
	resign(batch, l.seed)
	l.mu.Unlock()
	l.ioMu.Unlock()
	_ = old.file.Close() // all of it is on disk
	return nil
}

// flagsFor returns the flags of a segment that begins with a record: none, unless it takes the place of a segment without
// records.
func (l *Log) flagsFor(first uint64) Flag {
	if n := len(l.list); n > 0 && l.list[n-1].first == first {
		return l.list[n-1].flags
	}
	return 0
}

// nextRoom is the size of a segment that is made while replies wait for it: when the background was not fast enough.
func (l *Log) nextRoom() int64 { return min(firstBytes, l.o.SegmentBytes) }

// sync puts what is written on disk.
func (l *Log) sync() error {
	l.ioMu.Lock()
	l.mu.Lock()
	upTo, off, err := l.written.Load(), l.seg.off, l.err
	done := l.synced.Load() >= upTo
	l.mu.Unlock()
	if err != nil || done { // after a failure a sync would succeed without what was lost
		l.ioMu.Unlock()
		return err
	}
	began := time.Now()
	err = l.seg.file.Sync()
	l.syncs.Add(1)
	if time.Since(began) > time.Second {
		l.late.Add(1)
	}
	if err == nil {
		l.mu.Lock()
		l.synced.Store(upTo)
		l.seg.safe = off
		l.mu.Unlock()
	}
	l.ioMu.Unlock()
	if err == nil && l.o.Synced != nil {
		l.o.Synced(upTo)
	}
	return err
}

// Close writes and syncs what there is, marks the end of the log as one that was reached in order, and closes it. A
// Commit afterwards is lost.
func (l *Log) Close() error {
	close(l.stop)
	<-l.ended
	l.mu.Lock()
	for l.leading { // sessions have ended; only a straggler may be at it
		w := l.pool.Get().(*waiter)
		w.seq = l.Appended()
		l.waiters = append(l.waiters, w)
		l.mu.Unlock()
		<-w.ch
		l.pool.Put(w)
		l.mu.Lock()
	}
	l.closed = true
	l.leading = true
	batch, last, err := l.buf, l.appended.Load(), l.err
	l.buf = nil
	l.mu.Unlock()
	if err == nil {
		err = l.write(batch, last)
	}
	if err == nil {
		err = l.sync()
	}
	if err == nil {
		err = l.seal(last)
	}
	l.mu.Lock()
	if cerr := l.seg.file.Close(); err == nil {
		err = cerr
	}
	l.note(ErrClosed)
	l.leading = false
	l.wakeWaiters()
	l.mu.Unlock()
	return err
}

func (l *Log) seal(last uint64) error {
	b := appendSeal(nil, l.seed, last, l.o.Clock().UnixMilli())
	if l.seg.used {
		b = append(b, zeros[:frameHeader]...)
	}
	if _, err := l.seg.file.WriteAt(b, l.seg.off); err != nil {
		return err
	}
	return l.seg.file.Sync()
}

// unsafe reads the frames back that are in the file and perhaps not on disk, and checks that they are what was written.
func (l *Log) unsafe() ([]byte, error) {
	b := make([]byte, l.seg.off-l.seg.safe)
	if _, err := l.seg.file.ReadAt(b, l.seg.safe); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	seq := l.synced.Load()
	for rest := b; len(rest) > 0; {
		f, ok := parseFrame(rest, l.seed)
		if !ok || f.seq != seq+1 {
			return nil, fmt.Errorf("%w: record %d", ErrLost, seq+1)
		}
		seq++
		rest = rest[f.size():]
	}
	if seq != l.written.Load() {
		return nil, fmt.Errorf("%w: record %d", ErrLost, seq+1)
	}
	return b, nil
}

// lastOf returns the number of the last frame of a buffer, or before if there is none.
func lastOf(frames []byte, before uint64) uint64 {
	for len(frames) > 0 {
		before = binary.LittleEndian.Uint64(frames[8:])
		frames = frames[frameHeader+bodyLen(frames):]
	}
	return before
}
