package hashcmd_test

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/hashcmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/strcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{hashcmd.Commands, strcmd.Commands, keycmd.Commands}

// TestAsRedis compares replies, errors included, with a redis-server, on hashes whose order is the same on both sides.
func TestAsRedis(t *testing.T) {
	long := strings.Repeat("x", 65)
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), []string{
		"SET s v", "HSET s f v", "HMSET s f v", "HSETNX s f v", "HGET s f", "HMGET s f", "HDEL s f", "HLEN s", "HSTRLEN s f", "HEXISTS s f", "HINCRBY s f 1",
		"HINCRBYFLOAT s f 1", "HKEYS s", "HVALS s", "HGETALL s", "HRANDFIELD s", "HRANDFIELD s 1", "HSCAN s 0", "HSCAN s x", "HINCRBY s f x", "HINCRBYFLOAT s f x",
		"HGET none f", "HMGET none f g", "HDEL none f", "HLEN none", "HSTRLEN none f", "HEXISTS none f", "HKEYS none", "HVALS none", "HGETALL none", "HRANDFIELD none",
		"HRANDFIELD none 1", "HRANDFIELD none 1 WITHVALUES", "HRANDFIELD none x", "HSCAN none 0", "HSCAN none 0 COUNT x", "HSCAN none x", "EXISTS none",
		"HSET h f", "HSET h f v g", "HMSET h f v g", "HSET h", "HSET h f v g 12", "HSET h f w x -5", "HMSET h y 1 y 2", "HGETALL h", "HKEYS h", "HVALS h", "HLEN h", "OBJECT ENCODING h",
		"HGET h f", "HGET h g", "HGET h x", "HGET h nope", "HMGET h f nope g", "HSTRLEN h f", "HSTRLEN h g", "HSTRLEN h x", "HSTRLEN h nope", "HEXISTS h f", "HEXISTS h nope",
		"HSETNX h f new", "HSETNX h n new", "HDEL h nope", "HDEL h n nope n", "HGETALL h",
		"HINCRBY h g 1", "HINCRBY h g -20", "HINCRBY h new 7", "HINCRBY h f 1", "HINCRBY h g 9223372036854775807", "HINCRBY h g 9223372036854775807", "HINCRBY h g -9223372036854775808",
		"HINCRBY h min -9223372036854775808", "HINCRBY h min -1", "HINCRBY h g 1.5", "HINCRBY h g 9223372036854775808", "HSET h sp '1 '", "HINCRBY h sp 1", "HSET h z 01", "HINCRBY h z 1",
		"HINCRBYFLOAT h fl 1.5", "HINCRBYFLOAT h fl 1e3", "HINCRBYFLOAT h g 0.1", "HINCRBYFLOAT h f 1", "HINCRBYFLOAT h fl inf", "HINCRBYFLOAT h fl -inf", "HINCRBYFLOAT h fl nan",
		"HINCRBYFLOAT h fl abc", "HINCRBYFLOAT h fl ' 1'", "HINCRBYFLOAT h fl 1e5000", "HINCRBYFLOAT hbig big 1e4000", "HGETALL hbig", "HSET h i inf", "HINCRBYFLOAT h i 1", "HDEL h i", "HINCRBYFLOAT h sp 1", "HINCRBYFLOAT h e 3.0e0", "HGETALL h",
		"HSCAN h 0", "HSCAN h 0 MATCH f*", "HSCAN h 0 MATCH *", "HSCAN h 0 COUNT 1", "HSCAN h 0 COUNT 0", "HSCAN h 0 COUNT -1", "HSCAN h 0 COUNT x", "HSCAN h 0 COUNT", "HSCAN h 0 MATCH",
		"HSCAN h 0 TYPE hash", "HSCAN h 0 FOO", "HSCAN h 0 MATCH [a-f] COUNT 5", "HSCAN h ''", "HSCAN h -1", "HSCAN h +0", "HSCAN h -", "HSCAN h 1x", "HSCAN h ' 1'", "HSCAN h 99999999999999999999", "HSCAN h 18446744073709551615",
		"DEL h", "HSET h a 1", "HRANDFIELD h", "HRANDFIELD h 1", "HRANDFIELD h 5", "HRANDFIELD h -3", "HRANDFIELD h 0", "HRANDFIELD h 2 WITHVALUES", "HRANDFIELD h -2 withvalues", "HRANDFIELD h 0 WITHVALUES",
		"HRANDFIELD h x", "HRANDFIELD h 1 FOO", "HRANDFIELD h 1 WITHVALUES x", "HRANDFIELD h -9223372036854775808", "HRANDFIELD h -9223372036854775807 WITHVALUES", "HRANDFIELD h 9223372036854775807 WITHVALUES",
		"HRANDFIELD h 9223372036854775807", "HRANDFIELD h 1.5", "HDEL h a", "EXISTS h",
		"HSET h a " + long, "OBJECT ENCODING h", "HGET h a", "HSET h a 1", "OBJECT ENCODING h", "HGETALL h", "HSETNX h a 2", "HINCRBY h a 41", "HDEL h a b", "EXISTS h",
		"HSET h " + long + " 1", "OBJECT ENCODING h", "HDEL h " + long, "HSET h a 1", "OBJECT ENCODING h", "HSETNX h b " + long, "OBJECT ENCODING h", "DEL h",
		"HSET h '' ''", "HGET h ''", "HGETALL h", "HSTRLEN h ''", "HINCRBY h '' 1", "HEXISTS h ''", "HDEL h ''", "EXISTS h",
		"HSET e a 1", "EXPIRE e 1000", "HSET e b 2", "TTL e", "HSET e c " + long, "TTL e", "HDEL e a b c", "TTL e",
		"HSET from a 1 b 2", "RENAME from to", "HGETALL to", "COPY to copy", "HSET to a 9", "HGETALL copy", "HGETALL to",
	})
}

// TestHistories compares random histories, with limits that make hashes change their form early, late and never.
func TestHistories(t *testing.T) {
	redis := compat.Oracle(t)
	for i, limits := range [][]string{{"512", "64"}, {"2", "64"}, {"0", "64"}, {"512", "3"}, {"1000", "1000000"}} {
		directives := []string{"hash-max-listpack-entries", limits[0], "hash-max-listpack-value", limits[1]}
		s := commandtest.New(t, families, directives...)
		redis.Must(t, append([]string{"CONFIG", "SET"}, directives...)...)
		commandtest.Histories(t, s, redis, uint64(i)*1000+1, 5, "hash")
		commandtest.Mirror(t, func() *commandtest.Server { return commandtest.New(t, families, directives...) }, redis, uint64(i)*1000+500, 3, "hash")
	}
}

// TestForms takes a hash through its forms and compares encoding and content with a redis-server's at every size.
func TestForms(t *testing.T) {
	redis := compat.Oracle(t, "--hash-max-listpack-entries", "20")
	c := commandtest.New(t, families, "hash-max-listpack-entries", "20").Client()
	unordered := compat.Mode{Pairs: true}
	same := func(mode compat.Mode, words ...string) {
		t.Helper()
		want := redis.Must(t, words...)
		got, err := compat.ReadReply(bufio.NewReader(strings.NewReader(c.Do(words...))))
		if err != nil || !mode.Equal(want, got) {
			t.Fatalf("%.60q: got %.200s, want %.200s (%v)", words, got, want, err)
		}
	}
	for i := range 200 {
		same(compat.Mode{}, "HSET", "h", fmt.Sprint("field", i), strings.Repeat("v", i%50))
		same(compat.Mode{}, "OBJECT", "ENCODING", "h")
		if i%9 == 0 {
			same(unordered, "HGETALL", "h")
			same(compat.Mode{}, "HINCRBY", "h", "count", "1")
			same(compat.Mode{}, "HSET", "h", fmt.Sprint("field", i/2), strings.Repeat("w", i*10))
			same(compat.Mode{Unordered: true}, "HKEYS", "h")
			same(compat.Mode{Unordered: true}, "HVALS", "h")
		}
	}
	same(compat.Mode{}, "COPY", "h", "copy")
	for i := 199; i >= 0; i-- {
		same(compat.Mode{}, "HDEL", "h", fmt.Sprint("field", i), "nope")
		same(compat.Mode{}, "HLEN", "h")
	}
	same(compat.Mode{}, "OBJECT", "ENCODING", "h")
	same(compat.Mode{}, "HDEL", "h", "count")
	same(compat.Mode{}, "EXISTS", "h")
	same(unordered, "HGETALL", "copy")
}

// TestEffects: a floating-point sum is logged as its result.
func TestEffects(t *testing.T) {
	s := commandtest.New(t, families)
	c := s.Client()
	c.Do("HINCRBYFLOAT", "h", "f", "1.50")
	c.Do("HINCRBYFLOAT", "h", "f", "0.25")
	c.Do("HDEL", "h", "f", "f")
	if want := []string{"HSET h f 1.5", "HSET h f 1.75", "HDEL h f f"}; !slices.Equal(s.Effects, want) {
		t.Errorf("effects %q, want %q", s.Effects, want)
	}
	if want := []string{"h hincrbyfloat h", "h hincrbyfloat h", "h hdel h", "g del h"}; !slices.Equal(s.Events, want) {
		t.Errorf("events %q, want %q", s.Events, want)
	}
}

// TestRandomFields: counts, distinctness and spread in every form.
func TestRandomFields(t *testing.T) {
	for _, size := range []int{1, 10, 300, 3000} {
		s := commandtest.New(t, families, "hash-max-listpack-entries", "50")
		c := s.Client()
		for i := range size {
			c.Do("HSET", "h", fmt.Sprint("f", i), fmt.Sprint("v", i))
		}
		for _, n := range []int{1, 2, size / 4, size / 2, size, size + 5} {
			r, err := compat.ReadReply(bufio.NewReader(strings.NewReader(c.Do("HRANDFIELD", "h", fmt.Sprint(n), "WITHVALUES"))))
			if err != nil || len(r.Elems) != 2*min(n, size) {
				t.Fatalf("size %d: %d elements for count %d (%v)", size, len(r.Elems), n, err)
			}
			seen := map[string]bool{}
			words := r.Strings()
			for i := 0; i < len(words); i += 2 {
				if seen[words[i]] || words[i+1] != "v"+words[i][1:] {
					t.Fatalf("size %d, count %d: field %q with value %q", size, n, words[i], words[i+1])
				}
				seen[words[i]] = true
			}
		}
		seen := map[string]bool{}
		for range 20 {
			r, _ := compat.ReadReply(bufio.NewReader(strings.NewReader(c.Do("HRANDFIELD", "h", fmt.Sprint(-size)))))
			for _, f := range r.Strings() {
				seen[f] = true
			}
		}
		if len(seen) != size {
			t.Errorf("%d of %d fields came in %d draws", len(seen), size, 20*size)
		}
	}
}

// TestScan: the whole of a large hash comes, step by step, while it changes.
func TestScan(t *testing.T) {
	c := commandtest.New(t, families).Client()
	for i := range 5000 {
		c.Do("HSET", "h", fmt.Sprint("stay", i), "v")
	}
	seen, cursor, calls := map[string]bool{}, "0", 0
	for {
		r, err := compat.ReadReply(bufio.NewReader(strings.NewReader(c.Do("HSCAN", "h", cursor, "COUNT", "20", "MATCH", "stay*"))))
		if err != nil {
			t.Fatal(err)
		}
		words := r.Elems[1].Strings()
		if len(words) > 200 {
			t.Fatalf("%d elements for COUNT 20", len(words))
		}
		for i := 0; i < len(words); i += 2 {
			seen[words[i]] = true
		}
		c.Do("HSET", "h", fmt.Sprint("new", calls), "v", fmt.Sprint("more", calls), "v")
		calls++
		if cursor = string(r.Elems[0].Text); cursor == "0" {
			break
		}
	}
	if len(seen) != 5000 || calls < 100 {
		t.Errorf("%d of 5000 fields in %d calls", len(seen), calls)
	}
}

func TestRandomCountIsBounded(t *testing.T) {
	c := commandtest.New(t, families, "proto-max-bulk-len", "1048576").Client()
	c.Do("HSET", "h", strings.Repeat("f", 600), "v")
	if r := c.Do("HRANDFIELD", "h", "-9000000000"); !strings.HasPrefix(r, "-ERR reply exceeds") {
		t.Errorf("got %.60q", r)
	}
}

func BenchmarkHash(b *testing.B) {
	for _, size := range []int{10, 100000} {
		s := commandtest.New(b, families)
		c := s.Client()
		for i := range size {
			c.Do("HSET", "h", fmt.Sprint("field", i), "some value")
		}
		for _, words := range [][]string{{"HGET", "h", "field5"}, {"HSET", "h", "field5", "other text"}, {"HINCRBY", "h", "n", "1"}} {
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
