package admincmd_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"redline/server/internal/command/admincmd"
	"redline/server/internal/command/conncmd"
	"redline/server/internal/command/hashcmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/listcmd"
	"redline/server/internal/command/setcmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/txncmd"
	"redline/server/internal/command/zsetcmd"
	"redline/server/internal/rig"
	"redline/server/internal/session"
)

func newRig(t *testing.T) *rig.Rig {
	r := rig.New(t, admincmd.Commands, conncmd.Commands, strcmd.Commands, keycmd.Commands, listcmd.Commands, hashcmd.Commands,
		setcmd.Commands, zsetcmd.Commands, txncmd.Commands)
	admincmd.Observe(r.Hub)
	return r
}

func TestAgainstRedis(t *testing.T) {
	redis := rig.StartRedis(t)
	for name, lines := range map[string][]string{
		"command": {"~ COMMAND", "~ COMMAND COUNT", "COMMAND COUNT x", "COMMAND NOSUCH", "COMMAND INFO get|x nosuch", "COMMAND INFO GET", "COMMAND INFO config|get mset lcs",
			"COMMAND DOCS nosuch", "~ COMMAND DOCS get", "~ COMMAND HELP", "COMMAND HELP x", "COMMAND GETKEYS", "COMMAND GETKEYS get", "COMMAND GETKEYS nosuch x", "COMMAND GETKEYS ping x",
			"COMMAND GETKEYS get a b", "COMMAND GETKEYS mset a b c d", "COMMAND GETKEYS mset a", "COMMAND GETKEYS memory usage k", "COMMAND GETKEYS zunionstore d 2 a b",
			"COMMAND GETKEYS zunionstore d 9 a b", "COMMAND GETKEYS config get x", "COMMAND GETKEYSANDFLAGS set k v", "COMMAND GETKEYSANDFLAGS set k v get",
			"COMMAND GETKEYSANDFLAGS lmove a b left right", "COMMAND LIST x", "COMMAND LIST FILTERBY x y", "COMMAND LIST FILTERBY PATTERN", "COMMAND LIST FILTERBY aclcat nosuch",
			"COMMAND LIST FILTERBY module x", "COMMAND LIST FILTERBY pattern SET", "COMMAND LIST FILTERBY pattern config|g*", "~ COMMAND LIST"},
		"resp3 command": {"~ HELLO 3", "COMMAND INFO get", "COMMAND INFO config|set", "COMMAND GETKEYSANDFLAGS getex k"},
		"config": {"CONFIG", "CONFIG GET", "CONFIG NOSUCH", "CONFIG GET maxmemory", "CONFIG GET nosuch", "CONFIG SET", "CONFIG SET a", "CONFIG SET nosuch x", "CONFIG SET maxmemory",
			"CONFIG SET maxmemory 1 timeout", "CONFIG SET maxmemory x", "CONFIG SET timeout 5", "CONFIG GET timeout", "CONFIG SET timeout 0", "CONFIG SET hz 7 hz 8",
			"CONFIG RESETSTAT", "CONFIG RESETSTAT x", "CONFIG REWRITE", "CONFIG REWRITE x", "~ CONFIG HELP", "~ HELLO 3", "CONFIG GET timeout", "CONFIG GET nosuch", "CONFIG SET daemonize yes"},
		"info": {"INFO nosuch", "INFO modules", "INFO cluster", "INFO nosuch CLUSTER", "~ INFO", "~ INFO all", "CONFIG RESETSTAT", "GET x y", "LPUSH", "NOSUCH", "INFO errorstats", "INFO keyspace"},
		"flush": {"SET k v", "SELECT 2", "SET k2 v", "DBSIZE", "FLUSHDB x", "FLUSHDB ASYNC x", "FLUSHDB ASYNC", "DBSIZE", "SELECT 0", "DBSIZE", "FLUSHALL x", "FLUSHALL sync", "DBSIZE", "DBSIZE x",
			"FLUSHALL", "FLUSHDB"},
		"swap": {"FLUSHALL", "SET k v", "SWAPDB 0 1", "DBSIZE", "SELECT 1", "GET k", "SWAPDB 1 1", "SWAPDB x 1", "SWAPDB 1 x", "SWAPDB 0 16", "SWAPDB -1 0", "SWAPDB 0", "SWAPDB 99999999999 0", "FLUSHALL"},
		"watch": {"FLUSHALL", "SET k v", "WATCH k", "FLUSHALL", "MULTI", "PING", "EXEC", "SET k v", "WATCH k", "SWAPDB 0 5", "MULTI", "PING", "EXEC", "WATCH nokey", "FLUSHDB", "MULTI", "PING", "EXEC",
			"MULTI", "SET a b", "FLUSHALL ASYNC", "DBSIZE", "SET c d", "EXEC", "DBSIZE", "FLUSHALL"},
		"server": {"~ TIME", "TIME x", "~ LOLWUT", "LOLWUT VERSION x", "~ LOLWUT VERSION 5 1", "SHUTDOWN x", "SHUTDOWN SAVE NOSAVE", "SHUTDOWN ABORT", "SHUTDOWN NOW ABORT", "ROLE", "ROLE x",
			"ACL WHOAMI", "ACL WHOAMI x", "MULTI", "SHUTDOWN NOSAVE", "EXEC"},
		"monitor": {"MONITOR x"},
		"slowlog": {"SLOWLOG", "SLOWLOG NOSUCH", "SLOWLOG LEN", "SLOWLOG LEN x", "SLOWLOG RESET", "SLOWLOG GET", "SLOWLOG GET x", "SLOWLOG GET -2", "SLOWLOG GET -1", "SLOWLOG GET 1 2", "~ SLOWLOG HELP"},
		"latency": {"LATENCY", "LATENCY NOSUCH", "LATENCY LATEST", "LATENCY HISTORY nosuch", "LATENCY HISTORY", "LATENCY RESET", "LATENCY RESET nosuch", "LATENCY GRAPH nosuch", "LATENCY GRAPH",
			"~ LATENCY DOCTOR", "~ LATENCY HELP", "LATENCY HISTOGRAM nosuch", "~ LATENCY HISTOGRAM", "~ HELLO 3", "LATENCY HISTOGRAM nosuch"},
		"memory": {"MEMORY", "MEMORY NOSUCH", "MEMORY USAGE", "MEMORY USAGE nokey", "SET k v", "~ MEMORY USAGE k", "MEMORY USAGE k SAMPLES", "MEMORY USAGE k SAMPLES x", "MEMORY USAGE k SAMPLES -1",
			"~ MEMORY USAGE k SAMPLES 0", "MEMORY USAGE k x y", "~ MEMORY STATS", "MEMORY STATS x", "~ MEMORY DOCTOR", "~ MEMORY HELP", "~ MEMORY PURGE", "~ MEMORY MALLOC-STATS"},
		"protocol": {"DEBUG PROTOCOL string", "DEBUG PROTOCOL integer", "DEBUG PROTOCOL double", "DEBUG PROTOCOL bignum", "DEBUG PROTOCOL null", "DEBUG PROTOCOL array", "DEBUG PROTOCOL set",
			"DEBUG PROTOCOL map", "DEBUG PROTOCOL attrib", "DEBUG PROTOCOL push", "DEBUG PROTOCOL true", "DEBUG PROTOCOL false", "DEBUG PROTOCOL verbatim", "DEBUG PROTOCOL nosuch"},
		"protocol 3": {"~ HELLO 3", "DEBUG PROTOCOL string", "DEBUG PROTOCOL double", "DEBUG PROTOCOL bignum", "DEBUG PROTOCOL null", "DEBUG PROTOCOL set", "DEBUG PROTOCOL map", "DEBUG PROTOCOL attrib",
			"DEBUG PROTOCOL true", "DEBUG PROTOCOL false", "DEBUG PROTOCOL verbatim"},
		"debug": {"DEBUG", "DEBUG NOSUCH", "DEBUG SLEEP", "DEBUG SLEEP 0", `DEBUG ERROR "ERR a\nb"`, "DEBUG OBJECT nokey", "~ DEBUG HELP", "DEBUG SET-ACTIVE-EXPIRE 0",
			"DEBUG SET-ACTIVE-EXPIRE 1", "DEBUG CHANGE-REPL-ID", "DEBUG LOG x", "DEBUG QUICKLIST-PACKED-THRESHOLD 1k", "DEBUG QUICKLIST-PACKED-THRESHOLD 5gb", "DEBUG REPLYBUFFER resizing 0",
			"DEBUG REPLYBUFFER resizing 1", "DEBUG REPLYBUFFER x y", "DEBUG HTSTATS 99", "DEBUG HTSTATS x", "DEBUG POPULATE x", "FLUSHALL", "DEBUG POPULATE 3", "GET key:2", "DEBUG POPULATE 2 p 10", "GET p:1",
			"DEBUG POPULATE 1 q 3", "GET q:0", "DBSIZE", "DEBUG POPULATE -1", "~ DEBUG OBJECT key:1", "DEBUG LISTPACK key:1", "DEBUG PAUSE-CRON 0", "FLUSHALL"},
	} {
		t.Run(name, func(t *testing.T) {
			// The redis-server is shared: what another group left is no difference.
			rig.Compare(t, newRig(t), redis, append([]string{"FLUSHALL"}, lines...)...)
		})
	}
}

// fields reads INFO.
func fields(t *testing.T, reply string) map[string]string {
	m := make(map[string]string)
	for _, line := range strings.Split(rig.Parse(t, reply).Text(), "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			m[name] = value
		}
	}
	return m
}

// left are fields of Redis' INFO that mean nothing here.
var left = map[string]bool{
	"atomicvar_api": true, "gcc_version": true,
	// No child process ever saves.
	"current_cow_peak": true, "current_cow_size": true, "current_cow_size_age": true, "current_fork_perc": true, "current_save_keys_processed": true,
	"current_save_keys_total": true, "rdb_last_cow_size": true, "rdb_last_load_keys_expired": true, "rdb_last_load_keys_loaded": true, "aof_rewrites": true,
	"aof_rewrites_consecutive_failures": true, "aof_last_cow_size": true, "module_fork_in_progress": true, "module_fork_last_cow_size": true,
	// Keys expire by deadline, memory is compacted, reply buffers are pooled, no thread does input and output only.
	"expire_cycle_cpu_milliseconds": true, "slave_expires_tracked_keys": true, "active_defrag_misses": true,
	"active_defrag_key_hits": true, "active_defrag_key_misses": true, "total_active_defrag_time": true, "current_active_defrag_time": true,
	"io_threaded_reads_processed": true, "io_threaded_writes_processed": true, "reply_buffer_shrinks": true, "reply_buffer_expands": true,
	"used_cpu_sys_main_thread": true, "used_cpu_user_main_thread": true,
}

func TestInfoFields(t *testing.T) {
	theirs := rig.StartRedis(t).Conn(t)
	theirs.Do("SET", "k", "v", "EX", "1000")
	r := newRig(t)
	c := r.Client(t)
	c.Do("SET", "k", "v", "EX", "1000")
	want, got := fields(t, theirs.Do("INFO", "everything")), fields(t, c.Do("INFO", "everything"))
	for name := range want {
		if _, ok := got[name]; !ok && !left[name] && !strings.HasPrefix(name, "cmdstat_") && !strings.HasPrefix(name, "latency_percentiles") {
			t.Errorf("%s is missing", name)
		}
	}
	if !strings.HasPrefix(got["db0"], "keys=1,expires=1,avg_ttl=") || strings.HasSuffix(got["db0"], "avg_ttl=0") {
		t.Errorf("db0: %s", got["db0"])
	}
	if got["redis_version"] != "7.0.15" || got["process_id"] == "" || got["role"] != "master" || got["connected_clients"] != "1" {
		t.Errorf("%v", got)
	}
	if n, _ := strconv.Atoi(got["used_memory"]); n <= 0 {
		t.Errorf("used_memory:%d", n)
	}
	heads := func(reply string) (h []string) {
		for _, line := range strings.Split(rig.Parse(t, reply).Text(), "\r\n") {
			if strings.HasPrefix(line, "# ") {
				h = append(h, line[2:])
			}
		}
		return h
	}
	for _, sections := range []string{"", "default", "all", "everything", "server Memory nosuch", "commandstats default", "ALL server"} {
		args := append([]string{"INFO"}, strings.Fields(sections)...)
		if g, w := strings.Join(heads(c.Do(args...)), " "), strings.Join(heads(theirs.Do(args...)), " "); g != w {
			t.Errorf("INFO %s: sections %s, in Redis %s", sections, g, w)
		}
	}
}

func TestStats(t *testing.T) {
	r := newRig(t)
	c := r.Client(t)
	for _, line := range []string{"SET k v", "GET k", "GET nokey", "LPUSH k x", "SET k", "NOSUCH"} {
		c.Do(rig.Words(line)...)
	}
	got := fields(t, c.Do("INFO", "everything"))
	for name, want := range map[string]string{"keyspace_hits": "1", "keyspace_misses": "1", "errorstat_WRONGTYPE": "count=1", "errorstat_ERR": "count=2",
		"total_error_replies": "3", "total_connections_received": "1", "rdb_changes_since_last_save": "1"} {
		if got[name] != want {
			t.Errorf("%s:%s, want %s", name, got[name], want)
		}
	}
	if s := got["cmdstat_set"]; !strings.HasPrefix(s, "calls=1,usec=") || !strings.HasSuffix(s, ",rejected_calls=1,failed_calls=0") {
		t.Errorf("cmdstat_set:%s", s)
	}
	if s := got["cmdstat_lpush"]; !strings.HasSuffix(s, ",rejected_calls=0,failed_calls=1") {
		t.Errorf("cmdstat_lpush:%s", s)
	}
	if s := got["latency_percentiles_usec_get"]; !strings.HasPrefix(s, "p50=") || !strings.Contains(s, ",p99.9=") {
		t.Errorf("latency_percentiles_usec_get:%s", s)
	}
	h := rig.Parse(t, c.Do("LATENCY", "HISTOGRAM", "get", "config", "nosuch"))
	if len(h.Elems) != 2 || h.Elems[0].Text() != "get" || h.Elems[1].Elems[1].Int != 2 {
		t.Errorf("%v", h)
	}
	buckets := h.Elems[1].Elems[3].Elems
	if len(buckets) < 2 || buckets[len(buckets)-1].Int != 2 {
		t.Errorf("%v", buckets)
	}
	c.Do("CONFIG", "SET", "latency-tracking", "no")
	c.Do("CONFIG", "RESETSTAT")
	c.Do("GET", "k")
	got = fields(t, c.Do("INFO", "everything"))
	if got["keyspace_hits"] != "1" || got["keyspace_misses"] != "0" || got["errorstat_ERR"] != "" || got["latency_percentiles_usec_get"] != "" || got["cmdstat_lpush"] != "" {
		t.Errorf("after RESETSTAT: %v", got)
	}
}

func TestSlowlog(t *testing.T) {
	r := newRig(t)
	c := r.Client(t)
	c.Do("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "3")
	c.Do("CLIENT", "SETNAME", "me")
	c.Do("AUTH", "default", "secret")
	long := strings.Repeat("x", 200)
	args := []string{"SET", "k", long}
	for len(args) < 40 {
		args = append(args, "a")
	}
	c.Do(args...)
	e := rig.Parse(t, c.Do("SLOWLOG", "GET", "2")).Elems
	if len(e) != 2 || e[0].Elems[4].Text() != "127.0.0.1:50000" || e[0].Elems[5].Text() != "me" || e[0].Elems[0].Int != e[1].Elems[0].Int+1 {
		t.Fatalf("%v", e)
	}
	shown := e[0].Elems[3].Elems
	if len(shown) != 32 || shown[2].Text() != long[:128]+"... (72 more bytes)" || shown[31].Text() != "... (9 more arguments)" {
		t.Errorf("%v", shown)
	}
	if auth := e[1].Elems[3].Elems; auth[1].Text() != "(redacted)" || auth[2].Text() != "(redacted)" {
		t.Errorf("the password is shown: %v", auth)
	}
	if got := c.Do("SLOWLOG", "LEN"); got != ":3\r\n" {
		t.Errorf("%q", got)
	}
	c.Do("CONFIG", "SET", "slowlog-log-slower-than", "-1")
	c.Do("SLOWLOG", "RESET")
	if got := c.Do("SLOWLOG", "LEN"); got != ":0\r\n" {
		t.Errorf("%q", got)
	}
}

func TestLatencyMonitor(t *testing.T) {
	r := newRig(t)
	r.NowMs.Store(1_700_000_000_000)
	c := r.Client(t)
	c.Do("CONFIG", "SET", "latency-monitor-threshold", "1")
	c.Do("DEBUG", "SLEEP", "0.002")
	v := rig.Parse(t, c.Do("LATENCY", "LATEST")).Elems
	if len(v) != 1 || v[0].Elems[0].Text() != "command" || v[0].Elems[1].Int != 1_700_000_000 || v[0].Elems[2].Int < 2 {
		t.Fatalf("%v", v)
	}
	r.NowMs.Store(1_700_000_100_000)
	r.Hub.Spikes.Add("command", 1_700_000_090, 50)
	if h := rig.Parse(t, c.Do("LATENCY", "HISTORY", "command")).Elems; len(h) != 2 || h[1].Elems[1].Int != 50 {
		t.Errorf("%v", h)
	}
	g := rig.Parse(t, c.Do("LATENCY", "GRAPH", "command")).Text()
	if !strings.HasPrefix(g, "command - high 50 ms, low ") || !strings.Contains(g, "\n #\n") || !strings.Contains(g, "11") {
		t.Errorf("%s", g)
	}
	if d := rig.Parse(t, c.Do("LATENCY", "DOCTOR")).Text(); !strings.Contains(d, "command: 2 moments") {
		t.Errorf("%s", d)
	}
	if got := c.Do("LATENCY", "RESET", "nosuch", "command"); got != ":1\r\n" {
		t.Errorf("%q", got)
	}
}

func TestMonitor(t *testing.T) {
	r := newRig(t)
	r.NowMs.Store(1_700_000_000_123)
	c, m := r.Client(t), r.Client(t)
	if got := m.Do("MONITOR"); got != "+OK\r\n" {
		t.Fatalf("%q", got)
	}
	c.Do("SET", "k", "a\n\"")
	c.Do("CONFIG", "SET", "hz", "10") // administration is not shown
	c.Do("AUTH", "default", "secret")
	want := "+1700000000.123000 [0 127.0.0.1:50000] \"SET\" \"k\" \"a\\n\\\"\"\r\n+1700000000.123000 [0 127.0.0.1:50000] \"AUTH\" \"(redacted)\" \"(redacted)\"\r\n"
	if got := m.Poll(); got != want {
		t.Errorf("%q", got)
	}
	if got := m.Do("MULTI") + m.Do("MONITOR") + m.Do("EXEC"); !strings.HasSuffix(got, "*1\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n") {
		t.Errorf("%q", got)
	}
}

func TestShutdown(t *testing.T) {
	r := newRig(t)
	var got session.ShutdownOptions
	fail := errors.New("no")
	r.Hub.Shutdown = func(o session.ShutdownOptions) error { got = o; return fail }
	c := r.Client(t)
	if reply := c.Do("SHUTDOWN", "NOSAVE", "FORCE"); reply != "-ERR Errors trying to SHUTDOWN. Check logs.\r\n" || c.Session.Closing() {
		t.Errorf("%q", reply)
	}
	fail = nil
	if reply := c.Do("SHUTDOWN", "NOW"); reply != "" || !c.Session.Closing() || got != (session.ShutdownOptions{Now: true}) {
		t.Errorf("%q %+v", reply, got)
	}
}

func TestDebugGuard(t *testing.T) {
	r := newRig(t)
	far := r.Connect(t, session.Peer{Addr: "10.0.0.1:1"})
	if got := far.Do("DEBUG", "SLEEP", "0"); !strings.HasPrefix(got, "-ERR DEBUG command not allowed.") {
		t.Errorf("%q", got)
	}
	if got := far.Do("CONFIG", "SET", "dbfilename", "x"); !strings.HasSuffix(got, "can't set protected config\r\n") {
		t.Errorf("%q", got)
	}
	if got := r.Client(t).Do("DEBUG", "RELOAD"); got != "-ERR this server writes nothing to disk\r\n" {
		t.Errorf("%q", got)
	}
}

// TestDigest checks that a digest depends on content alone, not on how it is kept.
func TestDigest(t *testing.T) {
	r := newRig(t)
	c := r.Client(t)
	run := func(lines ...string) {
		for _, l := range lines {
			if got := c.Do(rig.Words(l)...); strings.HasPrefix(got, "-") {
				t.Fatalf("%s: %s", l, got)
			}
		}
	}
	digest := func(keys ...string) string { return c.Do(append([]string{"DEBUG", "DIGEST-VALUE"}, keys...)...) }
	all := func() string { return c.Do("DEBUG", "DIGEST") }
	empty := all()
	if empty != "+"+strings.Repeat("0", 40)+"\r\n" {
		t.Errorf("empty: %s", empty)
	}
	run("SET s 1", "RPUSH l a b 1", "HSET h a 1 b 2", "SADD t 1 2 3", "ZADD z 1 a 2.5 b")
	small := digest("s", "l", "h", "t", "z", "nokey")
	first := all()
	run("FLUSHALL", "CONFIG SET hash-max-listpack-entries 0 set-max-intset-entries 0 zset-max-listpack-entries 0 list-max-listpack-size 1",
		"APPEND s 1", "RPUSH l a b 1", "HSET h b 2 a 1", "SADD t 3 2 1", "ZADD z 2.5 b 1 a")
	if digest("s", "l", "h", "t", "z", "nokey") != small || all() != first {
		t.Error("the digest depends on how values are kept")
	}
	run("EXPIRE s 1000")
	if all() == first {
		t.Error("the digest does not tell a key that expires from one that does not")
	}
	for _, change := range []string{"SET s 2", "LSET l 1 c", "HSET h a 3", "SADD t 4", "ZADD z 3 a"} {
		before := all()
		run(change)
		if all() == before {
			t.Errorf("%s does not change the digest", change)
		}
	}
}
