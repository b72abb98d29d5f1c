package server

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"redline/server/internal/config"
)

// openLog makes the server's log: to logfile if one is set, else to w, else to standard output. level decides what is
// written from then on.
func openLog(v *config.Values, w io.Writer, level *slog.LevelVar) (*slog.Logger, *os.File, error) {
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
	level.Set(logLevel(v))
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})), f, nil
}

// logLevel translates loglevel: Redis' verbose is a level of slog's debug, its notice slog's info.
func logLevel(v *config.Values) slog.Level {
	switch v.LogLevel {
	case "debug", "verbose":
		return slog.LevelDebug
	case "warning", "nothing":
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
