package session_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/txncmd"
	"redline/server/internal/config"
	"redline/server/internal/keyspace"
	"redline/server/internal/observe"
	"redline/server/internal/session"
)

// transport is a connection without a socket.
type transport struct {
	woken  atomic.Int32
	killed atomic.Bool
}

func (t *transport) Wake() { t.woken.Add(1) }
func (t *transport) Kill() { t.killed.Store(true) }

// take waits for one key to exist, removes it and answers with its value: the shortest blocking command.
func take(c *command.Call) {
	it := c.Find(1)
	if !it.OK() {
		if c.NoBlock {
			c.Reply.Null()
			return
		}
		c.Block(deadline, func(w *resp.Writer) { w.Null() })
		return
	}
	c.Reply.Bulk(it.Value())
	k := c.Key(1)
	c.DBOf(k).Delete(k)
	c.Dirty++
}

const deadline = 5_000_000

var testCommands = []command.Spec{
	{Name: "take", Group: "test", Since: "1", Summary: "test", Arity: 2, Flags: command.Write | command.Blocking,
		Keys: []command.KeySpec{{Begin: 1, Step: 1}}, Handler: take},
}

type clock struct{ ms atomic.Int64 }

func newHub(tb testing.TB, shards int) (*session.Hub, *clock) {
	table, err := command.NewTable(strcmd.Commands, txncmd.Commands, testCommands)
	if err != nil {
		tb.Fatal(err)
	}
	space := keyspace.New(keyspace.Options{Shards: shards, Databases: 2, Seed: 3})
	tb.Cleanup(space.Close)
	ck := &clock{}
	ck.ms.Store(1_700_000_000_000)
	return &session.Hub{
		Table: table, Engine: &command.Engine{Space: space}, Config: config.New(), Stats: observe.NewStats(len(table.All())),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Started: time.Now(),
		Clock: func() time.Time { return time.UnixMilli(ck.ms.Load()) },
	}, ck
}

// client drives a session as a transport does.
type client struct {
	s    *session.Session
	t    *transport
	tail []byte
}

func newClient(tb testing.TB, h *session.Hub) *client {
	t := &transport{}
	c := &client{s: session.New(h, t, session.Peer{Addr: "test:1"}), t: t}
	if c.s == nil {
		tb.Fatal("the session was refused")
	}
	return c
}

// send feeds inline commands and returns what came out.
func (c *client) send(lines ...string) string {
	c.tail = append(c.tail, strings.Join(lines, "\r\n")+"\r\n"...)
	return c.turn()
}

func (c *client) turn() string {
	c.s.Drain()
	c.tail = c.tail[c.s.Feed(c.tail):]
	var out []byte
	for b := c.s.Take(); b != nil; b = c.s.Take() {
		out = append(out, b...)
		c.s.Sent(b)
	}
	return string(out)
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPipelineSplitAnywhere(t *testing.T) {
	h, _ := newHub(t, 4)
	var in []byte
	var want strings.Builder
	for i := range 20 {
		in = resp.AppendCommandStrings(in, "SET", fmt.Sprint("k", i), strings.Repeat("v", i*7))
		in = resp.AppendCommandStrings(in, "GET", fmt.Sprint("k", i))
		fmt.Fprintf(&want, "+OK\r\n$%d\r\n%s\r\n", i*7, strings.Repeat("v", i*7))
	}
	for step := 1; step < 40; step++ {
		c := newClient(t, h)
		var out strings.Builder
		for i := 0; i < len(in); i += step {
			c.tail = append(c.tail, in[i:min(i+step, len(in))]...)
			out.WriteString(c.turn())
		}
		if out.String() != want.String() {
			t.Fatalf("pieces of %d bytes: got %q", step, out.String())
		}
		c.s.Close()
	}
}

func TestErrors(t *testing.T) {
	h, _ := newHub(t, 4)
	c := newClient(t, h)
	expect(t, c.send("nope a b"), "-ERR unknown command 'nope', with args beginning with: 'a' 'b' \r\n")
	expect(t, c.send("get"), "-ERR wrong number of arguments for 'get' command\r\n")
	expect(t, c.send("set a b ex 0"), "-ERR invalid expire time in 'set' command\r\n")
	expect(t, c.send("set a b ex"), "-ERR syntax error\r\n")
	if h.Stats.Errors()["ERR"] != 4 {
		t.Errorf("errors counted: %v", h.Stats.Errors())
	}
	expect(t, c.send("*1\r\n$x"), "-ERR Protocol error: invalid bulk length\r\n")
	if !c.s.Closing() {
		t.Error("a protocol error must close the connection")
	}
}

func TestBlockedIsServedInOrder(t *testing.T) {
	for _, shards := range []int{1, 16} {
		h, _ := newHub(t, shards)
		a, b, w := newClient(t, h), newClient(t, h), newClient(t, h)
		expect(t, a.send("take k", "get k"), "")
		expect(t, b.send("take k"), "")
		if h.Engine.Blocked.Load() != 2 {
			t.Fatal("two clients should wait")
		}
		expect(t, w.send("set k 1x", "get k"), "+OK\r\n$-1\r\n") // served before the writer's next command
		expect(t, a.turn(), "$2\r\n1x\r\n$-1\r\n")
		expect(t, b.turn(), "")
		expect(t, w.send("multi", "set k 2x", "set k 3x", "get k", "exec"),
			"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n+OK\r\n$2\r\n3x\r\n") // served after the transaction
		expect(t, b.turn(), "$2\r\n3x\r\n")
		if h.Engine.Blocked.Load() != 0 || a.t.woken.Load() == 0 {
			t.Fatal("nobody should wait any more, and both were woken")
		}
	}
}

func TestBlockedTimesOutAndLeaves(t *testing.T) {
	h, ck := newHub(t, 4)
	ck.ms.Store(deadline - 1000)
	a, b, w := newClient(t, h), newClient(t, h), newClient(t, h)
	a.send("take k")
	b.send("take k")
	if d, ok := a.s.Deadline(); !ok || d.UnixMilli() != deadline {
		t.Fatalf("deadline %v %v", d, ok)
	}
	ck.ms.Store(deadline)
	a.s.Expire()
	expect(t, a.turn(), "$-1\r\n")
	b.s.Close()
	if h.Engine.Blocked.Load() != 0 {
		t.Fatal("nobody should wait any more")
	}
	expect(t, w.send("set k v", "take k"), "+OK\r\n$1\r\nv\r\n")
}

func TestUnblock(t *testing.T) {
	h, _ := newHub(t, 4)
	a := newClient(t, h)
	a.send("take k")
	a.s.Unblock("", false)
	expect(t, a.turn(), "$-1\r\n")
	a.send("take k")
	a.s.Unblock("UNBLOCKED client unblocked via CLIENT UNBLOCK", false)
	expect(t, a.turn(), "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")
	a.s.Unblock("", false) // not blocked: nothing
	expect(t, a.turn(), "")
}

func TestPauseHoldsBack(t *testing.T) {
	h, ck := newHub(t, 4)
	a := newClient(t, h)
	h.Pause(ck.ms.Load()+1000, true)
	expect(t, a.send("get k", "set k v", "get k"), "$-1\r\n")
	h.Unpause()
	expect(t, a.turn(), "+OK\r\n$1\r\nv\r\n")
	h.Pause(ck.ms.Load()+1000, false)
	expect(t, a.send("get k"), "")
	ck.ms.Add(1000)
	a.s.Expire()
	expect(t, a.turn(), "$1\r\nv\r\n")
}

func TestMaxClients(t *testing.T) {
	h, _ := newHub(t, 1)
	limit := h.Config.Values().MaxClients
	for range limit {
		newClient(t, h)
	}
	if s := session.New(h, &transport{}, session.Peer{}); s != nil || h.Stats.Rejected.Load() != 1 {
		t.Fatal("a client above maxclients must be refused and counted")
	}
}

func TestPushBeyondReply(t *testing.T) {
	h, _ := newHub(t, 1)
	a := newClient(t, h)
	a.s.Push([]byte("+one\r\n"))
	a.s.Push([]byte("+two\r\n"))
	if a.t.woken.Load() != 1 {
		t.Errorf("woken %d times for two messages", a.t.woken.Load())
	}
	expect(t, a.turn(), "+one\r\n+two\r\n")
}

// BenchmarkPipeline measures the way from bytes to reply bytes, 16 requests a batch. It must not allocate.
func BenchmarkPipeline(b *testing.B) {
	val := strings.Repeat("x", 64)
	for _, bench := range []struct {
		name string
		args func(i int) []string
	}{
		{"GET", func(i int) []string { return []string{"GET", fmt.Sprintf("key:%012d", i)} }},
		{"SET", func(i int) []string { return []string{"SET", fmt.Sprintf("key:%012d", i), val} }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			h, _ := newHub(b, 16)
			t := &transport{}
			s := session.New(h, t, session.Peer{})
			const keys, batch = 4096, 16
			batches := make([][]byte, keys/batch)
			for i := range keys {
				s.Feed(resp.AppendCommandStrings(nil, "SET", fmt.Sprintf("key:%012d", i), val))
				batches[i/batch] = resp.AppendCommandStrings(batches[i/batch], bench.args(i)...)
			}
			s.Sent(s.Take())
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				in := batches[i%len(batches)]
				if n := s.Feed(in); n != len(in) {
					b.Fatal("not consumed")
				}
				out := s.Take()
				if !bytes.HasPrefix(out, []byte("+")) && !bytes.HasPrefix(out, []byte("$64")) {
					b.Fatalf("%.40q", out)
				}
				s.Sent(out)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/request")
		})
	}
}
