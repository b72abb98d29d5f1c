package server

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/keyspace"
	"redline/server/internal/netloop"
	"redline/server/internal/observe"
	"redline/server/internal/pubsub"
	"redline/server/internal/session"
)

// Server is a running data server.
type Server struct {
	cfg       *config.Config
	embedded  bool // in a program that does other things as well
	log       *slog.Logger
	logFile   *os.File
	logLevel  slog.LevelVar // loglevel; may be set at run time
	hub       *session.Hub
	net       *netloop.Server
	listening listeners
	port      int    // as set; changed under the settings' lock
	bound     string // likewise: the addresses
	admin     *adminServer
	memory    *memory
	cron      *cron
	broker    *pubsub.Broker
	persist   *persist

	ready    chan struct{} // closed when the data is there, or cannot be loaded
	stop     chan struct{} // closed when SHUTDOWN or Close asks Serve to end
	stopOnce sync.Once
	saveLast atomic.Bool // the end writes the RDB file
}

// drainMax bounds how long a shutdown waits for clients to take their replies: Redis' shutdown-timeout.
const drainMax = 10 * time.Second

// Open makes a server and binds its addresses. Nothing is served before Serve.
func Open(cfg *Config) (*Server, error) {
	s := &Server{cfg: cfg.c, embedded: cfg.Embedded, broker: pubsub.NewBroker(), ready: make(chan struct{}), stop: make(chan struct{})}
	v := s.cfg.Values()
	var err error
	if s.log, s.logFile, err = openLog(v, cfg.Log, &s.logLevel); err != nil {
		return nil, err
	}
	s.cfg.OnNotice(func(text string) { s.log.Info(text) })
	table, err := command.NewTable(s.families()...)
	if err != nil {
		return nil, fmt.Errorf("command table: %w", err)
	}
	for _, r := range v.Renames {
		if err := table.Rename(r.From, r.To); err != nil {
			return nil, fmt.Errorf("rename-command %s %q: %w", r.From, r.To, err)
		}
	}
	var seed [28]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, err
	}
	space := keyspace.New(keyspace.Options{Shards: v.Shards, Databases: v.Databases, Seed: binary.LittleEndian.Uint64(seed[:])})
	s.hub = &session.Hub{
		Table: table, Engine: &command.Engine{Space: space}, Config: s.cfg, Stats: observe.NewStats(len(table.All())),
		Log: s.log, Clock: time.Now, Started: time.Now(), RunID: hex.EncodeToString(seed[8:]),
		Version: Version(),
	}
	s.hub.Engine.Nanotime = s.hub.Nanotime
	s.hub.Shutdown = s.shutdown
	s.hub.Saves = newSaves(s.hub, cfg.fs())
	s.memory = newMemory(s.hub)
	s.cron = newCron(s.hub, s.memory)
	if cfg.OwnProcess {
		s.memory.collector = newCollector(s.log)
		s.memory.collector.start(v.MaxMemory)
	}
	s.net = netloop.New(s.hub)
	s.persist = newPersist(s.hub, cfg.fs(), s.log)
	s.persist.segmentBytes = cfg.LogSegmentBytes
	if err := s.wire(); err != nil {
		return nil, errors.Join(err, s.release())
	}
	if !cfg.Embedded {
		if err := s.listen(v, cfg.FreePort); err != nil {
			return nil, errors.Join(err, s.release())
		}
	}
	return s, nil
}

// Addr returns the first TCP address that the server listens on, or nil.
func (s *Server) Addr() net.Addr {
	for _, l := range s.listening.get() {
		if a, ok := l.Addr().(*net.TCPAddr); ok {
			return a
		}
	}
	return nil
}

// Serve serves until ctx ends, a client says SHUTDOWN or Close is called. It returns after the drain.
func (s *Server) Serve(ctx context.Context) error {
	loaded, err := s.load(ctx)
	close(s.ready)
	if loaded {
		s.cron.start()
		go s.persist.keep()
		if !s.embedded { // else the collector is its program's
			runtime.GC() // a first collection tells what a server without data holds; see memory.sample
		}
		s.announce()
		select {
		case <-ctx.Done():
			s.log.Info("shutting down: told to stop")
			s.signalled(context.Cause(ctx))
		case <-s.stop:
			s.log.Info("shutting down: a client asked for it")
		}
	}
	drain, cancel := context.WithTimeout(context.Background(), drainMax)
	defer cancel()
	s.net.Close(drain)
	if loaded {
		s.cron.close()
		err = errors.Join(s.lastSave(), s.persist.close())
	}
	err = errors.Join(err, s.release())
	s.log.Info("bye")
	if s.logFile != nil {
		err = errors.Join(err, s.logFile.Close())
	}
	return err
}

// quiet is for how long connections are not accepted while the data is being loaded: most data sets are small, and clients
// then never see that there was anything to load.
const quiet = 50 * time.Millisecond

// load brings the data back. If that takes a while, clients are accepted and told so. A server that is told to stop
// meanwhile stops loading, which is no error.
func (s *Server) load(ctx context.Context) (loaded bool, err error) {
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.persist.load(ctx) }()
	accept := func() {
		for _, l := range s.listening.get() {
			s.net.Serve(l)
		}
	}
	select {
	case err = <-done:
		if err == nil {
			accept()
		}
		return err == nil, err
	case <-time.After(quiet):
	}
	accept()
	select {
	case err = <-done:
	case <-s.stop:
		cancel()
		if err = <-done; err != nil {
			return false, nil
		}
	}
	if err != nil && outer.Err() != nil {
		return false, nil
	}
	return err == nil, err
}

// Close asks Serve to end. It returns at once.
func (s *Server) Close() { s.stopOnce.Do(func() { close(s.stop) }) }

// release gives back what Open took.
func (s *Server) release() error {
	var err error
	for _, l := range s.listening.get() {
		if e := l.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	if s.admin != nil {
		err = errors.Join(err, s.admin.close())
	}
	s.hub.Engine.Space.Close()
	return err
}

func (s *Server) announce() {
	v := s.cfg.Values()
	var addrs []string
	for _, l := range s.listening.get() {
		addrs = append(addrs, l.Addr().String())
	}
	s.log.Info("ready", "version", Version(), "pid", os.Getpid(), "listening", addrs, "admin", s.hub.AdminAddr,
		"shards", v.Shards, "databases", v.Databases, "maxclients", v.MaxClients, "maxmemory", v.MaxMemory)
}
