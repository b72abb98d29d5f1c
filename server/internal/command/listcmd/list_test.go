package listcmd_test

import (
	"slices"
	"strings"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/listcmd"
	"redline/server/internal/command/strcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{listcmd.Commands, strcmd.Commands, keycmd.Commands}

// TestAsRedis compares replies, errors included, with a redis-server.
func TestAsRedis(t *testing.T) {
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), []string{
		"SET s v", "LPUSH s a", "RPUSHX s a", "LPOP s", "RPOP s 0", "LLEN s", "LRANGE s 0 -1", "LINDEX s 0", "LSET s 0 a", "LINSERT s BEFORE a b",
		"LREM s 0 a", "LTRIM s 0 1", "LPOS s a", "LMOVE s l LEFT LEFT", "LMPOP 1 s LEFT", "BLPOP s 0", "BLMOVE s l LEFT LEFT 0", "BLMPOP 0 1 s LEFT",
		"LPOP none", "LPOP none 0", "LPOP none 2", "LPOP none -1", "LPOP none x", "LPOP none 1 2", "LLEN none", "LINDEX none 0", "LINDEX none x",
		"LSET none 0 a", "LSET none x a", "LINSERT none BEFORE a b", "LINSERT none X a b", "LREM none 0 a", "LREM none x a", "LTRIM none 0 1", "LTRIM none 0 x",
		"LRANGE none 0 -1", "LRANGE none x 1", "LPOS none a", "LPOS none a COUNT 0", "LPOS none a RANK 0", "LMOVE none l LEFT RIGHT", "RPOPLPUSH none s",
		"LMOVE none l X RIGHT", "LMOVE none l LEFT X", "LPUSHX none a", "RPUSHX none a b",
		"RPUSH l a b c 1 2 3 -1 100000 b 9223372036854775807 9223372036854775808 007", "LRANGE l 0 -1", "LRANGE l -100 100", "LRANGE l 5 2", "LRANGE l 2 2",
		"LRANGE l -3 -2", "LRANGE l 9223372036854775807 -9223372036854775808", "LRANGE l -9223372036854775808 9223372036854775807",
		"LINDEX l 0", "LINDEX l -1", "LINDEX l 100", "LINDEX l -100", "LINDEX l -9223372036854775808", "LINDEX l 1.0", "LINDEX l 9223372036854775808",
		"LPOS l b", "LPOS l b RANK 2", "LPOS l b RANK -1", "LPOS l b RANK 3", "LPOS l b COUNT 0", "LPOS l b COUNT 1", "LPOS l b COUNT 0 RANK -1", "LPOS l b COUNT 0 MAXLEN 2",
		"LPOS l b MAXLEN 1", "LPOS l b RANK -1 MAXLEN 3", "LPOS l b COUNT -1", "LPOS l b MAXLEN -1", "LPOS l b RANK", "LPOS l b FOO 1", "LPOS l b COUNT x",
		"LPOS l b RANK -9223372036854775808", "LPOS l b RANK -9223372036854775808 COUNT 1", "LPOS l b RANK 9223372036854775807", "LPOS l 007", "LPOS l 7", "LPOS l 1 RANK 1 COUNT 5 MAXLEN 0",
		"LSET l 0 x", "LSET l -1 12345678901234567890", "LSET l 100 x", "LSET l -100 x", "LSET l x x", "LRANGE l 0 -1",
		"LINSERT l BEFORE b new", "LINSERT l after b new", "LINSERT l BEFORE nope new", "LINSERT l AFTER 12345678901234567890 end", "LRANGE l 0 -1",
		"LREM l 1 b", "LREM l -1 new", "LREM l 0 nope", "LREM l -9223372036854775808 1", "LRANGE l 0 -1",
		"LTRIM l 1 -2", "LTRIM l 0 -1", "LTRIM l -3 100", "LRANGE l 0 -1", "LTRIM l 5 1", "EXISTS l",
		"RPUSH l 1 2 3 4 5", "LPOP l", "RPOP l", "LPOP l 0", "LPOP l 2", "RPOP l 100", "EXISTS l", "RPUSH l 1 2 3", "RPOP l 2", "LPOP l 9223372036854775807",
		"RPUSH l 1 2 3", "LMOVE l l LEFT RIGHT", "LMOVE l l RIGHT RIGHT", "LMOVE l m LEFT LEFT", "RPOPLPUSH l l", "RPOPLPUSH l m", "LMOVE l s LEFT LEFT", "LRANGE m 0 -1", "LRANGE l 0 -1",
		"RPUSH one x", "RPOPLPUSH one one", "LMOVE one two LEFT LEFT", "EXISTS one",
		"LMPOP 2 none m LEFT", "LMPOP 2 none m RIGHT COUNT 5", "LMPOP 1 none LEFT", "LMPOP 0 a LEFT", "LMPOP x a LEFT", "LMPOP -1 a LEFT", "LMPOP 2 a LEFT", "LMPOP 1 l X",
		"LMPOP 1 l LEFT COUNT 0", "LMPOP 1 l LEFT COUNT", "LMPOP 1 l LEFT COUNT 1 COUNT 1", "LMPOP 1 l LEFT FOO 1", "LMPOP 9223372036854775807 l LEFT", "LMPOP 2 s l LEFT",
		"RPUSH l 1 2 3 4 5 6 7", "BLPOP none l 0", "BRPOP none l 0.5", "BLMOVE l m LEFT RIGHT 0", "BRPOPLPUSH l m 0", "BLMPOP 0 2 none l LEFT COUNT 2", "BLMPOP 0 0 l LEFT", "BLMPOP x 1 l LEFT",
		"BLPOP l x", "BLPOP l -1", "BLPOP l inf", "BLPOP l -inf", "BLPOP l nan", "BLPOP l 1e400", "BLPOP l 9223372036854775808", "BLPOP l -0.0001", "BLMOVE l m LEFT X 0", "BLMOVE l m LEFT LEFT x", "BRPOPLPUSH l m -1",
		"BLMPOP -1 1 l LEFT", "BLMPOP 0 1 l LEFT COUNT -1", "LRANGE l 0 -1", "OBJECT ENCODING l", "LPUSH l", "LMPOP 1 l", "BLPOP l",
		"RPUSH exp a b", "EXPIRE exp 1000", "RPOPLPUSH exp exp", "LPUSH exp " + strings.Repeat("x", 5000), "TTL exp", "LLEN exp", "OBJECT ENCODING exp",
	})
}

// TestHistories compares random histories with lists of every size, with the limits that change how they are laid out.
func TestHistories(t *testing.T) {
	redis := compat.Oracle(t)
	for i, limit := range []string{"-2", "3", "-1", "128"} {
		s := commandtest.New(t, families, "list-max-listpack-size", limit)
		redis.Must(t, "CONFIG", "SET", "list-max-listpack-size", limit)
		commandtest.Histories(t, s, redis, uint64(i)*1000+1, 6, "list")
	}
}

// TestLarge takes a list through its forms and back, against a redis-server.
func TestLarge(t *testing.T) {
	var lines []string
	add := func(line string) { lines = append(lines, line) }
	for i := range 60 {
		add("RPUSH l " + strings.Repeat("x", i*20) + " b " + strings.Repeat("y", 50))
		add("LPUSH l 1 2 b")
	}
	for _, line := range []string{"LLEN l", "LINDEX l 100", "LINDEX l -90", "LSET l 77 " + strings.Repeat("z", 9000), "LSET l 77 short", "LINSERT l AFTER short next",
		"LINSERT l BEFORE short " + strings.Repeat("w", 9000), "LPOS l next", "LPOS l b COUNT 0 RANK -3", "LRANGE l 60 120", "LREM l -20 b", "LREM l 20 b", "LTRIM l 10 -10",
		"LMOVE l l LEFT RIGHT", "LMOVE l m RIGHT LEFT", "LPOP l 30", "RPOP l 30", "LRANGE l 0 -1", "LREM l 0 b", "COPY l copy", "LPOP copy", "LRANGE l 0 -1", "LMPOP 1 l LEFT COUNT 1000", "EXISTS l", "LRANGE copy 0 -1"} {
		add(line)
	}
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), lines)
}

// TestEffects: what is logged repeats the change without waiting, and every element counts as a change.
func TestEffects(t *testing.T) {
	for _, c := range []struct {
		run     string
		effects []string
		events  []string
		dirty   int64
	}{
		{"RPUSH l a b c", []string{"RPUSH l a b c"}, []string{"l rpush l"}, 3},
		{"LPUSHX l a", []string{"LPUSHX l a"}, []string{"l lpush l"}, 1},
		{"LPUSHX none a", nil, nil, 0},
		{"LPOP l 2", []string{"LPOP l 2"}, []string{"l lpop l"}, 2},
		{"RPOP l 0", nil, nil, 0},
		{"LSET l 0 x", []string{"LSET l 0 x"}, []string{"l lset l"}, 1},
		{"LINSERT l AFTER x y", []string{"LINSERT l AFTER x y"}, []string{"l linsert l"}, 1},
		{"LTRIM l 0 -1", nil, []string{"l ltrim l"}, 0},
		{"LTRIM l 1 0", []string{"LTRIM l 1 0"}, []string{"l ltrim l", "g del l"}, 4},
		{"LREM l 0 x", []string{"LREM l 0 x"}, []string{"l lrem l"}, 1},
		{"LREM l 0 nope", nil, nil, 0},
		{"LMOVE l m LEFT RIGHT", []string{"LMOVE l m LEFT RIGHT"}, []string{"l rpush m", "l lpop l"}, 1},
		{"RPOPLPUSH one m", []string{"RPOPLPUSH one m"}, []string{"l lpush m", "l rpop one", "g del one"}, 1},
		{"BRPOPLPUSH l m 0", []string{"RPOPLPUSH l m"}, []string{"l lpush m", "l rpop l"}, 1},
		{"BLMOVE l m LEFT RIGHT 0", []string{"LMOVE l m LEFT RIGHT"}, []string{"l rpush m", "l lpop l"}, 1},
		{"BLPOP none l 0", []string{"LPOP l"}, []string{"l lpop l"}, 1},
		{"BRPOP one 0", []string{"RPOP one"}, []string{"l rpop one", "g del one"}, 1},
		{"LMPOP 1 l RIGHT COUNT 2", []string{"RPOP l 2"}, []string{"l rpop l"}, 2},
		{"BLMPOP 0 1 one LEFT COUNT 9", []string{"LPOP one 1"}, []string{"l lpop one", "g del one"}, 1},
	} {
		s := commandtest.New(t, families)
		cl := s.Client()
		cl.Do("RPUSH", "one", "x")
		if !strings.HasPrefix(c.run, "RPUSH") {
			cl.Do("RPUSH", "l", "1", "x", "3", "4")
		}
		before := s.Engine.Changes.Load()
		s.Effects, s.Events = nil, nil
		cl.Do(strings.Fields(c.run)...)
		if !slices.Equal(s.Effects, c.effects) || !slices.Equal(s.Events, c.events) || s.Engine.Changes.Load()-before != c.dirty {
			t.Errorf("%s: logged %q, announced %q, %d changes; want %q, %q, %d", c.run, s.Effects, s.Events,
				s.Engine.Changes.Load()-before, c.effects, c.events, c.dirty)
		}
	}
}

// waits makes clients that wait, in this order.
func waits(t *testing.T, s *commandtest.Server, lines ...string) []*commandtest.Client {
	t.Helper()
	out := make([]*commandtest.Client, len(lines))
	for i, line := range lines {
		out[i] = s.Client()
		if got := out[i].Do(strings.Fields(line)...); got != "" || out[i].Blocked == nil {
			t.Fatalf("%s: got %q, want it to wait", line, got)
		}
	}
	return out
}

func TestBlocking(t *testing.T) {
	for _, c := range []struct {
		name  string
		waits []string
		run   []string
		want  []string // what those who wait get; empty: they still wait
	}{
		{"in order of arrival", []string{"BLPOP a 0", "BRPOP a 0", "BLPOP a 0"}, []string{"RPUSH a 1 2"},
			[]string{"*2\r\n$1\r\na\r\n$1\r\n1\r\n", "*2\r\n$1\r\na\r\n$1\r\n2\r\n", ""}},
		{"another type", []string{"BLPOP a 0"}, []string{"SET a x"}, []string{""}},
		{"type that becomes a list", []string{"BLPOP a 0"}, []string{"SET a x", "DEL a", "LPUSH a y"}, []string{"*2\r\n$1\r\na\r\n$1\r\ny\r\n"}},
		{"several keys", []string{"BLPOP a b c 0"}, []string{"LPUSH b x", "LPUSH a y"}, []string{"*2\r\n$1\r\nb\r\n$1\r\nx\r\n"}},
		{"the same key twice", []string{"BLPOP a a 0"}, []string{"RPUSH a 1 2"}, []string{"*2\r\n$1\r\na\r\n$1\r\n1\r\n"}},
		{"rename makes it ready", []string{"BLPOP a 0"}, []string{"RPUSH b 1", "RENAME b a"}, []string{"*2\r\n$1\r\na\r\n$1\r\n1\r\n"}},
		{"copy makes it ready", []string{"BLPOP a 0"}, []string{"RPUSH b 1", "COPY b a"}, []string{"*2\r\n$1\r\na\r\n$1\r\n1\r\n"}},
		{"move", []string{"BLMOVE a b LEFT RIGHT 0"}, []string{"RPUSH a 1 2"}, []string{"$1\r\n1\r\n"}},
		{"move to itself", []string{"BRPOPLPUSH a a 0"}, []string{"RPUSH a 1 2"}, []string{"$1\r\n2\r\n"}},
		{"chain of moves", []string{"BRPOPLPUSH a b 0", "BRPOPLPUSH b c 0", "BLPOP c 0"}, []string{"RPUSH a 1"},
			[]string{"$1\r\n1\r\n", "$1\r\n1\r\n", "*2\r\n$1\r\nc\r\n$1\r\n1\r\n"}},
		{"wrong destination", []string{"BRPOPLPUSH a b 0", "BLPOP a 0"}, []string{"SET b x", "RPUSH a 1"},
			[]string{"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", "*2\r\n$1\r\na\r\n$1\r\n1\r\n"}},
		{"many at once", []string{"BLMPOP 0 2 a b RIGHT COUNT 2", "BLPOP b 0"}, []string{"RPUSH b 1 2 3"},
			[]string{"*2\r\n$1\r\nb\r\n*2\r\n$1\r\n3\r\n$1\r\n2\r\n", "*2\r\n$1\r\nb\r\n$1\r\n1\r\n"}},
	} {
		s := commandtest.New(t, families)
		waiting, run := waits(t, s, c.waits...), s.Client()
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

func TestBlockingInTransaction(t *testing.T) {
	s := commandtest.New(t, families)
	c := s.Client()
	got := c.Exec([]string{"BLPOP", "a", "0"}, []string{"BLMOVE", "a", "b", "LEFT", "LEFT", "0"}, []string{"BLMPOP", "0", "1", "a", "LEFT"}, []string{"BRPOPLPUSH", "a", "b", "0"})
	if want := "*-1\r\n$-1\r\n*-1\r\n$-1\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// Those who wait see a transaction as a whole, and the key that changed first in it.
	w := waits(t, s, "BLPOP a b 0", "BLPOP gone 0", "BLPOP a 0")
	c.Exec([]string{"RPUSH", "b", "1"}, []string{"RPUSH", "a", "2"}, []string{"RPUSH", "gone", "x"}, []string{"DEL", "gone"}, []string{"LPUSH", "a", "3"})
	for i, want := range []string{"*2\r\n$1\r\nb\r\n$1\r\n1\r\n", "", "*2\r\n$1\r\na\r\n$1\r\n3\r\n"} {
		if got := w[i].Delivered(); got != want {
			t.Errorf("client %d got %q, want %q", i, got, want)
		}
	}
	if want := "BLPOP"; slices.ContainsFunc(s.Effects, func(e string) bool { return strings.HasPrefix(e, want) }) {
		t.Errorf("logged %q", s.Effects)
	}
}

func TestTimeout(t *testing.T) {
	s := commandtest.New(t, families)
	for _, c := range []struct {
		line  string
		after int64 // milliseconds; 0: never
		want  string
	}{
		{"BLPOP a 0", 0, "*-1\r\n"},
		{"BRPOP a 1.5", 1500, "*-1\r\n"},
		{"BLPOP a 0.0001", 1, "*-1\r\n"},
		{"BLPOP a 0.07", 70, "*-1\r\n"},
		{"BLPOP a 1e3", 1000000, "*-1\r\n"},
		{"BLMOVE a b LEFT LEFT 2", 2000, "$-1\r\n"},
		{"BRPOPLPUSH a b 0x10", 16000, "$-1\r\n"},
		{"BLMPOP 3 1 a LEFT", 3000, "*-1\r\n"},
	} {
		cl := waits(t, s, c.line)[0]
		deadline := cl.Blocked.Deadline
		if c.after == 0 && deadline != 0 || c.after > 0 && deadline != s.Now+c.after {
			t.Errorf("%s: deadline %d after now, want %d", c.line, deadline-s.Now, c.after)
		}
		if got := cl.Expire(); got != c.want {
			t.Errorf("%s: %q when the time is up, want %q", c.line, got, c.want)
		}
	}
	if n := s.Engine.Blocked.Load(); n != 0 {
		t.Errorf("%d clients wait", n)
	}
}
