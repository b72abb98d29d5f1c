// Package netloop carries bytes between sockets and sessions: listeners, connections, buffers, backpressure.
//
// Reach for Server: it accepts on listeners and runs one goroutine a connection over the standard net package, which is
// portable and the way for TLS. The contract with package session (see there) leaves room for an event-loop transport
// beside it.
//
// The package knows nothing of commands.
package netloop
