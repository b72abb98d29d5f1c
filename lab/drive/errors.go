package drive

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
)

// Class says why a request failed.
type Class uint8

// The first ones are failures of the connection; from Server on they are error
// replies.
const (
	Refused    Class = iota // nobody listens
	Reset                   // the server broke the connection
	Closed                  // the server closed the connection in good order, without a reply
	Truncated               // the server closed the connection in the middle of a reply
	Timeout                 // no reply within the client's time-out
	Protocol                // the reply is not RESP
	Local                   // this machine is out of ports, descriptors or memory
	Other                   // any other failure of a connection
	Server                  // an error reply that is none of those below
	Loading                 // -LOADING: the server reads its data
	OOM                     // -OOM: maxmemory is reached
	Misconf                 // -MISCONF: the server cannot save
	Busy                    // -BUSY: a script runs for too long
	ReadOnly                // -READONLY: a replica
	Auth                    // -NOAUTH, -WRONGPASS or -NOPERM
	MaxClients              // the server takes no more connections
	Aborted                 // -EXECABORT: a transaction was refused as a whole
	classCount
)

// String is the name used in run directories.
func (c Class) String() string {
	return [classCount]string{"refused", "reset", "closed", "truncated", "timeout", "protocol", "local", "other",
		"server", "loading", "oom", "misconf", "busy", "readonly", "auth", "maxclients", "aborted"}[c]
}

// prefixes are how error replies start, by class.
var prefixes = [classCount][]string{
	Loading:    {"LOADING "},
	OOM:        {"OOM "},
	Misconf:    {"MISCONF "},
	Busy:       {"BUSY "},
	ReadOnly:   {"READONLY "},
	Auth:       {"NOAUTH ", "WRONGPASS ", "NOPERM "},
	MaxClients: {"ERR max number of clients"},
	Aborted:    {"EXECABORT "},
}

// classOfReply is the class of an error reply with the given text.
func classOfReply(text []byte) Class {
	for c := Loading; c < classCount; c++ {
		for _, p := range prefixes[c] {
			if len(text) >= len(p) && string(text[:len(p)]) == p {
				return c
			}
		}
	}
	return Server
}

var (
	// errTimeout is what a connection that ran into the time-out fails with.
	errTimeout = errors.New("no reply within the time-out")
	// errTruncated is what the end of a connection within a reply fails with.
	errTruncated = errors.New("the server closed the connection in the middle of a reply")
)

// serverError is a reply that starts with '-'.
type serverError string

func (e serverError) Error() string { return string(e) }

// classify maps the error of a connection to its class.
func classify(err error) Class {
	var reply serverError
	switch {
	case errors.As(err, &reply):
		return classOfReply([]byte(reply))
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return Refused
	case errors.Is(err, errTruncated):
		return Truncated
	case errors.Is(err, io.EOF):
		return Closed
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return Reset
	case errors.Is(err, errTimeout), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return Timeout
	case errors.Is(err, errProtocol):
		return Protocol
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE),
		errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.ENOMEM):
		return Local
	}
	return Other
}

// explain adds the likely fix to the error of a connection, where one is known.
func explain(err error) string {
	text := err.Error()
	switch {
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return text + " (no local port is left: use fewer connections, or widen net.ipv4.ip_local_port_range)"
	case errors.Is(err, io.EOF):
		return "the server closed the connection"
	}
	return string(bytes.ToValidUTF8([]byte(text), []byte("?")))
}
