package drive

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// Class says why a request failed.
type Class uint8

const (
	Refused  Class = iota // nobody listens
	Reset                 // the server closed the connection
	Timeout               // no reply within the client's time-out
	Protocol              // the reply is not RESP
	Server                // the server answered with an error
	Other
	classCount
)

// String is the name used in run directories.
func (c Class) String() string {
	return [classCount]string{"refused", "reset", "timeout", "protocol", "server", "other"}[c]
}

// errTimeout is what a connection that ran into the time-out fails with.
var errTimeout = errors.New("no reply within the time-out")

// serverError is a reply that starts with '-'.
type serverError string

func (e serverError) Error() string { return string(e) }

// classify maps the error of a connection to its class.
func classify(err error) Class {
	var reply serverError
	switch {
	case errors.As(err, &reply):
		return Server
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return Refused
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, syscall.ECONNABORTED):
		return Reset
	case errors.Is(err, errTimeout), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return Timeout
	case errors.Is(err, errProtocol):
		return Protocol
	}
	return Other
}
