package rig

import (
	"bufio"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redline/resp"
)

// Redis is a real redis-server on a unix socket.
type Redis struct {
	socket string
}

// StartRedis starts a redis-server with more arguments and ends it with the test. Without redis-server the test is
// skipped.
func StartRedis(tb testing.TB, args ...string) *Redis {
	tb.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		tb.Skip("redis-server is not installed: nothing to compare with")
	}
	r := &Redis{socket: filepath.Join(tb.TempDir(), "redis.sock")}
	cmd := exec.Command(bin, append([]string{"--port", "0", "--unixsocket", r.socket, "--save", "", "--appendonly", "no",
		"--dir", tb.TempDir(), "--enable-debug-command", "yes"}, args...)...)
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	give := time.Now().Add(10 * time.Second)
	for {
		c, err := net.Dial("unix", r.socket)
		if err == nil {
			_ = c.Close()
			return r
		}
		if time.Now().After(give) {
			tb.Fatalf("redis-server does not answer: %v", err)
		}
		time.Sleep(5 * time.Millisecond) // until a real process is ready
	}
}

// RedisConn is one connection to a Redis.
type RedisConn struct {
	tb testing.TB
	nc net.Conn
	br *bufio.Reader
}

// Conn opens a connection.
func (r *Redis) Conn(tb testing.TB) *RedisConn {
	tb.Helper()
	nc, err := net.Dial("unix", r.socket)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = nc.Close() })
	return &RedisConn{tb: tb, nc: nc, br: bufio.NewReaderSize(nc, 8<<20)}
}

// Do sends a request and returns the reply in RESP, or nothing if the server closed the connection.
func (c *RedisConn) Do(args ...string) string {
	c.tb.Helper()
	if !c.Send(args...) {
		return ""
	}
	return c.Read()
}

// Send sends a request and does not wait for a reply. It returns false if the server closed the connection.
func (c *RedisConn) Send(args ...string) bool {
	_ = c.nc.SetDeadline(time.Now().Add(10 * time.Second))
	_, err := c.nc.Write(resp.AppendCommandStrings(nil, args...))
	return err == nil
}

// Read returns one more reply.
func (c *RedisConn) Read() string {
	c.tb.Helper()
	for size := 1; ; size = c.br.Buffered() + 1 {
		if _, err := c.br.Peek(size); err != nil {
			if c.br.Buffered() > 0 {
				c.tb.Fatalf("redis-server: %v", err)
			}
			return ""
		}
		b, _ := c.br.Peek(c.br.Buffered())
		n, _, err := resp.SkipReply(b)
		if err != nil {
			c.tb.Fatal(err)
		}
		if n > 0 {
			reply := string(b[:n])
			_, _ = c.br.Discard(n)
			return reply
		}
	}
}

// Parse reads a reply in RESP as a value.
func Parse(tb testing.TB, reply string) resp.Value {
	tb.Helper()
	v, err := resp.NewReader(strings.NewReader(reply)).Read()
	if err != nil {
		tb.Fatalf("%q: %v", reply, err)
	}
	return v
}
