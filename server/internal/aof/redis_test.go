package aof_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redline/server/internal/aof"
	"redline/server/internal/rig"
	"redline/vfs"
)

// fill makes keys of every type, small and large, in two databases, through single commands, transactions and scripts.
func fill(c *rig.RedisConn) {
	do := func(line string) {
		if reply := c.Do(strings.Fields(line)...); strings.HasPrefix(reply, "-") {
			panic(line + ": " + reply)
		}
	}
	for _, db := range []string{"SELECT 0", "SELECT 9"} {
		do(db)
		do("SET str value")
		do("SET ttl value PX 100000000")
		do("INCRBYFLOAT float 1.5")
		do("MULTI")
		do("SET in:multi " + strings.Repeat("long", 30000))
		do("RPUSH list a b c")
		do("EXEC")
		do("EVAL redis.call('set','a',1);redis.call('incr','b') 0")
		for i := range 300 {
			do(fmt.Sprintf("RPUSH biglist element:%d", i))
			do(fmt.Sprintf("HSET bighash f:%d %d", i, i))
			do(fmt.Sprintf("SADD bigset m:%d", i))
			do(fmt.Sprintf("ZADD bigzset %d.5 m:%d", i, i))
			do(fmt.Sprintf("XADD stream * f %d", i))
		}
		do("SADD intset 1 2 3")
		do("SPOP bigset 10")
		do("XGROUP CREATE stream g 0")
		do("XREADGROUP GROUP g me COUNT 5 STREAMS stream >")
		do("PFADD hll a b c")
		do("SETBIT bits 1000 1")
		do("EXPIRE list 100000")
	}
}

// replay sends what an AOF holds to another redis-server.
type replay struct {
	t  *testing.T
	c  *rig.RedisConn
	db int
	// rdbEnd is where the RDB file at the beginning ends; the other server has loaded it.
	rdbEnd int64
}

func (r *replay) RDB(string) (int64, error) { return r.rdbEnd, nil }

func (r *replay) Group(commands []aof.Command) error {
	for _, cmd := range commands {
		if cmd.DB != r.db {
			r.db = cmd.DB
			r.c.Do("SELECT", fmt.Sprint(cmd.DB))
		}
		args := make([]string, len(cmd.Args))
		for i, a := range cmd.Args {
			args[i] = string(a)
		}
		if reply := r.c.Do(args...); strings.HasPrefix(reply, "-") {
			return fmt.Errorf("%.80q: %s", args, reply)
		}
	}
	return nil
}

// What redis-server writes, replayed into another one, gives the same data: in commands alone, and after an RDB base as
// version 7 and as older versions lay it out.
func TestAgainstRedis(t *testing.T) {
	for _, preamble := range []string{"no", "yes"} {
		t.Run("preamble="+preamble, func(t *testing.T) {
			dir := t.TempDir()
			redis := rig.StartRedis(t, "--appendonly", "yes", "--dir", dir, "--aof-use-rdb-preamble", preamble,
				"--aof-timestamp-enabled", "yes")
			c := redis.Conn(t)
			fill(c)
			rewrite(t, c)
			c.Do("SELECT", "3")
			c.Do("SET", "after", "1")
			want := c.Do("DEBUG", "DIGEST")

			appendDir := filepath.Join(dir, "appendonlydir")
			set, err := aof.FindSet(vfs.OS(), appendDir)
			if err != nil {
				t.Fatal(err)
			}
			if has, err := aof.HasRDB(vfs.OS(), set.Files[0]); err != nil || has != (preamble == "yes") {
				t.Fatalf("%s begins with an RDB file: %v, %v", set.Files[0], has, err)
			}
			check(t, set, want)
			check(t, single(t, set), want)
		})
	}
}

func rewrite(t *testing.T, c *rig.RedisConn) {
	t.Helper()
	c.Do("BGREWRITEAOF")
	give := time.Now().Add(30 * time.Second)
	for {
		info := c.Do("INFO", "persistence")
		if strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0") &&
			!strings.Contains(info, "aof_last_rewrite_time_sec:-1") {
			return
		}
		if time.Now().After(give) {
			t.Fatalf("redis-server does not end its rewrite:\n%s", info)
		}
		time.Sleep(5 * time.Millisecond) // until a real process is ready
	}
}

// single joins the files of a set, as Redis 6 would have written them.
func single(t *testing.T, set aof.Set) aof.Set {
	t.Helper()
	var all []byte
	for _, f := range set.Files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	name := filepath.Join(t.TempDir(), "appendonly.aof")
	if err := os.WriteFile(name, all, 0o644); err != nil {
		t.Fatal(err)
	}
	return aof.Single(name)
}

// check replays a set into a new redis-server, which loads an RDB base by itself, and compares.
func check(t *testing.T, set aof.Set, want string) {
	t.Helper()
	dir := t.TempDir()
	var end int64
	if has, err := aof.HasRDB(vfs.OS(), set.Files[0]); err != nil {
		t.Fatal(err)
	} else if has {
		b, err := os.ReadFile(set.Files[0])
		if err != nil {
			t.Fatal(err)
		}
		if at := strings.Index(string(b), "*2\r\n$6\r\nSELECT"); set.Manifest == "" && at > 0 {
			b = b[:at]
			if ts := strings.LastIndex(string(b), "#TS:"); ts > 0 {
				b = b[:ts]
			}
		}
		end = int64(len(b))
		if err := os.WriteFile(filepath.Join(dir, "dump.rdb"), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := rig.StartRedis(t, "--dir", dir).Conn(t)
	rep, err := aof.Read(vfs.OS(), set, &replay{t: t, c: c, rdbEnd: end}, aof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rep.Commands == 0 || rep.Cut != nil {
		t.Errorf("read %+v", rep)
	}
	if got := c.Do("DEBUG", "DIGEST"); got != want {
		t.Errorf("digest %s, want %s (%+v)", got, want, rep)
	}
}
