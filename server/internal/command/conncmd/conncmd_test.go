package conncmd_test

import (
	"regexp"
	"strings"
	"testing"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/command/conncmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/rig"
	"redline/server/internal/session"
)

func newRig(t *testing.T) *rig.Rig {
	return rig.New(t, conncmd.Commands, strcmd.Commands, keycmd.Commands, testCommands)
}

// testCommands stand in for families that come by themselves.
var testCommands = []command.Spec{
	{Name: "multi", Group: "test", Since: "1", Summary: "test", Arity: 1, Flags: command.NoLock, Handler: func(c *command.Call) {
		session.From(c).BeginTxn()
		c.Reply.OK()
	}},
	{Name: "wait-for", Group: "test", Since: "1", Summary: "test", Arity: 2, Flags: command.Write | command.Blocking,
		Keys: []command.KeySpec{{Begin: 1, Step: 1}}, Handler: func(c *command.Call) {
			if c.Find(1).OK() {
				c.Reply.OK()
				return
			}
			c.Block(0, func(w *resp.Writer) { w.Null() })
		}},
}

func TestAgainstRedis(t *testing.T) {
	redis := rig.StartRedis(t)
	for name, lines := range map[string][]string{
		"ping":   {"PING", "PING x", `PING ""`, "PING a b", "ECHO x", "ECHO", "echo a b"},
		"hello":  {"~ HELLO", "HELLO 4", "HELLO x", "HELLO 3 FOO", "HELLO 3 AUTH a", "HELLO 2 SETNAME", `HELLO 2 SETNAME "a b"`, "HELLO 3 AUTH nobody x", "CLIENT GETNAME", "~ HELLO 2 AUTH default x SETNAME n", "CLIENT GETNAME"},
		"auth":   {"AUTH", "AUTH x", "AUTH a b", "AUTH default x", "AUTH a b c"},
		"select": {"SELECT", "SELECT 0", "SELECT 15", "SELECT 16", "SELECT -1", "SELECT x", "SELECT 99999999999", "SELECT 1.5", `SELECT ""`},
		"quit":   {"QUIT now"},
		"reset":  {"SELECT 3", "~ HELLO 3 SETNAME me", "- CLIENT REPLY SKIP", "- PING", "RESET", "CLIENT GETNAME", "GET x", "RESET now", "MULTI", "RESET", "PING"},
		"names": {"CLIENT GETNAME", "CLIENT SETNAME a", "CLIENT GETNAME", `CLIENT SETNAME "a b"`, `CLIENT SETNAME "a\n"`, `CLIENT SETNAME "é"`, `CLIENT SETNAME ""`,
			"CLIENT GETNAME", "CLIENT SETNAME", "CLIENT SETNAME a b", "CLIENT GETNAME x"},
		"client": {"CLIENT", "CLIENT NOSUCH", "CLIENT ID x", "~ CLIENT ID", "~ CLIENT INFO", "CLIENT INFO x", "~ CLIENT HELP", "CLIENT HELP x", "CLIENT GETREDIR", "CLIENT GETREDIR x"},
		"list":   {"~ CLIENT LIST", "CLIENT LIST x", "CLIENT LIST TYPE", "CLIENT LIST TYPE x", "CLIENT LIST TYPE master", "CLIENT LIST TYPE REPLICA", "CLIENT LIST ID", "CLIENT LIST ID x", "CLIENT LIST ID 0 99999", "CLIENT LIST TYPE pubsub"},
		"kill": {"CLIENT KILL", "CLIENT KILL 1.2.3.4:5", "CLIENT KILL ID", "CLIENT KILL ID 10 x", "CLIENT KILL ID x", "CLIENT KILL ID 0", "CLIENT KILL ID -1", "CLIENT KILL ID 99999",
			"CLIENT KILL TYPE x", "CLIENT KILL USER nobody", "CLIENT KILL SKIPME maybe", "CLIENT KILL ADDR x LADDR y TYPE normal USER default SKIPME yes", "CLIENT KILL foo bar",
			"CLIENT KILL TYPE master", "CLIENT KILL SKIPME no ID 99999", "CLIENT KILL ID 1 SKIPME"},
		"kill myself": {"CLIENT KILL TYPE normal SKIPME no"},
		"reply":       {"CLIENT REPLY", "CLIENT REPLY x", "CLIENT REPLY ON", "CLIENT REPLY ON x"},
		"modes":       {"CLIENT NO-EVICT", "CLIENT NO-EVICT x", "CLIENT NO-EVICT ON", "CLIENT NO-EVICT off", "CLIENT NO-EVICT on x"},
		"pause":       {"CLIENT PAUSE", "CLIENT PAUSE x", "CLIENT PAUSE -1", "CLIENT PAUSE 1.5", "CLIENT PAUSE 1 x", "CLIENT PAUSE 0", "CLIENT PAUSE 0 WRITE", "CLIENT PAUSE 0 all", "CLIENT PAUSE 1 all x", "CLIENT UNPAUSE", "CLIENT UNPAUSE x"},
		"unblock":     {"CLIENT UNBLOCK", "CLIENT UNBLOCK x", "CLIENT UNBLOCK 99999", "CLIENT UNBLOCK 99999 error", "CLIENT UNBLOCK 99999 x", "CLIENT UNBLOCK 99999 TIMEOUT x", "CLIENT UNBLOCK x x"},
		"tracking": {"CLIENT TRACKING", "CLIENT TRACKING OFF", "CLIENT TRACKING x", "CLIENT TRACKING on REDIRECT x", "CLIENT TRACKING on REDIRECT 99999", "CLIENT TRACKING on PREFIX a",
			"CLIENT TRACKING on BCAST OPTIN", "CLIENT TRACKING on OPTIN OPTOUT", "CLIENT TRACKING on FOO", "CLIENT TRACKING off NOLOOP", "CLIENT CACHING yes", "CLIENT CACHING x",
			"CLIENT TRACKINGINFO", "HELLO 3 x", "CLIENT TRACKINGINFO x"},
		"resp3":          {"! HELLO 3", "! HELLO 3"},
		"arity in multi": {"MULTI", "CLIENT NOSUCH", "CLIENT PAUSE x", "RESET"},
	} {
		t.Run(name, func(t *testing.T) { rig.Compare(t, newRig(t), redis, lines...) })
	}
}

func TestHello(t *testing.T) {
	r := newRig(t)
	c := r.Client(t)
	want := "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"
	if got := c.Do("HELLO"); got != want {
		t.Errorf("%q", got)
	}
	want = strings.Replace(strings.Replace(want, "*14", "%7", 1), ":2", ":3", 1)
	if got := c.Do("HELLO", "3"); got != want {
		t.Errorf("%q", got)
	}
	if got := c.Do("CLIENT", "TRACKINGINFO"); got != "%3\r\n$5\r\nflags\r\n~1\r\n$3\r\noff\r\n$8\r\nredirect\r\n:-1\r\n$8\r\nprefixes\r\n*0\r\n" {
		t.Errorf("%q", got)
	}
	if got := c.Do("CLIENT", "TRACKING", "ON"); !strings.HasPrefix(got, "-ERR client-side caching is not part of this version") {
		t.Errorf("%q", got)
	}
}

func TestPassword(t *testing.T) {
	redis := rig.StartRedis(t, "--requirepass", "secret")
	r := newRig(t)
	if err := r.Hub.Config.LoadArgs([]string{"--requirepass", "secret"}); err != nil {
		t.Fatal(err)
	}
	for _, lines := range [][]string{
		{"PING", "HELLO", "HELLO 3", "AUTH", "AUTH wrong", "AUTH default wrong", "AUTH nobody secret", "HELLO 3 AUTH default wrong", "GET x", "CLIENT ID", "AUTH secret", "PING", "AUTH wrong", "PING"},
		{"HELLO 3 SETNAME x", "HELLO 2 AUTH default secret FOO", "PING", "RESET", "PING"},
		{"AUTH default secret", "PING", "AUTH", "RESET", "PING", "QUIT"},
	} {
		rig.Compare(t, r, redis, lines...)
	}
	if n := r.Hub.Stats.ACLAuthFailed.Load(); n != 5 {
		t.Errorf("%d failures counted", n)
	}
}

func TestClientList(t *testing.T) {
	redis := rig.StartRedis(t)
	theirs := redis.Conn(t)
	r := newRig(t)
	a, b := r.Client(t), r.Connect(t, session.Peer{Addr: "/tmp/x.sock:0", LocalAddr: "/tmp/x.sock:0", FD: 9, Unix: true})
	if got := b.Do("SELECT", "3"); got != "+OK\r\n" {
		t.Fatal(got)
	}
	b.Do("MULTI")
	b.Do("SET", "key", "value")
	fields := regexp.MustCompile(`=[^ \n]*`)
	got, want := rig.Parse(t, a.Do("CLIENT", "LIST")).Text(), rig.Parse(t, theirs.Do("CLIENT", "LIST")).Text()
	lines := strings.Split(got, "\n")
	if names := fields.ReplaceAllString(lines[0], ""); names != fields.ReplaceAllString(strings.TrimSuffix(want, "\n"), "") || len(lines) != 3 {
		t.Errorf("ours:  %s\nredis: %s", got, want)
	}
	for _, w := range []string{"id=1 ", " addr=127.0.0.1:50000 ", " laddr=127.0.0.1:6379 ", " fd=8 ", " name= ", " age=0 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=26 ",
		" argv-mem=10 multi-mem=0 ", " obl=0 oll=0 omem=0 ", " events=r cmd=client|list user=default redir=-1 resp=2"} {
		if !strings.Contains(lines[0], w) {
			t.Errorf("%q is not in %s", w, lines[0])
		}
	}
	for _, w := range []string{"id=2 addr=/tmp/x.sock:0 laddr=/tmp/x.sock:0 fd=9 ", " flags=xU db=3 ", " multi=1 ", " multi-mem=11 ", " cmd=multi "} {
		if !strings.Contains(lines[1], w) {
			t.Errorf("%q is not in %s", w, lines[1])
		}
	}
	if got := rig.Parse(t, a.Do("CLIENT", "LIST", "ID", "2", "7")).Text(); !strings.HasPrefix(got, "id=2 ") || strings.Count(got, "\n") != 1 {
		t.Error(got)
	}
	b.Do("RESET")
	b.Do("CLIENT", "NO-EVICT", "ON")
	b.Do("CLIENT", "NO-TOUCH", "ON")
	if got := rig.Parse(t, b.Do("CLIENT", "INFO")).Text(); !strings.Contains(got, " flags=UeT db=0 ") || !strings.Contains(got, " multi=-1 ") {
		t.Error(got)
	}
}

func TestKill(t *testing.T) {
	r := newRig(t)
	a, b, c, d := r.Client(t), r.Client(t), r.Client(t), r.Connect(t, session.Peer{Addr: "1.2.3.4:5", LocalAddr: "1.1.1.1:1"})
	for _, x := range []struct {
		line, want string
		dead       []*rig.Client
	}{
		{"CLIENT KILL ADDR 1.2.3.4:5 LADDR nowhere", ":0\r\n", nil},
		{"CLIENT KILL 1.2.3.4:5", "+OK\r\n", []*rig.Client{d}},
		{"CLIENT KILL ID 2 TYPE pubsub", ":0\r\n", nil},
		{"CLIENT KILL ID 2 TYPE normal USER default", ":1\r\n", []*rig.Client{b}},
		{"CLIENT KILL SKIPME yes", ":1\r\n", []*rig.Client{c}},
		{"CLIENT KILL ID 1", ":0\r\n", nil},
	} {
		if got := a.Do(rig.Words(x.line)...); got != x.want {
			t.Errorf("%s: %q", x.line, got)
		}
		for _, k := range x.dead {
			if !k.Killed() {
				t.Errorf("%s did not kill", x.line)
			}
		}
	}
	if n := r.Hub.Clients.Len(); n != 1 {
		t.Errorf("%d clients are listed", n)
	}
	if got := a.Do("CLIENT", "KILL", "SKIPME", "no"); got != ":1\r\n" || a.Killed() || !a.Session.Closing() {
		t.Errorf("%q: the client gets its reply before it is closed", got)
	}
}

func TestReplyMode(t *testing.T) {
	r := newRig(t)
	a := r.Client(t)
	for _, x := range [][2]string{
		{"CLIENT REPLY SKIP", ""}, {"PING", ""}, {"PING", "+PONG\r\n"},
		{"CLIENT REPLY SKIP", ""}, {"CLIENT REPLY ON", "+OK\r\n"}, {"PING", "+PONG\r\n"},
		{"CLIENT REPLY OFF", ""}, {"PING", ""}, {"CLIENT REPLY SKIP", ""}, {"PING", ""}, {"PING", ""}, {"CLIENT REPLY ON", "+OK\r\n"}, {"PING", "+PONG\r\n"},
	} {
		if got := a.Do(rig.Words(x[0])...); got != x[1] {
			t.Errorf("%s: %q", x[0], got)
		}
	}
}

func TestUnblock(t *testing.T) {
	r := newRig(t)
	a, b := r.Client(t), r.Client(t)
	for _, x := range [][3]string{
		{"CLIENT UNBLOCK 2", ":1\r\n", "$-1\r\n"},
		{"CLIENT UNBLOCK 2 TIMEOUT", ":1\r\n", "$-1\r\n"},
		{"CLIENT UNBLOCK 2 ERROR", ":1\r\n", "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n"},
	} {
		if got := b.Do("WAIT-FOR", "k"); got != "" {
			t.Fatalf("%q", got)
		}
		if got := rig.Parse(t, a.Do("CLIENT", "LIST", "ID", "2")).Text(); !strings.Contains(got, " flags=b ") || !strings.Contains(got, " cmd=wait-for ") {
			t.Error(got)
		}
		if got := a.Do(rig.Words(x[0])...); got != x[1] {
			t.Errorf("%s: %q", x[0], got)
		}
		if got := a.Do(rig.Words(x[0])...); got != ":0\r\n" {
			t.Errorf("%s again: %q", x[0], got)
		}
		if got := b.Poll(); got != x[2] {
			t.Errorf("%s: the client gets %q", x[0], got)
		}
	}
	// Who was served first is not unblocked.
	b.Do("WAIT-FOR", "k")
	a.Do("SET", "k", "v")
	if got := a.Do("CLIENT", "UNBLOCK", "2", "ERROR"); got != ":0\r\n" {
		t.Errorf("%q", got)
	}
	if got := b.Poll(); got != "+OK\r\n" {
		t.Errorf("%q", got)
	}
}

func TestPause(t *testing.T) {
	r := newRig(t)
	r.NowMs.Store(1_700_000_000_000)
	a, b := r.Client(t), r.Client(t)
	a.Do("CLIENT", "PAUSE", "9223372036854775807", "WRITE")
	if until, writes, ok := r.Hub.Paused(); !ok || !writes || until != 1<<63-1 {
		t.Errorf("%d %v %v", until, writes, ok)
	}
	if got := b.Do("SET", "k", "v") + b.Do("GET", "k"); got != "" {
		t.Errorf("%q", got)
	}
	a.Do("CLIENT", "UNPAUSE")
	if got := b.Poll(); got != "+OK\r\n$1\r\nv\r\n" {
		t.Errorf("%q", got)
	}
}

func TestNoTouch(t *testing.T) {
	r := newRig(t)
	now := int64(1_700_000_000_000)
	r.NowMs.Store(now)
	a := r.Client(t)
	a.Do("SET", "k", "v")
	a.Do("CLIENT", "NO-TOUCH", "ON")
	r.NowMs.Store(now + 10_000)
	a.Do("GET", "k")
	if got := a.Do("OBJECT", "IDLETIME", "k"); got != ":10\r\n" {
		t.Errorf("%q", got)
	}
	a.Do("CLIENT", "NO-TOUCH", "OFF")
	a.Do("GET", "k")
	if got := a.Do("OBJECT", "IDLETIME", "k"); got != ":0\r\n" {
		t.Errorf("%q", got)
	}
}
