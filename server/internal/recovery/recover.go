package recovery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"redline/server/internal/wal"
	"redline/vfs"
)

const (
	basePrefix = "base-"
	baseSuffix = ".rdb"
)

// BaseName returns the file name of the base with the data after a record.
func BaseName(seq uint64) string { return fmt.Sprintf("%s%020d%s", basePrefix, seq, baseSuffix) }

// Bases returns the numbers of the bases in a directory, newest first. There are none in one that does not exist.
func Bases(fsys vfs.FS, dir string) ([]uint64, error) {
	names, err := fsys.ReadDir(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return nil, err
	}
	var list []uint64
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, basePrefix)
		if !ok {
			continue
		}
		if digits, ok = strings.CutSuffix(digits, baseSuffix); !ok || len(digits) != 20 {
			continue
		}
		if n, err := strconv.ParseUint(digits, 10, 64); err == nil {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	slices.Reverse(list)
	return list, nil
}

// Options say where from and how.
type Options struct {
	Context context.Context // ends it early
	FS      vfs.FS
	Dir     string
	Replay  *Replayer
	// LoadBase loads an RDB file into the empty keyspace, keys that have expired included: the log may go on with them.
	LoadBase func(path string) error
	// Clear empties the keyspace, after a base turned out to be damaged halfway.
	Clear func()
	// KeepTail has a torn tail refused rather than cut off: aof-load-truncated no.
	KeepTail bool
	// Progress is told how many bytes of the log have been replayed; nil: nobody is.
	Progress func(bytes int64)
}

// Result is what was recovered.
type Result struct {
	HasBase  bool
	Base     uint64  // the base's number
	Damaged  []error // of newer bases that could not be used
	End      wal.End
	Records  int64
	LogBytes int64 // of the records, about
}

// Empty says whether there was neither base nor log.
func (r *Result) Empty() bool { return !r.HasBase && len(r.End.Used) == 0 }

// Next returns the number of the record with which a new history may begin: above any that was ever written.
func (r *Result) Next() uint64 {
	next := r.End.Last + 1
	for _, s := range r.End.Dropped {
		next = max(next, s.Header.First+1)
	}
	return next
}

// Recover brings the data back into an empty keyspace.
func Recover(o Options) (Result, error) {
	var res Result
	bases, err := Bases(o.FS, o.Dir)
	if err != nil {
		return res, err
	}
	for _, seq := range bases {
		path := filepath.Join(o.Dir, BaseName(seq))
		if err := o.LoadBase(path); err != nil {
			res.Damaged = append(res.Damaged, fmt.Errorf("%s: %w", path, err))
			o.Clear()
			continue
		}
		res.HasBase, res.Base = true, seq
		break
	}
	size := int64(0)
	res.End, err = wal.Read(o.FS, o.Dir, res.Base, res.HasBase, func(rec *wal.Record) error {
		res.Records++
		for i := range rec.Effects {
			size += int64(len(rec.Effects[i].RESP))
		}
		if res.Records%1024 == 0 {
			if o.Progress != nil {
				o.Progress(size)
			}
			if err := o.Context.Err(); err != nil {
				return err
			}
		}
		return o.Replay.Record(rec)
	})
	res.LogBytes = size
	if err == nil && len(res.Damaged) > 0 && len(res.End.Used) == 0 && !res.HasBase {
		err = errors.New("no base is whole")
	}
	if err != nil {
		if len(res.Damaged) > 0 {
			err = errors.Join(append(res.Damaged, err)...)
		}
		return res, err
	}
	if t := res.End.Tail; t != nil && o.KeepTail {
		return res, fmt.Errorf("%s ends in a torn record at offset %d: set 'aof-load-truncated yes' to have it cut off", t.Path, t.Offset)
	}
	return res, nil
}
