package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"redline/server/internal/config"
	"redline/server/internal/rig"
)

// ours are the defaults that differ from Redis', each for a reason.
var ours = map[string]string{
	"bind":         "loopback only unless told otherwise",
	"save":         "nothing is saved yet",
	"activedefrag": "memory comes back without being asked for", "active-defrag-ignore-bytes": "as above",
	"enable-debug-command": "allowed from this machine",
	// The test starts redis-server with these.
	"port": "", "unixsocket": "", "dir": "",
}

func all(t *testing.T, c *rig.RedisConn) (names []string, values map[string]string) {
	t.Helper()
	v := rig.Parse(t, c.Do("CONFIG", "GET", "*"))
	values = make(map[string]string)
	for i := 0; i+1 < len(v.Elems); i += 2 {
		names = append(names, v.Elems[i].Text())
		values[v.Elems[i].Text()] = v.Elems[i+1].Text()
	}
	return names, values
}

func TestRedisDefaults(t *testing.T) {
	names, values := all(t, rig.StartRedis(t).Conn(t))
	if len(names) < 150 {
		t.Fatalf("redis-server shows %d directives", len(names))
	}
	c := config.New()
	for _, n := range names {
		got := c.Get(n)
		if len(got) != 1 {
			t.Errorf("%s is not known", n)
			continue
		}
		if _, differs := ours[n]; !differs && got[0][1] != values[n] {
			t.Errorf("%s is %q, in Redis %q", n, got[0][1], values[n])
		}
	}
	for _, p := range c.Get("*") {
		if _, ok := values[p[0]]; !ok && !slices.Contains(own, p[0]) {
			t.Errorf("%s is not known to Redis", p[0])
		}
	}
}

// own are the directives that Redis does not have.
var own = []string{"shards", "appendfsync-writes", "admin-port", "admin-bind", "io-transport", "io-loops", "latency-anatomy-sampling"}

// TestRedisSet tries values on every directive that can be changed, and compares error texts and what is shown.
func TestRedisSet(t *testing.T) {
	conn := rig.StartRedis(t).Conn(t)
	names, redis := all(t, conn)
	c := config.New()
	if err := c.Set(true, "active-defrag-ignore-bytes", redis["active-defrag-ignore-bytes"]); err != nil { // ours differs
		t.Fatal(err)
	}
	skip := map[string]bool{
		"bind": true, "port": true, "tls-port": true, // change the listeners
		"appendonly": true, "activedefrag": true, // the one needs a server, the other is refused by redis-server as built for Debian
		"dir": true, "unixsocket": true, "replicaof": true, "slaveof": true, "enable-debug-command": true,
		"maxclients":          true,                        // bounded by the process's files in redis-server
		"proc-title-template": true,                        // its variables are checked against the process
		"logfile":             true, "oom-score-adj": true, // act on the process
		"crash-log-enabled": true, "crash-memcheck-enabled": true, "watchdog-period": true,
	}
	values := []string{"", "x", "yes", "NO", "0", "1", "-1", "5", "007", " 3", "3.5", "50%", "-7%", "1mb", "2GB", "1k", "99999999999",
		"9223372036854775807", "50 99 99.95", "1 2 3", "900 1",
		"save force", "nosave NOW", "default", "everysec", "allkeys-lfu", "clients", "KEA", "Klg", "zq", "normal 1 2 3", "replica 1mb 512kb 4 pubsub 0 0 0",
		"slave 1", "local", "relative", "a/b"}
	for _, n := range names {
		if skip[n] || strings.HasPrefix(n, "tls-") {
			continue
		}
		for _, v := range values {
			want := conn.Do("CONFIG", "SET", n, v)
			err := c.Set(true, n, v)
			got := "+OK\r\n"
			if err != nil {
				got = "-ERR " + err.Error() + "\r\n"
			}
			if got != want {
				t.Errorf("CONFIG SET %s %q: %q, in Redis %q", n, v, got, want)
			}
			shown := rig.Parse(t, conn.Do("CONFIG", "GET", n))
			if g := c.Get(n)[0][1]; len(shown.Elems) == 2 && g != shown.Elems[1].Text() {
				t.Errorf("after CONFIG SET %s %q: %q is shown, in Redis %q", n, v, g, shown.Elems[1].Text())
			}
		}
	}
}

// TestRedisGet compares which names patterns find.
func TestRedisGet(t *testing.T) {
	conn := rig.StartRedis(t).Conn(t)
	c := config.New()
	for _, patterns := range [][]string{{"maxm*"}, {"MAXMEMORY"}, {"maxmemory", "*memory*"}, {"[st]*"}, {"?ave"}, {"key-load-delay"}, {"key-load*"},
		{"nosuch"}, {""}, {"*slave*"}, {"Slaveof"}} {
		want := make(map[string]bool)
		for i, e := range rig.Parse(t, conn.Do(append([]string{"CONFIG", "GET"}, patterns...)...)).Elems {
			if i%2 == 0 {
				want[e.Text()] = true
			}
		}
		got := make(map[string]bool)
		for _, p := range c.Get(patterns...) {
			if p[0] != "shards" {
				got[p[0]] = true
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("CONFIG GET %q: %v, in Redis %v", patterns, got, want)
		}
	}
}
