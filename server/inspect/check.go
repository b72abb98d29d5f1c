package inspect

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"redline/server/internal/aof"
	"redline/server/internal/recovery"
	"redline/server/internal/wal"
	"redline/vfs"
)

// ErrNothing is returned for a path at which there is no data.
var ErrNothing = errors.New("no data here: name a data directory, an append-only directory, or an .rdb, .wal, .aof or .manifest file")

// Check reads what there is at a path: a data directory, an append-only directory of Redline or Redis, an RDB file, or a
// file of commands. Of a segment of a log it checks the log that it belongs to. An error says that it cannot be done; what
// is wrong with the data is in the report.
func Check(fsys vfs.FS, path string) (*Report, error) {
	c := &checker{fs: fsys, report: &Report{Path: path}, values: newValues()}
	defer c.values.close()
	_, err := fsys.Stat(path)
	switch {
	case errors.Is(err, vfs.ErrIsDir):
		err = c.directory(path)
	case err == nil:
		err = c.file(path)
	}
	if err != nil {
		return nil, err
	}
	if len(c.report.Files) == 0 {
		return nil, fmt.Errorf("%s: %w", path, ErrNothing)
	}
	return c.report, nil
}

type checker struct {
	fs     vfs.FS
	report *Report
	values *values
}

// add notes a file, with what was found out about it.
func (c *checker) add(f File) { c.report.Files = append(c.report.Files, f) }

func (c *checker) file(path string) error {
	name := filepath.Base(path)
	_, segment := wal.ParseName(name)
	rdb, err := aof.HasRDB(c.fs, path)
	switch {
	case err != nil:
		return err
	case segment:
		return c.log(filepath.Dir(path), nil)
	case strings.HasSuffix(name, ".manifest"):
		return c.manifest(path)
	case strings.HasSuffix(name, ".aof"):
		return c.commands(aof.Single(path))
	case rdb || strings.HasSuffix(name, ".rdb"):
		return c.snapshot(path, Snapshot)
	}
	return nil
}

// appendOnly says whether names are those of an append-only directory: Redline's log, or Redis' manifest.
func appendOnly(names []string) (log, manifest bool) {
	for _, name := range names {
		_, segment := wal.ParseName(name)
		log = log || segment || isBase(name)
		manifest = manifest || strings.HasSuffix(name, ".manifest")
	}
	return log, manifest
}

func isBase(name string) bool {
	return strings.HasPrefix(name, "base-") && strings.HasSuffix(name, ".rdb")
}

// directory checks a data directory, or an append-only directory.
func (c *checker) directory(dir string) error {
	names, err := c.fs.ReadDir(dir)
	if err != nil {
		return err
	}
	if log, manifest := appendOnly(names); log || manifest {
		return c.appendDir(dir, names)
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		_, err := c.fs.Stat(path)
		switch {
		case errors.Is(err, vfs.ErrIsDir):
			below, err := c.fs.ReadDir(path)
			if err != nil {
				return err
			}
			err = c.appendDir(path, below)
			if err != nil {
				return err
			}
		case err != nil:
			return err
		case strings.HasSuffix(name, ".rdb"):
			err = c.snapshot(path, Snapshot)
		case strings.HasSuffix(name, ".aof"):
			err = c.commands(aof.Single(path))
		}
		if err != nil && !errors.Is(err, vfs.ErrIsDir) {
			return err
		}
	}
	return nil
}

// appendDir checks an append-only directory; of another it takes no notice.
func (c *checker) appendDir(dir string, names []string) error {
	log, manifest := appendOnly(names)
	switch {
	case log:
		bases, err := recovery.Bases(c.fs, dir)
		if err != nil {
			return err
		}
		if err := c.log(dir, bases); err != nil {
			return err
		}
		for _, name := range names {
			if strings.HasSuffix(name, ".tmp") {
				if err := c.other(filepath.Join(dir, name), "left over from a crash, or being written; not read"); err != nil {
					return err
				}
			}
		}
	case manifest:
		set, err := aof.FindSet(c.fs, dir)
		return c.set(set, err, dir)
	}
	return nil
}

func (c *checker) other(path, note string) error {
	size, err := c.fs.Stat(path)
	if err == nil {
		c.add(File{Path: path, Kind: Other, Bytes: size, Note: note})
	}
	return err
}

func (c *checker) manifest(path string) error {
	set, err := aof.ReadManifest(c.fs, path)
	return c.set(set, err, path)
}

// set checks the files of an AOF, or notes why they cannot be found.
func (c *checker) set(set aof.Set, err error, path string) error {
	var corrupt *aof.CorruptError
	switch {
	case errors.As(err, &corrupt):
		size, _ := c.fs.Stat(corrupt.File)
		c.add(File{Path: corrupt.File, Kind: Manifest, Bytes: size, Problem: &Problem{Offset: corrupt.Offset, Reason: corrupt.Why}})
		return nil
	case err != nil:
		c.add(File{Path: path, Kind: Manifest, Problem: &Problem{Reason: err.Error()}})
		return nil
	}
	size, err := c.fs.Stat(set.Manifest)
	if err != nil {
		return err
	}
	c.add(File{Path: set.Manifest, Kind: Manifest, Bytes: size})
	return c.commands(set)
}
