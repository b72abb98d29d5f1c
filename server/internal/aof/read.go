package aof

import (
	"bytes"
	"errors"
	"io"

	"redline/vfs"
)

// A Command is one command and the database it is for.
type Command struct {
	DB   int
	Args [][]byte
}

// A Handler takes what a Set holds.
type Handler interface {
	// RDB loads the RDB file that begins a file, and returns the offset at which it ends.
	RDB(file string) (end int64, err error)
	// Group does commands that belong together. They are valid during the call only. The error ends the reading.
	Group(commands []Command) error
}

// A Report says what was read.
type Report struct {
	Commands int64 // SELECT, MULTI and EXEC not counted
	Groups   int64
	Bytes    int64 // of all files
	Cut      *Cut  // where the last file ends in the middle of something; nil if it does not
}

// Options of Read.
type Options struct {
	// AllowCut accepts that the last file ends in the middle of a command or group (aof-load-truncated): what is not whole
	// is left out and reported. Otherwise that is a *TruncatedError.
	AllowCut bool
}

// Read reads the files of a set in order. A file that is wrong is a *CorruptError, with all that comes before it handled.
func Read(fsys vfs.FS, set Set, h Handler, opts Options) (Report, error) {
	var rep Report
	for i, name := range set.Files {
		size, err := fsys.Stat(name)
		if err != nil {
			return rep, err
		}
		rep.Bytes += size
		cut, err := readFile(fsys, name, size, h, &rep)
		if err != nil {
			return rep, err
		}
		if cut == nil {
			continue
		}
		if i < len(set.Files)-1 {
			return rep, &CorruptError{name, cut.Offset, cut.Why + ", and it is not the last file"}
		}
		if !opts.AllowCut {
			return rep, (*TruncatedError)(cut)
		}
		rep.Cut = cut
	}
	return rep, nil
}

// rdbMagic begins an RDB file, in a base or as the preamble of one that goes on with commands.
const rdbMagic = "REDIS"

// HasRDB reports whether a file begins with an RDB file.
func HasRDB(fsys vfs.FS, name string) (bool, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, len(rdbMagic))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return string(head) == rdbMagic, nil
}

func readFile(fsys vfs.FS, name string, size int64, h Handler, rep *Report) (*Cut, error) {
	start := int64(0)
	rdb, err := HasRDB(fsys, name)
	if err != nil {
		return nil, err
	}
	if rdb {
		if start, err = h.RDB(name); err != nil {
			return nil, err
		}
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := newReader(io.NewSectionReader(f, start, size-start), name, start, size)
	g := grouper{h: h, r: r, rep: rep}
	return g.read()
}

// A grouper makes groups of the commands in one file.
type grouper struct {
	h     Handler
	r     *reader
	rep   *Report
	db    int
	multi bool
	group []Command
	whole int64 // end of the last whole group
}

func (g *grouper) read() (*Cut, error) {
	g.whole = g.r.offset
	for {
		args, err := g.r.next()
		switch {
		case err == io.EOF && !g.multi:
			return nil, nil
		case err == io.EOF:
			return g.cut("a MULTI without its EXEC"), nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return g.cut("it ends in the middle of a command"), nil
		case err != nil:
			return nil, err
		}
		if err := g.take(args); err != nil {
			return nil, err
		}
		if !g.multi {
			g.whole = g.r.offset
		}
	}
}

func (g *grouper) cut(why string) *Cut {
	return &Cut{File: g.r.name, Offset: g.whole, Size: g.r.size, Why: why}
}

// take adds a command to the group and hands the group out when it is whole.
func (g *grouper) take(args [][]byte) error {
	switch {
	case len(args) == 2 && is(args[0], "select"):
		db, ok := parseCount(args[1])
		if !ok {
			return g.r.corrupt("SELECT of no database")
		}
		g.db = int(db)
	case len(args) == 1 && is(args[0], "multi"):
		if g.multi {
			return g.r.corrupt("MULTI within MULTI")
		}
		g.multi = true
	case len(args) == 1 && is(args[0], "exec"):
		if !g.multi {
			return g.r.corrupt("EXEC without MULTI")
		}
		g.multi = false
		return g.flush()
	default:
		g.group = append(g.group, Command{g.db, args})
		if !g.multi {
			return g.flush()
		}
	}
	return nil
}

func (g *grouper) flush() error {
	if len(g.group) == 0 {
		return nil
	}
	err := g.h.Group(g.group)
	g.rep.Commands += int64(len(g.group))
	g.rep.Groups++
	clear(g.group) // the arguments may go
	g.group = g.group[:0]
	return err
}

func is(b []byte, word string) bool { return bytes.EqualFold(b, []byte(word)) }
