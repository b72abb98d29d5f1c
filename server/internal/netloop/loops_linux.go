package netloop

import (
	"net"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"redline/server/internal/session"
)

// loops are the event loops of a server.
type loops struct {
	once    sync.Once
	list    []*loop // empty: there are none, each connection has a goroutine
	watch   *watch
	threads threads
}

// begin makes the loops, unless the settings want none.
func (ls *loops) begin(s *Server) {
	n := loopsWanted(s)
	if n == 0 {
		return
	}
	ls.watch = newWatch()
	for range n {
		l, err := newLoop(s, ls.watch)
		if err != nil {
			s.Hub.Log.Warn("no event loop: connections get a goroutine each", "err", err)
			ls.stop()
			return
		}
		ls.list = append(ls.list, l)
	}
	ls.watch.loops = ls.list
	go ls.watch.run()
}

// loopsWanted returns how many loops the settings ask for. By default it is one for every two processors: a second loop on
// two processors answered no more requests, at pipeline 1 or 16, took up to a twelfth more processor time for each (its
// turns are smaller), and doubled the p99, as it competes with the log, the collector and the clients on the same machine.
func loopsWanted(s *Server) int {
	v := s.Hub.Config.Values()
	if v.IOTransport == "goroutines" {
		return 0
	}
	if v.IOLoops > 0 {
		return v.IOLoops
	}
	return max(1, runtime.GOMAXPROCS(0)/2)
}

// take returns the loop for a connection and a descriptor of its socket that Go's poller does not watch, or nil if it has
// to be served by a goroutine.
func (ls *loops) take(s *Server, nc net.Conn) (l *loop, fd int) {
	sc, ok := nc.(syscall.Conn)
	if !ok { // no socket: a simulation has no loops, which would wait for the system and not in its time
		return nil, -1
	}
	if ls.once.Do(func() { ls.begin(s) }); len(ls.list) == 0 {
		return nil, -1
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return nil, -1
	}
	fd = -1
	if rc.Control(func(n uintptr) { fd, err = unix.FcntlInt(n, unix.F_DUPFD_CLOEXEC, 0) }) != nil || err != nil {
		return nil, -1
	}
	l = ls.list[0]
	for _, other := range ls.list[1:] {
		if other.load.Load() < l.load.Load() {
			l = other
		}
	}
	return l, fd
}

// startOnLoop runs a connection on a loop.
func (s *Server) startOnLoop(l *loop, fd int, nc net.Conn, p session.Peer) {
	p.FD = fd
	m := &member{l: l, fd: fd}
	if m.sess = session.New(s.Hub, m, p); m.sess == nil {
		_ = unix.Close(fd)
		s.refuse(nc, session.MaxClientsError)
		return
	}
	_ = nc.Close() // the socket stays open: fd is another descriptor of it
	if !s.enter(m) {
		_ = unix.Close(fd)
		return
	}
	l.join(m)
}

// end ends the loops. There are no connections any more.
func (ls *loops) end() {
	ls.once.Do(func() {})
	ls.stop()
}

func (ls *loops) stop() {
	if len(ls.list) > 0 && ls.watch.loops != nil {
		close(ls.watch.stop)
	}
	for _, l := range ls.list {
		l.end()
	}
	ls.list = nil
}
