package txncmd_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/command/conncmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/txncmd"
	"redline/server/internal/keyspace"
	"redline/server/internal/rig"
)

func newRig(t *testing.T) *rig.Rig {
	return rig.New(t, conncmd.Commands, strcmd.Commands, keycmd.Commands, txncmd.Commands, wholeDB)
}

// wholeDB are commands on whole databases, from another family.
var wholeDB = []command.Spec{
	{Name: "flushdb", Group: "test", Since: "1", Summary: "test", Arity: -1, Flags: command.Write | command.AllShards, Handler: func(c *command.Call) {
		c.EachShard(func(sh *keyspace.Shard) bool {
			if release := sh.DB(c.DB).Flush(); release != nil {
				release()
			}
			return true
		})
		c.Reply.OK()
	}},
	{Name: "swapdb", Group: "test", Since: "1", Summary: "test", Arity: 3, Flags: command.Write | command.AllShards, Handler: func(c *command.Call) {
		a, _ := resp.ParseInt(c.Args[1])
		b, _ := resp.ParseInt(c.Args[2])
		c.EachShard(func(sh *keyspace.Shard) bool { sh.SwapDB(int(a), int(b)); return true })
		c.Reply.OK()
	}},
}

func TestAgainstRedis(t *testing.T) {
	redis := rig.StartRedis(t)
	for name, lines := range map[string][]string{
		"plain":               {"MULTI", "SET txn:a 1", "GET txn:a", "DEL txn:a", "EXEC", "MULTI", "EXEC", "EXEC", "DISCARD"},
		"discard":             {"MULTI", "SET txn:a 1", "DISCARD", "GET txn:a", "DISCARD"},
		"nested":              {"MULTI", "MULTI", "WATCH a", "PING", "EXEC"},
		"spoiled":             {"MULTI", "GET", "PING", "EXEC", "EXEC", "MULTI", "NOSUCH a b", "DISCARD", "MULTI", "CLIENT NOSUCH", "EXEC"},
		"arity":               {"MULTI x", "EXEC x", "MULTI", "EXEC x", "EXEC", "WATCH", "UNWATCH x", "DISCARD x", "MULTI", "MULTI x", "EXEC", "MULTI", "WATCH", "EXEC", "MULTI", "DISCARD x", "EXEC"},
		"inner errors":        {"MULTI", "SET txn:s x", "INCR txn:s", "GETRANGE txn:s a b", "DEL txn:s", "EXEC"},
		"select inside":       {"MULTI", "SELECT 5", "SET txn:a 1", "SELECT 6", "GET txn:a", "SELECT 5", "DEL txn:a", "EXEC", "GET txn:a"},
		"own watch":           {"WATCH txn:w", "SET txn:w 1", "MULTI", "PING", "EXEC", "MULTI", "PING", "EXEC", "DEL txn:w"},
		"unwatch":             {"WATCH txn:w", "SET txn:w 1", "UNWATCH", "MULTI", "PING", "EXEC", "DEL txn:w"},
		"unwatch inside":      {"WATCH txn:w", "MULTI", "UNWATCH", "SET txn:w 1", "UNWATCH", "EXEC", "DEL txn:w"},
		"watched and spoiled": {"WATCH txn:w", "SET txn:w 1", "MULTI", "GET", "EXEC", "DEL txn:w"},
		"resp3 null":          {"~ HELLO 3", "WATCH txn:w", "SET txn:w 1", "MULTI", "EXEC", "DEL txn:w"},
		"reset":               {"WATCH txn:w", "MULTI", "RESET", "EXEC", "SET txn:w 1", "MULTI", "EXEC", "DEL txn:w"},
		"reply modes":         {"MULTI", "CLIENT REPLY ON", "PING", "EXEC"},
		"swapdb":              {"SELECT 3", "WATCH txn:w", "SWAPDB 3 4", "MULTI", "PING", "EXEC", "WATCH txn:w", "SELECT 4", "SET txn:w 1", "SELECT 3", "SWAPDB 3 4", "MULTI", "PING", "EXEC", "DEL txn:w"},
		"flushdb":             {"SELECT 7", "WATCH txn:w", "FLUSHDB", "MULTI", "PING", "EXEC", "SET txn:w 1", "WATCH txn:w", "FLUSHDB", "MULTI", "PING", "EXEC"},
		"auth":                {"MULTI", "AUTH x", "HELLO 9", "EXEC"},
	} {
		t.Run(name, func(t *testing.T) { rig.Compare(t, newRig(t), redis, lines...) })
	}
}

// TestReplyModesInside: CLIENT REPLY in a transaction silences what comes behind it, as in Redis, whose clients then wait
// for the rest of the array.
func TestReplyModesInside(t *testing.T) {
	c := newRig(t).Client(t)
	run := func(want string, lines ...string) {
		t.Helper()
		got := ""
		for _, l := range lines {
			got = c.Do(strings.Fields(l)...)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", lines, got, want)
		}
	}
	run("*2\r\n+PONG\r\n", "MULTI", "CLIENT REPLY SKIP", "PING", "EXEC")
	run("", "PING")
	run("+PONG\r\n", "PING")
	run("*3\r\n+PONG\r\n", "MULTI", "PING", "CLIENT REPLY OFF", "PING", "EXEC")
	run("", "PING")
	run("+OK\r\n", "CLIENT REPLY ON")
}

// TestWatchedKeyExpires: a key that expires after WATCH is a change, whether or not somebody has noticed; one that had
// expired before is none.
func TestWatchedKeyExpires(t *testing.T) {
	const start, abort, done = 1_700_000_000_000, "*-1\r\n", "*1\r\n+PONG\r\n"
	for _, tt := range []struct {
		name          string
		before, after []string // commands before and after WATCH; time passes behind each list
		want          string
	}{
		{"expires unnoticed", []string{"PSETEX k 100 v"}, nil, abort},
		{"expires in time", []string{"PSETEX k 1000 v"}, nil, done},
		{"stale already", []string{"PSETEX k 10 v"}, nil, done},
		{"stale, then looked up", []string{"PSETEX k 10 v"}, []string{"EXISTS k"}, done},
		{"stale, then written", []string{"PSETEX k 10 v"}, []string{"SET k v"}, abort},
		{"stale, then flushed", []string{"PSETEX k 10 v"}, []string{"FLUSHDB"}, done},
		{"stale key swapped in", []string{"SELECT 1", "PSETEX k 10 v", "SELECT 0"}, []string{"SWAPDB 0 1"}, done},
		{"stale swapped for stale", []string{"PSETEX k 10 v", "SELECT 1", "PSETEX k 10 v", "SELECT 0"}, []string{"SWAPDB 0 1"}, done},
		{"live swapped for stale", []string{"SET k v", "SELECT 1", "PSETEX k 10 v", "SELECT 0"}, []string{"SWAPDB 0 1"}, abort},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.NowMs.Store(start)
			c := r.Client(t)
			run := func(lines []string) {
				for _, l := range lines {
					c.Do(strings.Fields(l)...)
				}
				r.NowMs.Add(60)
			}
			run(tt.before)
			c.Do("WATCH", "k")
			run(tt.after)
			c.Do("MULTI")
			c.Do("PING")
			if got := c.Do("EXEC"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestTransactionsAreAtomic moves units between accounts in several shards from several goroutines, half of them with
// WATCH, while others read all accounts in a transaction: the sum never changes.
func TestTransactionsAreAtomic(t *testing.T) {
	const accounts, units, rounds, movers = 8, 1000, 300, 4
	r := newRig(t)
	first := r.Client(t)
	name := func(i int) string { return fmt.Sprint("account:", i%accounts) }
	read := []string{"MGET"}
	for i := range accounts {
		first.Do("SET", name(i), fmt.Sprint(units))
		read = append(read, name(i))
	}
	var group sync.WaitGroup
	for m := range movers {
		c := r.Client(t)
		group.Go(func() {
			for i := range rounds {
				from, to := name(i*(m+1)), name(i*(m+3)+m)
				if m%2 == 0 {
					c.Do("WATCH", from, to)
				}
				c.Do("MULTI")
				c.Do("DECRBY", from, fmt.Sprint(i))
				c.Do("INCRBY", to, fmt.Sprint(i))
				if got := c.Do("EXEC"); !strings.HasPrefix(got, "*2\r\n:") && (m%2 == 1 || got != "*-1\r\n") {
					t.Errorf("EXEC answered %q", got)
				}
			}
		})
	}
	for range 2 {
		c := r.Client(t)
		group.Go(func() {
			for range rounds {
				c.Do("MULTI")
				for _, n := range read[1:] {
					c.Do("GET", n)
				}
				if sum := total(t, c.Do("EXEC")); sum != accounts*units {
					t.Errorf("a transaction sees %d units, want %d", sum, accounts*units)
				}
			}
		})
	}
	group.Wait()
	if sum := total(t, first.Do(read...)); sum != accounts*units {
		t.Errorf("%d units remain, want %d", sum, accounts*units)
	}
}

func total(t *testing.T, reply string) (sum int64) {
	for _, v := range rig.Parse(t, reply).Elems {
		n, ok := resp.ParseInt(v.Str)
		if !ok {
			t.Fatalf("no number in %q", reply)
		}
		sum += n
	}
	return sum
}
