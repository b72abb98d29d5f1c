package inspect

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"redline/server/internal/aof"
	"redline/server/internal/wal"
	"redline/vfs"
)

// A Source is where data is to be read from.
type Source struct {
	Kind  Kind     // Snapshot, AOF or Log
	Path  string   // of the RDB file, of the manifest or single file of Redis, or of the directory of Redline's log
	Aside []string // other data that lies beside it and is not read
}

// Find says what is to be read at a path: an RDB file, an append-only file or manifest of Redis, an append-only directory, or
// a data directory. In a data directory the log counts, as it is never behind the RDB file.
func Find(fsys vfs.FS, path string) (Source, error) {
	_, err := fsys.Stat(path)
	if err == nil {
		return findFile(fsys, path)
	}
	if !errors.Is(err, vfs.ErrIsDir) {
		return Source{}, err
	}
	names, err := fsys.ReadDir(path)
	if err != nil {
		return Source{}, err
	}
	if s, err := findAppendDir(fsys, path, names); err != nil || s.Kind != "" {
		return s, err
	}
	var logs, files, snapshots []Source
	for _, name := range names {
		below := filepath.Join(path, name)
		s := Source{}
		if _, err = fsys.Stat(below); errors.Is(err, vfs.ErrIsDir) {
			var list []string
			if list, err = fsys.ReadDir(below); err == nil {
				s, err = findAppendDir(fsys, below, list)
			}
		} else if err == nil && (strings.HasSuffix(name, ".aof") || strings.HasSuffix(name, ".rdb")) {
			s, err = findFile(fsys, below)
		}
		switch {
		case err != nil:
			return s, err
		case s.Kind == Snapshot:
			snapshots = append(snapshots, s)
		case s.Kind == AOF && strings.HasSuffix(name, ".aof"):
			files = append(files, s)
		case s.Kind != "":
			logs = append(logs, s)
		}
	}
	return choose(path, logs, files, snapshots)
}

// choose takes the one source of the best kind.
func choose(path string, kinds ...[]Source) (Source, error) {
	var chosen *Source
	for _, list := range kinds {
		if chosen != nil {
			for _, s := range list {
				chosen.Aside = append(chosen.Aside, s.Path)
			}
			continue
		}
		if len(list) > 1 {
			return Source{}, fmt.Errorf("%s: both %s and %s hold data: name the one that is meant", path, list[0].Path, list[1].Path)
		}
		if len(list) == 1 {
			chosen = &list[0]
		}
	}
	if chosen == nil {
		return Source{}, fmt.Errorf("%s: %w", path, ErrNothing)
	}
	return *chosen, nil
}

func findFile(fsys vfs.FS, path string) (Source, error) {
	name := filepath.Base(path)
	if strings.HasSuffix(name, ".manifest") || strings.HasSuffix(name, ".aof") {
		return Source{Kind: AOF, Path: path}, nil
	}
	if _, segment := wal.ParseName(name); segment {
		return Source{Kind: Log, Path: filepath.Dir(path)}, nil
	}
	rdb, err := aof.HasRDB(fsys, path)
	if err == nil && !rdb {
		err = fmt.Errorf("%s: %w", path, ErrNothing)
	}
	return Source{Kind: Snapshot, Path: path}, err
}

// findAppendDir finds the log in a directory: Redline's before Redis'. There need not be one.
func findAppendDir(fsys vfs.FS, dir string, names []string) (Source, error) {
	log, manifest := appendOnly(names)
	switch {
	case log:
		return Source{Kind: Log, Path: dir}, nil
	case manifest:
		set, err := aof.FindSet(fsys, dir)
		return Source{Kind: AOF, Path: set.Manifest}, err
	}
	return Source{}, nil
}
