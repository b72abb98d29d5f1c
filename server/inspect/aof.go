package inspect

import (
	"errors"
	"fmt"
	"io"

	"redline/server/internal/aof"
)

// commands checks the files of an AOF that Redis has written. Reading ends at the first problem.
func (c *checker) commands(set aof.Set) error {
	v := &aofChecker{c: c}
	for i, path := range set.Files {
		size, err := c.fs.Stat(path)
		if err != nil {
			return err
		}
		out := File{Path: path, Kind: AOF, Bytes: size}
		v.out = &out
		rep, err := aof.Read(c.fs, aof.Single(path), v, aof.Options{AllowCut: true})
		out.Records = rep.Groups
		var corrupt *aof.CorruptError
		switch {
		case errors.As(err, &corrupt):
			out.Problem = &Problem{Offset: corrupt.Offset, Reason: corrupt.Why}
		case errors.Is(err, errStop):
		case err != nil:
			return err
		case rep.Cut != nil:
			out.Problem = &Problem{Offset: rep.Cut.Offset, Reason: rep.Cut.Why, Torn: i == len(set.Files)-1}
		}
		c.add(out)
	}
	return nil
}

// errStop ends the reading of a file whose problem is noted.
var errStop = errors.New("stopped")

type aofChecker struct {
	c   *checker
	out *File
}

// RDB implements aof.Handler.
func (v *aofChecker) RDB(path string) (int64, error) {
	f, err := v.c.fs.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	end, err := v.c.rdb(io.NewSectionReader(f, 0, v.out.Bytes), v.out.Bytes, v.out)
	if err == nil && v.out.Problem != nil {
		v.out.Problem.Reason = fmt.Sprintf("in the RDB part: %s", v.out.Problem.Reason)
		err = errStop
	}
	return end, err
}

// Group implements aof.Handler. What the commands say is not judged: only the server that runs them can.
func (v *aofChecker) Group([]aof.Command) error { return nil }
