package server

import (
	"io"

	"redline/server/internal/config"
	"redline/vfs"
)

// Config is what Open needs: the directives of redis.conf and Redline's own.
type Config struct {
	c *config.Config
	// FreePort has the system choose the TCP port, whatever 'port' says (0 in it means no TCP at all, as in Redis).
	FreePort bool
	// Log receives the log lines when no logfile is set; nil: standard output.
	Log io.Writer
	// FS is where dir lies; nil: the operating system's files.
	FS vfs.FS
	// OwnProcess has the server set Go's garbage collector for the whole process, see docs/OPERATIONS.md.
	OwnProcess bool
	// Embedded opens no addresses, whatever the directives say: the server is reached through Server.Conn.
	Embedded bool
	// LogSegmentBytes is the size of the log's files, which are filled with zeros ahead of use; 0: 64 MiB.
	LogSegmentBytes int64
}

// fs returns where data lies.
func (c *Config) fs() vfs.FS {
	if c.FS == nil {
		return vfs.OS()
	}
	return c.FS
}

// NewConfig returns the defaults.
func NewConfig() *Config { return &Config{c: config.New()} }

// LoadArgs reads what stands behind the command's name, as redis-server takes it: an optional configuration file (or -
// for standard input), then --directive value ... . Errors are one line, with file and line where there are.
func (c *Config) LoadArgs(args []string) error { return c.c.LoadArgs(args) }

// Set gives one directive its value: Set("maxmemory", "100mb").
func (c *Config) Set(directive string, values ...string) error {
	return c.c.LoadArgs(append([]string{"--" + directive}, values...))
}
