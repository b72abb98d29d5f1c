package main

import (
	"context"
	"fmt"
	"os/signal"
	"slices"
	"syscall"

	"redline/server"
)

// serveCmd runs the data server. Its arguments are those of redis-server, so the command-line parser passes them on.
type serveCmd struct {
	Args []string `arg:"" optional:""`
}

const serveHelp = `Usage: redline serve [FILE.conf | -] [--directive value ...]

Runs the data server. Directives are those of redis.conf; later ones win. Redline's own:

  --shards N        parts of the keyspace with a lock each (default 4 x cores, at least 16)
  --admin-port N    HTTP listener for /healthz, /metrics and /debug/pprof (default 0: off)
  --admin-bind IP   its address (default 127.0.0.1)

Examples:
  redline serve --port 7000 --maxmemory 1gb --maxmemory-policy allkeys-lru
  redline serve redis.conf --port 7000

SIGTERM and SIGINT drain the connections and end the server.
`

// Run serves until a signal or SHUTDOWN.
func (s serveCmd) Run(io streams) error {
	if len(s.Args) == 1 && slices.Contains([]string{"-h", "--help"}, s.Args[0]) {
		_, err := fmt.Fprint(io.out, serveHelp)
		return err
	}
	cfg := server.NewConfig()
	cfg.Log, cfg.OwnProcess = io.out, true
	if err := cfg.LoadArgs(s.Args); err != nil {
		return err
	}
	srv, err := server.Open(cfg)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return srv.Serve(ctx)
}
