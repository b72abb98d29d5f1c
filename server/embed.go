package server

import "net"

// Conn opens a connection within the process, without a socket, for a program or test that embeds the server. It speaks the
// protocol that clients speak. The server answers when its data is loaded, and closes its end when it ends.
func (s *Server) Conn() net.Conn {
	ours, theirs := net.Pipe()
	go func() {
		<-s.ready
		s.net.Start(ours)
	}()
	return theirs
}
