package server

import (
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"redline/server/internal/pubsub"
	"redline/server/internal/rig"
	"redline/vfs"
)

// withSavePoint makes a server without sockets that saves to mem after 60 s with 2 changes.
func withSavePoint(t *testing.T, mem vfs.FS, full *atomic.Bool) *rig.Rig {
	s := &Server{broker: pubsub.NewBroker()}
	r := rig.New(t, s.families()...)
	s.hub, s.cfg = r.Hub, r.Hub.Config
	r.NowMs.Store(time.Now().UnixMilli())
	if err := r.Hub.Config.LoadArgs([]string{"--dir", "/", "--save", "60", "2"}); err != nil {
		t.Fatal(err)
	}
	r.Hub.Saves = newSaves(r.Hub, vfs.Inject(mem, func(op vfs.Op) error {
		if full.Load() && op.Kind == vfs.OpWrite {
			return syscall.ENOSPC
		}
		return nil
	}))
	s.wireSaves()
	return r
}

// TestSavePoints: a save point that is due writes the file, a disk that fails has writers refused until it works again.
func TestSavePoints(t *testing.T) {
	var full atomic.Bool
	mem := vfs.NewMem()
	r := withSavePoint(t, mem, &full)
	now := r.NowMs.Load()
	c := r.Client(t)
	want := func(cmd, reply string) {
		t.Helper()
		if got := c.Do(strings.Fields(cmd)...); !strings.HasPrefix(got, reply) {
			t.Errorf("%s: %q, want %q", cmd, got, reply)
		}
	}
	tick := func() { // and waits for what it began
		r.Hub.Saves.Tick()
		for give := time.Now().Add(20 * time.Second); r.Hub.Saves.Status().Saving; time.Sleep(time.Millisecond) {
			if time.Now().After(give) {
				t.Fatal("the snapshot does not end")
			}
		}
	}
	saved := func() bool { _, err := mem.Stat("/dump.rdb"); return err == nil }
	want("SET a 1", "+OK")
	r.NowMs.Store(now + 61_000)
	if tick(); saved() {
		t.Error("one change was enough")
	}
	want("SET b 1", "+OK")
	if tick(); !saved() || r.Hub.Saves.Changes() != 0 {
		t.Errorf("nothing was saved, %d changes left", r.Hub.Saves.Changes())
	}
	full.Store(true)
	want("SET a 2", "+OK")
	want("SET a 3", "+OK")
	r.NowMs.Store(now + 130_000)
	tick()
	want("SET a 4", "-MISCONF Redis is configured to save RDB snapshots")
	want("PING", "-MISCONF")
	want("GET a", "$1\r\n3")
	want("MULTI", "+OK")
	want("SET a 5", "-MISCONF")
	want("EXEC", "-EXECABORT")
	want("CONFIG SET stop-writes-on-bgsave-error no", "+OK")
	want("SET a 6", "+OK")
	want("CONFIG SET stop-writes-on-bgsave-error yes", "+OK")
	full.Store(false)
	r.NowMs.Store(now + 131_000)
	if tick(); r.Hub.Saves.Deny() == "" {
		t.Error("it was tried again too soon")
	}
	r.NowMs.Store(now + 140_000)
	tick()
	want("SET a 7", "+OK")
	want("LASTSAVE", ":")
	want("BGSAVE NOW", "-ERR syntax error")
	full.Store(true)
	want("SAVE", "-ERR the data could not be saved")
	full.Store(false)
	want("SAVE", "+OK")
	want("FLUSHALL", "+OK")
	tick()
	if n := r.Hub.Saves.Changes(); n != 0 {
		t.Errorf("after FLUSHALL %d changes are not in the file", n)
	}
}
