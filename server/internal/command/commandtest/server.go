// Package commandtest runs families of commands in process, without sessions and sockets, and compares them with a
// redis-server. It is for the tests of those families.
package commandtest

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/keyspace"
	"redline/test/compat"
)

// Server is a keyspace with commands. Its fields may be read between calls.
type Server struct {
	Engine *command.Engine
	Conf   *config.Values
	Now    int64 // unix milliseconds

	Effects []string   // what was logged, the words of a command joined by blanks
	Raw     [][]string // the same, word by word
	Events  []string   // keyspace notifications: class, event, key

	records uint64
	table   *command.Table
}

// New makes a server with default settings, except that directives (name, value, ...) change them.
func New(tb testing.TB, families [][]command.Spec, directives ...string) *Server {
	tb.Helper()
	table, err := command.NewTable(families...)
	if err != nil {
		tb.Fatal(err)
	}
	space := keyspace.New(keyspace.Options{Shards: 16, Databases: 16, Seed: 1})
	tb.Cleanup(space.Close)
	conf := config.New()
	if len(directives) > 0 {
		if err := conf.Set(true, directives...); err != nil {
			tb.Fatal(err)
		}
	}
	s := &Server{Engine: &command.Engine{Space: space}, Conf: conf.Values(), Now: 1_700_000_000_000, table: table}
	s.Engine.Log, s.Engine.Events = s, s
	return s
}

// Commit implements command.Log.
func (s *Server) Commit(_ int64, effects []command.Effect) uint64 {
	for _, e := range effects {
		r, err := compat.ReadReply(bufio.NewReader(bytes.NewReader(e.RESP)))
		if err != nil {
			panic(err)
		}
		words := make([]string, len(r.Elems))
		for i, w := range r.Elems {
			words[i] = string(w.Text)
		}
		s.Effects = append(s.Effects, strings.Join(words, " "))
		s.Raw = append(s.Raw, words)
	}
	s.records++
	return s.records
}

// Notify implements command.Events.
func (s *Server) Notify(class command.EventClass, event string, _ int, name []byte) {
	s.Events = append(s.Events, fmt.Sprintf("%c %s %s", class, event, name))
}

// Client is one client of the server.
type Client struct {
	Proto   int
	Blocked *command.Blocked // set while a blocking command waits

	s         *Server
	delivered []byte
}

// Client makes a client that speaks RESP2.
func (s *Server) Client() *Client { return &Client{s: s, Proto: 2} }

// Deliver implements command.Client.
func (c *Client) Deliver(_ *command.Blocked, reply []byte) {
	c.Blocked = nil
	c.delivered = append(c.delivered, reply...)
}

// Leave implements command.Client.
func (c *Client) Leave() {}

// Delivered returns what blocked commands were answered since the last call.
func (c *Client) Delivered() string {
	out := string(c.delivered)
	c.delivered = nil
	return out
}

// Has says whether the server has a command.
func (s *Server) Has(name string) bool { return s.table.Lookup([]byte(name)) != nil }

// Do runs a command and returns its reply as it would go over the wire; nothing if it waits.
func (c *Client) Do(words ...string) string { return c.run(nil, words) }

// Exec runs commands as one transaction and returns their replies, one after the other.
func (c *Client) Exec(commands ...[]string) string {
	outer := command.Call{Client: c, DB: 0, Now: c.s.Now, Conf: c.s.Conf}
	queued := make([]command.Queued, len(commands))
	for i, words := range commands {
		args := toArgs(words)
		queued[i] = command.Queued{Spec: c.s.spec(args), Args: args}
	}
	var out strings.Builder
	c.s.Engine.Txn(&outer, queued, nil, func() {
		for _, words := range commands {
			out.WriteString(c.run(&outer, words))
		}
	})
	return out.String()
}

func toArgs(words []string) [][]byte {
	args := make([][]byte, len(words))
	for i, w := range words {
		args[i] = []byte(w)
	}
	return args
}

func (s *Server) spec(args [][]byte) *command.Spec {
	spec := s.table.Lookup(args[0])
	if spec == nil {
		panic("commandtest: no command " + string(args[0]))
	}
	if len(spec.Subcommands) > 0 && len(args) > 1 {
		if sub := spec.Sub(args[1]); sub != nil {
			return sub
		}
	}
	return spec
}

func (c *Client) run(outer *command.Call, words []string) string {
	args := toArgs(words)
	spec := c.s.spec(args)
	if spec.Arity > 0 && len(args) != spec.Arity || len(args) < -spec.Arity {
		return "-ERR wrong number of arguments for '" + spec.FullName + "' command\r\n"
	}
	call := command.Call{Client: c, Spec: spec, Args: args, Reply: &resp.Writer{Proto: c.Proto}, Now: c.s.Now, Conf: c.s.Conf}
	if outer != nil {
		c.s.Engine.RunIn(outer, &call)
	} else {
		c.Blocked = c.s.Engine.Run(&call)
	}
	for _, a := range args { // the transport's buffer is recycled: nobody may have kept a view
		for i := range a {
			a[i] = '~'
		}
	}
	return string(call.Reply.Buf)
}

// Expire ends the waiting of the client's blocked command as its deadline does, and returns the reply.
func (c *Client) Expire() string {
	b := c.Blocked
	if b == nil || !c.s.Engine.Cancel(b) {
		return ""
	}
	c.Blocked = nil
	w := resp.Writer{Proto: c.Proto}
	b.TimeoutReply(&w)
	return string(w.Buf)
}

// Prepare returns a function that runs one command again and again on a reused Call, as a session does, without
// logging: for benchmarks.
func (s *Server) Prepare(words ...string) func() {
	s.Engine.Log, s.Engine.Events = nil, nil
	args := toArgs(words)
	call := &command.Call{Client: s.Client(), Spec: s.spec(args), Args: args, Reply: &resp.Writer{}, Now: s.Now, Conf: s.Conf}
	return func() {
		call.Reply.Buf = call.Reply.Buf[:0]
		s.Engine.Run(call)
	}
}
