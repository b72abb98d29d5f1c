// Package netloop carries bytes between sockets and sessions: listeners, connections, buffers, backpressure.
//
// Reach for Server: it accepts on listeners and runs the connections over one of two transports behind the same contract
// with package session (see there). Event loops over epoll, each with many connections (loop_linux.go), serve sockets on
// Linux; a goroutine a connection over the standard net package (conn.go) is portable, and serves whatever is not a plain
// socket.
//
// The package knows nothing of commands.
package netloop
