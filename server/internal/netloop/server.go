package netloop

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"redline/server/internal/session"
)

// Server accepts connections and runs them.
type Server struct {
	Hub *session.Hub

	loops loops // of connections that do not have a goroutine each

	mu        sync.Mutex
	listeners []net.Listener        // guarded by mu
	conns     map[endpoint]struct{} // guarded by mu
	closing   bool                  // guarded by mu
	running   sync.WaitGroup        // of connections
	accepting sync.WaitGroup        // of accept loops
}

// endpoint is the server's end of a connection, of either transport.
type endpoint interface{ session() *session.Session }

// New makes a Server for a hub.
func New(h *session.Hub) *Server { return &Server{Hub: h, conns: make(map[endpoint]struct{})} }

// Serve accepts on l until Close. It returns at once; errors of accept are logged and tried again, as they pass (too
// many open files).
func (s *Server) Serve(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, l)
	s.accepting.Add(1)
	go s.accept(l)
}

func (s *Server) accept(l net.Listener) {
	defer s.accepting.Done()
	for {
		nc, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.Hub.Log.Warn("cannot accept a connection", "err", err)
			// Too many open files, most likely: give others the time to close some.
			time.Sleep(acceptRetry)
			continue
		}
		s.Start(nc)
	}
}

const acceptRetry = 10 * time.Millisecond

// Start runs one connection. It returns at once.
func (s *Server) Start(nc net.Conn) {
	v := s.Hub.Config.Values()
	if tc, ok := nc.(*net.TCPConn); ok {
		_ = tc.SetKeepAliveConfig(net.KeepAliveConfig{
			Enable:   v.TCPKeepaliveSeconds > 0,
			Idle:     time.Duration(v.TCPKeepaliveSeconds) * time.Second,
			Interval: time.Duration(max(v.TCPKeepaliveSeconds/3, 1)) * time.Second,
			Count:    3, // as Redis: dead after three probes
		})
	}
	p := peerOf(nc)
	if v.ProtectedMode && v.RequirePass == "" && !p.Unix && !p.Loopback {
		s.refuse(nc, protectedModeError)
		return
	}
	if l, fd := s.loops.take(s, nc); l != nil {
		s.startOnLoop(l, fd, nc, p)
		return
	}
	c := &conn{nc: nc, raw: newRawSocket(nc), srv: s}
	c.writer.init()
	if c.sess = session.New(s.Hub, c, p); c.sess == nil {
		s.refuse(nc, session.MaxClientsError)
		return
	}
	if !s.enter(c) {
		_ = nc.Close()
		return
	}
	go c.loop()
}

// enter takes down a connection that is about to be served. While the server closes there are no new ones.
func (s *Server) enter(c endpoint) bool {
	s.mu.Lock()
	closing := s.closing
	if !closing {
		s.conns[c] = struct{}{}
		s.running.Add(1)
	}
	s.mu.Unlock()
	if closing {
		c.session().Close()
	}
	return !closing
}

// refuse tells a client why it is not served. The text is short and the socket new, so the write does not wait.
func (s *Server) refuse(nc net.Conn, text string) {
	_ = nc.SetWriteDeadline(s.Hub.Clock().Add(time.Second))
	_, _ = nc.Write([]byte(text))
	_ = nc.Close()
}

func (s *Server) remove(c endpoint) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.running.Done()
}

func (s *Server) queryLimit() int64 { return s.Hub.Config.Values().QueryBufferLimit }

// Close stops accepting, has every connection finish the requests that it has received and send its replies, and waits
// until all are gone or ctx ends; then the rest is cut off.
func (s *Server) Close(ctx context.Context) {
	s.mu.Lock()
	s.closing = true
	for _, l := range s.listeners {
		_ = l.Close()
	}
	conns := make([]endpoint, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.session().Retire()
	}
	done := make(chan struct{})
	go func() { s.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		for _, c := range conns {
			c.session().Kill()
		}
		<-done
	}
	s.accepting.Wait()
	s.loops.end()
}

func peerOf(nc net.Conn) session.Peer {
	p := session.Peer{Addr: nc.RemoteAddr().String(), LocalAddr: nc.LocalAddr().String(), FD: -1}
	switch a := nc.RemoteAddr().(type) {
	case *net.TCPAddr:
		p.Loopback = a.IP.IsLoopback()
	case *net.UnixAddr:
		p.Unix = true
		p.LocalAddr = nc.LocalAddr().String() + ":0"
		p.Addr = p.LocalAddr
	}
	if nc.RemoteAddr().Network() == "pipe" {
		p.Loopback = true // the other end is in this process
	}
	p.FD = descriptor(nc)
	return p
}

// protectedModeError is what a client from another machine is told while the server has no password.
var protectedModeError = "-DENIED " + strings.Join([]string{
	"Redline is running in protected mode because protected mode is enabled and no password is set for the default user.",
	"In this mode connections are only accepted from the loopback interface.",
	"To connect from other machines either set a password with 'requirepass', or, if the network is trusted,",
	"turn the protection off with 'CONFIG SET protected-mode no' from a local client or 'protected-mode no' in the configuration.",
}, " ") + "\r\n"
