package server

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"redline/server/internal/config"
)

// openLog makes the server's log: to logfile if one is set, else to w, else to standard output.
func openLog(v *config.Values, w io.Writer) (*slog.Logger, *os.File, error) {
	var f *os.File
	switch {
	case v.LogFile != "":
		var err error
		if f, err = os.OpenFile(v.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
			return nil, nil, fmt.Errorf("cannot open logfile: %w; check that its directory exists and may be written to", err)
		}
		w = f
	case w == nil:
		w = os.Stdout
	}
	level := slog.LevelInfo
	switch v.LogLevel {
	case "debug", "verbose":
		level = slog.LevelDebug
	case "warning", "nothing":
		level = slog.LevelWarn
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})), f, nil
}
