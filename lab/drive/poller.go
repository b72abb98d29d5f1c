package drive

import (
	"errors"
	"fmt"
	"net"
)

// Address is where the server listens.
type Address struct {
	Network string // tcp or unix
	Addr    string // HOST:PORT or a path
}

// String is the address without its network, as errors name it.
func (a Address) String() string { return a.Addr }

// resolve turns a host name into one IP address, once: all connections go to the
// same server, and none waits for a name server in the middle of a run.
func (a Address) resolve() (Address, error) {
	switch a.Network {
	case "unix":
		return a, nil
	case "tcp":
		ip, err := net.ResolveTCPAddr("tcp", a.Addr)
		if err != nil {
			return a, fmt.Errorf("cannot resolve %s: %w", a.Addr, err)
		}
		return Address{"tcp", ip.String()}, nil
	}
	return a, fmt.Errorf("network %q: want tcp or unix", a.Network)
}

// event says what a connection is ready for.
type event struct {
	slot     int32
	readable bool // data, end of file or an error
	ending   bool // the server has closed: read up to the end of file, no other event will tell
	writable bool // connected, or room after errAgain
}

// errAgain says that a read or write would have to wait.
var errAgain = errors.New("would block")

// poller does the input and output of one thread. A slot is a connection of the
// thread, numbered from 0. Events are edges: after one, the thread reads or
// writes until less than asked for was moved, or errAgain.
//
// Only the thread that owns a poller calls it.
type poller interface {
	// open starts to connect. A writable event follows; connected then tells how
	// it went.
	open(slot int) error
	connected(slot int) error
	close(slot int)
	// read returns io.EOF when the server has closed.
	read(slot int, b []byte) (int, error)
	write(slot int, b []byte) (int, error)
	// queued is how many bytes have arrived on the connection and were not read, and
	// how many were written and not taken by the server's machine; 0 where unknown.
	queued(slot int) (unread, unsent int)
	// wait returns the events of up to ns nanoseconds; it does not sleep when ns
	// is 0 or less. The slice is valid until the next call.
	wait(ns int64) ([]event, error)
	destroy()
}
