package inspect

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"redline/vfs"
)

// copySuffix is what the name of a file is given before it is cut. No reader takes such a file for data.
const copySuffix = ".before-repair"

// A Cut is a torn tail that was cut off.
type Cut struct {
	Path   string `json:"path"`
	Offset int64  `json:"offset"` // the file ends here now
	Bytes  int64  `json:"bytes"`  // that were cut off
	Copy   string `json:"copy"`   // of the file as it was
}

// lockName is the file that a server locks in the directory of its log.
const lockName = "lock"

// Repair cuts off the torn tails in a report, after it has copied the files. It changes nothing if anything else is wrong,
// or while a server of Redline uses the directory.
func Repair(fsys vfs.FS, r *Report) ([]Cut, error) {
	for _, f := range r.Files {
		if f.Problem != nil && !f.Problem.Torn {
			return nil, fmt.Errorf("%s: offset %d: %s: that is damage, not a torn tail, and is left alone: restore the file from a copy",
				f.Path, f.Problem.Offset, f.Problem.Reason)
		}
	}
	var cuts []Cut
	for _, f := range r.Torn() {
		if f.Kind == Log {
			lock, err := fsys.Lock(filepath.Join(filepath.Dir(f.Path), lockName))
			if err != nil {
				return cuts, fmt.Errorf("a server uses %s, stop it first: %w", filepath.Dir(f.Path), err)
			}
			defer lock.Close()
		}
		c, err := cut(fsys, f)
		if err != nil {
			return cuts, err
		}
		cuts = append(cuts, c)
	}
	return cuts, nil
}

func cut(fsys vfs.FS, f File) (Cut, error) {
	c := Cut{Path: f.Path, Offset: f.Problem.Offset, Bytes: f.Bytes - f.Problem.Offset}
	var err error
	if c.Copy, err = copyAside(fsys, f.Path); err != nil {
		return c, err
	}
	file, err := fsys.OpenRW(f.Path)
	if err != nil {
		return c, err
	}
	if err = file.Truncate(c.Offset); err == nil {
		err = file.Sync()
	}
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	return c, err
}

// copyAside copies a file under a name that is free, and makes the copy durable.
func copyAside(fsys vfs.FS, path string) (name string, err error) {
	for n := 1; ; n++ {
		name = path + copySuffix
		if n > 1 {
			name += fmt.Sprint("-", n)
		}
		if _, err := fsys.Stat(name); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return "", err
		}
	}
	from, err := fsys.Open(path)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := fsys.Create(name)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	if err == nil {
		err = to.Sync()
	}
	if cerr := to.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = fsys.SyncDir(filepath.Dir(name))
	}
	return name, err
}
