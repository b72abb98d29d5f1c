package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"redline/server"
	"redline/server/inspect"
	"redline/vfs"
)

// dumpName is what a server looks for when there is no log: the default of dbfilename.
const dumpName = "dump.rdb"

type importCmd struct {
	Source    string `arg:"" help:"A dump.rdb, an appendonlydir or its manifest, an appendonly.aof, or a directory with one of them."`
	Dir       string `required:"" placeholder:"DIR" help:"Data directory to make: what 'redline serve --dir' is given. It must not hold data."`
	Databases int    `default:"16" placeholder:"N" help:"How many databases the data may use (${default}), as the directive 'databases'."`
}

// Help is shown below the usage.
func (importCmd) Help() string {
	return "Reads what redis-server left, offline, and makes a data directory from which 'redline serve --dir DIR' starts, with " +
		"appendonly on or off. The source is not changed. An append-only file counts before an RDB file beside it."
}

// Run prints what came over.
func (c importCmd) Run(io streams) error {
	if err := empty(c.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	return convert(io, c.Source, filepath.Join(c.Dir, dumpName), c.Databases)
}

// empty refuses a directory in which there is data.
func empty(dir string) error {
	_, err := inspect.Find(vfs.OS(), dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, inspect.ErrNothing) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%s holds data already: choose an empty directory", dir)
	}
	return err
}

type exportCmd struct {
	Source    string `arg:"" help:"A data directory of Redline, or anything that import reads."`
	File      string `arg:"" help:"The RDB file to write."`
	Databases int    `default:"16" placeholder:"N" help:"How many databases the data may use (${default}), as the directive 'databases'."`
	Force     bool   `help:"Replace the file if there is one."`
}

// Help is shown below the usage.
func (exportCmd) Help() string {
	return "Writes all data as an RDB file that redis-server 7.0 and later loads, offline. The source is not changed; while a server " +
		"uses it, use SAVE or BGSAVE instead."
}

// Run prints what was written.
func (c exportCmd) Run(io streams) error {
	if _, err := os.Lstat(c.File); err == nil && !c.Force {
		return fmt.Errorf("%s exists: choose another name, or use --force to replace it", c.File)
	}
	return convert(io, c.Source, c.File, c.Databases)
}

func convert(io streams, source, dest string, databases int) error {
	cfg := server.NewConfig()
	if err := cfg.Set("databases", fmt.Sprint(databases)); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	res, err := server.Convert(ctx, cfg, source, dest)
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted: nothing was written")
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(io.out, conversionText(res, dest))
	return err
}

// conversionText says what was done, and what was left out.
func conversionText(c server.Conversion, dest string) string {
	var b strings.Builder
	from := c.Source.Path
	switch c.Source.Kind {
	case inspect.AOF:
		from += fmt.Sprintf(" (%d commands)", c.Commands)
	case inspect.Log:
		from += fmt.Sprintf(" (%d records)", c.Commands)
	}
	fmt.Fprintf(&b, "%s: %d keys, %d bytes, from %s\n", dest, c.Keys, c.Bytes, from)
	for _, a := range c.Source.Aside {
		fmt.Fprintf(&b, "not read: %s lies beside it\n", a)
	}
	if c.Cut != "" {
		fmt.Fprintf(&b, "left out: what was not whole at the end: %s\n", c.Cut)
	}
	if c.Failed > 0 {
		fmt.Fprintf(&b, "left out: %d commands that were answered with an error, the last: %s\n", c.Failed, c.LastError)
	}
	if c.Libraries > 0 {
		fmt.Fprintf(&b, "left out: %d libraries of functions, which Redline does not run\n", c.Libraries)
	}
	if c.Modules > 0 {
		fmt.Fprintf(&b, "left out: %d parts of modules' data\n", c.Modules)
	}
	return b.String()
}
