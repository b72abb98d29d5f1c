package server

import (
	"errors"
	"net"
	"strings"
	"sync"

	"redline/server/internal/config"
)

// listeners is what the server listens on. CONFIG SET bind and port replace the TCP ones while it serves.
type listeners struct {
	mu   sync.Mutex
	list []net.Listener // guarded by mu; replaced as a whole
}

func (l *listeners) get() []net.Listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list
}

func (l *listeners) set(list []net.Listener) {
	l.mu.Lock()
	l.list = list
	l.mu.Unlock()
}

// rebind carries out CONFIG SET bind and CONFIG SET port: connections stay, only who accepts new ones changes. With a
// new port the new addresses are bound before the old ones are given up, so there is no gap. With the same port the old
// ones have to go first, as one address may contain the other; if the new ones cannot be bound the old ones are bound
// again.
func (s *Server) rebind(v *config.Values) error {
	var tcp, others []net.Listener
	for _, l := range s.listening.get() {
		if _, ok := l.Addr().(*net.TCPAddr); ok {
			tcp = append(tcp, l)
		} else {
			others = append(others, l)
		}
	}
	if v.Port == s.port && strings.Join(v.Bind, " ") == s.bound {
		return nil // set by the other of the two directives
	}
	if len(others) == 0 && (v.Port == 0 || len(v.Bind) == 0) {
		return errors.New("nothing would be left to listen on")
	}
	closeAll := func(ls []net.Listener) {
		for _, l := range ls {
			_ = l.Close() // whoever was being accepted is served
		}
	}
	samePort := v.Port == s.port
	if samePort {
		closeAll(tcp)
	}
	fresh, err := listenAll(v.Bind, v.Port)
	if err != nil {
		s.log.Warn("cannot change where the server listens", "err", err)
		if !samePort {
			return err
		}
		again, e := listenAll(strings.Fields(s.bound), s.port)
		if e != nil {
			s.log.Error("cannot go back to the former addresses", "err", e)
		}
		s.use(again, others)
		return err
	}
	if !samePort {
		closeAll(tcp)
	}
	s.port, s.bound = v.Port, strings.Join(v.Bind, " ")
	s.use(fresh, others)
	s.log.Info("listening", "port", v.Port, "bind", v.Bind)
	return nil
}

// use serves new TCP listeners beside those that stay.
func (s *Server) use(tcp, others []net.Listener) {
	for _, l := range tcp {
		s.net.Serve(l)
	}
	s.listening.set(append(tcp, others...))
	s.publishPort()
}

// publishPort tells INFO which port it is.
func (s *Server) publishPort() {
	port := 0
	if a, ok := s.Addr().(*net.TCPAddr); ok {
		port = a.Port
	}
	s.hub.Port.Store(int32(port))
}

// listenAll binds all addresses, or none.
func listenAll(bind []string, port int) (ls []net.Listener, err error) {
	for _, b := range bind {
		optional := strings.HasPrefix(b, "-")
		l, err := listenTCP(strings.TrimPrefix(b, "-"), port)
		if err != nil {
			if optional && unavailable(err) {
				continue
			}
			for _, l := range ls {
				_ = l.Close()
			}
			return nil, bindError(b, port, err)
		}
		ls = append(ls, l)
		if port == 0 {
			port = l.Addr().(*net.TCPAddr).Port // one free port for all addresses
		}
	}
	return ls, nil
}

// The errors of CONFIG SET, as in Redis.
var (
	errPort = errors.New("Unable to listen on this port. Check server logs.")
	errBind = errors.New("Failed to bind to specified addresses.")
)

// wireListeners connects the directives that say where the server listens.
func (s *Server) wireListeners() {
	hook := func(name string, failed error) {
		s.cfg.OnChange(name, func(v *config.Values) error {
			if s.rebind(v) != nil {
				return failed
			}
			return nil
		})
	}
	hook("port", errPort)
	hook("bind", errBind)
}
