package hashcmd_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/dumpcmd"
	"redline/server/internal/command/hashcmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/sortcmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/keyspace"
	"redline/test/compat"
)

var timedFamilies = [][]command.Spec{hashcmd.Commands, strcmd.Commands, keycmd.Commands, dumpcmd.Commands, sortcmd.Commands}

// tick lets the shards' wheels fire, at most limit entries and fields a step.
func tick(s *commandtest.Server, limit int) {
	var call command.Call
	for more := true; more; {
		more = false
		for i := range s.Engine.Space.Shards() {
			call.Now, call.Conf = s.Now, s.Conf
			s.Engine.Visit(&call, i, func(sh *keyspace.Shard) {
				if n, m := sh.DB(0).ExpireStep(limit); m {
					more = true
				} else if n > 2*limit+2 {
					panic(fmt.Sprintf("a step of %d did %d", limit, n))
				}
			})
		}
	}
}

// TestFieldTimes goes through the commands' replies, errors and events as Redis 7.4 gives them.
func TestFieldTimes(t *testing.T) {
	s := commandtest.New(t, timedFamilies)
	c := s.Client()
	now := s.Now
	at := func(ms int64) string { return strconv.FormatInt(now+ms, 10) }
	for _, step := range []struct{ command, want string }{
		{"HEXPIRE none 10 FIELDS 2 a b", "*2 :-2 :-2"},
		{"HTTL none FIELDS 1 a", "*1 :-2"},
		{"HPERSIST none FIELDS 1 a", "*1 :-2"},
		{"HSET h a 1 b 2 c three", ":3"},
		{"HTTL h FIELDS 2 a x", "*2 :-1 :-2"},
		{"HPERSIST h FIELDS 2 a x", "*2 :-1 :-2"},
		{"OBJECT ENCODING h", "$8 listpack"},
		{"HEXPIRE h 10 FIELDS 2 a x", "*2 :1 :-2"},
		{"OBJECT ENCODING h", "$10 listpackex"},
		{"HTTL h FIELDS 3 a b x", "*3 :10 :-1 :-2"},
		{"HPTTL h FIELDS 1 a", "*1 :10000"},
		{"HEXPIRETIME h FIELDS 1 a", "*1 :" + strconv.FormatInt((now+10_999)/1000, 10)},
		{"HPEXPIRETIME h FIELDS 1 a", "*1 :" + at(10_000)},
		{"HEXPIRE h 20 NX FIELDS 2 a b", "*2 :0 :1"},
		{"HEXPIRE h 5 GT FIELDS 2 a c", "*2 :0 :0"},
		{"HEXPIRE h 15 gt FIELDS 1 a", "*1 :1"},
		{"HEXPIRE h 30 XX FIELDS 2 a c", "*2 :1 :0"},
		{"HEXPIRE h 40 LT FIELDS 2 a c", "*2 :0 :1"},
		{"HPEXPIRE h 1500 FIELDS 1 a", "*1 :1"},
		{"HTTL h FIELDS 1 a", "*1 :2"},
		{"HEXPIREAT h " + strconv.FormatInt(now/1000+100, 10) + " FIELDS 1 a", "*1 :1"},
		{"HPEXPIREAT h " + at(7) + " FIELDS 1 a", "*1 :1"},
		{"HPTTL h FIELDS 1 a", "*1 :7"},
		{"HGETALL h", "*6 $1 a $1 1 $1 b $1 2 $1 c $5 three"},
		{"HINCRBY h a 41", ":42"}, {"HPTTL h FIELDS 1 a", "*1 :7"},
		{"HINCRBYFLOAT h a 0.5", "$4 42.5"}, {"HPTTL h FIELDS 1 a", "*1 :7"},
		{"HSET h a 7", ":0"}, {"HPTTL h FIELDS 1 a", "*1 :-1"},
		{"HPERSIST h FIELDS 2 b a", "*2 :1 :-1"}, {"HTTL h FIELDS 1 b", "*1 :-1"},
		{"HPEXPIREAT h 1 FIELDS 2 a b", "*2 :2 :2"},
		{"HKEYS h", "*1 $1 c"},
		{"HEXPIRE h 0 FIELDS 1 c", "*1 :2"},
		{"HLEN h", ":0"}, {"TYPE h", "+none"},
		{"SET s v", "+OK"},
		{"HEXPIRE s 1 FIELDS 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
		{"HTTL s FIELDS 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
		{"HSET h a 1", ":1"},
		{"HSETEX h EX 10 FIELDS 2 a 1 n 5", ":1"}, {"HTTL h FIELDS 2 a n", "*2 :10 :10"},
		{"HSETEX h FNX EX 10 FIELDS 2 z 1 n 5", ":0"}, {"HEXISTS h z", ":0"},
		{"HSETEX h FXX KEEPTTL FIELDS 2 a 3 n 6", ":1"}, {"HTTL h FIELDS 2 a n", "*2 :10 :10"},
		{"HSETEX h FIELDS 1 a 4", ":1"}, {"HTTL h FIELDS 2 a n", "*2 :-1 :10"},
		{"HGETEX h PERSIST FIELDS 2 n x", "*2 $1 6 $-1"}, {"HTTL h FIELDS 1 n", "*1 :-1"},
		{"HGETEX h PX 700 FIELDS 1 n", "*1 $1 6"}, {"HPTTL h FIELDS 1 n", "*1 :700"},
		{"HGETEX h FIELDS 1 n", "*1 $1 6"}, {"HPTTL h FIELDS 1 n", "*1 :700"},
		{"HGETEX h PXAT 1 FIELDS 1 n", "*1 $1 6"}, {"HEXISTS h n", ":0"},
		{"HGETEX h EX 1 PERSIST FIELDS 1 n", "-ERR syntax error"}, {"HGETEX h EX 0 FIELDS 1 n", "-ERR invalid expire time in 'hgetex' command"},
		{"HGETEX none FIELDS 1 n", "*1 $-1"}, {"HSETEX h FNX FXX FIELDS 1 n 1", "-ERR syntax error"},
		{"HSETEX h FIELDS 2 n 1", "-ERR The `numfields` parameter must match the number of arguments"},
		{"HSETEX h PXAT 1 FIELDS 2 a 1 q 2", ":1"}, {"EXISTS h", ":0"},
		{"HSET h a 1 b 2", ":2"}, {"HGETDEL h FIELDS 2 b x", "*2 $1 2 $-1"}, {"HGETDEL h FIELDS 1 a", "*1 $1 1"}, {"EXISTS h", ":0"},
		{"HGETDEL h FIELDS 1 a", "*1 $-1"}, {"HGETDEL s FIELDS 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
		{"HSET h a 1", ":1"},
		{"HEXPIRE h x FIELDS 1 a", "-ERR value is not an integer or out of range"},
		{"HEXPIRE h -1 FIELDS 1 a", "-ERR invalid expire time, must be >= 0"},
		{"HEXPIRE h 70368744178 FIELDS 1 a", "-ERR invalid expire time in 'hexpire' command"},
		{"HPEXPIRE h 70368744177663 FIELDS 1 a", "-ERR invalid expire time in 'hpexpire' command"},
		{"HPEXPIREAT h 70368744177663 FIELDS 1 a", "*1 :1"},
		{"HPEXPIRETIME h FIELDS 1 a", "*1 :70368744177663"},
		{"HPERSIST h FIELDS 1 a", "*1 :1"},
		{"HEXPIRE h 1 FIELDS 0 a", "-ERR Parameter `numFields` should be greater than 0"},
		{"HEXPIRE h 1 FIELDS x a", "-ERR Parameter `numFields` should be greater than 0"},
		{"HEXPIRE h 1 FIELDS 2 a", "-ERR The `numfields` parameter must match the number of arguments"},
		{"HEXPIRE h 1 FIELDS 9223372036854775807 a", "-ERR The `numfields` parameter must match the number of arguments"},
		{"HEXPIRE h 1 NX XX FIELDS 1 a", "-ERR Mandatory argument FIELDS is missing or not at the right position"},
		{"HEXPIRE h 1 a b c", "-ERR Mandatory argument FIELDS is missing or not at the right position"},
		{"HTTL h 1 a b", "-ERR Mandatory argument FIELDS is missing or not at the right position"},
		{"HTTL h FIELDS 0 a", "-ERR Number of fields must be a positive integer"},
		{"HPERSIST h FIELDS 2 a", "-ERR The `numfields` parameter must match the number of arguments"},
	} {
		got := strings.Join(strings.Fields(c.Do(strings.Fields(step.command)...)), " ")
		if got != step.want {
			t.Errorf("%s: got %s, want %s", step.command, got, step.want)
		}
	}
}

// TestFieldsExpire: due fields go by themselves, with their events, and the hash with the last of them.
func TestFieldsExpire(t *testing.T) {
	for _, size := range []int{3, 300} {
		s := commandtest.New(t, timedFamilies, "hash-max-listpack-entries", "10")
		c := s.Client()
		for i := range size {
			c.Do("HSET", "h", fmt.Sprint("f", i), "v")
		}
		c.Do("HPEXPIRE", "h", "100", "FIELDS", "1", "f0")
		c.Do("HPEXPIRE", "h", "300", "FIELDS", "1", "f1")
		s.Effects, s.Events = nil, nil
		s.Now += 100
		if got := c.Do("HLEN", "h"); got != fmt.Sprintf(":%d\r\n", size-1) {
			t.Errorf("%d fields: a due one is counted: %s", size, got)
		}
		if got := c.Do("HGET", "h", "f0"); got != "$-1\r\n" || len(s.Effects) > 0 {
			t.Errorf("a due field is read as %q, effects %q", got, s.Effects)
		}
		s.Now += 20
		tick(s, 10)
		if want := []string{"HDEL h f0"}; !slices.Equal(s.Effects, want) {
			t.Errorf("effects %q, want %q", s.Effects, want)
		}
		for i := 2; i < size; i++ {
			c.Do("HPEXPIREAT", "h", strconv.FormatInt(s.Now+300, 10), "FIELDS", "1", fmt.Sprint("f", i))
		}
		s.Effects, s.Events = nil, nil
		s.Now += 1000
		if got := c.Do("HGETALL", "h") + c.Do("HRANDFIELD", "h") + c.Do("HRANDFIELD", "h", "5") + c.Do("HLEN", "h"); got != "*0\r\n$-1\r\n*0\r\n:0\r\n" {
			t.Errorf("of a hash with due fields only there is %q", got)
		}
		tick(s, 10)
		if got := c.Do("EXISTS", "h"); got != ":0\r\n" {
			t.Errorf("a hash without fields is left")
		}
		deleted := 0
		for _, e := range s.Raw[len(s.Raw)-len(s.Effects):] {
			if e[0] != "HDEL" {
				t.Errorf("effect %q", e)
			}
			deleted += len(e) - 2
		}
		if deleted != size-1 || !slices.Contains(s.Events, "g del h") || s.Events[0] != "h hexpired h" {
			t.Errorf("%d fields deleted, events %q", deleted, s.Events)
		}
	}
}

// TestDueFieldIsGone: a command that changes a due field finds it gone, and says so in the log first.
func TestDueFieldIsGone(t *testing.T) {
	for _, step := range []struct{ command, want, effects string }{
		{"HSET h f new", ":1", "HDEL h f|HSET h f new"},
		{"HSETNX h f new", ":1", "HDEL h f|HSETNX h f new"},
		{"HINCRBY h f 1", ":1", "HDEL h f|HINCRBY h f 1"},
		{"HINCRBYFLOAT h f 1.5", "$3 1.5", "HDEL h f|HSET h f 1.5"},
		{"HDEL h f", ":0", "HDEL h f"},
		{"HPERSIST h FIELDS 1 f", "*1 :-2", "HDEL h f"},
		{"HPEXPIRE h 5 FIELDS 1 f", "*1 :-2", "HDEL h f"},
		{"HSTRLEN h f", ":0", ""}, {"HEXISTS h f", ":0", ""}, {"HMGET h f g", "*2 $-1 $1 5", ""}, {"HPTTL h FIELDS 1 f", "*1 :-2", ""},
		{"HKEYS h", "*1 $1 g", ""}, {"HVALS h", "*1 $1 5", ""}, {"HSCAN h 0", "*2 $1 0 *2 $1 g $1 5", ""}, {"HRANDFIELD h -2", "*2 $1 g $1 g", ""},
	} {
		for _, entries := range []string{"128", "0"} {
			s := commandtest.New(t, timedFamilies, "hash-max-listpack-entries", entries)
			c := s.Client()
			c.Do("HSET", "h", "f", "7", "g", "5")
			if entries == "0" { // make it large for good
				for i := range 200 {
					c.Do("HSET", "h", fmt.Sprint(i), "v")
				}
			}
			c.Do("HPEXPIRE", "h", "10", "FIELDS", "1", "f")
			if entries == "0" {
				for i := range 200 {
					c.Do("HDEL", "h", fmt.Sprint(i))
				}
			}
			s.Now += 10
			s.Effects = nil
			got := strings.Join(strings.Fields(c.Do(strings.Fields(step.command)...)), " ")
			if effects := strings.Join(s.Effects, "|"); got != step.want || effects != step.effects {
				t.Errorf("%s: got %s, want %s; effects %s, want %s", step.command, got, step.want, effects, step.effects)
			}
		}
	}
}

// modelField is what the naive model keeps of a field.
type modelField struct {
	val string
	at  int64 // 0: none
}

// fieldModel is a hash as a map.
type fieldModel map[string]modelField

func (m fieldModel) settle(now int64) {
	for f, v := range m {
		if v.at != 0 && v.at <= now {
			delete(m, f)
		}
	}
}

func (m fieldModel) String() string {
	var out []string
	for f, v := range m {
		out = append(out, fmt.Sprint(f, "=", v.val, "@", v.at))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// read returns a hash as the server has it, in the form of fieldModel.String.
func read(t *testing.T, c *commandtest.Client, key string) string {
	t.Helper()
	words := replyOf(t, c, "HGETALL", key).Strings()
	var out []string
	for i := 0; i < len(words); i += 2 {
		at := number(t, replyOf(t, c, "HPEXPIRETIME", key, "FIELDS", "1", words[i]).Elems[0])
		out = append(out, fmt.Sprint(words[i], "=", words[i+1], "@", max(at, 0)))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func replyOf(t *testing.T, c *commandtest.Client, words ...string) compat.Reply {
	t.Helper()
	r, err := compat.ReadReply(bufio.NewReader(strings.NewReader(c.Do(words...))))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func number(t *testing.T, r compat.Reply) int64 {
	t.Helper()
	n, err := strconv.ParseInt(string(r.Text), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFieldHistories compares random histories with a naive model, and with what repeating the log's effects gives.
func TestFieldHistories(t *testing.T) {
	for i, entries := range []string{"128", "5", "0"} {
		for seed := range uint64(3) {
			h := &history{t: t, rng: rand.New(rand.NewPCG(seed, uint64(i))), model: fieldModel{}, keyAt: -1}
			h.s = commandtest.New(t, timedFamilies, "hash-max-listpack-entries", entries)
			h.replica = commandtest.New(t, timedFamilies, "hash-max-listpack-entries", entries)
			h.c, h.fields = h.s.Client(), []int{4, 30, 300}[seed%3]
			h.key = "h"
			steps := 250
			if testing.Short() {
				steps = 60
			}
			for range steps {
				h.step()
				h.check()
			}
		}
	}
}

// history is one random history.
type history struct {
	t          *testing.T
	rng        *rand.Rand
	s, replica *commandtest.Server
	c          *commandtest.Client
	model      fieldModel
	key        string
	keyAt      int64
	fields     int
	did        []string
}

func (h *history) do(words ...string) string {
	h.did = append(h.did, fmt.Sprint(h.s.Now, " ", strings.Join(words, " ")))
	return h.c.Do(words...)
}

func (h *history) step() {
	f := fmt.Sprint("field", h.rng.IntN(h.fields))
	now := h.s.Now
	switch h.rng.IntN(17) {
	case 0, 1, 2:
		v := fmt.Sprint(h.rng.IntN(1000))
		h.do("HSET", h.key, f, v)
		h.model[f] = modelField{val: v}
	case 3:
		long := strings.Repeat("x", h.rng.IntN(100))
		h.do("HSET", h.key, f, long)
		h.model[f] = modelField{val: long}
	case 4:
		h.do("HDEL", h.key, f)
		delete(h.model, f)
	case 5, 6, 7:
		at := now + h.rng.Int64N(200) - 10
		h.do("HPEXPIREAT", h.key, strconv.FormatInt(at, 10), "FIELDS", "1", f)
		if v, ok := h.model[f]; ok {
			h.model[f] = modelField{v.val, at}
		}
		h.model.settle(now)
	case 8:
		h.do("HPERSIST", h.key, "FIELDS", "1", f)
		if v, ok := h.model[f]; ok {
			h.model[f] = modelField{val: v.val}
		}
	case 9:
		h.do("HDEL", h.key, "n")
		if delete(h.model, "n"); len(h.model) == 0 {
			h.keyAt = -1
		}
		h.do("HINCRBY", h.key, "n", "5")
		h.model["n"] = modelField{val: "5"}
	case 10, 11:
		h.s.Now += h.rng.Int64N(60)
		if h.rng.IntN(2) == 0 {
			tick(h.s, 1+h.rng.IntN(8))
		}
	case 12:
		h.move()
	case 13:
		at := now + 1 + h.rng.Int64N(200)
		h.do("HSETEX", h.key, "PXAT", strconv.FormatInt(at, 10), "FIELDS", "2", f, "ex", "n", "5")
		h.model[f], h.model["n"] = modelField{"ex", at}, modelField{"5", at}
	case 14:
		at := now + 1 + h.rng.Int64N(200)
		h.do("HGETEX", h.key, "PXAT", strconv.FormatInt(at, 10), "FIELDS", "1", f)
		if v, ok := h.model[f]; ok {
			h.model[f] = modelField{v.val, at}
		}
	case 15:
		h.do("HSETEX", h.key, "KEEPTTL", "FIELDS", "1", f, "kept")
		h.model[f] = modelField{"kept", h.model[f].at}
	default:
		h.keyTime()
	}
}

// move takes the hash to another key by RENAME, COPY or DUMP and RESTORE.
func (h *history) move() {
	to := fmt.Sprint("h", h.rng.IntN(5))
	if to == h.key || len(h.model) == 0 {
		return
	}
	switch h.rng.IntN(3) {
	case 0:
		h.do("RENAME", h.key, to)
	case 1:
		h.do("COPY", h.key, to, "REPLACE")
		h.do("DEL", h.key)
	default:
		ttl := "0"
		if h.keyAt >= 0 {
			ttl = strconv.FormatInt(h.keyAt, 10)
		}
		dump := replyOf(h.t, h.c, "DUMP", h.key).Text
		if got := h.do("RESTORE", to, ttl, string(dump), "REPLACE", "ABSTTL"); got != "+OK\r\n" {
			h.t.Fatal(got)
		}
		h.do("DEL", h.key)
	}
	h.key = to
}

// keyTime gives the key itself a deadline or takes it away.
func (h *history) keyTime() {
	if len(h.model) == 0 {
		return
	}
	if h.rng.IntN(3) == 0 {
		h.do("PERSIST", h.key)
		h.keyAt = -1
		return
	}
	h.keyAt = h.s.Now + 1 + h.rng.Int64N(300)
	h.do("PEXPIREAT", h.key, strconv.FormatInt(h.keyAt, 10))
}

func (h *history) check() {
	h.model.settle(h.s.Now)
	if h.keyAt >= 0 && h.keyAt <= h.s.Now {
		clear(h.model)
	}
	if len(h.model) == 0 {
		h.keyAt = -1
		if n := number(h.t, replyOf(h.t, h.c, "HLEN", h.key)); n != 0 {
			h.fail("%d fields, want none", n)
		}
		tick(h.s, 4) // a hash of due fields only may stay until the wheel comes by
		h.s.Now += 17
		tick(h.s, 4)
		if got := h.c.Do("EXISTS", h.key); got != ":0\r\n" {
			h.fail("the key is left")
		}
	} else {
		if got, want := read(h.t, h.c, h.key), h.model.String(); got != want {
			h.fail("got  %s\nwant %s", got, want)
		}
		if n := number(h.t, replyOf(h.t, h.c, "HLEN", h.key)); n != int64(len(h.model)) {
			h.fail("HLEN %d, want %d", n, len(h.model))
		}
		if at := number(h.t, replyOf(h.t, h.c, "PEXPIRETIME", h.key)); at != h.keyAt {
			h.fail("the key's deadline is %d, want %d", at, h.keyAt)
		}
	}
	h.replay()
	if keys, expires := h.s.Engine.Space.Len(0); expires < 0 || expires > keys || (h.keyAt >= 0) != (expires > 0) {
		h.fail("%d keys, %d with a deadline; ours is %d", keys, expires, h.keyAt)
	}
}

// replay repeats the effects on a second server, whose clock stands still before all deadlines.
func (h *history) replay() {
	h.replica.Now = 0
	c := h.replica.Client()
	for _, words := range h.s.Raw {
		if got := c.Do(words...); strings.HasPrefix(got, "-") {
			h.fail("%q is answered %s", words, got)
		}
	}
	h.s.Raw, h.s.Effects = nil, nil
	if len(h.model) == 0 {
		return
	}
	h.replica.Now = h.s.Now // hides what is due, as here
	if got, want := read(h.t, c, h.key), read(h.t, h.c, h.key); got != want {
		h.fail("the replica has\n%s\nbut here it is\n%s", got, want)
	}
}

func (h *history) fail(format string, args ...any) {
	h.t.Helper()
	h.t.Fatalf("%s\nafter\n%s", fmt.Sprintf(format, args...), strings.Join(h.did[max(0, len(h.did)-15):], "\n"))
}
