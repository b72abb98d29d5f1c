//go:build unix

package netloop

import (
	"io"
	"net"
	"syscall"
)

// rawSocket reads and writes a connection's socket with single system calls: a read that takes a buffer only when there
// is something to read, and a write that does not wait.
type rawSocket struct {
	rc      syscall.RawConn
	readFn  func(fd uintptr) bool // made once: no allocation per call
	writeFn func(fd uintptr) bool
	in      *input // of the read under way
	out     []byte // of the write under way
	n       int
	err     error
}

func newRawSocket(nc net.Conn) *rawSocket {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	r := &rawSocket{rc: rc}
	r.readFn, r.writeFn = r.readOnce, r.writeOnce
	return r
}

// read waits for input, for its end or for the read deadline.
func (r *rawSocket) read(in *input) error {
	r.in, r.n, r.err = in, 0, nil
	if err := r.rc.Read(r.readFn); err != nil {
		return err
	}
	return r.err
}

func (r *rawSocket) readOnce(fd uintptr) (done bool) {
	had := r.in.buf != nil
	for {
		n, err := rawRead(fd, r.in.space())
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			if !had {
				r.in.release()
			}
			return false
		case err != nil:
			r.err = err
		case n == 0:
			r.err = io.EOF
		default:
			r.in.grew(n)
		}
		return true
	}
}

// tryWrite writes what the kernel takes at once and returns how much that was.
func (r *rawSocket) tryWrite(b []byte) (int, error) {
	r.out, r.n, r.err = b, 0, nil
	if err := r.rc.Write(r.writeFn); err != nil {
		return 0, err
	}
	r.out = nil
	return r.n, r.err
}

func (r *rawSocket) writeOnce(fd uintptr) (done bool) {
	for r.n < len(r.out) {
		n, err := rawWrite(fd, r.out[r.n:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return true
		case err != nil:
			r.err = err
			return true
		}
		r.n += n
	}
	return true
}

// descriptor returns the number of a connection's socket, for CLIENT LIST, or -1.
func descriptor(nc net.Conn) int {
	fd := -1
	if sc, ok := nc.(syscall.Conn); ok {
		if rc, err := sc.SyscallConn(); err == nil {
			_ = rc.Control(func(n uintptr) { fd = int(n) })
		}
	}
	return fd
}
