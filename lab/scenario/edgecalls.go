package scenario

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"redline/resp"
)

// answer is what came back for an input.
type answer string

const (
	answerError  answer = "refused"
	answerOther  answer = "accepted"
	answerNone   answer = "not answered"
	answerClosed answer = "answered by closing the connection without a word"
	answerBroken answer = "answered with something that is no RESP"
)

// caller is a connection for odd inputs.
type caller struct {
	*guest
	in *resp.Reader
}

// caller connects and logs in.
func (b *bench) caller(ctx context.Context) (*caller, error) {
	g, err := b.guest(ctx)
	if err != nil {
		return nil, err
	}
	// With a buffer of this size the reader of replies uses it, and both see the
	// same stream.
	g.r = bufio.NewReaderSize(g.conn, 16<<10)
	c := &caller{guest: g, in: resp.NewReader(g.r)}
	for _, cmd := range b.Target().Greeting() {
		if c.call(cmd, guestPatience) != answerOther {
			c.close()
			return nil, fmt.Errorf("the server refuses %s", cmd[0])
		}
	}
	return c, nil
}

// close resets the connection, so that the thousands of them leave no ports
// behind that cannot be used for a minute.
func (c *caller) close() {
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // else the port is free later
	}
	_ = c.conn.Close()
}

// call sends a command and waits for its reply.
func (c *caller) call(args []string, patience time.Duration) answer {
	_ = c.conn.SetDeadline(time.Now().Add(edgePatience)) // megabytes may take a while on a busy machine
	if _, err := c.conn.Write(resp.AppendCommandStrings(nil, args...)); err != nil {
		// The reason may have been said before the server closed.
		if got := c.read(); got == answerError {
			return got
		}
		return answerClosed
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	return c.read()
}

func (c *caller) read() answer {
	first, err := c.r.Peek(1)
	if err == nil && first[0] == '-' {
		// An error may quote a megabyte of the input, more than a line of the reader.
		if _, err = io.Copy(io.Discard, &line{r: c.r}); err == nil {
			return answerError
		}
	}
	if err == nil {
		_, err = c.in.Read()
	}
	switch {
	case err == nil:
		return answerOther
	case errors.Is(err, os.ErrDeadlineExceeded):
		return answerNone
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return answerClosed
	}
	return answerBroken
}

// line reads up to and with the next newline.
type line struct {
	r    *bufio.Reader
	done bool
}

func (l *line) Read(p []byte) (int, error) {
	if l.done {
		return 0, io.EOF
	}
	for i := range p {
		b, err := l.r.ReadByte()
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return i, err
		}
		if p[i] = b; b == '\n' {
			l.done = true
			return i + 1, nil
		}
	}
	return len(p), nil
}

// violationPatience is how long the answer to broken protocol is waited for
// where waiting for more input would be right.
const violationPatience = 50 * time.Millisecond

// broken sends violations of the protocol, each on a connection of its own, and
// looks after each whether the server still answers.
func (t *edge) broken(ctx context.Context) error {
	for _, v := range violations() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c, err := t.b.caller(ctx)
		if err != nil {
			return fmt.Errorf("before %s: %w", v, err)
		}
		t.violations++
		patience := guestPatience
		if v.cut {
			patience = violationPatience
		}
		_ = c.conn.SetDeadline(time.Now().Add(patience))
		_, _ = c.conn.Write([]byte(v.bytes)) // the server may close in the middle
		if got := c.read(); got == answerNone && !v.cut || got == answerBroken {
			t.silent++
			t.b.failf("%s was %s", v, got)
		}
		c.close()
		if _, err := t.b.Client().Do("PING"); err != nil {
			return fmt.Errorf("after %s the server no longer answers: %w", v, err)
		}
	}
	return t.slowly(ctx)
}

// slowly sends a command byte by byte.
func (t *edge) slowly(ctx context.Context) error {
	c, err := t.b.caller(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	t.violations++
	_ = c.conn.SetDeadline(time.Now().Add(guestPatience))
	for _, b := range []byte("*1\r\n$4\r\nPING\r\n") {
		if _, err := c.conn.Write([]byte{b}); err != nil {
			return fmt.Errorf("a command in single bytes was cut off: %w", err)
		}
	}
	if got := c.read(); got != answerOther {
		t.silent++
		t.b.failf("a command in single bytes was %s", strings.ToLower(string(got)))
	}
	return nil
}
