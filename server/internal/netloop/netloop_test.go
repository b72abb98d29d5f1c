package netloop_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/config"
	"redline/server/internal/keyspace"
	"redline/server/internal/netloop"
	"redline/server/internal/observe"
	"redline/server/internal/session"
)

// patience bounds how long a test waits for something that must happen.
const patience = 20 * time.Second

var extra = []command.Spec{
	{Name: "quit", Group: "test", Since: "1", Summary: "test", Arity: -1, Flags: command.NoLock, Handler: func(c *command.Call) {
		c.Reply.OK()
		session.From(c).CloseAfterReply()
	}},
	{Name: "long", Group: "test", Since: "1", Summary: "test", Arity: 2, Flags: command.NoLock, Handler: func(c *command.Call) {
		if command.Is(c.Args[1], "leave") {
			c.Client.Leave()
		}
		until := make(chan struct{})
		longBegan <- until
		<-until
		c.Reply.OK()
	}},
	{Name: "count", Group: "test", Since: "1", Summary: "test", Arity: 1, Flags: command.NoLock, Handler: func(c *command.Call) {
		n := counted.Add(1)
		if f := atCount.Load(); f != nil {
			(*f)(n)
		}
		c.Reply.Int(n)
	}},
	{Name: "wait", Group: "test", Since: "1", Summary: "test", Arity: 3, Flags: command.Write | command.Blocking,
		Keys: []command.KeySpec{{Begin: 1, Step: 1}}, Handler: func(c *command.Call) {
			if it := c.Find(1); it.OK() {
				c.Reply.Bulk(it.Value())
				return
			}
			ms, _ := resp.ParseInt(c.Args[2])
			deadline := int64(0)
			if ms > 0 {
				deadline = c.Now + ms
			}
			c.Block(deadline, func(w *resp.Writer) { w.Null() })
		}},
}

type server struct {
	hub  *session.Hub
	net  *netloop.Server
	addr string
}

func start(t *testing.T, transport string, directives ...string) *server {
	t.Helper()
	return startHub(t, func(*session.Hub) {}, transport, directives...)
}

// startHub is start with a hub that is changed before it is used.
func startHub(t *testing.T, change func(h *session.Hub), transport string, directives ...string) *server {
	t.Helper()
	cfg := config.New()
	if err := cfg.LoadArgs(append([]string{"--io-transport", transport}, directives...)); err != nil {
		t.Fatal(err)
	}
	table, err := command.NewTable(strcmd.Commands, extra)
	if err != nil {
		t.Fatal(err)
	}
	space := keyspace.New(keyspace.Options{Shards: 16, Databases: 1})
	s := &server{hub: &session.Hub{
		Table: table, Engine: &command.Engine{Space: space}, Config: cfg, Stats: observe.NewStats(len(table.All())),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Started: time.Now(), Clock: time.Now,
	}}
	change(s.hub)
	s.net = netloop.New(s.hub)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	s.net.Serve(l)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		s.net.Close(ctx)
		space.Close()
	})
	return s
}

type client struct {
	net.Conn
	r *resp.Reader
}

func (s *server) dial(t *testing.T) *client {
	t.Helper()
	nc, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return &client{nc, resp.NewReader(bufio.NewReader(nc))}
}

func (c *client) send(t *testing.T, args ...string) {
	t.Helper()
	if _, err := c.Write(resp.AppendCommandStrings(nil, args...)); err != nil {
		t.Fatal(err)
	}
}

func (c *client) want(t *testing.T, want string) {
	t.Helper()
	v, err := c.r.Read()
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	if got := string(v.Str); got != want {
		t.Fatalf("got %.60q, want %.60q", got, want)
	}
}

func (c *client) wantEOF(t *testing.T) {
	t.Helper()
	if v, err := c.r.Read(); err == nil {
		t.Fatalf("got %v, want the end", v)
	}
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); {
		if time.Now().After(end) {
			t.Fatal("did not happen: " + what)
		}
		time.Sleep(time.Millisecond)
	}
}

// testHalfClosed has a client close its side once it has sent: it gets its replies and then the end.
func testHalfClosed(t *testing.T, transport string) {
	s := start(t, transport)
	c := s.dial(t)
	for range 1000 {
		c.send(t, "SET", "k", "v")
	}
	if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		c.want(t, "OK")
	}
	c.wantEOF(t)
	eventually(t, "the client is gone", func() bool { return s.hub.Clients.Len() == 0 })
}

// testGreedyNeighbour has one client send without end: others are served beside it.
func testGreedyNeighbour(t *testing.T, transport string) {
	s := start(t, transport)
	greedy, modest := s.dial(t), s.dial(t)
	batch := bytes.Repeat(resp.AppendCommandStrings(nil, "SET", "k", "v"), 10_000)
	go func() { _, _ = io.Copy(io.Discard, greedy) }()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := greedy.Write(batch); err != nil {
					return
				}
			}
		}
	}()
	for range 200 {
		modest.send(t, "SET", "m", "v")
		modest.want(t, "OK")
	}
	close(stop)
	<-done
}

// counted is how many times COUNT has run, atCount what it calls.
var (
	counted atomic.Int64
	atCount atomic.Pointer[func(n int64)]
)

// testLongCommand has a command run until others have been served, on one loop: it must not hold them up, whether it says
// that it will take long or not.
func testLongCommand(t *testing.T, transport string) {
	s := start(t, transport, "--io-loops", "1")
	for _, how := range []string{"leave", "stay"} {
		slow, other := s.dial(t), s.dial(t)
		slow.send(t, "LONG", how)
		slow.send(t, "GET", "k")
		began := <-longBegan
		for range 100 {
			other.send(t, "SET", "k", how)
			other.want(t, "OK")
		}
		slow2 := s.dial(t) // new ones are served as well
		slow2.send(t, "GET", "k")
		slow2.want(t, how)
		close(began)
		slow.want(t, "OK")
		slow.want(t, how)
		slow.send(t, "GET", "k")
		slow.want(t, how)
	}
}

// testKilledWhileLong has a client killed, and others drained, while its command runs.
func testKilledWhileLong(t *testing.T, transport string) {
	s := start(t, transport, "--io-loops", "1")
	slow, other := s.dial(t), s.dial(t)
	slow.send(t, "LONG", "stay")
	began := <-longBegan
	other.send(t, "SET", "k", "v")
	other.want(t, "OK")
	for _, x := range s.hub.Clients.All() {
		if x.Describe() != "" && x.ID == 1 {
			x.Kill()
		}
	}
	other.send(t, "GET", "k")
	other.want(t, "v")
	close(began)
	slow.wantEOF(t)
	eventually(t, "one client is left", func() bool { return s.hub.Clients.Len() == 1 })
	other.send(t, "GET", "k")
	other.want(t, "v")
}

// longBegan tells of each LONG that runs; it ends when what it sends is closed.
var longBegan = make(chan chan struct{})

// journal is a log whose records are safe when the test says so.
type journal struct {
	session.Journal // nil: nothing else is called

	mu       sync.Mutex
	syncs    bool          // whoever leads makes all records safe
	mine     bool          // replies wait for their own records only
	disk     chan struct{} // the leader waits until it is closed; nil: not at all
	leading  atomic.Bool
	appended uint64
	safe     uint64
	err      error
	told     []func()
	rounds   int // if the log syncs
	changed  *sync.Cond
}

func newJournal() *journal {
	j := &journal{}
	j.changed = sync.NewCond(&j.mu)
	return j
}

func (j *journal) Commit(int64, []command.Effect) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.appended++
	return j.appended
}

func (j *journal) Target(own uint64) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.mine {
		return own
	}
	return j.appended
}

func (j *journal) Reached(seq uint64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.safe >= seq
}

func (j *journal) Wait(seq uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.safe < seq && j.err == nil {
		j.changed.Wait()
	}
	if j.safe >= seq {
		return nil
	}
	return j.err
}

func (j *journal) Await(seq uint64, wake func()) (bool, error) {
	if j.disk != nil && j.leading.CompareAndSwap(false, true) {
		<-j.disk
		j.leading.Store(false)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.syncs && j.safe < j.appended {
		j.safe = j.appended
		j.rounds++
	}
	if j.safe >= seq {
		return true, nil
	}
	if j.err != nil {
		return true, j.err
	}
	j.told = append(j.told, wake)
	return false, nil
}

func (j *journal) Syncs() bool { return j.syncs }

// become says how safe what is.
func (j *journal) become(safe uint64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.safe, j.err = safe, err
	j.changed.Broadcast()
	for _, wake := range j.told {
		wake()
	}
	j.told = nil
}

// testRepliesWaitForTheLog holds replies back until the log has what they tell of.
func testRepliesWaitForTheLog(t *testing.T, transport string) {
	j := newJournal()
	s := startHub(t, func(h *session.Hub) { h.Journal, h.Engine.Log = j, j }, transport, "--io-loops", "1")
	a, b, quits := s.dial(t), s.dial(t), s.dial(t)
	a.send(t, "SET", "a", "1")
	eventually(t, "a record", func() bool { return j.Target(0) == 1 })
	b.send(t, "SET", "b", "1")
	eventually(t, "another", func() bool { return j.Target(0) == 2 })
	quits.send(t, "SET", "c", "1")
	quits.send(t, "QUIT")
	eventually(t, "a third", func() bool { return j.Target(0) == 3 })
	a.send(t, "GET", "a") // is not looked at before the first reply has left
	for _, x := range s.hub.Clients.All()[:2] {
		x.Push([]byte("+pushed\r\n"))
	}
	j.become(1, nil)
	a.want(t, "OK")
	j.become(3, nil)
	b.want(t, "OK")
	b.want(t, "pushed")
	quits.want(t, "OK")
	quits.want(t, "OK")
	got := map[string]int{}
	for range 2 {
		v, err := a.r.Read()
		if err != nil {
			t.Fatal(err)
		}
		got[string(v.Str)]++
	}
	if got["1"] != 1 || got["pushed"] != 1 {
		t.Errorf("after the log: %v", got)
	}
	b.send(t, "SET", "b", "2")
	eventually(t, "a fourth", func() bool { return j.Target(0) == 4 })
	j.become(3, errors.New("No space left on device"))
	v, err := b.r.Read()
	if err != nil || !strings.HasPrefix(string(v.Str), "MISCONF") || !strings.HasSuffix(string(v.Str), "No space left on device") {
		t.Errorf("%q %v", v.Str, err)
	}
}

// testSlowDisk: while the disk takes its time, those who do not wait for it are served.
func testSlowDisk(t *testing.T, transport string) {
	j := newJournal()
	j.mine, j.disk = true, make(chan struct{})
	s := startHub(t, func(h *session.Hub) { h.Journal, h.Engine.Log = j, j }, transport, "--io-loops", "1")
	t.Cleanup(func() { j.become(math.MaxUint64, nil) }) // also where the test fails: the server waits for its clients
	a, b := s.dial(t), s.dial(t)
	for range 3 {
		a.send(t, "SET", "a", "1")
		b.send(t, "GET", "b")
		b.want(t, "")
	}
	j.become(3, nil)
	close(j.disk)
	for range 3 {
		a.want(t, "OK")
	}
}

// testManyConnections has many clients at once, most of them idle.
func testManyConnections(t *testing.T, transport string) {
	s := start(t, transport)
	var cs []*client
	for range 400 { // a process may have 1024 files by default, and both ends are in this one
		cs = append(cs, s.dial(t))
	}
	for round := range 3 {
		for i, c := range cs {
			c.send(t, "SET", fmt.Sprint("k", i), fmt.Sprint(round))
		}
		for _, c := range cs {
			c.want(t, "OK")
		}
	}
	for _, c := range cs[1:] {
		c.Close()
	}
	eventually(t, "one client is left", func() bool { return s.hub.Clients.Len() == 1 })
	cs[0].send(t, "GET", "k0")
	cs[0].want(t, "2")
}

// suite is what every transport has to pass.
var suite = map[string]func(t *testing.T, transport string){
	"LongPipelineBeforeReading":             testLongPipelineBeforeReading,
	"LargeBulkInPieces":                     testLargeBulkInPieces,
	"BlockedClientIsWokenTimesOutAndLeaves": testBlockedClientIsWokenTimesOutAndLeaves,
	"MaxClients":                            testMaxClients,
	"ProtocolErrorClosesOnlyThatClient":     testProtocolErrorClosesOnlyThatClient,
	"HalfClosed":                            testHalfClosed,
	"GreedyNeighbour":                       testGreedyNeighbour,
	"LongCommand":                           testLongCommand,
	"KilledWhileLong":                       testKilledWhileLong,
	"RepliesWaitForTheLog":                  testRepliesWaitForTheLog,
	"SlowDisk":                              testSlowDisk,
	"ManyConnections":                       testManyConnections,
	"QuitAnswersFirst":                      testQuitAnswersFirst,
	"SlowReaderIsClosed":                    testSlowReaderIsClosed,
	"Drain":                                 testDrain,
	"UnixSocket":                            testUnixSocket,
	"PushToManyReaders":                     testPushToManyReaders,
}

func TestTransports(t *testing.T) {
	for _, transport := range []string{"goroutines", "epoll"} { // where there is no epoll, it is goroutines again
		for name, run := range suite {
			t.Run(transport+"/"+name, func(t *testing.T) { run(t, transport) })
		}
	}
}

// testLongPipelineBeforeReading sends far more than all buffers hold before it reads: the server must read on.
func testLongPipelineBeforeReading(t *testing.T, transport string) {
	s := start(t, transport)
	c := s.dial(t)
	val := strings.Repeat("v", 10_000)
	const n = 3000
	c.send(t, "SET", "k", val)
	get := bytes.Repeat(resp.AppendCommandStrings(nil, "GET", "k"), n)
	if _, err := c.Write(get); err != nil {
		t.Fatal(err)
	}
	c.want(t, "OK")
	for range n {
		c.want(t, val)
	}
}

func testLargeBulkInPieces(t *testing.T, transport string) {
	s := start(t, transport)
	c := s.dial(t)
	val := bytes.Repeat([]byte("0123456789abcdef"), 1<<18) // 4 MiB
	in := resp.AppendCommand(nil, []byte("SET"), []byte("big"), val)
	for len(in) > 0 {
		n := min(len(in), 30_011)
		if _, err := c.Write(in[:n]); err != nil {
			t.Fatal(err)
		}
		in = in[n:]
	}
	c.want(t, "OK")
	c.send(t, "STRLEN", "big")
	if v, err := c.r.Read(); err != nil || v.Int != int64(len(val)) {
		t.Fatalf("%v %v", v, err)
	}
	c.send(t, "GET", "big")
	c.want(t, string(val))
}

func testBlockedClientIsWokenTimesOutAndLeaves(t *testing.T, transport string) {
	s := start(t, transport)
	a, b, c, w := s.dial(t), s.dial(t), s.dial(t), s.dial(t)
	a.send(t, "WAIT", "k", "0")
	b.send(t, "WAIT", "other", "30")
	c.send(t, "WAIT", "k", "0")
	eventually(t, "three clients wait", func() bool { return s.hub.Engine.Blocked.Load() == 3 || s.hub.Stats.Command(0).Calls > 0 })
	b.want(t, "")
	c.Close()
	eventually(t, "one client waits", func() bool { return s.hub.Engine.Blocked.Load() == 1 })
	w.send(t, "SET", "k", "v")
	w.want(t, "OK")
	a.want(t, "v")
	a.send(t, "GET", "k") // goes on as before
	a.want(t, "v")
	b.send(t, "GET", "k")
	b.want(t, "v")
}

func testMaxClients(t *testing.T, transport string) {
	s := start(t, transport, "--maxclients", "2")
	a, b := s.dial(t), s.dial(t)
	a.send(t, "SET", "k", "v")
	a.want(t, "OK")
	b.send(t, "GET", "k")
	b.want(t, "v")
	c := s.dial(t)
	c.want(t, "ERR max number of clients reached")
	c.wantEOF(t)
	a.Close()
	eventually(t, "a place is free", func() bool { return s.hub.Clients.Len() == 1 })
	d := s.dial(t)
	d.send(t, "GET", "k")
	d.want(t, "v")
}

func testProtocolErrorClosesOnlyThatClient(t *testing.T, transport string) {
	s := start(t, transport)
	good, bad := s.dial(t), s.dial(t)
	fmt.Fprint(bad, "*3\r\n$3\r\nSET\r\n$-5\r\n")
	bad.want(t, "ERR Protocol error: invalid bulk length")
	bad.wantEOF(t)
	good.send(t, "SET", "k", "v")
	good.want(t, "OK")
}

func testQuitAnswersFirst(t *testing.T, transport string) {
	s := start(t, transport)
	c := s.dial(t)
	c.send(t, "SET", "k", "v")
	c.send(t, "QUIT")
	c.send(t, "GET", "k")
	c.want(t, "OK")
	c.want(t, "OK")
	c.wantEOF(t)
}

// testSlowReaderIsClosed has a client ask for more than its output limit and not read.
func testSlowReaderIsClosed(t *testing.T, transport string) {
	s := start(t, transport, "--client-output-buffer-limit", "normal", "2mb", "0", "0")
	slow, good := s.dial(t), s.dial(t)
	slow.send(t, "SET", "k", strings.Repeat("v", 100_000))
	slow.want(t, "OK")
	get := bytes.Repeat(resp.AppendCommandStrings(nil, "GET", "k"), 400)
	_, _ = slow.Write(get)
	eventually(t, "the slow client is closed", func() bool { return s.hub.Stats.OutputKilled.Load() == 1 && s.hub.Clients.Len() == 1 })
	good.send(t, "STRLEN", "k")
	if v, err := good.r.Read(); err != nil || v.Int != 100_000 {
		t.Fatalf("%v %v", v, err)
	}
}

// testDrain closes the server while clients have requests under way: what was received is answered.
func testDrain(t *testing.T, transport string) {
	s := start(t, transport)
	c, idle, waits := s.dial(t), s.dial(t), s.dial(t)
	idle.send(t, "SET", "x", "1")
	idle.want(t, "OK")
	waits.send(t, "WAIT", "k", "0")
	for range 100 {
		c.send(t, "SET", "k2", "v")
	}
	c.want(t, "OK")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.net.Close(ctx)
	if ctx.Err() != nil {
		t.Fatal("the drain did not end by itself")
	}
	idle.wantEOF(t)
	waits.wantEOF(t)
	if n := s.hub.Clients.Len(); n != 0 || s.hub.Engine.Blocked.Load() != 0 {
		t.Fatalf("%d clients left", n)
	}
	if _, err := net.Dial("tcp", s.addr); err == nil {
		t.Fatal("still accepting")
	}
}

func testUnixSocket(t *testing.T, transport string) {
	s := start(t, transport)
	path := filepath.Join(t.TempDir(), "s.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s.net.Serve(l)
	nc, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{nc, resp.NewReader(nc)}
	defer c.Close()
	c.send(t, "SET", "k", "v")
	c.want(t, "OK")
	if p := s.hub.Clients.All()[0].Peer; !p.Unix || p.Addr != path+":0" {
		t.Errorf("peer %+v", p)
	}
}

// testPushToManyReaders wakes sessions from other goroutines while they work, which the race detector watches.
func testPushToManyReaders(t *testing.T, transport string) {
	s := start(t, transport)
	const clients, pushes = 8, 200
	cs := make([]*client, clients)
	for i := range cs {
		cs[i] = s.dial(t)
		cs[i].send(t, "SET", "k", "v")
		cs[i].want(t, "OK")
	}
	go func() {
		for range pushes {
			for _, x := range s.hub.Clients.All() {
				x.Push([]byte("+push\r\n"))
			}
		}
	}()
	for _, c := range cs {
		go func() {
			for range pushes {
				_, _ = c.Write(resp.AppendCommandStrings(nil, "GET", "k"))
			}
		}()
	}
	for _, c := range cs {
		got := map[string]int{}
		for range 2 * pushes {
			v, err := c.r.Read()
			if err != nil {
				t.Fatal(err)
			}
			got[string(v.Str)]++
		}
		if got["push"] != pushes || got["v"] != pushes {
			t.Fatalf("got %v", got)
		}
	}
}
