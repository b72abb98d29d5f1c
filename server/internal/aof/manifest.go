package aof

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"redline/resp"
	"redline/vfs"
)

// A Set is the files of one AOF, in the order in which they are read.
type Set struct {
	Manifest string   // empty for a single file
	Files    []string // paths
}

const manifestSuffix = ".manifest"

// ErrNoManifest is returned for a directory without a manifest.
var ErrNoManifest = errors.New("no *.manifest in it: this is no appendonlydir of Redis 7 or later")

// Single is the set of an AOF of Redis 6 and older.
func Single(file string) Set { return Set{Files: []string{file}} }

// FindSet reads the manifest in a directory, whatever appendfilename it is named after.
func FindSet(fsys vfs.FS, dir string) (Set, error) {
	names, err := fsys.ReadDir(dir)
	if err != nil {
		return Set{}, err
	}
	found := ""
	for _, name := range names {
		if !strings.HasSuffix(name, manifestSuffix) {
			continue
		}
		if found != "" {
			return Set{}, fmt.Errorf("%s: two manifests, %s and %s: give the path of the one that is meant", dir, found, name)
		}
		found = name
	}
	if found == "" {
		return Set{}, fmt.Errorf("%s: %w", dir, ErrNoManifest)
	}
	return ReadManifest(fsys, filepath.Join(dir, found))
}

// manifestMax bounds a manifest: a line a file, and there are only a few.
const manifestMax = 1 << 20

// ReadManifest reads a manifest. The files it names lie beside it.
func ReadManifest(fsys vfs.FS, name string) (Set, error) {
	size, err := fsys.Stat(name)
	if err != nil {
		return Set{}, err
	}
	if size > manifestMax {
		return Set{}, &CorruptError{name, manifestMax, "too long for a manifest"}
	}
	b, err := vfs.ReadFile(fsys, name)
	if err != nil {
		return Set{}, err
	}
	set, err := parseManifest(name, b)
	if err != nil {
		return Set{}, err
	}
	for i, f := range set.Files {
		set.Files[i] = filepath.Join(filepath.Dir(name), f)
		if _, err := fsys.Stat(set.Files[i]); err != nil {
			return Set{}, fmt.Errorf("%s names a file that cannot be read: %w", name, err)
		}
	}
	return set, nil
}

type manifestLine struct {
	file string
	seq  int64
	typ  byte
}

func parseManifest(name string, b []byte) (Set, error) {
	var lines []manifestLine
	offset := int64(0)
	for line := range strings.Lines(string(b)) {
		at := offset
		offset += int64(len(line))
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		l, why := parseManifestLine(line)
		if why != "" {
			return Set{}, &CorruptError{name, at, why}
		}
		if l.typ != 'h' {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return Set{}, &CorruptError{name, 0, "it names no file"}
	}
	return orderFiles(name, lines)
}

// orderFiles puts the base first and checks that the others ascend.
func orderFiles(name string, lines []manifestLine) (Set, error) {
	set := Set{Manifest: name}
	last := int64(-1)
	for _, l := range lines {
		if l.typ == 'b' {
			if set.Files != nil {
				return Set{}, &CorruptError{name, 0, "it names two bases"}
			}
			set.Files = append(set.Files, l.file)
		}
	}
	for _, l := range lines {
		if l.typ != 'i' {
			continue
		}
		if l.seq <= last {
			return Set{}, &CorruptError{name, 0, fmt.Sprintf("sequence %d comes after %d", l.seq, last)}
		}
		last = l.seq
		set.Files = append(set.Files, l.file)
	}
	return set, nil
}

// parseManifestLine returns why a line is wrong, or "".
func parseManifestLine(line string) (l manifestLine, why string) {
	words, err := splitLine(line)
	if err != nil || len(words) < 6 || len(words)%2 != 0 {
		return l, "not a line of a manifest"
	}
	for i := 0; i < len(words); i += 2 {
		key, value := words[i], words[i+1]
		switch strings.ToLower(key) {
		case "file":
			if value == "" || value != filepath.Base(value) || slices.Contains([]string{".", ".."}, value) {
				return l, "a file name that leads elsewhere"
			}
			l.file = value
		case "seq":
			if l.seq, err = strconv.ParseInt(value, 10, 64); err != nil || l.seq < 1 {
				return l, "a sequence that is no positive number"
			}
		case "type":
			if value != "b" && value != "i" && value != "h" {
				return l, "a type that is none of b, i, h"
			}
			l.typ = value[0]
		} // later versions may add keys
	}
	if l.file == "" || l.seq == 0 || l.typ == 0 {
		return l, "file, seq or type is missing"
	}
	return l, ""
}

// splitLine splits as Redis does, quotes included.
func splitLine(line string) ([]string, error) {
	if line[0] == '*' {
		return nil, ErrNoManifest // the parser would take it for a length
	}
	args, _, err := resp.NewParser(resp.DefaultLimits()).Next([]byte(line + "\n"))
	if err != nil {
		return nil, err
	}
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = string(a)
	}
	return words, nil
}
