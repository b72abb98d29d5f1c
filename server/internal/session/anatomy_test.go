package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"redline/server/internal/command"
	"redline/server/internal/observe"
	"redline/server/internal/session"
)

// anatomyHub is a server that measures every request. Nanotime of it counts from now on.
func anatomyHub(t *testing.T, sampling string) *session.Hub {
	t.Helper()
	h, _ := newHub(t, 4)
	h.Engine.Nanotime = h.Nanotime
	if err := h.Config.Set(true, "latency-anatomy-sampling", sampling); err != nil {
		t.Fatal(err)
	}
	return h
}

func counts(h *session.Hub) (n [observe.Stages]int64) {
	for s := range observe.Stages {
		d, _ := h.Stats.Anatomy.Stage(s)
		n[s] = d.Count
	}
	return n
}

// Every turn has one sample, however many requests it holds, and the stages of the total add up.
func TestAnatomyCounts(t *testing.T) {
	h := anatomyHub(t, "1")
	c := newClient(t, h)
	for range 10 {
		c.send("set k v", "get k", "get k")
	}
	if got, want := counts(h), ([observe.Stages]int64{10, 10, 10, 10, 0, 10}); got != want {
		t.Errorf("counts by stage: %v, want %v", got, want)
	}
	var stages int64
	for s := range observe.Stages {
		_, sum := h.Stats.Anatomy.Stage(s)
		stages += sum
	}
	if d, total := h.Stats.Anatomy.Total(); d.Count != 10 || total != stages || total <= 0 {
		t.Errorf("%d requests took %d ns, their stages %d ns", d.Count, total, stages)
	}
	h.Stats.Reset()
	if got := counts(h); got != ([observe.Stages]int64{}) {
		t.Errorf("after a reset: %v", got)
	}
}

// What does not run to its end, or has no reply, is no sample.
func TestAnatomyLeavesOut(t *testing.T) {
	h := anatomyHub(t, "1")
	c := newClient(t, h)
	for _, lines := range [][]string{{"nope"}, {"get"}, {"take k"}} {
		c.send(lines...)
	}
	if got := counts(h); got != ([observe.Stages]int64{}) {
		t.Errorf("counts by stage: %v, want none", got)
	}
	w := newClient(t, h)
	w.s.Reply = session.ReplyOff
	w.send("get a")
	w.s.Reply = session.ReplyOn
	w.send("get a")
	if got := counts(h)[observe.StageWrite]; got != 1 {
		t.Errorf("%d samples of one answered request", got)
	}
	c.s.Close()
	w.s.Close()
}

// One request in so many is a sample, on average, and none when it is off.
func TestAnatomySampling(t *testing.T) {
	h := anatomyHub(t, "16")
	c := newClient(t, h)
	const turns = 3200
	for range turns {
		c.send("get k")
	}
	if n := counts(h)[observe.StageExecute]; n < turns/16*3/4 || n > turns/16*5/4 {
		t.Errorf("%d samples of %d requests, want about %d", n, turns, turns/16)
	}
	if err := h.Config.Set(true, "latency-anatomy-sampling", "0"); err != nil {
		t.Fatal(err)
	}
	h.Stats.Reset()
	for range 200 {
		c.send("get k")
	}
	if n := counts(h)[observe.StageExecute]; n != 0 {
		t.Errorf("%d samples although it is off", n)
	}
}

// A client that waits for a lock is among the slowest, with the wait in its stage, also when it is no sample.
func TestAnatomyLockWait(t *testing.T) {
	h := anatomyHub(t, "0")
	c := newClient(t, h)
	c.send("set key v")
	sp := h.Engine.Space
	each := func(fn func(i int)) {
		for i := range sp.Shards() {
			fn(i)
		}
	}
	each(func(i int) { sp.Shard(i).Lock() })
	done := make(chan string)
	started := make(chan struct{})
	go func() {
		close(started)
		done <- c.send("get key")
	}()
	<-started
	for until := h.Nanotime() + 20*int64(time.Millisecond); h.Nanotime() < until; { // the wait has to last for a while
	}
	each(func(i int) { sp.Shard(i).Unlock() })
	expect(t, <-done, "$1\r\nv\r\n")
	list := h.Stats.Anatomy.Slowest(5, h.Clock())
	if len(list) == 0 { // the client came late: nothing to see
		t.Skip("the client found the lock free: the machine is too busy")
	}
	r := list[0]
	if r.Times[observe.StageLock] == 0 {
		t.Skip("the client found the lock free and was slow for another reason: the machine is too busy")
	}
	if r.Command != "get" || r.Key != "key" || r.Client != "test:1" {
		t.Errorf("the slowest request: %+v", r)
	}
	if got := counts(h); got != ([observe.Stages]int64{}) {
		t.Errorf("a request that is no sample was counted: %v", got)
	}
}

// slowJournal lets output leave when it is told to.
type slowJournal struct {
	session.Journal
	reached bool
}

func (j *slowJournal) Target(uint64) uint64 { return 7 }
func (j *slowJournal) Reached(uint64) bool  { return j.reached }

func TestAnatomyLogWait(t *testing.T) {
	for _, release := range []func(j *slowJournal, c *client){
		func(j *slowJournal, c *client) { c.s.Release(nil) },
		func(j *slowJournal, c *client) { c.s.Release(errors.New("disk full")) },
		func(j *slowJournal, c *client) { j.reached = true },
	} {
		h := anatomyHub(t, "1")
		j := &slowJournal{}
		h.Journal = j
		c := newClient(t, h)
		c.send("set k v")
		if _, held := c.s.Held(); !held {
			t.Fatal("the reply should wait for the log")
		}
		release(j, c)
		b := c.s.Take()
		if len(b) == 0 {
			t.Fatal("the reply should have left")
		}
		c.s.Sent(b)
		if got := counts(h)[observe.StageLog]; got != 1 {
			t.Errorf("%d waits for the log", got)
		}
	}
}

// The wait for the log of a request that is no sample is seen when it is long.
func TestAnatomyLongLogWait(t *testing.T) {
	h := anatomyHub(t, "0")
	j := &slowJournal{}
	h.Journal = j
	c := newClient(t, h)
	c.send("set k v")
	for until := h.Nanotime() + 2*int64(time.Millisecond); h.Nanotime() < until; {
	}
	c.s.Release(nil)
	c.s.Sent(c.s.Take())
	list := h.Stats.Anatomy.Slowest(1, h.Clock())
	if len(list) != 1 || list[0].Command != "set" || list[0].Times[observe.StageLog] < int64(time.Millisecond) {
		t.Errorf("the slowest: %+v", list)
	}
}

// The queue begins when the transport says so.
func TestAnatomyArrived(t *testing.T) {
	h := anatomyHub(t, "1")
	c := newClient(t, h)
	for h.Nanotime() < int64(time.Millisecond) {
	}
	c.s.Arrived(h.Nanotime() - int64(500*time.Microsecond))
	c.tail = append(c.tail, "get k\r\n"...)
	c.turn()
	if d, sum := h.Stats.Anatomy.Stage(observe.StageQueue); d.Count != 1 || sum < int64(500*time.Microsecond) {
		t.Errorf("%d requests waited %d ns", d.Count, sum)
	}
}

// Of a batch the request is named that kept the others waiting.
func TestAnatomySlowest(t *testing.T) {
	h := anatomyHub(t, "0")
	var slow bool
	h.Admit(func(s *session.Session, spec *command.Spec, args [][]byte) string {
		if slow = string(args[len(args)-1]) == "slow"; slow {
			for until := h.Nanotime() + 3*int64(time.Millisecond); h.Nanotime() < until; {
			}
		}
		return ""
	})
	c := newClient(t, h)
	var list []observe.SlowRequest
	for range 50 { // a busy machine may hold another one up for longer
		h.Stats.Reset()
		c.send("get a", "get slow", "get b", "get c")
		if list = h.Stats.Anatomy.Slowest(10, h.Clock()); len(list) == 1 && list[0].Key == "slow" {
			break
		}
	}
	if len(list) != 1 || list[0].Key != "slow" {
		t.Fatalf("the slowest: %+v", list)
	}
	if total := list[0].Times.Total(); total < 3*int64(time.Millisecond) {
		t.Errorf("took %d ns", total)
	}
	long := "get " + strings.Repeat("k", 100) + "slow"
	c.send(long) // not slow: the name is another
	if len(h.Stats.Anatomy.Slowest(10, h.Clock())) > 2 {
		t.Error("quick requests are followed")
	}
}

// BenchmarkAnatomy is a turn of one GET, the shortest of turns, at several settings of latency-anatomy-sampling.
func BenchmarkAnatomy(b *testing.B) {
	for _, sampling := range []string{"0", "128", "1"} {
		b.Run("sampling="+sampling, func(b *testing.B) {
			h, _ := newHub(b, 4)
			if err := h.Config.Set(true, "latency-anatomy-sampling", sampling); err != nil {
				b.Fatal(err)
			}
			c := newClient(b, h)
			c.send("set k v")
			in := []byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n")
			for b.Loop() {
				c.s.Feed(in)
				c.s.Sent(c.s.Take())
			}
		})
	}
}
