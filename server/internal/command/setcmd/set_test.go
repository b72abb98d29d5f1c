package setcmd_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/setcmd"
	"redline/server/internal/command/strcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{setcmd.Commands, strcmd.Commands, keycmd.Commands}

func parse(t testing.TB, reply string) compat.Reply {
	t.Helper()
	r, err := compat.ReadReply(bufio.NewReader(strings.NewReader(reply)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAsRedis compares replies, errors included, with a redis-server, on sets whose order is the same on both sides:
// intsets and those of one member.
func TestAsRedis(t *testing.T) {
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), []string{
		"SET s v", "SADD s a", "SREM s a", "SMOVE s x a", "SMOVE none s a", "SISMEMBER s a", "SMISMEMBER s a", "SCARD s", "SPOP s", "SPOP s 1", "SPOP s x", "SRANDMEMBER s", "SRANDMEMBER s 1",
		"SINTER s", "SINTER none s", "SINTERCARD 1 s", "SINTERSTORE d s", "SUNION s", "SUNIONSTORE d none s", "SDIFF s", "SDIFF none s", "SDIFFSTORE d s", "SMEMBERS s", "SSCAN s 0", "EXISTS d",
		"SREM none a", "SMOVE none x a", "SISMEMBER none a", "SMISMEMBER none a b", "SCARD none", "SPOP none", "SPOP none 1", "SPOP none -1", "SPOP none 0", "SRANDMEMBER none", "SRANDMEMBER none 1",
		"SRANDMEMBER none -1", "SINTER none", "SINTERCARD 1 none", "SINTERSTORE none none", "SUNION none", "SUNION none nope", "SUNIONSTORE none none", "SDIFF none", "SDIFFSTORE none none", "SMEMBERS none",
		"SSCAN none 0", "SSCAN none x", "SSCAN none 0 COUNT x", "SINTER", "SINTERCARD 1", "SPOP", "SPOP none 1 2", "SRANDMEMBER none 1 2",
		"SADD i 3 1 2 1", "SADD i 1", "SADD i -70000 9223372036854775807 -9223372036854775808", "SMEMBERS i", "SCARD i", "OBJECT ENCODING i", "SISMEMBER i 3", "SISMEMBER i 4", "SISMEMBER i x", "SISMEMBER i 03",
		"SMISMEMBER i 1 x 2 99 -70000", "SREM i 3 x 99", "SREM i 3", "SSCAN i 0", "SSCAN i 0 MATCH *7* COUNT 1", "SSCAN i 0 COUNT 0", "SSCAN i 5", "SRANDMEMBER i 100", "SRANDMEMBER i 0", "SPOP i 0",
		"SRANDMEMBER i x", "SRANDMEMBER i -9223372036854775808", "SPOP i -1", "SPOP i 1.5", "SRANDMEMBER i 9223372036854775808",
		"SADD j 1 2 5 9", "SINTER i j", "SINTER j i none", "SINTERCARD 2 i j", "SINTERCARD 2 i j LIMIT 1", "SINTERCARD 2 i j LIMIT 0", "SINTERCARD 2 i j LIMIT -1", "SINTERCARD 2 i j LIMIT x",
		"SINTERCARD 2 i j LIMIT", "SINTERCARD 2 i j FOO 1", "SINTERCARD 0 i", "SINTERCARD x i", "SINTERCARD -1 i", "SINTERCARD 3 i j", "SINTERCARD 2 i j LIMIT 1 LIMIT 2", "SINTERCARD 1 i j", "SINTERCARD 02 i j",
		"SUNION i j", "SUNION i i", "SUNION i none", "SDIFF i j", "SDIFF j i", "SDIFF i i", "SDIFF i none i", "SDIFF none i", "SDIFF i", "SDIFF j i i i i i i",
		"SINTERSTORE d i j", "SMEMBERS d", "OBJECT ENCODING d", "SUNIONSTORE d i j", "SMEMBERS d", "SDIFFSTORE d i j", "SMEMBERS d", "SDIFFSTORE d i i", "EXISTS d", "SINTERSTORE s i", "TYPE s", "SMEMBERS s",
		"SUNIONSTORE i i j", "SMEMBERS i", "SINTERSTORE i i j", "SMEMBERS i", "SDIFFSTORE i i j", "EXISTS i", "SADD i 1 2 3", "EXPIRE i 1000", "SUNIONSTORE i i", "TTL i", "EXPIRE i 1000", "SADD i 4", "TTL i", "SADD i x", "TTL i",
		"SADD one a", "OBJECT ENCODING one", "SMEMBERS one", "SPOP one", "EXISTS one", "SADD one a", "SPOP one 1", "EXISTS one", "SADD one a", "SPOP one 5", "EXISTS one", "SADD one a", "SRANDMEMBER one", "SRANDMEMBER one -3", "SRANDMEMBER one 3", "SSCAN one 0",
		"SMOVE one two a", "EXISTS one", "SMEMBERS two", "SMOVE two two a", "SMOVE two two b", "SMOVE two three b", "EXISTS three", "SADD three a", "SMOVE two three a", "SMEMBERS three", "EXISTS two", "SET str v", "SMOVE three str a", "SMOVE str three a",
		"SADD m 1 2", "SADD m a", "OBJECT ENCODING m", "SREM m a", "OBJECT ENCODING m", "SREM m 1", "SMEMBERS m", "SISMEMBER m 2", "SUNIONSTORE n m", "OBJECT ENCODING n",
		"SADD '' ''", "SMEMBERS ''", "SISMEMBER '' ''", "SREM '' ''", "EXISTS ''",
	})
}

// TestHistories compares random histories, with limits that make intsets turn into something else early, late and never.
func TestHistories(t *testing.T) {
	redis := compat.Oracle(t)
	for i, limit := range []string{"512", "4", "0", "100000"} {
		directives := []string{"set-max-intset-entries", limit}
		s := commandtest.New(t, families, directives...)
		redis.Must(t, append([]string{"CONFIG", "SET"}, directives...)...)
		commandtest.Histories(t, s, redis, uint64(i)*1000+1, 6, "set")
		commandtest.Mirror(t, func() *commandtest.Server { return commandtest.New(t, families, directives...) }, redis, uint64(i)*1000+500, 3, "set")
	}
}

// TestForms takes sets through their forms and compares encoding and content with a redis-server's.
func TestForms(t *testing.T) {
	redis := compat.Oracle(t, "--set-max-intset-entries", "200")
	c := commandtest.New(t, families, "set-max-intset-entries", "200").Client()
	same := func(words ...string) {
		t.Helper()
		want := redis.Must(t, words...)
		if got := parse(t, c.Do(words...)); !(compat.Mode{Unordered: true}).Equal(want, got) {
			t.Fatalf("%.60q: got %.200s, want %.200s", words, got, want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 1200 {
		same("SADD", "ints", fmt.Sprint(rng.IntN(1000)-500))
		same("SADD", "words", fmt.Sprint("w", rng.IntN(700)), strings.Repeat("long", i/20))
		same("OBJECT", "ENCODING", "ints")
		same("SREM", "words", fmt.Sprint("w", rng.IntN(700)))
		if i%100 == 99 {
			for _, op := range []string{"SINTER", "SUNION", "SDIFF"} {
				same(op, "ints", "words", "half")
				same(op, "words", "half", "ints")
				same(op+"STORE", "result", "ints", "half")
				same("SMEMBERS", "result")
				same("OBJECT", "ENCODING", "result")
			}
			same("SUNIONSTORE", "half", "ints", "result")
			same("SREM", "half", fmt.Sprint(i), "0", "1", "2")
			same("SINTERCARD", "2", "ints", "half", "LIMIT", "7")
			same("SMEMBERS", "ints")
			same("SMEMBERS", "words")
		}
	}
	for _, key := range []string{"ints", "words", "half", "result"} {
		same("COPY", key, "copy")
		same("SPOP", key, "100000")
		same("SMEMBERS", "copy")
		same("DEL", "copy")
	}
}

// TestPop: what is popped was there, is gone and logged, for every form and both strategies.
func TestPop(t *testing.T) {
	for _, kind := range []string{"%d", "m%d"} {
		for _, size := range []int{2, 100, 600, 3000} {
			for _, n := range []int{1, max(1, size/3), size - 1 - size/8, size - 1} {
				s := commandtest.New(t, families, "set-max-intset-entries", "500")
				c := s.Client()
				for i := range size {
					c.Do("SADD", "k", fmt.Sprintf(kind, i))
				}
				c.Do("PEXPIRE", "k", "1000000")
				s.Effects, s.Events = nil, nil
				before := s.Engine.Changes.Load()
				popped := parse(t, c.Do("SPOP", "k", fmt.Sprint(n))).Strings()
				left := parse(t, c.Do("SMEMBERS", "k")).Strings()
				all := append(slices.Clone(popped), left...)
				slices.Sort(all)
				if len(popped) != n || len(slices.Compact(all)) != size || len(left) != size-n {
					t.Fatalf("%s: %d of %d: popped %d, %d left, %d together", kind, n, size, len(popped), len(left), len(all))
				}
				var want []string
				for _, m := range popped {
					want = append(want, "SREM k "+m)
				}
				if !slices.Equal(s.Effects, want) || !slices.Equal(s.Events, []string{"s spop k"}) || s.Engine.Changes.Load()-before != int64(n) {
					t.Fatalf("%s: %d of %d: effects %.100q, events %q", kind, n, size, s.Effects, s.Events)
				}
				if ttl := c.Do("PTTL", "k"); ttl != ":1000000\r\n" {
					t.Fatalf("deadline lost: %q", ttl)
				}
			}
		}
	}
}

func TestEffects(t *testing.T) {
	s := commandtest.New(t, families)
	c := s.Client()
	c.Do("SADD", "k", "a")
	c.Do("SPOP", "k")
	c.Do("SADD", "k", "a", "b")
	c.Do("SPOP", "k", "5")
	c.Do("SADD", "k", "a")
	c.Do("SMOVE", "k", "l", "a")
	c.Do("SUNIONSTORE", "d", "l", "none")
	c.Do("SINTERSTORE", "d", "l", "none")
	c.Do("SINTERSTORE", "d", "l", "none")
	if want := []string{"SADD k a", "SREM k a", "SADD k a b", "DEL k", "SADD k a", "SMOVE k l a", "SUNIONSTORE d l none", "SINTERSTORE d l none"}; !slices.Equal(s.Effects, want) {
		t.Errorf("effects %q, want %q", s.Effects, want)
	}
	if want := []string{"s sadd k", "s spop k", "g del k", "s sadd k", "s spop k", "g del k", "s sadd k", "s srem k", "g del k", "s sadd l",
		"m keymiss none", "s sunionstore d", "m keymiss none", "g del d", "m keymiss none"}; !slices.Equal(s.Events, want) {
		t.Errorf("events %q, want %q", s.Events, want)
	}
}

// TestRandomMembers: counts, distinctness and spread in every form.
func TestRandomMembers(t *testing.T) {
	for _, kind := range []string{"%d", "m%d"} {
		for _, size := range []int{1, 10, 100, 1000} {
			c := commandtest.New(t, families).Client()
			for i := range size {
				c.Do("SADD", "k", fmt.Sprintf(kind, i))
			}
			for _, n := range []int{1, 2, size / 4, size / 2, size, size + 5} {
				got := parse(t, c.Do("SRANDMEMBER", "k", fmt.Sprint(n))).Strings()
				slices.Sort(got)
				if len(got) != min(n, size) || len(slices.Compact(got)) != min(n, size) {
					t.Fatalf("%d distinct members for count %d of %d", len(got), n, size)
				}
			}
			seen := map[string]bool{}
			for range 20 {
				for _, m := range parse(t, c.Do("SRANDMEMBER", "k", fmt.Sprint(-size))).Strings() {
					seen[m] = true
				}
			}
			if len(seen) != size {
				t.Errorf("%d of %d members came in %d draws", len(seen), size, 20*size)
			}
		}
	}
}

func BenchmarkSet(b *testing.B) {
	for _, size := range []int{10, 100000} {
		s := commandtest.New(b, families)
		c := s.Client()
		for i := range size {
			c.Do("SADD", "k", fmt.Sprint("member", i))
		}
		for _, words := range [][]string{{"SISMEMBER", "k", "member5"}, {"SADD", "k", "member5"}, {"SRANDMEMBER", "k"}} {
			b.Run(fmt.Sprint(words[0], "/", size), func(b *testing.B) {
				call := s.Prepare(words...)
				b.ReportAllocs()
				for b.Loop() {
					call()
				}
			})
		}
	}
}
