package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"redline/server/inspect"
	"redline/server/internal/aof"
	"redline/server/internal/command"
	"redline/server/internal/recovery"
	"redline/server/internal/snapshot"
	"redline/vfs"
)

// A Conversion is what Convert did.
type Conversion struct {
	Source    inspect.Source
	Keys      int
	Bytes     int64  // of the RDB file
	Commands  int64  // of an AOF, or records of a log
	Cut       string // where the log ended in something that was not whole, and was left out; "" if it did not
	Failed    int64  // of Commands, that were answered with an error and changed nothing
	LastError string // the last of these errors
	Libraries int    // of functions, which were left out
	Modules   int    // parts of modules' data, which were left out
}

// Convert reads data offline, from anything that inspect.Find finds, and writes it as an RDB file that redis-server 7.0 and
// Redline read. The source is not changed; a log that a server writes to is refused. What the source ends in and is not
// whole, as after a crash, is left out; damage is an error, and then there is no file.
//
// cfg says on which FS, and how the file is written; its directories and persistence settings do not matter.
func Convert(ctx context.Context, cfg *Config, source, dest string) (Conversion, error) {
	src, err := inspect.Find(cfg.fs(), source)
	if err != nil {
		return Conversion{}, err
	}
	offline := *cfg
	offline.Embedded, offline.Log = true, io.Discard
	if err := errors.Join(offline.Set("appendonly", "no"), offline.Set("save", "")); err != nil {
		return Conversion{}, err
	}
	s, err := Open(&offline)
	if err != nil {
		return Conversion{}, err
	}
	c := converter{p: s.persist, replay: recovery.NewReplayer(s.hub.Engine.Space, s.hub.Table, s.cfg.Values()), ctx: ctx}
	c.out.Source = src
	err = c.convert(dest)
	return c.out, errors.Join(err, s.release())
}

type converter struct {
	p      *persist
	replay *recovery.Replayer
	ctx    context.Context
	out    Conversion
}

func (c *converter) convert(dest string) (err error) {
	src := c.out.Source
	switch src.Kind {
	case inspect.Snapshot:
		_, err = c.load(src.Path)
	case inspect.AOF:
		err = c.aof(src.Path)
	default:
		err = c.log(src.Path)
	}
	c.out.Failed, c.out.LastError = c.replay.Failed, c.replay.LastError
	if err != nil {
		return err
	}
	c.out.Keys = c.p.keys()
	v := c.p.hub.Config.Values()
	res, err := snapshot.Write(c.ctx, snapshot.Options{
		Space: c.p.hub.Engine.Space, FS: c.p.fs, Path: dest, Compress: v.RDBCompressed, Checksum: true, Now: c.p.hub.Clock,
		OnPoint: func() []snapshot.Aux { return facts(c.p.hub, "0") },
	})
	c.out.Bytes = res.Bytes
	return err
}

// load loads the RDB file that begins a file and returns where it ends. Expired keys come as well: what follows may
// prolong them.
func (c *converter) load(path string) (end int64, err error) {
	o := c.p.hub.Saves.LoadOptions()
	o.SkipChecksum = false
	res, err := c.p.loadHead(c.ctx, path, o)
	if err != nil {
		return 0, err
	}
	c.out.Libraries += res.Libraries
	c.out.Modules += res.Modules
	return res.Bytes, nil
}

// RDB implements aof.Handler.
func (c *converter) RDB(path string) (int64, error) { return c.load(path) }

// Group implements aof.Handler.
func (c *converter) Group(commands []aof.Command) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	for _, cmd := range commands {
		if is(cmd.Args, "function") { // a library, which there is nothing to run with; DELETE and FLUSH need nothing
			if len(cmd.Args) > 1 && (is(cmd.Args[1:], "load") || is(cmd.Args[1:], "restore")) {
				c.out.Libraries++
			}
			continue
		}
		if err := c.replay.Command(importTime, cmd.DB, cmd.Args); err != nil {
			return err
		}
	}
	return nil
}

func is(args [][]byte, word string) bool { return strings.EqualFold(string(args[0]), word) }

func (c *converter) aof(path string) error {
	set := aof.Single(path)
	if strings.HasSuffix(path, ".manifest") {
		var err error
		if set, err = aof.ReadManifest(c.p.fs, path); err != nil {
			return err
		}
	}
	rep, err := aof.Read(c.p.fs, set, c, aof.Options{AllowCut: true})
	c.out.Commands = rep.Commands
	if rep.Cut != nil {
		c.out.Cut = fmt.Sprintf("%s: offset %d: %s", rep.Cut.File, rep.Cut.Offset, rep.Cut.Why)
	}
	return err
}

// log reads a log of Redline's, which is kept from servers meanwhile. On a medium that cannot be written to there are none.
func (c *converter) log(dir string) error {
	lock, err := c.p.fs.Lock(filepath.Join(dir, lockName))
	if errors.Is(err, vfs.ErrLocked) {
		return fmt.Errorf("a server uses %s: have it write an RDB file with SAVE or BGSAVE instead, or stop it", dir)
	}
	if err == nil {
		defer lock.Close()
	}
	hub := c.p.hub
	res, err := recovery.Recover(recovery.Options{
		Context: c.ctx, FS: c.p.fs, Dir: dir, Replay: c.replay,
		LoadBase: func(path string) error {
			_, err := c.load(path)
			return err
		},
		Clear: func() { hub.Engine.Freeze(func() { command.Clear(hub.Engine.Space, hub.Clock().UnixMilli()) }) },
	})
	c.out.Commands = res.Records
	if t := res.End.Tail; t != nil {
		c.out.Cut = fmt.Sprintf("%s: offset %d: a torn record", t.Path, t.Offset)
	}
	return err
}
