// Package session is one client's protocol state: RESP version, authentication, selected database, MULTI, blocking,
// output. A Session turns bytes into replies and never touches a socket.
//
// The contract with a transport (package netloop):
//
//   - A session is single-threaded: only its transport's loop calls Feed, Drain, Take, Sent, Expire and Close.
//   - Upward: Feed(in) parses and executes what it can and returns how many bytes it is done with. in belongs to the
//     transport and is recycled after the call. The transport keeps the unconsumed tail and passes it again, in front of
//     what arrives next.
//   - Downward: Take returns replies that may leave; Sent gives the buffer back. While one buffer is being sent the
//     session fills another.
//   - Sideways: other goroutines put messages into the mailbox (Deliver, Push, Kill, Unblock) and the session calls
//     Transport.Wake; the loop then calls Drain, and Feed with what tail it has.
//   - Time: Deadline tells when the loop has to call Expire although nothing arrived.
//   - Closing says that the connection is to be closed once all output has left; Killed that it is to be closed at once.
//
// Hub is what all sessions share.
package session
