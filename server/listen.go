package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"redline/server/internal/config"
)

// listen binds all addresses of bind, port and unixsocket. As in Redis an address that begins with - is optional, *
// stands for all of IPv4 and -::* for all of IPv6.
func (s *Server) listen(v *config.Values, freePort bool) error {
	var list []net.Listener
	if v.Port > 0 || freePort {
		port := v.Port
		if freePort {
			port = 0
		}
		tcp, err := listenAll(v.Bind, port)
		if err != nil {
			return err
		}
		list = tcp
	}
	s.port, s.bound = v.Port, strings.Join(v.Bind, " ")
	s.listening.set(list)
	if v.UnixSocket != "" {
		l, err := listenUnix(v.UnixSocket, v.UnixSocketPerm)
		if err != nil {
			return err
		}
		s.listening.set(append(list, l))
	}
	if len(s.listening.get()) == 0 {
		return errors.New("nothing to listen on: set 'port' or 'unixsocket'")
	}
	s.publishPort()
	s.wireListeners()
	return s.listenAdmin(v)
}

func listenTCP(host string, port int) (net.Listener, error) {
	network := "tcp4"
	switch {
	case host == "*":
		host = "0.0.0.0"
	case host == "::*":
		host, network = "::", "tcp6"
	case strings.Contains(host, ":"):
		network = "tcp6"
	}
	return net.Listen(network, net.JoinHostPort(host, strconv.Itoa(port)))
}

// unavailable says whether an address does not exist on this machine, which an optional one may.
func unavailable(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EPROTONOSUPPORT)
}

func bindError(addr string, port int, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("cannot listen on %s port %d: it is in use; stop the other server or choose another port with --port", addr, port)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("cannot listen on %s port %d: not permitted; choose a port above 1023 with --port", addr, port)
	}
	return fmt.Errorf("cannot listen on %s port %d: %w; check 'bind'", addr, port, err)
}

func listenUnix(path string, perm uint32) (net.Listener, error) {
	// A socket that a killed server left behind is in the way and nobody answers on it.
	if fi, err := os.Lstat(path); err == nil && fi.Mode()&fs.ModeSocket != 0 {
		if c, err := net.Dial("unix", path); err == nil {
			_ = c.Close()
			return nil, fmt.Errorf("cannot listen on unixsocket %s: another server answers on it", path)
		}
		_ = os.Remove(path)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on unixsocket: %w; check that the directory exists and may be written to", err)
	}
	if perm != 0 {
		if err := os.Chmod(path, fs.FileMode(perm)); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}
