// Package rig holds what tests of commands stand on: a server without sockets, whose clients are driven step by step,
// and a real redis-server to ask for the right answer. It is for tests only.
package rig

import (
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/keyspace"
	"redline/server/internal/observe"
	"redline/server/internal/session"
)

// Rig is a server without sockets.
type Rig struct {
	Hub *session.Hub
	// NowMs is the wall clock in unix milliseconds. It stands still unless a test moves it; 0 stands for the real one.
	NowMs atomic.Int64
}

// New makes a server with the given families of commands.
func New(tb testing.TB, families ...[]command.Spec) *Rig {
	tb.Helper()
	table, err := command.NewTable(families...)
	if err != nil {
		tb.Fatal(err)
	}
	space := keyspace.New(keyspace.Options{Shards: 4, Databases: 16, Seed: 1})
	tb.Cleanup(space.Close)
	r := &Rig{}
	r.Hub = &session.Hub{
		Table: table, Engine: &command.Engine{Space: space}, Config: config.New(), Stats: observe.NewStats(len(table.All())),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Started: time.Now(), RunID: "0123456789abcdef0123456789abcdef01234567",
		Clock: r.now,
	}
	return r
}

func (r *Rig) now() time.Time {
	if ms := r.NowMs.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Now()
}

// Client is one client of a Rig. It is not safe for use by several goroutines.
type Client struct {
	Session *session.Session

	killed atomic.Bool
	woken  atomic.Bool
	tail   []byte
}

// Wake implements session.Transport.
func (c *Client) Wake() { c.woken.Store(true) }

// Kill implements session.Transport.
func (c *Client) Kill() { c.killed.Store(true) }

// Killed says whether the server closed the connection at once.
func (c *Client) Killed() bool { return c.killed.Load() }

// Client connects a client on the loopback interface.
func (r *Rig) Client(tb testing.TB) *Client {
	return r.Connect(tb, session.Peer{Addr: "127.0.0.1:50000", LocalAddr: "127.0.0.1:6379", FD: 8, Loopback: true})
}

// Connect connects a client from somewhere.
func (r *Rig) Connect(tb testing.TB, p session.Peer) *Client {
	tb.Helper()
	c := &Client{}
	c.Session = session.New(r.Hub, c, p)
	if c.Session == nil {
		tb.Fatal("the server refused the client")
	}
	return c
}

// Do sends a request and returns what came out, in RESP.
func (c *Client) Do(args ...string) string {
	return c.Send(resp.AppendCommandStrings(nil, args...))
}

// Send feeds bytes and returns what came out.
func (c *Client) Send(b []byte) string {
	c.tail = append(c.tail, b...)
	return c.Poll()
}

// Poll does one turn of the connection's loop and returns what came out.
func (c *Client) Poll() string {
	if c.Killed() {
		return ""
	}
	c.woken.Store(false)
	c.Session.Drain()
	c.tail = c.tail[c.Session.Feed(c.tail):]
	var out []byte
	for b := c.Session.Take(); b != nil; b = c.Session.Take() {
		out = append(out, b...)
		c.Session.Sent(b)
	}
	return string(out)
}

// Close ends the connection as a client that goes away does.
func (c *Client) Close() { c.Session.Close() }
