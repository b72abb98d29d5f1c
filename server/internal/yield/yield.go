// Package yield lets work in the background give way to what clients wait for.
//
// Go's own way, runtime.Gosched, only reaches goroutines that are ready, and one that waits for the network is not until a
// thread with nothing else to do has asked the system for it. An event loop does not wait in Go's scheduler but in a thread of
// its own (server/internal/netloop/poller_linux.go), so it is the system that has to choose, and it lets a thread that has
// been running go on for some milliseconds: unless that gives way by itself (Processor), or the one that wakes takes shorter
// turns (ShortTurns).
package yield
