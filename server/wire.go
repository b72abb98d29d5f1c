package server

import (
	"log/slog"
	"os"
	"runtime/debug"

	"redline/server/internal/command"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/strcmd"
)

// families lists all commands.
func families() [][]command.Spec {
	return [][]command.Spec{
		strcmd.Commands,
		keycmd.Commands,
	}
}

// wire connects the parts that act on settings and on each other.
func (s *Server) wire() error {
	return nil
}

// gcPercent is the pace of Go's collector. The keyspace lies outside the Go heap, which holds little more than buffers:
// at the default of 100 the collector would start from 4 MiB on, many times a second when connections come and go; at
// 400 it starts from 16 MiB.
const gcPercent = 400

// tuneRuntime sets the collector's pace unless the environment does.
func tuneRuntime(log *slog.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
		log.Debug("garbage collector", "gogc", gcPercent)
	}
}
