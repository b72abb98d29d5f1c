package compat

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// replyTimeout is how long a reply may take before it counts as missing. Both servers are local, so a second is an age;
// five leave room for a machine that is busy with other tests.
const replyTimeout = 5 * time.Second

// A Conn is one client connection that shows replies as they came.
type Conn struct {
	net net.Conn
	r   *bufio.Reader
}

// Dial connects to a server.
func Dial(addr string) (*Conn, error) {
	c, err := net.DialTimeout("tcp", addr, replyTimeout)
	if err != nil {
		return nil, err
	}
	return &Conn{net: c, r: bufio.NewReaderSize(c, 64<<10)}, nil
}

// Addr returns the server's address.
func (c *Conn) Addr() string { return c.net.RemoteAddr().String() }

// Close closes the connection.
func (c *Conn) Close() { c.net.Close() }

// AppendCommand appends a command as clients send it: an array of bulk strings.
func AppendCommand(dst []byte, words ...string) []byte {
	dst = append(dst, '*')
	dst = strconv.AppendInt(dst, int64(len(words)), 10)
	dst = append(dst, '\r', '\n')
	for _, w := range words {
		dst = append(dst, '$')
		dst = strconv.AppendInt(dst, int64(len(w)), 10)
		dst = append(dst, '\r', '\n')
		dst = append(dst, w...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

// Write sends bytes as they are.
func (c *Conn) Write(b []byte) error {
	if err := c.net.SetWriteDeadline(time.Now().Add(replyTimeout)); err != nil {
		return err
	}
	_, err := c.net.Write(b)
	return err
}

// Read reads one reply.
func (c *Conn) Read() (Reply, error) {
	if err := c.net.SetReadDeadline(time.Now().Add(replyTimeout)); err != nil {
		return Reply{}, err
	}
	return ReadReply(c.r)
}

// ReadToEOF reads what comes until the server closes the connection. A reset counts as closed: the kernel sends one when the
// server closes with input unread.
func (c *Conn) ReadToEOF() (Reply, error) {
	if err := c.net.SetReadDeadline(time.Now().Add(replyTimeout)); err != nil {
		return Reply{}, err
	}
	b, err := io.ReadAll(c.r)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return Reply{}, fmt.Errorf("connection still open after %s", replyTimeout)
	}
	return Reply{Kind: '+', Text: b, Raw: b}, nil
}

// Do sends a command and reads its reply.
func (c *Conn) Do(words ...string) (Reply, error) {
	if err := c.Write(AppendCommand(nil, words...)); err != nil {
		return Reply{}, err
	}
	return c.Read()
}
