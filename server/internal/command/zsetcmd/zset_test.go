package zsetcmd_test

import (
	"slices"
	"strings"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/setcmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/zsetcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{zsetcmd.Commands, setcmd.Commands, strcmd.Commands, keycmd.Commands}

// large makes what fits the small form into the large one.
var large = []string{"zset-max-listpack-entries", "0"}

// TestAsRedis compares replies, errors included, with a redis-server, in both forms.
func TestAsRedis(t *testing.T) {
	lines := []string{
		"SET s v", "ZADD s 1 a", "ZINCRBY s 1 a", "ZREM s a", "ZCARD s", "ZCOUNT s 0 1", "ZLEXCOUNT s - +", "ZSCORE s a", "ZMSCORE s a", "ZRANK s a", "ZREVRANK s a",
		"ZRANGE s 0 -1", "ZRANGESTORE d s 0 -1", "ZREMRANGEBYRANK s 0 1", "ZPOPMIN s", "ZMPOP 1 s MIN", "BZPOPMIN s 0", "ZUNION 1 s", "ZUNIONSTORE d 1 s", "ZINTERCARD 1 s", "ZRANDMEMBER s", "ZRANDMEMBER s 1", "ZSCAN s 0",
		"ZADD none", "ZADD none 1", "ZADD none NX 1", "ZADD none NX XX 1 a", "ZADD none GT LT 1 a", "ZADD none NX GT 1 a", "ZADD none INCR 1 a 2 b", "ZADD none x a", "ZADD none 1 a x b", "ZADD none nan a", "ZADD none XX 1 a",
		"ZADD none XX INCR 1 a", "ZADD none CH XX 1 a", "EXISTS none", "ZINCRBY none x a", "ZINCRBY none nan a", "ZREM none a", "ZCARD none", "ZCOUNT none 0 x", "ZCOUNT none 0 1", "ZLEXCOUNT none 0 1", "ZLEXCOUNT none - +",
		"ZSCORE none a", "ZMSCORE none a b", "ZRANK none a", "ZRANGE none 0 -1", "ZRANGE none x 1", "ZRANGE none 0 -1 BYLEX", "ZPOPMIN none", "ZPOPMIN none 2", "ZPOPMIN none -1", "ZPOPMIN none x", "ZPOPMAX none 1 2", "ZPOPMAX none 0",
		"ZRANDMEMBER none", "ZRANDMEMBER none 2", "ZRANDMEMBER none x", "ZRANDMEMBER none 1 x", "ZRANDMEMBER none 1 WITHSCORES x", "ZRANDMEMBER none -9223372036854775808", "ZRANDMEMBER none 9223372036854775807 WITHSCORES", "ZRANDMEMBER none -9223372036854770000 WITHSCORES",
		"ZSCAN none 0", "ZSCAN none x", "ZSCAN none 0 FOO", "ZSCAN none -1", `ZSCAN none ""`,
		"ZADD z 1 a 2 b 3 c 3 d 3.5 e inf f -inf g 1e20 h 0.1 i 1e-10 j -2.5 k 100000 l", "ZADD z CH 1 a 5 b 6 new", "ZADD z NX 9 a 9 newer", "ZADD z XX CH 9 a 9 newest", "ZADD z GT CH 1 a 10 b", "ZADD z LT CH 1 a 100 b", "ZADD z INCR 5 a", "ZADD z NX INCR 5 a",
		"ZADD z GT INCR -5 a", "ZADD z LT INCR -5 a", "ZADD z INCR -inf f", "ZINCRBY z -inf f", "ZINCRBY z 1.5 a", "ZINCRBY z 1 fresh", "ZADD z 0x10 hex", "ZADD z +5 plus", `ZADD z " 5" blank`, "ZADD z 1e400 big", "ZADD z 1e-400 tiny", "ZADD z -0 minus", "ZSCORE z minus",
		"ZRANGE z 0 -1", "ZRANGE z 0 -1 WITHSCORES", "ZRANGE z -100 100", "ZRANGE z 5 2", "ZRANGE z 2 4 REV WITHSCORES", "ZREVRANGE z 0 2 WITHSCORES", "ZREVRANGE z -2 -1", "ZREVRANGE z 0 -1 REV", "ZRANGE z 0 1 REV REV", "ZRANGE z 0 1 FOO",
		"ZRANGE z 0 1 LIMIT 0 1", "ZRANGE z 0 1 LIMIT 0 -1", "ZRANGE z 0 1 LIMIT 0", "ZRANGE z - + BYLEX WITHSCORES", "ZRANGE z 0 1 BYLEX BYSCORE", "ZRANGE z 1.5 2", "ZRANGE z a b BYSCORE", "ZRANGE z a b BYLEX",
		"ZRANGEBYSCORE z -inf +inf", "ZRANGEBYSCORE z (1 (5 WITHSCORES", "ZRANGEBYSCORE z 3 3", "ZRANGEBYSCORE z (3 3", "ZRANGEBYSCORE z 5 1", "ZRANGEBYSCORE z -inf +inf LIMIT 2 3", "ZRANGEBYSCORE z -inf +inf LIMIT -1 3", "ZRANGEBYSCORE z -inf +inf LIMIT 100 3", "ZRANGEBYSCORE z -inf +inf LIMIT 2 -1", "ZRANGEBYSCORE z -inf +inf LIMIT 2 0", "ZRANGEBYSCORE z -inf +inf LIMIT x 0",
		"ZREVRANGEBYSCORE z +inf -inf WITHSCORES LIMIT 1 2", "ZREVRANGEBYSCORE z (5 (1", "ZREVRANGEBYSCORE z 1 5", "ZRANGE z 5 1 BYSCORE REV", "ZRANGE z 1 5 BYSCORE LIMIT 1 1 WITHSCORES", "ZRANGEBYSCORE z nan 1", "ZRANGEBYSCORE z 1 abc", "ZRANGEBYSCORE z ( 5", `ZRANGEBYSCORE z "" 5`, `ZRANGEBYSCORE z " 1" 5`, `ZRANGEBYSCORE z " " 5`,
		`ZRANGEBYSCORE z "1 " 5`, "ZRANGEBYSCORE z 1e-400 1e400", "ZRANGEBYSCORE z 0x1 0x10", "ZRANGEBYSCORE z ((1 5", `ZRANGEBYSCORE z "1\x00x" 5`, "ZRANGEBYSCORE z 1_0 50", "ZRANGEBYSCORE z infinity 50", "ZRANGEBYSCORE z -Infinity Inf LIMIT 0 2",
		"ZCOUNT z -inf +inf", "ZCOUNT z (1 3", "ZCOUNT z 5 1", "ZCOUNT z (3 (3", "ZCOUNT z x 1", "ZRANK z a", "ZREVRANK z a", "ZRANK z nope", "ZSCORE z f", "ZSCORE z h", "ZSCORE z i", "ZSCORE z j", "ZSCORE z nope", "ZMSCORE z a nope b",
		"ZREM z a nope b", "ZREMRANGEBYRANK z 0 1", "ZREMRANGEBYRANK z 100 200", "ZREMRANGEBYRANK z x 1", "ZREMRANGEBYRANK z -2 -1", "ZREMRANGEBYSCORE z (0 0.5", "ZREMRANGEBYSCORE z 5 1", "ZREMRANGEBYSCORE z x 1", "ZRANGE z 0 -1 WITHSCORES",
		"ZADD lex 0 a 0 b 0 bb 0 c 0 1 0 2 0 10 0 \xff", "ZRANGEBYLEX lex - +", "ZRANGEBYLEX lex [b (c", "ZRANGEBYLEX lex (b [c", "ZRANGEBYLEX lex [1 [2", "ZRANGEBYLEX lex + -", "ZRANGEBYLEX lex - -", "ZRANGEBYLEX lex + +", "ZRANGEBYLEX lex - + LIMIT 1 2", "ZREVRANGEBYLEX lex + - LIMIT 1 2", "ZREVRANGEBYLEX lex [c [a",
		"ZRANGEBYLEX lex a b", "ZRANGEBYLEX lex -x +", "ZRANGEBYLEX lex ( [c", `ZRANGEBYLEX lex "" +`, "ZRANGE lex [a [c BYLEX", "ZRANGE lex [c [a BYLEX REV LIMIT 0 2", "ZLEXCOUNT lex [a [c", "ZLEXCOUNT lex [c [a", "ZREMRANGEBYLEX lex [b [bb", "ZREMRANGEBYLEX lex x y", "ZRANGE lex 0 -1",
		"ZRANGESTORE d lex 0 2", "ZRANGE d 0 -1 WITHSCORES", "ZRANGESTORE d z 0 5 BYSCORE REV", "EXISTS d", "ZRANGESTORE d z 5 0 BYSCORE REV LIMIT 0 1", "ZRANGESTORE d z 0 1 WITHSCORES", "ZRANGESTORE d none 0 1", "ZRANGESTORE s lex 0 -1", "TYPE s", "ZRANGESTORE lex lex 0 1 REV", "ZRANGE lex 0 -1",
		"ZPOPMIN z", "ZPOPMAX z", "ZPOPMIN z 2", "ZPOPMAX z 0", "ZPOPMAX z 100", "EXISTS z", "ZADD z 1 a 2 b 3 c 4 d 5 e", "ZMPOP 2 none z MIN", "ZMPOP 2 none z MAX COUNT 2", "ZMPOP 1 none MIN", "ZMPOP 0 z MIN", "ZMPOP x z MIN", "ZMPOP 2 z MIN", "ZMPOP 1 z X", "ZMPOP 1 z MIN COUNT 0", "ZMPOP 1 z MIN COUNT", "ZMPOP 1 z MIN COUNT 1 COUNT 1", "ZMPOP 1 z MIN FOO 1",
		"BZPOPMIN none z 0", "BZPOPMAX none z 0.5", "BZMPOP 0 2 none lex MIN COUNT 2", "BZPOPMIN z x", "BZPOPMIN z -1", "BZMPOP x 1 z MIN", "BZMPOP 0 0 z MIN", "BZMPOP 0 1 z X", "OBJECT ENCODING z", "ZADD z 1", "ZMPOP 1 z",
		"ZADD a 1 x 2 y 3 z", "ZADD b 10 y 20 z 30 w", "ZADD c inf x -inf y", "ZUNION 2 a b", "ZUNION 2 a b WITHSCORES", "ZUNION 3 a b c WITHSCORES WEIGHTS 1 2 3 AGGREGATE MAX", "ZUNION 2 a c WEIGHTS 0 0 WITHSCORES", "ZUNION 2 a c WEIGHTS 1 -inf WITHSCORES", "ZUNION 2 a b AGGREGATE MIN WITHSCORES", "ZUNION 2 a a WITHSCORES",
		"ZINTER 2 a b WITHSCORES", "ZINTER 2 a b WITHSCORES WEIGHTS 2 3", "ZINTER 2 c c WEIGHTS 1 -1 WITHSCORES", "ZINTER 2 a c WEIGHTS 1 0 AGGREGATE MIN WITHSCORES", "ZINTER 2 a none", "ZDIFF 2 a b WITHSCORES", "ZDIFF 2 a a", "ZDIFF 2 none a", "ZDIFF 1 a", "ZDIFF 3 a none b", "ZDIFF 2 a b WEIGHTS 1 1", "ZDIFF 2 a b AGGREGATE MIN",
		"SADD words x y q", "SADD numbers 1 2 3", "ZADD n 5 2 6 4", "ZUNION 2 a words WITHSCORES", "ZINTER 2 words a WITHSCORES WEIGHTS 3 2", "ZUNION 2 n numbers WITHSCORES AGGREGATE MAX", "ZINTERCARD 2 n numbers", "ZDIFF 2 words a WITHSCORES", "ZDIFFSTORE d 2 numbers n", "ZRANGE d 0 -1 WITHSCORES",
		"ZUNIONSTORE d 2 a b", "ZRANGE d 0 -1 WITHSCORES", "ZINTERSTORE d 2 a b WEIGHTS 2 3 AGGREGATE MIN", "ZRANGE d 0 -1 WITHSCORES", "ZDIFFSTORE d 2 a b", "ZRANGE d 0 -1 WITHSCORES", "ZINTERSTORE d 2 a none", "EXISTS d", "ZINTERSTORE d 2 a none", "ZUNIONSTORE a 2 a b", "ZRANGE a 0 -1 WITHSCORES", "ZUNIONSTORE d 2 a b WITHSCORES",
		"ZUNIONSTORE d 0 a", "ZUNIONSTORE d x a", "ZUNIONSTORE d 3 a b", "ZUNION -1 a", "ZUNION 9223372036854775807 a", "ZUNION 1 a WEIGHTS", "ZUNION 1 a WEIGHTS x", "ZUNION 1 a WEIGHTS 1 2", "ZUNION 1 a AGGREGATE", "ZUNION 1 a AGGREGATE AVG", "ZUNION 1 a FOO", "ZUNION 2 a s FOO", "ZINTERCARD 2 a b", "ZINTERCARD 2 a b LIMIT 1", "ZINTERCARD 2 a b LIMIT 0", "ZINTERCARD 2 a b LIMIT -1", "ZINTERCARD 2 a b LIMIT x", "ZINTERCARD 2 a b WEIGHTS 1 1", "ZINTERCARD 2 a none", "ZINTERCARD 2 a b WITHSCORES",
		"ZADD one 1 m", "ZRANDMEMBER one", "ZRANDMEMBER one 5", "ZRANDMEMBER one -3", "ZRANDMEMBER one -2 WITHSCORES", "ZRANDMEMBER one 5 WITHSCORES", "ZRANDMEMBER one 0", "ZSCAN one 0", "ZSCAN one 0 MATCH m* COUNT 5", "ZSCAN one 0 MATCH x*", "ZSCAN one 0 COUNT 0", "ZSCAN one 0 COUNT x", "ZSCAN one 0 FOO x", "ZSCAN one 0 TYPE zset", "ZSCAN one 0 COUNT",
		"ZADD one 1.5 m -inf n 1e300 o", "ZSCAN one 0 MATCH o", "OBJECT ENCODING one", "EXPIRE one 100", "ZADD one 5 " + strings.Repeat("x", 100), "OBJECT ENCODING one", "TTL one", "ZUNIONSTORE one 1 one", "TTL one", "OBJECT ENCODING one", "ZREM one " + strings.Repeat("x", 100), "ZUNIONSTORE one 1 one", "OBJECT ENCODING one", "COPY one two", "ZRANGE two 0 -1 WITHSCORES",
	}
	redis := compat.Oracle(t)
	commandtest.Compare(t, commandtest.New(t, families), redis, lines)
	redis.Must(t, append([]string{"CONFIG", "SET"}, large...)...)
	commandtest.Compare(t, commandtest.New(t, families, large...), redis, lines)
}

// TestHistories compares random histories with sorted sets of every size and form.
func TestHistories(t *testing.T) {
	redis := compat.Oracle(t)
	for i, entries := range []string{"128", "0", "7"} {
		s := commandtest.New(t, families, "zset-max-listpack-entries", entries)
		redis.Must(t, "CONFIG", "SET", "zset-max-listpack-entries", entries)
		commandtest.Histories(t, s, redis, uint64(i)*1000+1, 6, "zset", "set")
		commandtest.Histories(t, s, redis, uint64(i)*1000+500, 2, "lexset")
	}
}

// TestEffects: what is logged repeats the change without waiting, and every member counts as a change.
func TestEffects(t *testing.T) {
	for _, c := range []struct {
		run     string
		effects []string
		events  []string
		dirty   int64
	}{
		{"ZADD z 1 a 9 b 5 new", []string{"ZADD z 1 a 9 b 5 new"}, []string{"z zadd z"}, 2},
		{"ZADD z 1 a", nil, nil, 0},
		{"ZADD z XX 1 nope", nil, nil, 0},
		{"ZINCRBY z 2 a", []string{"ZINCRBY z 2 a"}, []string{"z zincr z"}, 1},
		{"ZADD z INCR 0 a", nil, nil, 0},
		{"ZREM z a nope b", []string{"ZREM z a nope b"}, []string{"z zrem z"}, 2},
		{"ZREM one x", []string{"ZREM one x"}, []string{"z zrem one", "g del one"}, 1},
		{"ZREMRANGEBYRANK z 0 -1", []string{"ZREMRANGEBYRANK z 0 -1"}, []string{"z zremrangebyrank z", "g del z"}, 3},
		{"ZREMRANGEBYSCORE z 2 3", []string{"ZREMRANGEBYSCORE z 2 3"}, []string{"z zremrangebyscore z"}, 2},
		{"ZREMRANGEBYLEX one - +", []string{"ZREMRANGEBYLEX one - +"}, []string{"z zremrangebylex one", "g del one"}, 1},
		{"ZREMRANGEBYSCORE z 7 8", nil, nil, 0},
		{"ZPOPMIN z 2", []string{"ZPOPMIN z 2"}, []string{"z zpopmin z"}, 2},
		{"ZPOPMAX none", nil, nil, 0},
		{"ZMPOP 1 one MAX COUNT 5", []string{"ZPOPMAX one 1"}, []string{"z zpopmax one", "g del one"}, 1},
		{"BZPOPMIN none z 0", []string{"ZPOPMIN z"}, []string{"z zpopmin z"}, 1},
		{"BZMPOP 0 1 z MAX COUNT 2", []string{"ZPOPMAX z 2"}, []string{"z zpopmax z"}, 2},
		{"ZRANGESTORE d z 0 -1", []string{"ZRANGESTORE d z 0 -1"}, []string{"z zrangestore d"}, 1},
		{"ZRANGESTORE one none 0 -1", []string{"ZRANGESTORE one none 0 -1"}, []string{"m keymiss none", "g del one"}, 1},
		{"ZUNIONSTORE d 2 z one", []string{"ZUNIONSTORE d 2 z one"}, []string{"z zunionstore d"}, 1},
		{"ZINTERSTORE d 2 z none", nil, []string{"m keymiss none"}, 0},
	} {
		s := commandtest.New(t, families)
		cl := s.Client()
		cl.Do("ZADD", "one", "1", "x")
		cl.Do("ZADD", "z", "1", "a", "2", "b", "3", "c")
		before := s.Engine.Changes.Load()
		s.Effects, s.Events = nil, nil
		cl.Do(strings.Fields(c.run)...)
		if !slices.Equal(s.Effects, c.effects) || !slices.Equal(s.Events, c.events) || s.Engine.Changes.Load()-before != c.dirty {
			t.Errorf("%s: logged %q, announced %q, %d changes; want %q, %q, %d", c.run, s.Effects, s.Events,
				s.Engine.Changes.Load()-before, c.effects, c.events, c.dirty)
		}
	}
}

func TestBlocking(t *testing.T) {
	for _, c := range []struct {
		name  string
		waits []string
		run   []string
		want  []string // what those who wait get; empty: they still wait
	}{
		{"in order of arrival", []string{"BZPOPMIN a 0", "BZPOPMAX a 0", "BZPOPMIN a 0"}, []string{"ZADD a 1 x 2 y"},
			[]string{"*3\r\n$1\r\na\r\n$1\r\nx\r\n$1\r\n1\r\n", "*3\r\n$1\r\na\r\n$1\r\ny\r\n$1\r\n2\r\n", ""}},
		{"another type", []string{"BZPOPMIN a 0"}, []string{"SET a x"}, []string{""}},
		{"store makes it ready", []string{"BZPOPMIN a 0"}, []string{"ZADD b 1 x", "ZUNIONSTORE a 1 b"}, []string{"*3\r\n$1\r\na\r\n$1\r\nx\r\n$1\r\n1\r\n"}},
		{"many at once", []string{"BZMPOP 0 2 a b MAX COUNT 2", "BZPOPMIN b 0"}, []string{"ZADD b 1 x 2 y 3 z"},
			[]string{"*2\r\n$1\r\nb\r\n*2\r\n*2\r\n$1\r\nz\r\n$1\r\n3\r\n*2\r\n$1\r\ny\r\n$1\r\n2\r\n", "*3\r\n$1\r\nb\r\n$1\r\nx\r\n$1\r\n1\r\n"}},
	} {
		s := commandtest.New(t, families)
		waiting := make([]*commandtest.Client, len(c.waits))
		for i, line := range c.waits {
			waiting[i] = s.Client()
			if got := waiting[i].Do(strings.Fields(line)...); got != "" {
				t.Fatalf("%s: %s got %q, want it to wait", c.name, line, got)
			}
		}
		run := s.Client()
		for _, line := range c.run {
			run.Do(strings.Fields(line)...)
		}
		for i, w := range waiting {
			if got := w.Delivered(); got != c.want[i] || (w.Blocked == nil) != (c.want[i] != "") {
				t.Errorf("%s: %s got %q, want %q", c.name, c.waits[i], got, c.want[i])
			}
		}
	}
}

func TestTimeout(t *testing.T) {
	s := commandtest.New(t, families)
	for _, line := range []string{"BZPOPMIN a 1", "BZPOPMAX a 0.5", "BZMPOP 2 1 a MIN"} {
		cl := s.Client()
		cl.Do(strings.Fields(line)...)
		if got := cl.Expire(); got != "*-1\r\n" {
			t.Errorf("%s: %q when the time is up", line, got)
		}
	}
	got := s.Client().Exec([]string{"BZPOPMIN", "a", "0"}, []string{"BZMPOP", "0", "1", "a", "MAX"})
	if got != "*-1\r\n*-1\r\n" {
		t.Errorf("in a transaction: %q", got)
	}
}

// TestRandMember: every member turns up, and no more often than the others by much.
func TestRandMember(t *testing.T) {
	for _, directives := range [][]string{nil, large} {
		s := commandtest.New(t, families, directives...)
		c := s.Client()
		const n, calls = 40, 400
		for i := range n {
			c.Do("ZADD", "z", "0", string(rune('A'+i)))
		}
		for _, count := range []string{"3", "20", "-5"} {
			seen := map[string]int{}
			for range calls {
				parts := strings.Split(c.Do("ZRANDMEMBER", "z", count), "\r\n")
				call := map[string]bool{}
				for i := 2; i < len(parts); i += 2 {
					if call[parts[i]] && count != "-5" {
						t.Fatalf("count %s: %q came twice", count, parts[i])
					}
					call[parts[i]] = true
					seen[parts[i]]++
				}
			}
			for m, k := range seen {
				mean := calls * map[string]int{"3": 3, "20": 20, "-5": 5}[count] / n
				if k < mean/3 || k > mean*3 {
					t.Errorf("count %s: %q came %d times, the mean is %d", count, m, k, mean)
				}
			}
			if len(seen) != n {
				t.Errorf("count %s: %d of %d members seen", count, len(seen), n)
			}
		}
	}
}
