package server

import (
	"errors"

	"redline/server/internal/command"
	"redline/server/internal/command/admincmd"
	"redline/server/internal/command/bitcmd"
	"redline/server/internal/command/conncmd"
	"redline/server/internal/command/dumpcmd"
	"redline/server/internal/command/geocmd"
	"redline/server/internal/command/hashcmd"
	"redline/server/internal/command/hllcmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/listcmd"
	"redline/server/internal/command/pubsubcmd"
	"redline/server/internal/command/savecmd"
	"redline/server/internal/command/scriptcmd"
	"redline/server/internal/command/setcmd"
	"redline/server/internal/command/sortcmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/streamcmd"
	"redline/server/internal/command/txncmd"
	"redline/server/internal/command/zsetcmd"
	"redline/server/internal/config"
	"redline/server/internal/pubsub"
)

// families lists all commands.
func (s *Server) families() [][]command.Spec {
	return [][]command.Spec{
		conncmd.Commands,
		admincmd.Commands,
		strcmd.Commands,
		keycmd.Commands,
		listcmd.Commands,
		hashcmd.Commands,
		setcmd.Commands,
		txncmd.Commands,
		zsetcmd.Commands,
		pubsubcmd.Commands(s.broker),
		scriptcmd.Commands,
		bitcmd.Commands,
		geocmd.Commands,
		hllcmd.Commands,
		sortcmd.Commands,
		dumpcmd.Commands,
		streamcmd.Commands,
		savecmd.Commands,
	}
}

// wire connects the parts that act on settings and on each other.
func (s *Server) wire() error {
	admincmd.Observe(s.hub)
	pubsubcmd.Connect(s.hub, s.broker)
	s.hub.Admit(s.persist.admit)
	s.hub.Admit(s.persist.beforeReload)
	s.hub.Admit(s.memory.admit)
	s.wireSaves()
	s.cfg.OnChange("appendonly", func(v *config.Values) error { return s.persist.turn(v.AppendOnly) })
	for _, name := range []string{"appendfsync", "appendfsync-writes"} {
		s.cfg.OnChange(name, s.persist.setPolicy)
	}
	for _, name := range []string{"maxmemory-policy", "lfu-log-factor", "lfu-decay-time"} {
		s.cfg.OnChange(name, s.memory.setPolicy)
	}
	s.cfg.OnChange("loglevel", func(v *config.Values) error {
		s.logLevel.Set(logLevel(v))
		return nil
	})
	return errors.Join(s.memory.setPolicy(s.cfg.Values()), s.wireEvents())
}

// wireEvents connects keyspace notifications with their directive.
func (s *Server) wireEvents() error {
	n := pubsub.NewNotifier(s.broker)
	engine := s.hub.Engine
	engine.Events = n
	apply := func(v *config.Values) error {
		announced, created := n.Set(v.NotifyKeyspace)
		engine.EventsOff.Store(!announced)
		engine.Space.AnnounceCreated(created)
		return nil
	}
	s.cfg.OnChange("notify-keyspace-events", apply)
	return apply(s.cfg.Values())
}
