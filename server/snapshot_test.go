package server

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/keyspace"
	"redline/server/internal/pubsub"
	"redline/server/internal/rig"
	"redline/server/internal/snapshot"
	"redline/server/internal/snapshot/snapshottest"
	"redline/vfs"
)

// history records what calls did, in order.
type history struct {
	mu   sync.Mutex
	list []done
}

type done struct {
	command.Effect
	now int64
}

func (h *history) Commit(now int64, effects []command.Effect) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range effects {
		h.list = append(h.list, done{command.Effect{DB: e.DB, RESP: append([]byte(nil), e.RESP...)}, now})
	}
	return 0
}

func (h *history) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.list)
}

// replay repeats effects in a keyspace of its own, at the time they happened.
type replay struct {
	table  *command.Table
	engine *command.Engine
	done   int // effects
}

func (r *replay) upTo(t *testing.T, h *history, n int) {
	t.Helper()
	conf := config.New().Values()
	for ; r.done < n; r.done++ {
		e := h.list[r.done]
		args, _, err := resp.NewParser(resp.DefaultLimits()).Next(e.RESP)
		if err != nil {
			t.Fatal(err)
		}
		spec := r.table.Lookup(args[0])
		if sub := spec.Sub(args[min(1, len(args)-1)]); sub != nil {
			spec = sub
		}
		c := command.Call{Spec: spec, Args: args, DB: e.DB, Now: e.now, Conf: conf, Reply: &resp.Writer{}}
		r.engine.Run(&c)
		if b := c.Reply.Buf; len(b) > 0 && b[0] == '-' {
			t.Fatalf("effect %q in database %d: %s", e.RESP, e.DB, b)
		}
	}
}

// Templates of commands: %s and so on stand for a key of a kind, %v for a value, %n for a small number, %m for a member.
// Kinds of keys: s strings, i integers, l lists, h hashes, t sets, z sorted sets, x streams, p hyperloglogs.
var changes = strings.Split(strings.TrimSpace(`
SET %s %v
SET %s %v PX %n
GETSET %s %v
GETDEL %s
GETEX %s PX %n
APPEND %s %v
SETRANGE %s %n %v
SETBIT %s %n 1
BITFIELD %s SET u8 %n 7
BITOP OR %s %s %s
MSET %s %v %s %v %i %n
INCRBY %i %n
INCRBYFLOAT %i %n
LPUSH %l %v %v %v
RPUSH %l %v %v %v
LPOP %l 2
RPOP %l
LSET %l 0 %v
LREM %l 1 %v
LTRIM %l 1 500
LINSERT %l BEFORE %v %v
LMOVE %l %l LEFT RIGHT
LMPOP 2 %l %l LEFT COUNT 2
HSET %h %m %v %m %v
HDEL %h %m
HINCRBY %h n %n
HPEXPIRE %h %n FIELDS 2 %m %m
HPERSIST %h FIELDS 1 %m
HSETEX %h PX %n FIELDS 1 %m %v
HGETDEL %h FIELDS 1 %m
SADD %t %m %m %n
SREM %t %m
SPOP %t 2
SMOVE %t %t %m
SUNIONSTORE %t %t %t
SDIFFSTORE %t %t %t
ZADD %z %n %m %n %m
ZINCRBY %z %n %m
ZREM %z %m
ZPOPMIN %z
ZRANGESTORE %z %z 0 50
ZUNIONSTORE %z 2 %z %t
ZREMRANGEBYRANK %z 0 1
XADD %x * f %v
XADD %x MAXLEN 50 * f %v g %m
XTRIM %x MAXLEN 20
XGROUP CREATE %x g%n 0 MKSTREAM
XGROUP DESTROY %x g%n
XREADGROUP GROUP g%n c%n COUNT 3 STREAMS %x >
XAUTOCLAIM %x g%n c%n 0 0 COUNT 2
XDEL %x 1-1
PFADD %p %m %v
PFCOUNT %p
PFMERGE %p %p
SORT %l ALPHA STORE %l
GEOADD %z 13.3 52.5 %m
DEL %s %h
UNLINK %l %z
DEL %t
DEL %x
RENAME %l %l
RENAME %h %h
RENAME %z %z
RENAMENX %s %s
COPY %h %h REPLACE
COPY %s %s DB 2 REPLACE
COPY %z %z DB 1 REPLACE
MOVE %t 2
MOVE %l 1
MOVE %x 2
PEXPIRE %h %n
PEXPIRE %l %n
PEXPIRE %s %n
EXPIRE %z 1000
PERSIST %h
`), "\n")

// fillIn makes a command of a template.
func fillIn(template string, r *rand.Rand) []string {
	args := strings.Fields(template)
	for i, a := range args {
		at := strings.IndexByte(a, '%')
		if at < 0 {
			continue
		}
		text := ""
		switch c := a[at+1]; c {
		case 'v':
			text = strings.Repeat(string(rune('a'+r.IntN(26))), 1+r.IntN(200))
		case 'n':
			text = strconv.Itoa(1 + r.IntN(30))
		case 'm':
			text = "m" + strconv.Itoa(r.IntN(3000))
		default:
			text = string(c) + strconv.Itoa(r.IntN(8))
		}
		args[i] = a[:at] + text + a[at+2:]
	}
	return args
}

const accounts = 40

// transfer moves an amount between two keys, which lie in different shards mostly: the sum stays.
func transfer(c *rig.Client, r *rand.Rand) {
	n := strconv.Itoa(r.IntN(100))
	c.Do("SELECT", "3")
	c.Do("MULTI")
	c.Do("DECRBY", "account"+strconv.Itoa(r.IntN(accounts)), n)
	c.Do("INCRBY", "account"+strconv.Itoa(r.IntN(accounts)), n)
	c.Do("EXEC")
}

// prepare stores the accounts and large values of all types.
func prepare(c *rig.Client) {
	c.Do("SELECT", "3")
	for i := range accounts {
		c.Do("SET", "account"+strconv.Itoa(i), "1000")
	}
	for db := range 3 {
		c.Do("SELECT", strconv.Itoa(db))
		for _, cmd := range []string{"RPUSH l1", "SADD t1", "HSET h1", "ZADD z1"} {
			args := strings.Fields(cmd)
			for j := range 3000 {
				if args[0] == "ZADD" {
					args = append(args, strconv.Itoa(j))
				}
				args = append(args, "m"+strconv.Itoa(j))
				if args[0] == "HSET" {
					args = append(args, strings.Repeat("x", j%50))
				}
			}
			c.Do(args...)
		}
		for j := range 400 {
			c.Do("XADD", "x1", strconv.Itoa(j+1)+"-1", "f", strings.Repeat("y", 100))
		}
	}
}

// meddle changes everything in every way until it is told to stop.
func meddle(t *testing.T, r *rig.Rig, c *rig.Client, rng *rand.Rand, stop *atomic.Bool) {
	var waiting []*rig.Client
	for n := 0; !stop.Load(); n++ {
		switch {
		case n%10 == 0:
			transfer(c, rng)
		case n%100 == 50: // somebody waits, and is served or leaves
			b := r.Client(t)
			b.Do("SELECT", strconv.Itoa(rng.IntN(3)))
			b.Do(fillIn("BLMOVE %l %l LEFT RIGHT 0", rng)...)
			if waiting = append(waiting, b); len(waiting) > 4 {
				waiting[0].Close()
				waiting = waiting[1:]
			}
		case n%1500 == 777:
			c.Do("SWAPDB", "0", "1")
		case n%2500 == 999:
			c.Do("SELECT", "2")
			c.Do("FLUSHDB")
		default:
			if n%7 == 0 {
				c.Do("SELECT", strconv.Itoa(rng.IntN(3)))
			}
			c.Do(fillIn(changes[rng.IntN(len(changes))], rng)...)
		}
	}
}

// taken is a snapshot and how many effects there were at its point in time.
type taken struct {
	path  string
	point int
}

// TestSnapshotIsAPointInTime has several clients change everything in every way while snapshots are made, and cron expire
// and move keys: each snapshot must hold what a replay of all effects up to its point in time gives.
func TestSnapshotIsAPointInTime(t *testing.T) {
	const clients, snapshots = 3, 4
	rounds := 60 // effects between two snapshots, at least
	if testing.Short() {
		rounds = 20
	}
	families := (&Server{broker: pubsub.NewBroker()}).families()
	r, log := rig.New(t, families...), &history{}
	r.Hub.Engine.Log = log
	prepare(r.Client(t))
	var stop atomic.Bool
	var busy sync.WaitGroup
	finish := func() { stop.Store(true); busy.Wait() }
	defer finish() // also when the test fails
	for i := range clients {
		c, rng := r.Client(t), rand.New(rand.NewPCG(uint64(i), 7))
		busy.Go(func() { meddle(t, r, c, rng, &stop) })
	}
	cr := newCron(r.Hub, nil)
	busy.Go(func() {
		for !stop.Load() {
			cr.work()
			cr.defrag.tick()
		}
	})
	var all []taken
	mem := vfs.NewMem()
	for i := range snapshots {
		for from := log.len(); log.len() < from+rounds; {
			runtime.Gosched()
		}
		s := taken{path: fmt.Sprint(i, ".rdb")}
		_, err := snapshot.Write(context.Background(), snapshot.Options{Space: r.Hub.Engine.Space, FS: mem, Path: s.path, Compress: true,
			Checksum: true, Now: time.Now, OnPoint: func() []snapshot.Aux { s.point = log.len(); return nil }})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	finish()
	compare(t, families, log, mem, all)
}

// compare compares each snapshot with a replay.
func compare(t *testing.T, families [][]command.Spec, log *history, fs vfs.FS, all []taken) {
	table, err := command.NewTable(families...)
	if err != nil {
		t.Fatal(err)
	}
	again := keyspace.New(keyspace.Options{Shards: 1, Databases: 16, Seed: 5})
	defer again.Close()
	rep := &replay{table: table, engine: &command.Engine{Space: again}}
	for _, s := range all {
		rep.upTo(t, log, s.point)
		sp := keyspace.New(keyspace.Options{Shards: 4, Databases: 16, Seed: 6})
		_, err := snapshot.LoadFile(context.Background(), fs, s.path, snapshot.LoadOptions{Space: sp, Limits: snapshot.LimitsOf(config.New().Values()),
			Now: time.Now, KeepExpired: true})
		if err != nil {
			t.Fatal(err)
		}
		got := snapshottest.Content(sp)
		snapshottest.Same(t, got, snapshottest.Content(again))
		sum := int64(0)
		for i := range accounts {
			n, _ := strconv.ParseInt(strings.TrimPrefix(got["3 account"+strconv.Itoa(i)], "-1 string "), 10, 64)
			sum += n
		}
		if sum != 1000*accounts {
			t.Errorf("%s: the accounts hold %d, not %d", s.path, sum, 1000*accounts)
		}
		sp.Close()
		if t.Failed() {
			t.Fatalf("%s, at effect %d of %d", s.path, s.point, len(log.list))
		}
	}
}
