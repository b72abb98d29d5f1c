package server

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"redline/server/internal/pubsub"
	"redline/server/internal/rig"
	"redline/vfs"
)

// do sends a command to a server and returns its reply.
type do func(args ...string) string

// everything stores all types in all encodings, in all databases, with and without deadlines.
func everything(t *testing.T, do do) {
	ok := func(args ...string) {
		t.Helper()
		if r := do(args...); strings.HasPrefix(r, "-") {
			t.Fatalf("%.80q: %s", args, r)
		}
	}
	binary := make([]byte, 2000)
	for i := range binary {
		binary[i] = byte(i * i / 7)
	}
	for db := range 16 {
		ok("SELECT", strconv.Itoa(db))
		for i, v := range []string{"", "0", "-1", "127", "128", "-32769", "70000", "2147483648", "-9223372036854775808", "007", "12345678901", "3.0",
			"a", strings.Repeat("b", 44), strings.Repeat("c", 45), strings.Repeat("de", 500), string(binary), strings.Repeat("x", 70000)} {
			ok("SET", fmt.Sprint("s", i), v)
		}
		ok("SET", "", "the key without a name")
		ok("SET", strings.Repeat("long key ", 40), "v")
		ok("SET", "12345", "a key that is a number")
		ok("SETBIT", "bits", "5000", "1")
	}
	ok("SELECT", "0")
	for _, n := range []int{1, 7, 128, 129, 513, 1200} {
		for i := range n {
			k, m := strconv.Itoa(n), fmt.Sprint("member", i, strings.Repeat("y", i%70))
			ok("RPUSH", "l"+k, m)
			ok("RPUSH", "li"+k, strconv.Itoa(i*i*i-1000))
			ok("SADD", "t"+k, m)
			ok("SADD", "ti"+k, strconv.Itoa((i-3)<<(i%48)))
			ok("HSET", "h"+k, m, fmt.Sprint(i), "short"+strconv.Itoa(i%30), "v")
			ok("ZADD", "z"+k, strconv.FormatFloat(float64(i%50)/3, 'g', -1, 64), m)
			ok("XADD", "x"+k, strconv.Itoa(i+1)+"-"+strconv.Itoa(i%3), "field", m, "other", strconv.Itoa(i))
			ok("PFADD", "p"+k, m)
		}
	}
	ok("RPUSH", "lbig", strings.Repeat("element", 3000), "small", strings.Repeat("z", 9000))
	ok("ZADD", "zspecial", "inf", "a", "-inf", "b", "0", "c", "1e300", "d", "-0.1", "e")
	ok("GEOADD", "geo", "13.361389", "38.115556", "Palermo", "15.087269", "37.502669", "Catania")
	ok("XADD", "xe", "5-5", "a", "b")
	ok("XDEL", "xe", "5-5")
	ok("XGROUP", "CREATE", "xe", "g", "$")
	ok("XGROUP", "CREATE", "x129", "g1", "0")
	ok("XGROUP", "CREATE", "x129", "g2", "50-0", "ENTRIESREAD", "50")
	ok("XGROUP", "CREATECONSUMER", "x129", "g2", "idle")
	ok("XREADGROUP", "GROUP", "g1", "alice", "COUNT", "20", "STREAMS", "x129", ">")
	ok("XREADGROUP", "GROUP", "g1", "bob", "COUNT", "7", "STREAMS", "x129", ">")
	ok("XACK", "x129", "g1", "3-2", "4-0")
	ok("XDEL", "x129", "6-2", "10-0")
	ok("XTRIM", "x513", "MAXLEN", "100")
	for i, k := range []string{"s1", "l7", "h129", "z128", "t1", "x7", "ti513"} {
		ok("PEXPIREAT", k, strconv.Itoa(4_000_000_000_000+i))
	}
	ok("SELECT", "15")
	ok("PEXPIREAT", "s3", "4100000000123")
}

// state is what two servers with the same data answer alike.
func state(t *testing.T, do do) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(do("DEBUG", "DIGEST"))
	for _, db := range []string{"15", "0"} {
		do("SELECT", db)
		b.WriteString(do("DBSIZE"))
		for _, k := range []string{"s1", "s3", "s15", "l7", "l1200", "li129", "h1", "h128", "h129", "z7", "z128", "z513", "t1", "t129", "ti7", "ti513", "x7", "lbig", "bits", "p1200"} {
			fmt.Fprintln(&b, k, do("TYPE", k), do("OBJECT", "ENCODING", k), do("PEXPIRETIME", k))
		}
	}
	for _, x := range []string{"x1", "x129", "x513", "xe"} {
		for _, l := range strings.Split(do("XINFO", "STREAM", x, "FULL", "COUNT", "0"), "\r\n") {
			fmt.Fprintln(&b, l)
		}
	}
	return b.String()
}

// blank takes away what differs though the data is the same.
func blank(t *testing.T, a, b string) (string, string) {
	t.Helper()
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := 1; i < min(len(x), len(y)); i++ {
		if strings.Contains(x[i-1], "seen-time") || strings.Contains(x[i-1], "radix-tree") || strings.Contains(x[max(i-2, 0)], "seen-time") ||
			strings.Contains(x[max(i-2, 0)], "radix-tree") {
			x[i], y[i] = "", "" // when consumers were seen by whom is not compared, nor how an index is built
		}
		if len(x[i]) == 14 && x[i][0] == ':' && len(y[i]) == 14 { // a time of delivery
			x[i], y[i] = "", ""
		}
	}
	return strings.Join(x, "\n"), strings.Join(y, "\n")
}

func sameState(t *testing.T, ours, theirs string) {
	t.Helper()
	x, y := blank(t, ours, theirs)
	if x == y {
		return
	}
	p, q := strings.Split(x, "\n"), strings.Split(y, "\n")
	for i := range min(len(p), len(q)) {
		if p[i] != q[i] {
			t.Errorf("line %d: %.200q, in redis-server %.200q", i, p[i], q[i])
		}
	}
}

// withFile makes a server without sockets that saves to a directory.
func withFile(t *testing.T, dir string) (*rig.Rig, do) {
	t.Helper()
	r := rig.New(t, (&Server{broker: pubsub.NewBroker()}).families()...)
	if err := r.Hub.Config.LoadArgs([]string{"--dir", dir}); err != nil {
		t.Fatal(err)
	}
	r.Hub.Saves = newSaves(r.Hub, vfs.OS())
	c := r.Client(t)
	return r, func(args ...string) string { return c.Do(args...) }
}

func TestRedisLoadsOurFile(t *testing.T) {
	for _, compress := range []string{"yes", "no"} {
		dir := t.TempDir()
		_, ours := withFile(t, dir)
		ours("CONFIG", "SET", "rdbcompression", compress)
		everything(t, ours)
		if got := ours("SAVE"); got != "+OK\r\n" {
			t.Fatal(got)
		}
		theirs := rig.StartRedis(t, "--dir", dir).Conn(t)
		for give := time.Now().Add(10 * time.Second); strings.HasPrefix(theirs.Do("DBSIZE"), "-LOADING") && time.Now().Before(give); {
			time.Sleep(5 * time.Millisecond) // until a real process is ready
		}
		sameState(t, state(t, ours), state(t, theirs.Do))
	}
}

func TestWeLoadRedisFile(t *testing.T) {
	for _, compress := range []string{"yes", "no"} {
		dir := t.TempDir()
		theirs := rig.StartRedis(t, "--dir", dir, "--rdbcompression", compress, "--maxmemory-policy", "allkeys-lru").Conn(t)
		everything(t, theirs.Do)
		theirs.Do("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
		if got := theirs.Do("SAVE"); got != "+OK\r\n" {
			t.Fatal(got)
		}
		r, ours := withFile(t, dir)
		if found, err := r.Hub.Saves.LoadAtStart(context.Background(), nil); err != nil || !found {
			t.Fatal(found, err)
		}
		want := state(t, theirs.Do)
		sameState(t, state(t, ours), want)
		if got := ours("DEBUG", "RELOAD"); got != "+OK\r\n" {
			t.Fatal(got)
		}
		sameState(t, state(t, ours), want)
	}
}
