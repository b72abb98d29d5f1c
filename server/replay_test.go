package server

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/pubsub"
	"redline/server/internal/recovery"
	"redline/server/internal/rig"
	"redline/server/internal/wal"
	"redline/test/compat"
)

// recorder is a log that keeps its records.
type recorder struct{ records []wal.Record }

func (r *recorder) Commit(nowMs int64, effects []command.Effect) uint64 {
	rec := wal.Record{Seq: uint64(len(r.records) + 1), NowMs: nowMs}
	for _, e := range effects {
		rec.Effects = append(rec.Effects, command.Effect{DB: e.DB, RESP: bytes.Clone(e.RESP)})
	}
	r.records = append(r.records, rec)
	return rec.Seq
}

// text shows the last records.
func (r *recorder) text(n int) string {
	var b strings.Builder
	for _, rec := range r.records[max(len(r.records)-n, 0):] {
		fmt.Fprintf(&b, "%d:", rec.Seq)
		for _, e := range rec.Effects {
			fmt.Fprintf(&b, " %d %q", e.DB, e.RESP)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const replayEpoch = 1_700_000_000_000

// logged is a server whose changes are recorded.
type logged struct {
	*rig.Rig
	log recorder
	c   *rig.Client
}

func newLogged(t *testing.T) *logged {
	l := &logged{Rig: rig.New(t, (&Server{broker: pubsub.NewBroker()}).families()...)}
	l.NowMs.Store(replayEpoch)
	l.Hub.Engine.Log = &l.log
	l.c = l.Client(t)
	return l
}

// expire removes what is due, as cron does.
func (l *logged) expire() {
	var c command.Call
	for i := range l.Hub.Engine.Space.Shards() {
		c.Now, c.Conf = l.NowMs.Load(), l.Hub.Config.Values()
		l.Hub.Engine.Visit(&c, i, func(sh *keyspace.Shard) {
			for db := range l.Hub.Engine.Space.Databases() {
				sh.DB(db).ExpireStep(1000)
			}
		})
	}
}

// check replays the log into an empty server and compares all there is.
func (l *logged) check(t *testing.T, what string) bool {
	t.Helper()
	other := rig.New(t, (&Server{broker: pubsub.NewBroker()}).families()...)
	r := recovery.NewReplayer(other.Hub.Engine.Space, other.Hub.Table, other.Hub.Config.Values())
	for i := range l.log.records {
		if err := r.Record(&l.log.records[i]); err != nil {
			t.Errorf("%s: %v", what, err)
			return false
		}
	}
	if r.Failed > 0 {
		t.Errorf("%s: %d effects failed: %s", what, r.Failed, r.LastError)
		return false
	}
	other.NowMs.Store(l.NowMs.Load())
	a, b := content(t, l.Client(t)), content(t, other.Client(t))
	for key, v := range a {
		if b[key] != v {
			t.Errorf("%s: %s is\n%s\nby the log\n%s\nlast records:\n%s", what, key, v, b[key], l.log.text(12))
			return false
		}
	}
	for key, v := range b {
		if _, ok := a[key]; !ok {
			t.Errorf("%s: %s is not there, by the log\n%q\nlast records:\n%s", what, key, v, l.log.text(12))
			return false
		}
	}
	return true
}

// content describes each key: its deadline and digest, and what a digest leaves out.
func content(t *testing.T, c *rig.Client) map[string]string {
	all := make(map[string]string)
	for db := range 3 {
		c.Do("SELECT", fmt.Sprint(db))
		for _, key := range rig.Parse(t, c.Do("KEYS", "*")).Elems {
			k := key.Text()
			s := c.Do("PEXPIRETIME", k) + c.Do("DEBUG", "DIGEST-VALUE", k) + c.Do("TYPE", k)
			if strings.HasSuffix(s, "+stream\r\n") {
				s += withoutSeen(rig.Parse(t, c.Do("XINFO", "STREAM", k, "FULL")))
			}
			if strings.HasSuffix(s, "+hash\r\n") {
				fields := rig.Parse(t, c.Do("HKEYS", k)).Elems
				args := []string{"HPEXPIRETIME", k, "FIELDS", fmt.Sprint(len(fields))}
				names := make([]string, 0, len(fields))
				for _, f := range fields {
					names = append(names, f.Text())
				}
				slices.Sort(names)
				s += c.Do(append(args, names...)...)
			}
			all[fmt.Sprintf("%d/%s", db, k)] = s
		}
	}
	return all
}

// withoutSeen renders a description of a stream without the times at which consumers were last seen: those that nothing was
// delivered to change nothing that is worth a record, as in Redis.
func withoutSeen(v resp.Value) string {
	var hide func(v *resp.Value)
	hide = func(v *resp.Value) {
		for i := range v.Elems {
			if i > 0 && v.Elems[i-1].Text() == "seen-time" {
				v.Elems[i].Int = 0
			}
			hide(&v.Elems[i])
		}
	}
	hide(&v)
	return v.String()
}

// TestReplayHistories runs random histories of all families while time passes, and replays what they logged.
func TestReplayHistories(t *testing.T) {
	n := uint64(24)
	if testing.Short() {
		n = 6
	}
	for seed := range n {
		h, err := compat.NewHistory(seed, compat.Families())
		if err != nil {
			t.Fatal(err)
		}
		l := newLogged(t)
		rng := rand.New(rand.NewPCG(seed, 5))
		for i, call := range h.Calls {
			l.c.Do(call.Words...)
			if l.c.Session.Blocked() || l.c.Killed() {
				l.c.Close()
				l.c = l.Client(t)
			}
			l.NowMs.Add(rng.Int64N(40))
			if rng.IntN(20) == 0 {
				l.expire()
			}
			if rng.IntN(60) == 0 && !l.c.Session.Txn.Active {
				l.c.Do("SELECT", fmt.Sprint(rng.IntN(3)))
			}
			if i%300 == 299 && !l.check(t, fmt.Sprintf("seed %d (%s), call %d", seed, h.Family, i)) {
				break
			}
		}
	}
}

// TestReplayScenarios has what random histories seldom do.
func TestReplayScenarios(t *testing.T) {
	l := newLogged(t)
	a, b := l.Client(t), l.Client(t)
	wait := func(words ...string) {
		a.Do(words...)
		if !a.Session.Blocked() {
			t.Fatalf("%v does not wait", words)
		}
	}
	do := func(lines ...string) {
		for _, line := range lines {
			words, err := compat.SplitWords(line)
			if err != nil {
				t.Fatal(err)
			}
			if out := b.Do(words...); strings.HasPrefix(out, "-") {
				t.Errorf("%s: %s", line, out)
			}
			a.Poll()
			l.NowMs.Add(3)
		}
	}
	do("XGROUP CREATE st g $ MKSTREAM", "XGROUP CREATECONSUMER st g idle")
	for _, c := range []struct{ wait, then string }{
		{"BLPOP l1 l2 0", "RPUSH l2 a b c"},
		{"BRPOPLPUSH l3 l2 0", "LPUSH l3 x y"},
		{"BLMOVE l4 l5 LEFT RIGHT 0", "RPUSH l4 1 2 3"},
		{"BLMPOP 0 2 l6 l7 LEFT COUNT 2", "RPUSH l7 1 2 3"},
		{"BZPOPMIN z1 0", "ZADD z1 1 a 2 b"},
		{"BZMPOP 0 1 z2 MAX COUNT 2", "ZADD z2 1 a 2 b 3 c"},
		{"XREADGROUP GROUP g me BLOCK 0 STREAMS st >", "XADD st * f v"},
		{"XREADGROUP GROUP g me NOACK BLOCK 0 STREAMS st >", "XADD st * f v"},
	} {
		words, _ := compat.SplitWords(c.wait)
		wait(words...)
		do(c.then)
		if a.Session.Blocked() {
			t.Errorf("%s still waits", c.wait)
		}
	}
	do("XADD st * f 1", "XADD st * f 2", "XADD st * f 3", "XREADGROUP GROUP g you COUNT 2 STREAMS st >", "XAUTOCLAIM st g him 0 0 COUNT 1",
		"XREADGROUP GROUP g her STREAMS st 0", "XADD st MAXLEN ~ 2 * f 4", "XSETID st 9999999999999-9", "XGROUP SETID st g $ ENTRIESREAD 3",
		"SPOP sx", "SADD sx 1 2 3 4 5", "SPOP sx 2", "SPOP sx 9", "SADD sy a b c", "SPOP sy", "SMOVE sy sx a",
		"SET e1 v EX 100", "SET e2 v PX 5", "GETEX e1 PX 2000", "EXPIRE e1 5 XX", "INCRBYFLOAT f 0.1", "HINCRBYFLOAT h f 1.3", "SETEX e3 1 v", "EXPIRE e3 -1",
		"SET e4 v PX 2", "INCR n", "EXPIRE n 1", "INCR n", "RENAME n m", "COPY m m2 DB 2 REPLACE", "MOVE m 1", "SWAPDB 0 1", "SWAPDB 1 0",
		"SORT sx ALPHA STORE sorted DESC", "GEOADD g1 13.361389 38.115556 P 15.087269 37.502669 C", "GEOSEARCHSTORE g2 g1 FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST",
		"ZUNIONSTORE zu 2 z1 z2 WEIGHTS 2 3", "ZRANGESTORE zr zu 0 1", "PFADD hll a b c", "PFMERGE hll2 hll", "BITOP NOT bits f", "SETRANGE bits 10 x",
		"BITFIELD bits INCRBY u8 0 300 OVERFLOW SAT", "LMPOP 1 l2 LEFT COUNT 1", "ZPOPMAX z2", "ZMPOP 1 zu MIN", "LINSERT l5 BEFORE 1 0")
	do("MULTI", "INCR n", "SPOP sx", "XADD st * m 1", "EXEC")
	dump := rig.Parse(t, b.Do("DUMP", "zr"))
	if out := b.Do("RESTORE", "restored", "500", dump.Text()); out != "+OK\r\n" {
		t.Error(out)
	}
	l.NowMs.Add(200)
	do("INCR e2", "GET e4", "INCR restored2")
	l.check(t, "before expiry")
	l.NowMs.Add(1000)
	do("GET n", "KEYS *", "RANDOMKEY", "SCAN 0", "GET restored")
	l.expire()
	l.check(t, "after expiry")
	do("FLUSHDB", "SET again 1", "FLUSHALL", "SET again 2")
	l.check(t, "after the flush")
}

// TestReplayHashFields has fields of hashes expire.
func TestReplayHashFields(t *testing.T) {
	l := newLogged(t)
	if l.Hub.Table.Lookup([]byte("HPEXPIRE")) == nil {
		t.Skip("there are no deadlines of fields")
	}
	for _, line := range []string{
		"HSET h a 1 b 2 c 3 d 4", "HEXPIRE h 100 FIELDS 1 a", "HPEXPIRE h 30 FIELDS 2 b c", "HGETEX h PX 40 FIELDS 1 d", "HSETEX h EX 5 FIELDS 2 e 5 f 6",
		"HPERSIST h FIELDS 1 a", "HGETDEL h FIELDS 1 f", "HINCRBY h b 7", "HSET g x 1", "HPEXPIRE g 20 FIELDS 1 x", "HEXPIRE h 0 FIELDS 1 e",
	} {
		words, _ := compat.SplitWords(line)
		if out := l.c.Do(words...); strings.HasPrefix(out, "-") {
			t.Errorf("%s: %s", line, out)
		}
		l.NowMs.Add(2)
		if !l.check(t, line) {
			return
		}
	}
	for _, line := range []string{"HGETALL h", "HINCRBY h c 1", "HLEN h", "EXISTS g", "HKEYS h"} {
		words, _ := compat.SplitWords(line)
		l.NowMs.Add(12)
		l.c.Do(words...)
		if !l.check(t, line) {
			return
		}
	}
	l.expire()
	l.check(t, "at the end")
}
