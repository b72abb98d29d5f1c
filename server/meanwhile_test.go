package server

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"redline/server/internal/config"
	"redline/server/internal/keyspace"
	"redline/server/internal/pubsub"
	"redline/server/internal/rig"
	"redline/server/internal/snapshot"
	"redline/server/internal/snapshot/snapshottest"
	"redline/vfs"
)

// meanwhile are changes that are made while a snapshot stands still between two pieces of a large value.
var meanwhile = map[string][]string{
	"flushall":  {"FLUSHALL"},
	"flushdb":   {"FLUSHDB", "SET l0 new", "SELECT 1", "FLUSHDB", "SET h0 new"},
	"swapdb":    {"SWAPDB 0 1", "DEL l0 h1 z2 t3 x0", "SELECT 1", "DEL l1 h0", "SWAPDB 1 2", "HSET h0 a b"},
	"delete":    {"DEL l0 l1 l2 l3 h0 h1 h2 h3", "UNLINK t0 t1 t2 t3 z0 z1 z2 z3 x0 x1 x2 x3"},
	"change":    {"RPUSH l0 a", "LPOP l1", "LSET l2 0 x", "LTRIM l3 5 10", "HSET h0 a b", "HDEL h1 m1m", "SADD t0 a", "SREM t1 m1m", "ZADD z0 1 a", "ZREM z1 m1m", "XADD x0 * a b", "XDEL x1 2-1", "XTRIM x2 MAXLEN 3"},
	"move":      {"RENAME l0 l9", "RPUSH l9 a", "RENAME h0 h1", "HSET h1 a b", "MOVE t0 5", "SELECT 5", "SADD t0 a", "SELECT 0", "COPY z0 z1 REPLACE", "ZADD z1 1 a", "ZADD z0 1 b"},
	"deadline":  {"EXPIRE l0 100", "EXPIRE h0 100", "PERSIST l0", "PEXPIREAT t0 1", "EXPIRE z0 -1", "RPUSH l0 a", "HSET h0 a b"},
	"overwrite": {"SET l0 a", "SET h0 b", "SUNIONSTORE t0 t1 t2", "ZUNIONSTORE z0 2 z1 z2", "SORT l1 ALPHA STORE l2", "MSET s0 a s1 b s2 c"},
	"fields":    {"HPEXPIRE h0 1000000 FIELDS 1 m3mmm", "HDEL h0 m3mmm", "HPEXPIRE h1 1000000 FIELDS 1 m2mm", "HDEL h1 m5mmmmm"},
	"reload":    {"DEBUG RELOAD NOSAVE"},
}

// large stores values that are written in several pieces.
func large(c *rig.Client) {
	for db := range 2 {
		c.Do("SELECT", fmt.Sprint(db))
		for i := range 4 {
			cmds := map[string][]string{"l": {"RPUSH"}, "t": {"SADD"}, "h": {"HSET"}, "z": {"ZADD"}}
			for kind, args := range cmds {
				args = append(args, kind+fmt.Sprint(i))
				n := 100
				if i == 0 {
					n = 2500
				}
				for j := range n {
					m := fmt.Sprintf("m%d%s", j, strings.Repeat("m", j%60))
					switch kind {
					case "h":
						args = append(args, m, strings.Repeat("v", j%20))
					case "z":
						args = append(args, fmt.Sprint(j%100), m)
					default:
						args = append(args, m)
					}
				}
				c.Do(args...)
			}
			for j := range 400 {
				c.Do("XADD", fmt.Sprint("x", i), fmt.Sprint(j+1, "-1"), "field", strings.Repeat("w", 60))
			}
			c.Do("SET", fmt.Sprint("s", i), "v")
		}
	}
	c.Do("SELECT", "0")
}

// gate is a file system whose n-th write to a file waits.
type gate struct {
	mu      sync.Mutex
	left    int
	reached chan struct{} // closed when the write begins to wait
	open    chan struct{} // closed to let it go on
}

func (g *gate) before(op vfs.Op) error {
	g.mu.Lock()
	g.left--
	now := g.left == 0
	g.mu.Unlock()
	if now && op.Kind == vfs.OpWrite {
		close(g.reached)
		<-g.open
	}
	return nil
}

func TestChangesMeanwhile(t *testing.T) {
	families := (&Server{broker: pubsub.NewBroker()}).families()
	for name, changes := range meanwhile {
		t.Run(name, func(t *testing.T) {
			r := rig.New(t, families...)
			if err := r.Hub.Config.LoadArgs([]string{"--dir", "/"}); err != nil {
				t.Fatal(err)
			}
			c := r.Client(t)
			large(c)
			sp := r.Hub.Engine.Space
			want := snapshottest.Content(sp)
			mem := vfs.NewMem()
			r.Hub.Saves = newSaves(r.Hub, mem)
			if changes[0] == "DEBUG RELOAD NOSAVE" { // the file is there already
				if got := c.Do("SAVE"); got != "+OK\r\n" {
					t.Fatal(got)
				}
			}
			g := &gate{left: 3, // the second write
				reached: make(chan struct{}), open: make(chan struct{})}
			done := make(chan error, 1)
			go func() {
				_, err := snapshot.Write(context.Background(), snapshot.Options{Space: sp, FS: vfs.Inject(mem, g.before), Path: "/a.rdb",
					Now: time.Now})
				done <- err
			}()
			select {
			case <-g.reached:
			case err := <-done:
				t.Fatal("the snapshot was over too soon: ", err)
			}
			for _, cmd := range changes {
				if got := c.Do(strings.Fields(cmd)...); strings.HasPrefix(got, "-") {
					t.Errorf("%s: %s", cmd, got)
				}
			}
			close(g.open)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			back := keyspace.New(keyspace.Options{Shards: 2, Databases: 16, Seed: 3})
			defer back.Close()
			if _, err := snapshot.LoadFile(context.Background(), mem, "/a.rdb", snapshot.LoadOptions{Space: back,
				Limits: snapshot.LimitsOf(config.New().Values()), Now: time.Now, KeepExpired: true}); err != nil {
				t.Fatal(err)
			}
			snapshottest.Same(t, snapshottest.Content(back), want)
			second(t, r, mem)
		})
	}
}

// second makes one more snapshot: nothing is left of the first.
func second(t *testing.T, r *rig.Rig, mem vfs.FS) {
	t.Helper()
	sp := r.Hub.Engine.Space
	want := snapshottest.Content(sp)
	if _, err := snapshot.Write(context.Background(), snapshot.Options{Space: sp, FS: mem, Path: "/b.rdb", Compress: true, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	back := keyspace.New(keyspace.Options{Shards: 2, Databases: 16, Seed: 3})
	defer back.Close()
	if _, err := snapshot.LoadFile(context.Background(), mem, "/b.rdb", snapshot.LoadOptions{Space: back,
		Limits: snapshot.LimitsOf(config.New().Values()), Now: time.Now, KeepExpired: true}); err != nil {
		t.Fatal(err)
	}
	snapshottest.Same(t, snapshottest.Content(back), want)
}
