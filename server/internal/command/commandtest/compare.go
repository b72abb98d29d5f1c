package commandtest

import (
	"bufio"
	"fmt"
	"strings"
	"testing"

	"redline/test/compat"
)

// Compare runs commands against the server and a redis-server, in both protocols, and reports where replies differ.
// Each command is a line of words; those that need blanks or bytes are quoted as for redis-cli.
func Compare(t *testing.T, s *Server, redis *compat.Conn, lines []string) {
	t.Helper()
	for proto := 2; proto <= 3; proto++ {
		c := s.Client()
		c.Proto = proto
		redis.Must(t, "HELLO", fmt.Sprint(proto))
		redis.Must(t, "FLUSHALL")
		c.flush()
		for _, line := range lines {
			words, err := compat.SplitWords(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			want, err := redis.Do(words...)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if got := c.Do(words...); got != string(want.Raw) {
				t.Errorf("RESP%d: %s\n got %q\nwant %q", proto, line, got, want.Raw)
			}
		}
	}
}

// flush deletes all keys.
func (c *Client) flush() {
	for i := range c.s.Engine.Space.Shards() {
		sh := c.s.Engine.Space.Shard(i)
		sh.Lock()
		sh.Enter(c.s.Now, nil)
		if release := sh.DB(0).Flush(); release != nil {
			release()
		}
		sh.Unlock()
	}
	c.s.Effects, c.s.Raw, c.s.Events = nil, nil, nil
}

func reader(reply string) *bufio.Reader { return bufio.NewReader(strings.NewReader(reply)) }

// Histories runs n random histories of the named families of test/compat, beginning with a seed, against the server and
// a redis-server, and reports the first difference of each with the calls before it. Commands that the server does not
// have are left out.
func Histories(t *testing.T, s *Server, redis *compat.Conn, seed uint64, n int, names ...string) {
	t.Helper()
	var families []compat.Family
	for _, f := range compat.Families() {
		for _, name := range names {
			if f.Name == name {
				families = append(families, f)
			}
		}
	}
	for i := range n {
		h, err := compat.NewHistory(seed+uint64(i), families)
		if err != nil {
			t.Fatal(err)
		}
		if !history(t, s, redis, h) {
			return
		}
	}
}

func history(t *testing.T, s *Server, redis *compat.Conn, h compat.History) bool {
	t.Helper()
	c := s.Client()
	c.Proto = h.Proto
	redis.Must(t, "HELLO", fmt.Sprint(h.Proto))
	redis.Must(t, "FLUSHALL")
	c.flush()
	var before []string
	for i, call := range h.Calls {
		name := strings.ToUpper(call.Words[0])
		if name == "MULTI" || name == "EXEC" || name == "DISCARD" || !s.Has(name) {
			continue
		}
		want, err := redis.Do(call.Words...)
		if err != nil {
			t.Fatalf("seed %d: %s: %v", h.Seed, compat.JoinWords(call.Words), err)
		}
		raw := c.Do(call.Words...)
		got, err := compat.ReadReply(reader(raw))
		before = append(before, compat.JoinWords(call.Words))
		if err != nil || !call.Mode.Equal(want, got) {
			t.Errorf("seed %d, RESP%d, call %d: %v\n got %q\nwant %q\nafter\n%s", h.Seed, h.Proto, i, err, raw, want.Raw,
				strings.Join(before[max(len(before)-15, 0):], "\n"))
			return false
		}
	}
	return true
}
