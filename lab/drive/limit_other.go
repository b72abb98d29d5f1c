//go:build !unix || freebsd || dragonfly

package drive

// RoomFor does nothing: here the sockets themselves tell.
func RoomFor(int) error { return nil }
