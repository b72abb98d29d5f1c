package inspect

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"redline/resp"
	"redline/server/internal/recovery"
	"redline/server/internal/wal"
)

// log checks Redline's log: its bases, newest first, then the records behind the newest one that is whole.
func (c *checker) log(dir string, bases []uint64) error {
	if bases == nil {
		var err error
		if bases, err = recovery.Bases(c.fs, dir); err != nil {
			return err
		}
	}
	base, hasBase := uint64(0), false
	for _, seq := range bases {
		if err := c.snapshot(filepath.Join(dir, recovery.BaseName(seq)), Base); err != nil {
			return err
		}
		if c.report.Files[len(c.report.Files)-1].Problem == nil && !hasBase {
			base, hasBase = seq, true
		}
	}
	return c.segments(dir, base, hasBase)
}

// segments checks the log behind a base.
func (c *checker) segments(dir string, base uint64, hasBase bool) error {
	records := map[string]int64{}
	parser := resp.NewParser(resp.Limits{MaxMultibulk: math.MaxInt32, MaxBulk: math.MaxInt64 / 2, MaxInline: 1 << 16})
	end, err := wal.Read(c.fs, dir, base, hasBase, func(rec *wal.Record) error {
		records[rec.Path]++
		for i, e := range rec.Effects {
			args, n, err := parser.Next(e.RESP)
			if err != nil || n != len(e.RESP) || len(args) == 0 {
				return &wal.Corruption{Path: rec.Path, Offset: rec.Offset, Reason: fmt.Sprintf("effect %d of record %d is no command", i+1, rec.Seq)}
			}
		}
		return nil
	})
	problems := map[string]*Problem{}
	var corrupt *wal.Corruption
	switch {
	case errors.As(err, &corrupt):
		problems[corrupt.Path] = &Problem{Offset: corrupt.Offset, Reason: corrupt.Reason}
	case errors.Is(err, wal.ErrNoBase) && len(end.Dropped) > 0:
		problems[end.Dropped[0].Path] = &Problem{Reason: err.Error()}
	case err != nil:
		return err
	case end.Tail != nil:
		problems[end.Tail.Path] = &Problem{Offset: end.Tail.Offset, Torn: true, Reason: torn(end.Tail)}
	}
	return c.addSegments(dir, end, records, problems)
}

func torn(t *wal.Tail) string {
	s := "a torn record, as a crash leaves it"
	if t.Records > 0 {
		s += fmt.Sprintf("; %d whole records behind it were never on disk together with it", t.Records)
	}
	return s
}

// addSegments notes all segments that there are, with what is known of each.
func (c *checker) addSegments(dir string, end wal.End, records map[string]int64, problems map[string]*Problem) error {
	names, err := c.fs.ReadDir(dir)
	if err != nil {
		return err
	}
	notes, versions := map[string]string{}, map[string]int{}
	for note, list := range map[string][]wal.Segment{
		"":                                    end.Used,
		"all its records are in the snapshot": end.Unused,
		"of a history that never came into force; not read": end.Dropped,
	} {
		for _, s := range list {
			notes[s.Path], versions[s.Path] = note, int(s.Header.Version)
		}
	}
	for _, name := range names {
		if _, ok := wal.ParseName(name); !ok {
			continue
		}
		path := filepath.Join(dir, name)
		size, err := c.fs.Stat(path)
		if err != nil {
			return err
		}
		f := File{Path: path, Kind: Log, Bytes: size, Version: versions[path], Records: records[path], Note: notes[path], Problem: problems[path]}
		if f.Problem != nil && !f.Problem.Torn {
			f.Note = ""
		}
		c.add(f)
	}
	return nil
}
