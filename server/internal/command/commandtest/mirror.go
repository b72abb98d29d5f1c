package commandtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"redline/test/compat"
)

// Mirror runs n random histories as Histories does and compares what can be seen of them besides the replies: the
// keyspace notifications and the number of changes with a redis-server's, and the content with that of a second server
// to which only the logged effects were given.
func Mirror(t *testing.T, families func() *Server, redis *compat.Conn, seed uint64, n int, names ...string) {
	t.Helper()
	sub, err := compat.Dial(redis.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	redis.Must(t, "HELLO", "2")
	redis.Must(t, "CONFIG", "SET", "notify-keyspace-events", "KEAmn")
	defer redis.Must(t, "CONFIG", "SET", "notify-keyspace-events", "")
	sub.Must(t, "PSUBSCRIBE", "__keyevent@0__:*")
	for i := range n {
		var chosen []compat.Family
		for _, f := range compat.Families() {
			if slices.Contains(names, f.Name) {
				chosen = append(chosen, f)
			}
		}
		h, err := compat.NewHistory(seed+uint64(i), chosen)
		if err != nil {
			t.Fatal(err)
		}
		redis.Must(t, "FLUSHALL")
		events(t, sub)
		if !mirror(t, families(), families(), redis, sub, h) {
			return
		}
	}
}

func mirror(t *testing.T, s, copied *Server, redis, sub *compat.Conn, h compat.History) bool {
	c, d := s.Client(), copied.Client()
	s.Engine.Space.AnnounceCreated(true)
	base := changes(t, redis)
	for i, call := range h.Calls {
		name := strings.ToUpper(call.Words[0])
		if name == "MULTI" || name == "EXEC" || name == "DISCARD" || !s.Has(name) {
			continue
		}
		line := fmt.Sprintf("seed %d, call %d: %s", h.Seed, i, compat.JoinWords(call.Words))
		if _, err := redis.Do(call.Words...); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		s.Events = nil
		c.Do(call.Words...)
		var got []string
		for _, e := range s.Events {
			got = append(got, e[2:]) // without the class
		}
		if want := events(t, sub); !slices.Equal(got, want) {
			t.Errorf("%s: events %q, redis: %q", line, got, want)
			return false
		}
		if got, want := s.Engine.Changes.Load(), changes(t, redis)-base; got != want {
			t.Errorf("%s: %d changes in all, redis: %d", line, got, want)
			return false
		}
	}
	for _, e := range s.Raw {
		d.Do(e...)
	}
	keys, err := compat.ReadReply(reader(c.Do("KEYS", "*")))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys.Strings() {
		for _, words := range [][]string{{"TYPE", key}, {"PTTL", key}, {"SMEMBERS", key}, {"HGETALL", key}, {"LRANGE", key, "0", "-1"}} {
			if !s.Has(words[0]) {
				continue
			}
			a, err1 := compat.ReadReply(reader(c.Do(words...)))
			b, err2 := compat.ReadReply(reader(d.Do(words...)))
			if mode := (compat.Mode{Unordered: true}); err1 != nil || err2 != nil || !mode.Equal(a, b) {
				t.Errorf("seed %d: %s: %s, by the effects alone %s", h.Seed, words, a, b)
				return false
			}
		}
	}
	return true
}

// changes returns the number of changes that a redis-server has counted.
func changes(t *testing.T, redis *compat.Conn) int64 {
	for line := range strings.Lines(string(redis.Must(t, "INFO", "persistence").Text)) {
		if v, ok := strings.CutPrefix(line, "rdb_changes_since_last_save:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no rdb_changes_since_last_save")
	return 0
}

// events returns the notifications that were published: a message is in the subscriber's stream before what it asks
// for later.
func events(t *testing.T, sub *compat.Conn) (list []string) {
	if err := sub.Write(compat.AppendCommand(nil, "PING")); err != nil {
		t.Fatal(err)
	}
	for {
		r, err := sub.Read()
		if err != nil {
			t.Fatal(err)
		}
		words := r.Strings()
		if len(words) != 4 {
			return list
		}
		_, event, _ := strings.Cut(words[2], "__:")
		list = append(list, event+" "+words[3])
	}
}
