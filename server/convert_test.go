package server

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redline/resp"
	"redline/server/internal/rig"
)

// fillSmall makes a few keys of every type in a database.
func fillSmall(do func(args ...string) string, db string) {
	do("SELECT", db)
	for _, line := range []string{
		"SET str value", "SET ttl value PXAT 4102444800000", "SET int 12345", "INCRBYFLOAT float 1.5", "APPEND str more", "PFADD hll a b c",
		"SETBIT bits 1000 1", "SADD intset 1 2 3", "SADD smallset a b c", "RPUSH list a b c", "HSET hash a 1 b 2", "ZADD zset 1 a 2.5 b",
		"PEXPIREAT list 4102444800001", "GEOADD geo 13.361389 38.115556 Palermo", "SET long " + strings.Repeat("long", 100),
		"XADD stream 5-1 a 1", "XGROUP CREATE stream g 0", "XREADGROUP GROUP g me COUNT 5 STREAMS stream >", "MULTI", "SET in:multi 1", "INCR n", "EXEC",
	} {
		do(strings.Fields(line)...)
	}
}

// fillAll makes keys of every type, small and large, in two databases.
func fillAll(do func(args ...string) string) {
	for _, db := range []string{"0", "9"} {
		fillSmall(do, db)
		do("SET", "verylong", strings.Repeat("long", 30000))
		for i := range 600 {
			do("RPUSH", "biglist", fmt.Sprintf("element:%d", i))
			do("HSET", "bighash", fmt.Sprintf("f:%d", i), fmt.Sprint(i))
			do("SADD", "bigset", fmt.Sprintf("m:%d", i))
			do("SADD", "bigintset", fmt.Sprint(i))
			do("ZADD", "bigzset", fmt.Sprintf("%d.5", i), fmt.Sprintf("m:%d", i))
			do("XADD", "bigstream", fmt.Sprintf("%d-1", i+1), "f", fmt.Sprint(i))
		}
		do("SPOP", "bigset", "10")
		do("XDEL", "bigstream", "7-1")
	}
}

// digestOf is what redis-server says of an RDB file's contents.
func digestOf(t *testing.T, rdb string) string {
	t.Helper()
	dir := t.TempDir()
	b, err := os.ReadFile(rdb)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "dump.rdb"), b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rig.StartRedis(t, "--dir", dir).Conn(t).Do("DEBUG", "DIGEST")
}

func converted(t *testing.T, source string) (string, Conversion) {
	t.Helper()
	dest := filepath.Join(t.TempDir(), "dump.rdb")
	c, err := Convert(t.Context(), NewConfig(), source, dest)
	if err != nil {
		t.Fatal(err)
	}
	return dest, c
}

// What redis-server keeps in any of its forms comes over whole: an append-only directory with commands, with an RDB base,
// the single file of older versions, and an RDB file.
func TestConvertFromRedis(t *testing.T) {
	for _, preamble := range []string{"no", "yes"} {
		dir := t.TempDir()
		c := rig.StartRedis(t, "--appendonly", "yes", "--dir", dir, "--aof-use-rdb-preamble", preamble, "--aof-timestamp-enabled", "yes").Conn(t)
		fillAll(c.Do)
		rewritten(t, c.Do)
		c.Do("SELECT", "3")
		c.Do("SET", "after", "1")
		c.Do("SAVE")
		want := c.Do("DEBUG", "DIGEST")

		logs := filepath.Join(dir, "appendonlydir")
		single := filepath.Join(t.TempDir(), "appendonly.aof")
		if err := os.WriteFile(single, joined(t, logs), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, source := range []string{dir, logs, filepath.Join(logs, "appendonly.aof.manifest"), single, filepath.Join(dir, "dump.rdb")} {
			rdb, res := converted(t, source)
			if got := digestOf(t, rdb); got != want || res.Failed > 0 || res.Cut != "" {
				t.Errorf("preamble %s, %s: digest %q, want %q; %+v", preamble, source, got, want, res)
			}
		}
	}
}

// joined is what redis-server 6 would have written instead of several files.
func joined(t *testing.T, dir string) (all []byte) {
	t.Helper()
	for _, part := range []string{"base", "incr"} {
		names, err := filepath.Glob(filepath.Join(dir, "*."+part+".*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b...)
		}
	}
	return all
}

// What Redline keeps goes to redis-server whole, from its log, from a log with a base, and from its RDB file.
func TestConvertToRedis(t *testing.T) {
	dir := t.TempDir()
	do, end := serveDir(t, dir, 1<<20)
	fillAll(do)
	if _, err := Convert(t.Context(), NewConfig(), dir, filepath.Join(t.TempDir(), "x.rdb")); err == nil || !strings.Contains(err.Error(), "a server uses") {
		t.Errorf("converted the log of a running server: %v", err)
	}
	want := do("DEBUG", "DIGEST")
	do("SAVE")
	end()
	for _, source := range []string{dir, filepath.Join(dir, "appendonlydir"), filepath.Join(dir, "dump.rdb")} {
		rdb, res := converted(t, source)
		if got := digestOf(t, rdb); got != want || res.Failed > 0 || res.Cut != "" {
			t.Errorf("%s: digest %q, want %q; %+v", source, got, want, res)
		}
	}
}

// serveDir starts a server that keeps its log in a directory of the system, and returns what sends commands to it and what
// ends it.
func serveDir(t *testing.T, dir string, segmentBytes int64) (do func(args ...string) string, end func()) {
	t.Helper()
	cfg := NewConfig()
	cfg.Embedded, cfg.Log, cfg.LogSegmentBytes = true, io.Discard, segmentBytes
	for _, d := range []string{"dir " + dir, "appendonly yes", "appendfsync no", "enable-debug-command yes"} {
		name, value, _ := strings.Cut(d, " ")
		if err := cfg.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background()) }()
	nc := s.Conn()
	r := resp.NewReader(nc)
	do = func(args ...string) string {
		t.Helper()
		if _, err := nc.Write(resp.AppendCommandStrings(nil, args...)); err != nil {
			t.Fatal(err, <-served)
		}
		v, err := r.Read()
		if err != nil {
			t.Fatal(err, <-served)
		}
		return string(v.Append(nil))
	}
	return do, func() {
		t.Helper()
		s.Close()
		if err := <-served; err != nil {
			t.Fatal(err)
		}
	}
}

// rewritten has the log begun anew and waits until it is.
func rewritten(t *testing.T, do func(args ...string) string) {
	t.Helper()
	do("BGREWRITEAOF")
	for give := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) { // until the background is done
		info := do("INFO", "persistence")
		if strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0") {
			return
		}
		if time.Now().After(give) {
			t.Fatal("the server does not end its rewrite")
		}
	}
}
