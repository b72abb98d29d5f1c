package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"redline/server/internal/admin"
	"redline/server/internal/config"
)

// adminServer is the HTTP listener for operators and the lab.
type adminServer struct {
	srv  *http.Server
	done chan struct{}
}

// listenAdmin starts the admin listener when admin-port is set.
func (s *Server) listenAdmin(v *config.Values) error {
	if v.AdminPort <= 0 {
		return nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(v.AdminBind, strconv.Itoa(v.AdminPort)))
	if err != nil {
		return fmt.Errorf("cannot listen on admin-port: %w; choose another with --admin-port, or 0 to switch it off", err)
	}
	s.hub.AdminAddr = l.Addr().String()
	a := &adminServer{done: make(chan struct{}), srv: &http.Server{Handler: admin.Handler(s.hub), ReadHeaderTimeout: 10 * time.Second}}
	go func() {
		defer close(a.done)
		if err := a.srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the admin listener ended", "err", err)
		}
	}()
	s.admin = a
	return nil
}

func (a *adminServer) close() error {
	err := a.srv.Close()
	<-a.done
	return err
}
