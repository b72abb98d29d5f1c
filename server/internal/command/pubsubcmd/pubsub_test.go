package pubsubcmd_test

import (
	"strings"
	"testing"

	"redline/server/internal/command/conncmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/pubsubcmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/txncmd"
	"redline/server/internal/pubsub"
	"redline/server/internal/rig"
)

func newRig(t *testing.T) *rig.Rig {
	b := pubsub.NewBroker()
	r := rig.New(t, conncmd.Commands, strcmd.Commands, keycmd.Commands, txncmd.Commands, pubsubcmd.Commands(b))
	pubsubcmd.Connect(r.Hub, b)
	n := pubsub.NewNotifier(b)
	r.Hub.Engine.Events = n
	n.Set("KEA")
	return r
}

func TestAgainstRedis(t *testing.T) {
	redis := rig.StartRedis(t)
	for name, lines := range map[string][]string{
		"restricted": {"SUBSCRIBE a", "GET x", "CLIENT ID", "PUBLISH a b", "PING", "PING x", "PING a b", "GET", "NOSUCH", "MULTI", "UNSUBSCRIBE a", "GET x"},
		"reset":      {"SUBSCRIBE a", "RESET", "GET x", "UNSUBSCRIBE a"},
		"counts":     {"SUBSCRIBE a", "SUBSCRIBE a", "PSUBSCRIBE a", "SSUBSCRIBE a", "SSUBSCRIBE b", "SUNSUBSCRIBE b", "UNSUBSCRIBE a", "PUNSUBSCRIBE x", "PUNSUBSCRIBE a", "SUNSUBSCRIBE a"},
		"nothing":    {"UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "UNSUBSCRIBE a", "PUNSUBSCRIBE a", "SUNSUBSCRIBE a"},
		"arity":      {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "PUBLISH", "PUBLISH a", "PUBLISH a b c", "SPUBLISH a", "PUBSUB", "PUBSUB NOSUCH", "PUBSUB NUMPAT x", "PUBSUB CHANNELS a b", "PUBSUB SHARDCHANNELS a b"},
		"pubsub":     {"PUBSUB CHANNELS", "PUBSUB CHANNELS x*", "PUBSUB NUMSUB", "PUBSUB NUMSUB a b", "PUBSUB NUMPAT", "PUBSUB SHARDCHANNELS", "PUBSUB SHARDNUMSUB", "PUBSUB SHARDNUMSUB a", "PUBSUB HELP", "PUBSUB HELP x"},
		"publish":    {"PUBLISH a b", "SPUBLISH a b", "MULTI", "PUBLISH a b", "EXEC"},
		"in multi":   {"MULTI", "SUBSCRIBE a", "PING", "UNSUBSCRIBE a", "EXEC", "PING"},
	} {
		t.Run(name, func(t *testing.T) { rig.Compare(t, newRig(t), redis, lines...) })
		t.Run(name+" resp3", func(t *testing.T) {
			if name == "restricted" || name == "reset" {
				t.Skip("of RESP2 only")
			}
			rig.Compare(t, newRig(t), redis, append([]string{"~ HELLO 3"}, lines...)...)
		})
	}
}

const (
	inv2 = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"
	inv3 = ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"
)

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func do(c *rig.Client, line string) string { return c.Do(strings.Fields(line)...) }

func TestDelivery(t *testing.T) {
	r := newRig(t)
	two, three, both, pub := r.Client(t), r.Client(t), r.Client(t), r.Client(t)
	do(three, "HELLO 3")
	do(two, "SUBSCRIBE a")
	do(three, "SUBSCRIBE a")
	do(both, "SUBSCRIBE a b")
	do(both, "PSUBSCRIBE ? [a-c]")
	do(both, "SSUBSCRIBE a")
	expect(t, do(pub, "PUBLISH a hi"), ":5\r\n")
	expect(t, two.Poll(), inv2)
	expect(t, three.Poll(), inv3)
	got := both.Poll()
	if strings.Count(got, "pmessage") != 2 || !strings.HasPrefix(got, inv2) {
		t.Errorf("got %q", got)
	}
	expect(t, do(pub, "SPUBLISH a hi"), ":1\r\n")
	expect(t, both.Poll(), strings.Replace(inv2, "$7\r\n", "$8\r\ns", 1))
	expect(t, do(pub, "PUBSUB NUMSUB a b c"), "*6\r\n$1\r\na\r\n:3\r\n$1\r\nb\r\n:1\r\n$1\r\nc\r\n:0\r\n")
	expect(t, do(pub, "PUBSUB NUMPAT"), ":2\r\n")
	expect(t, do(pub, "PUBSUB CHANNELS"), "*2\r\n$1\r\na\r\n$1\r\nb\r\n")
	expect(t, do(pub, "PUBSUB SHARDNUMSUB a"), "*2\r\n$1\r\na\r\n:1\r\n")
	list := do(pub, "CLIENT LIST TYPE pubsub")
	for _, want := range []string{" sub=1 psub=0 ssub=0 ", " sub=2 psub=2 ssub=1 ", " flags=P "} {
		if !strings.Contains(list, want) {
			t.Errorf("%q is missing in %s", want, list)
		}
	}
	both.Close()
	two.Close()
	expect(t, do(pub, "PUBLISH a hi"), ":1\r\n")
	expect(t, do(pub, "PUBSUB NUMPAT"), ":0\r\n")
}

// TestOrder: a message that was published before a client stopped listening comes before the confirmation, one to itself
// before the reply, and none in the form of a protocol that the client has left.
func TestOrder(t *testing.T) {
	r := newRig(t)
	c, pub := r.Client(t), r.Client(t)
	do(c, "SUBSCRIBE a")
	do(pub, "PUBLISH a hi")
	expect(t, do(c, "UNSUBSCRIBE a"), inv2+"*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n")
	do(c, "HELLO 3")
	do(c, "SUBSCRIBE a")
	expect(t, do(c, "PUBLISH a hi"), inv3+":1\r\n")
	do(c, "MULTI")
	do(c, "PUBLISH a hi")
	expect(t, do(c, "EXEC"), "*1\r\n:1\r\n")
	expect(t, c.Poll(), inv3)
	do(pub, "PUBLISH a hi")
	if got := do(c, "HELLO 2"); !strings.HasPrefix(got, inv3+"*14") {
		t.Errorf("got %q", got)
	}
	do(pub, "PUBLISH a hi")
	expect(t, c.Poll(), inv2)
}

func TestRepliesOff(t *testing.T) {
	r := newRig(t)
	c, pub := r.Client(t), r.Client(t)
	do(c, "HELLO 3")
	do(c, "CLIENT REPLY OFF")
	expect(t, do(c, "SUBSCRIBE a")+c.Poll(), ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	expect(t, do(c, "PUBLISH a hi")+c.Poll(), inv3)
	do(pub, "PUBLISH a hi")
	expect(t, c.Poll(), inv3)
}

// TestSlowSubscriber: a client that does not take its messages is closed at the limit for subscribers.
func TestSlowSubscriber(t *testing.T) {
	r := newRig(t)
	if err := r.Hub.Config.Set(true, "client-output-buffer-limit", "pubsub 100000 0 0"); err != nil {
		t.Fatal(err)
	}
	c, pub := r.Client(t), r.Client(t)
	do(c, "SUBSCRIBE a")
	for n := 0; !c.Killed(); n++ {
		if n > 200 {
			t.Fatal("the slow subscriber lives")
		}
		pub.Do("PUBLISH", "a", strings.Repeat("x", 1000))
	}
	if n := r.Hub.Stats.OutputKilled.Load(); n == 0 {
		t.Error("the end of a slow subscriber is not counted")
	}
}

func TestNotifications(t *testing.T) {
	r := newRig(t)
	r.NowMs.Store(1_700_000_000_000)
	c, w := r.Client(t), r.Client(t)
	do(c, "PSUBSCRIBE *")
	do(w, "SET k v PX 100")
	r.NowMs.Add(200)
	do(w, "GET k")
	got := c.Poll()
	for _, want := range []string{"__keyspace@0__:k\r\n$3\r\nset", "__keyevent@0__:expire\r\n$1\r\nk", "__keyspace@0__:k\r\n$7\r\nexpired"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
}
