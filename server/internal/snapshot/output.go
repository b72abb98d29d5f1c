package snapshot

import (
	"path/filepath"

	"redline/server/internal/rdb"
	"redline/server/internal/yield"
	"redline/vfs"
)

const (
	// flushBytes is how much is written to the file at once.
	flushBytes = 256 << 10
	// syncBytes is how much is written between two syncs, so that the last one is short and the disk is not taken from a
	// log beside it for long: as rdb-save-incremental-fsync in Redis, which has 4 MB.
	syncBytes = 16 << 20
)

// output is the file that is being written.
type output struct {
	fs     vfs.FS
	path   string // the name it will have
	tmp    string // the name it has until it is whole
	f      vfs.File
	w      rdb.Writer // what goes into the file next
	sum    bool
	crc    uint64
	size   int64 // written and in w
	synced int64
}

func create(fs vfs.FS, path string, sum bool) (*output, error) {
	tmp := path + ".tmp"
	f, err := fs.Create(tmp)
	if err != nil {
		return nil, err
	}
	return &output{fs: fs, path: path, tmp: tmp, f: f, w: rdb.Writer{Compress: true, Relax: yield.Processor}, sum: sum}, nil
}

// add appends what was staged, compressing it on the way.
func (o *output) add(staged *rdb.Writer) error {
	o.w.Pack(staged)
	if len(o.w.Buf) >= flushBytes {
		return o.flush()
	}
	return nil
}

func (o *output) flush() error {
	if o.sum {
		o.crc = rdb.CRC(o.crc, o.w.Buf)
	}
	n, err := o.f.Write(o.w.Buf)
	o.size += int64(n)
	o.w.Buf = o.w.Buf[:0]
	if cap(o.w.Buf) > keptMax {
		o.w.Buf = nil
	}
	if err == nil && o.size-o.synced >= syncBytes {
		o.synced = o.size
		err = o.f.Sync()
	}
	return err
}

// finish ends the file, puts it on disk and gives it its name.
func (o *output) finish() error {
	o.w.Buf = append(o.w.Buf, rdb.EndMark)
	err := o.flush()
	if err == nil {
		o.w.End(o.crc)
		o.sum = false
		err = o.flush()
	}
	if err == nil {
		err = o.f.Sync()
	}
	if err != nil {
		o.abandon()
		return err
	}
	o.w.Release()
	if err = o.f.Close(); err == nil {
		err = o.fs.Rename(o.tmp, o.path)
	}
	if err != nil {
		_ = o.fs.Remove(o.tmp) // the first error is the one to tell
		return err
	}
	return o.fs.SyncDir(filepath.Dir(o.path))
}

// abandon gives the file up.
func (o *output) abandon() {
	o.w.Release()
	_ = o.f.Close()
	_ = o.fs.Remove(o.tmp)
}
