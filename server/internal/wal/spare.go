package wal

import (
	"path/filepath"
	"slices"

	"redline/vfs"
)

// States of the spare file: there is none and none is asked for; one is asked for; it is there, blank; it is there,
// and held a segment before; a segment is being made the spare one.
const (
	spareNone int32 = iota
	spareWanted
	spareBlank
	spareUsed
	spareBusy
)

// ready says whether there is a spare file.
func (l *Log) ready() bool {
	state := l.spareState.Load()
	return state == spareBlank || state == spareUsed
}

// takeSpare gives the spare file the name next and opens it. It returns no file if there is none.
func (l *Log) takeSpare(next string) (f vfs.File, room int64, used bool) {
	state := l.spareState.Load()
	if !l.ready() {
		return nil, 0, false
	}
	l.spareState.Store(spareNone)
	if err := l.o.FS.Rename(l.path(spareName), next); err != nil {
		return nil, 0, false
	}
	f, err := l.o.FS.OpenRW(next)
	if err != nil {
		return nil, 0, false
	}
	if room, err = f.Size(); err != nil {
		_ = f.Close()
		return nil, 0, false
	}
	return f, room, state == spareUsed
}

// wantSpare asks for a spare file when the segment is half full. Called with mu held.
func (l *Log) wantSpare() {
	if l.seg.off > l.seg.room/2 && l.spareState.CompareAndSwap(spareNone, spareWanted) {
		l.wake()
	}
}

// prepare makes the spare file if one is asked for: the current segment is half full.
func (l *Log) prepare() {
	if l.spareState.Load() != spareWanted {
		return
	}
	l.ioMu.Lock()
	room := l.seg.room
	l.ioMu.Unlock()
	size := min(max(room, firstBytes)*growth, l.o.SegmentBytes)
	path := l.path(spareName)
	f, err := l.o.FS.Create(path)
	if err == nil {
		err = l.blank(f, size, func() error {
			select {
			case <-l.stop:
				return ErrClosed
			default:
				return f.Sync() // in steps, so that the log's own syncs never wait for all of it
			}
		})
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil { // a full disk: the leader will meet it and say so, if it is still full then
		_ = l.o.FS.Remove(path)
		l.spareState.CompareAndSwap(spareWanted, spareNone)
		return
	}
	if !l.spareState.CompareAndSwap(spareWanted, spareBlank) {
		_ = l.o.FS.Remove(path)
	}
}

// Drop removes the segments that hold no record after seq, which a base covers. One of full size becomes the spare file.
func (l *Log) Drop(seq uint64) error {
	names, err := l.o.FS.ReadDir(l.o.Dir)
	if err != nil {
		return err
	}
	var firsts []uint64
	for _, name := range names {
		if first, ok := ParseName(name); ok {
			firsts = append(firsts, first)
		}
	}
	slices.Sort(firsts)
	l.ioMu.Lock()
	current := l.list[len(l.list)-1].first
	l.ioMu.Unlock()
	for i := 0; i+1 < len(firsts) && firsts[i+1] <= seq+1 && firsts[i] < current; i++ {
		if err := l.discard(l.path(SegmentName(firsts[i]))); err != nil {
			return err
		}
	}
	l.ioMu.Lock()
	l.list = slices.DeleteFunc(l.list, func(m made) bool {
		_, err := l.o.FS.Stat(m.path)
		return err != nil && m.first != current
	})
	l.ioMu.Unlock()
	return l.o.FS.SyncDir(l.o.Dir)
}

// discard removes a segment's file or makes it the spare one. The directory is synced before the spare can be used: were
// the file found under its old name after a crash, it would hold another segment.
func (l *Log) discard(path string) error {
	size, err := l.o.FS.Stat(path)
	if err != nil {
		return err
	}
	if size < l.o.SegmentBytes || size > 2*l.o.SegmentBytes || !l.spareState.CompareAndSwap(spareNone, spareBusy) {
		return l.o.FS.Remove(path)
	}
	err = l.o.FS.Rename(path, filepath.Join(l.o.Dir, spareName))
	if err == nil {
		err = l.o.FS.SyncDir(l.o.Dir)
	}
	if err != nil {
		l.spareState.Store(spareNone)
		return err
	}
	l.spareState.Store(spareUsed)
	return nil
}

// Stats are figures of a Log.
type Stats struct {
	Bytes    int64 // of all records since it was opened
	Buffered int64 // bytes that are not in the file yet
	Unsynced uint64
	Syncs    int64
	Late     int64 // syncs that took more than a second
	Syncing  bool
}

// Stats returns the log's figures.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	n, bytes := len(l.buf)+len(l.stuck), l.bytes
	l.mu.Unlock()
	return Stats{Bytes: bytes, Buffered: int64(n), Unsynced: l.Appended() - l.synced.Load(), Syncs: l.syncs.Load(),
		Late: l.late.Load(), Syncing: l.syncing.Load()}
}
