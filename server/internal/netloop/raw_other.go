//go:build !unix

package netloop

import "net"

// rawSocket does not exist on this system: connections read and write through package net.
type rawSocket struct{}

func newRawSocket(net.Conn) *rawSocket { return nil }

func (*rawSocket) read(*input) error            { panic("no raw sockets here") }
func (*rawSocket) tryWrite([]byte) (int, error) { panic("no raw sockets here") }

func descriptor(net.Conn) int { return -1 }
