package server

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"redline/server/internal/command"
	"redline/server/internal/command/admincmd"
	"redline/server/internal/config"
	"redline/server/internal/session"
	"redline/server/internal/snapshot"
	"redline/vfs"
)

// newSaves returns what writes the RDB file and loads it.
func newSaves(h *session.Hub, fs vfs.FS) *snapshot.Service {
	return snapshot.NewService(snapshot.ServiceOptions{
		Space: h.Engine.Space, FS: fs, Config: h.Config, Log: h.Log, Now: h.Clock, Changes: h.Engine.Changes.Load,
		Facts: func() []snapshot.Aux { return facts(h, "0") },
	})
}

// facts are what an RDB file says of its making: those of Redis, and our version.
func facts(h *session.Hub, base string) []snapshot.Aux {
	used := h.Engine.Space.Used()
	if h.OtherMemory != nil {
		used += h.OtherMemory()
	}
	return []snapshot.Aux{
		{Name: "redis-ver", Value: command.RedisVersion},
		{Name: "redis-bits", Value: strconv.Itoa(strconv.IntSize)},
		{Name: "ctime", Value: strconv.FormatInt(h.Clock().Unix(), 10)},
		{Name: "used-mem", Value: strconv.FormatInt(used, 10)},
		{Name: "aof-base", Value: base},
		{Name: "redline-ver", Value: h.Version},
	}
}

// wireSaves has writers refused while the data cannot be saved, as Redis does, PING included.
func (s *Server) wireSaves() {
	admincmd.BeforeReload(s.hub)
	s.hub.Admit(func(c *session.Session, spec *command.Spec, _ [][]byte) string {
		msg := s.hub.Saves.Deny()
		if msg == "" || spec.Is(command.Write) || spec.FullName == "ping" {
			return msg
		}
		if spec.FullName == "exec" && slices.ContainsFunc(c.Txn.Queue, func(q command.Queued) bool { return q.Spec.Is(command.Write) }) {
			return msg
		}
		return ""
	})
}

// wantsSave says whether the end of the server is to write the RDB file: if it was told so, or if there are save points and
// it was not told otherwise.
func wantsSave(v *config.Values, save, noSave bool) bool { return save || !noSave && len(v.Save) > 0 }

// shutdown carries out SHUTDOWN. When the data cannot be saved the server goes on, unless it was told to end by force.
func (s *Server) shutdown(o session.ShutdownOptions) error {
	if s.hub.Loading.Active() { // what is there is not all there was
		s.Close()
		return nil
	}
	if wantsSave(s.cfg.Values(), o.Save, o.NoSave) {
		s.hub.Saves.Close()
		if err := s.hub.Saves.Save(context.Background()); err != nil && !o.Force {
			return err
		}
		s.saveLast.Store(true)
	}
	s.Close()
	return nil
}

// signalled notes whether the signal that ends the server is to write the RDB file.
func (s *Server) signalled(cause error) {
	v := s.cfg.Values()
	words := v.ShutdownOnTerminate
	if cause != nil && strings.HasPrefix(cause.Error(), "interrupt") { // as package signal names it
		words = v.ShutdownOnInterrupt
	}
	s.saveLast.Store(wantsSave(v, slices.Contains(words, "save"), slices.Contains(words, "nosave")))
}

// lastSave writes the RDB file once nobody changes the data any more, if that is wanted and it lacks something.
func (s *Server) lastSave() error {
	s.hub.Saves.Close()
	if !s.saveLast.Load() || s.hub.Saves.Changes() == 0 {
		return nil
	}
	return s.hub.Saves.Save(context.Background())
}
