package dumpcmd_test

import (
	"fmt"
	"strings"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/dumpcmd"
	"redline/server/internal/command/hashcmd"
	"redline/server/internal/command/hllcmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/listcmd"
	"redline/server/internal/command/setcmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/streamcmd"
	"redline/server/internal/command/zsetcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{dumpcmd.Commands, strcmd.Commands, keycmd.Commands, listcmd.Commands, setcmd.Commands, zsetcmd.Commands, hashcmd.Commands, hllcmd.Commands, streamcmd.Commands}

// values are commands that make one key of each type and form, and one that shows all of it.
func values() map[string]struct {
	make []string
	show string
} {
	many := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, i)
		}
		return b.String()
	}
	long := strings.Repeat("abcdefgh", 20)
	return map[string]struct {
		make []string
		show string
	}{
		"int":           {[]string{"SET k 12345"}, "GET k"},
		"negative":      {[]string{"SET k -5"}, "GET k"},
		"large int":     {[]string{"SET k 9223372036854775807"}, "GET k"},
		"raw digits":    {[]string{"SET k 12", "APPEND k 34"}, "GET k"},
		"embstr":        {[]string{"SET k hello"}, "GET k"},
		"empty":         {[]string{`SET k ""`}, "GET k"},
		"compressible":  {[]string{"SET k " + strings.Repeat(long, 20)}, "GET k"},
		"list":          {[]string{"RPUSH k a 1 -1 100000 " + long}, "LRANGE k 0 -1"},
		"long list":     {[]string{"RPUSH k" + many(" element%d-%d", 5000)}, "LRANGE k 0 -1"},
		"plain list":    {[]string{"RPUSH k a " + strings.Repeat("x", 10000) + " b"}, "LRANGE k 0 -1"},
		"intset":        {[]string{"SADD k 1 2 300000 -5"}, "SMEMBERS k"},
		"set":           {[]string{"SADD k a b 1"}, "SORT_ k"},
		"large set":     {[]string{"SADD k" + many(" m%d_%d", 1000)}, "SCARD k"},
		"hash":          {[]string{"HSET k a 1 b hello c -7"}, "HGETALL k"},
		"large hash":    {[]string{"HSET k" + many(" f%d v%d", 1000)}, "HGET k f777"},
		"zset":          {[]string{"ZADD k 1 a 2.5 b -inf c inf d"}, "ZRANGE k 0 -1 WITHSCORES"},
		"large zset":    {[]string{"ZADD k" + many(" %d.5 m%d", 1000)}, "ZRANGE k 0 -1 WITHSCORES"},
		"hyperloglog":   {[]string{"PFADD k a b c d"}, "GET k"},
		"stream":        {[]string{"XADD k 1-1 a 1 b 2", "XADD k 2-1 a 1 b 2", "XADD k 3-1 c 3", "XDEL k 2-1"}, "XRANGE k - +"},
		"stream groups": {[]string{"XADD k 1-1 a 1", "XADD k 2-1 a 2", "XGROUP CREATE k g 0", "XREADGROUP GROUP g c COUNT 1 STREAMS k >", "XGROUP CREATECONSUMER k g d"}, "XPENDING k g"},
		"empty stream":  {[]string{"XGROUP CREATE k g $ MKSTREAM"}, "XLEN k"},
	}
}

// TestTrade: what a redis-server dumps is restored here with the same content and encoding, and the other way round.
func TestTrade(t *testing.T) {
	redis := compat.Oracle(t)
	do := func(words ...string) compat.Reply {
		t.Helper()
		r, err := redis.Do(words...)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, v := range values() {
		t.Run(name, func(t *testing.T) {
			do("FLUSHALL")
			s := commandtest.New(t, families)
			c := s.Client()
			for _, m := range v.make {
				words, err := compat.SplitWords(m)
				if err != nil {
					t.Fatal(err)
				}
				if a, b := c.Do(words...), string(do(words...).Raw); a != b && !strings.HasPrefix(m, "XREADGROUP") {
					t.Fatalf("%.60s: %q, redis %q", m, a, b)
				}
			}
			show := strings.Fields(strings.Replace(v.show, "SORT_ k", "SCARD k", 1))
			want := string(do(show...).Raw)
			theirs := string(do("DUMP", "k").Text)
			do("RESTORE", "again", "0", theirs)
			enc := string(do("OBJECT", "ENCODING", "again").Raw)

			if got := c.Do("RESTORE", "k", "0", theirs, "REPLACE"); got != "+OK\r\n" {
				t.Fatalf("RESTORE of their payload: %q", got)
			}
			if got := c.Do(show...); got != want {
				t.Errorf("restored here: %.200q, want %.200q", got, want)
			}
			if got := c.Do("OBJECT", "ENCODING", "k"); got != enc {
				t.Errorf("restored here as %q, want %q", got, enc)
			}
			ours := bulk(t, c.Do("DUMP", "k"))
			if r := do("RESTORE", "k", "0", ours, "REPLACE"); string(r.Raw) != "+OK\r\n" {
				t.Fatalf("RESTORE of our payload there: %q", r.Raw)
			}
			if got := string(do(show...).Raw); got != want {
				t.Errorf("restored there: %.200q, want %.200q", got, want)
			}
			if got := string(do("OBJECT", "ENCODING", "k").Raw); got != enc {
				t.Errorf("restored there as %q, want %q", got, enc)
			}
			if strings.Contains(" int negative embstr list intset hash zset ", " "+name+" ") && ours != theirs {
				t.Errorf("payloads differ:\nours   %q\ntheirs %q", ours, theirs)
			}
		})
	}
}

func bulk(t *testing.T, reply string) string {
	i := strings.Index(reply, "\r\n")
	if reply[0] != '$' || i < 0 {
		t.Fatalf("no string: %q", reply)
	}
	return reply[i+2 : len(reply)-2]
}

// TestAsRedis compares errors and options with a redis-server; the payload is that of "hello".
func TestAsRedis(t *testing.T) {
	c := commandtest.New(t, families).Client()
	c.Do("SET", "k", "hello")
	good := compat.JoinWords([]string{bulk(t, c.Do("DUMP", "k"))})
	bad := strings.Replace(good, "hello", "hellp", 1)
	var lines []string
	for _, l := range []string{"DUMP", "DUMP nokey", "DUMP a b", "SET k hello", "DUMP k", "SET n 123", "DUMP n", "RESTORE", "RESTORE k 0", "RESTORE k 0 GOOD", "RESTORE k 0 BAD", "RESTORE r 0 BAD", `RESTORE r 0 ""`, "RESTORE r 0 x", "RESTORE r x GOOD", "RESTORE r -1 GOOD", "RESTORE k -1 GOOD", "RESTORE k x BAD",
		"RESTORE r 0 GOOD", "GET r", "TTL r", "RESTORE r 0 GOOD", "RESTORE r 0 GOOD REPLACE", "RESTORE r 100000 GOOD replace", "TTL r", "RESTORE r 1 GOOD REPLACE ABSTTL", "EXISTS r", "RESTORE r 1 GOOD ABSTTL", "EXISTS r", "RESTORE r 32503680000000 GOOD ABSTTL", "PEXPIRETIME r",
		"RESTORE q 0 GOOD FOO", "RESTORE q 0 GOOD IDLETIME", "RESTORE q 0 GOOD IDLETIME x", "RESTORE q 0 GOOD IDLETIME -1", "RESTORE q 0 GOOD IDLETIME 100", "OBJECT IDLETIME q", "RESTORE q2 0 GOOD FREQ", "RESTORE q2 0 GOOD FREQ 256", "RESTORE q2 0 GOOD FREQ -1", "RESTORE q2 0 GOOD FREQ 5 IDLETIME 5", "RESTORE q2 0 GOOD FREQ 5", "RESTORE-ASKING q3 0 GOOD", "GET q3"} {
		lines = append(lines, strings.Replace(strings.Replace(l, "GOOD", good, 1), "BAD", bad, 1))
	}
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), lines)
}

func TestEffects(t *testing.T) {
	s := commandtest.New(t, families)
	c := s.Client()
	c.Do("SET", "k", "hello")
	p := bulk(t, c.Do("DUMP", "k"))
	for _, tt := range []struct {
		run             []string
		effects, events string
	}{
		{[]string{"RESTORE", "a", "0", p}, "[RESTORE a 0 P]", "[g restore a]"},
		{[]string{"RESTORE", "a", "1000", p, "REPLACE"}, fmt.Sprint("[RESTORE a ", s.Now+1000, " P REPLACE ABSTTL]"), "[g restore a]"},
		{[]string{"RESTORE", "a", "5", p, "REPLACE", "ABSTTL"}, "[DEL a]", "[g del a]"},
		{[]string{"RESTORE", "a", "5", p, "REPLACE", "ABSTTL"}, "[]", "[]"},
		{[]string{"DUMP", "k"}, "[]", "[]"},
	} {
		s.Effects, s.Events = nil, nil
		c.Do(tt.run...)
		effects := strings.ReplaceAll(fmt.Sprint(s.Effects), p, "P")
		if effects != tt.effects || fmt.Sprint(s.Events) != tt.events {
			t.Errorf("%.30q: logged %q, announced %v", tt.run, effects, s.Events)
		}
	}
}
