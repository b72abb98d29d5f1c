//go:build !linux

package netloop

import (
	"net"

	"redline/server/internal/session"
)

// loops do not exist on this system: each connection has a goroutine.
type (
	loops struct{}
	loop  struct{}
)

func (*loops) take(*Server, net.Conn) (*loop, int) { return nil, -1 }
func (*loops) end()                                {}

func (*Server) startOnLoop(*loop, int, net.Conn, session.Peer) { panic("no event loops here") }
