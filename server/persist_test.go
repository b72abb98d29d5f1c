package server

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"redline/resp"
	"redline/vfs"
)

// life is one run of an embedded server over a file system in memory, in simulated time.
type life struct {
	t      *testing.T
	s      *Server
	served chan error
	conn   net.Conn
	r      *resp.Reader
}

func live(t *testing.T, fsys vfs.FS, directives ...string) *life {
	t.Helper()
	cfg := NewConfig()
	cfg.Log, cfg.Embedded, cfg.FS = io.Discard, true, fsys
	for i := 0; i < len(directives); i += 2 {
		if err := cfg.Set(directives[i], directives[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l := &life{t: t, s: s, served: make(chan error)}
	go func() {
		err := s.Serve(context.Background())
		for { // whoever asks, until nobody can any more
			select {
			case l.served <- err:
			case <-t.Context().Done():
				close(l.served)
				return
			}
		}
	}()
	l.conn = s.Conn()
	l.r = resp.NewReader(l.conn)
	t.Cleanup(func() {
		l.s.Close()
		l.conn.Close()
		<-l.served
	})
	return l
}

func (l *life) do(args ...string) string {
	l.t.Helper()
	if _, err := l.conn.Write(resp.AppendCommandStrings(nil, args...)); err != nil {
		l.t.Fatal(err)
	}
	v, err := l.r.Read()
	if err != nil {
		l.t.Fatal(err)
	}
	return plain(v)
}

// plain is a reply without its marks.
func plain(v resp.Value) string {
	switch {
	case v.IsNull():
		return "nil"
	case len(v.Elems) > 0:
		var words []string
		for _, e := range v.Elems {
			words = append(words, plain(e))
		}
		return "[" + strings.Join(words, " ") + "]"
	case v.Kind == resp.KindInt:
		return fmt.Sprint(v.Int)
	}
	return string(v.Str)
}

func (l *life) want(reply string, args ...string) {
	l.t.Helper()
	if got := l.do(args...); got != reply {
		l.t.Fatalf("%v: %q, expected %q", args, got, reply)
	}
}

// end stops the server in order.
func (l *life) end() {
	l.t.Helper()
	l.s.Close()
	if err := <-l.served; err != nil {
		l.t.Fatal(err)
	}
}

// until asks INFO again and again until a field has a value.
func (l *life) until(field, value string) {
	l.t.Helper()
	for range 1000 {
		if strings.Contains(l.do("INFO", "persistence"), field+":"+value+"\r\n") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	l.t.Fatalf("%s never became %s: %s", field, value, l.do("INFO", "persistence"))
}

func TestLogRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := vfs.NewMem()
		for run := range 4 {
			l := live(t, m, "dir", "/", "appendonly", "yes")
			for i := range run {
				l.want(fmt.Sprint(i*10), "GET", fmt.Sprint("k", i))
				l.want("3", "LLEN", "list")
			}
			l.want("OK", "SET", fmt.Sprint("k", run), fmt.Sprint(run*10))
			if run == 0 {
				l.want("3", "RPUSH", "list", "a", "b", "c")
				l.want("OK", "SELECT", "5")
				l.want("OK", "SET", "other", "x", "EX", "100")
			}
			if run == 2 {
				l.want("Background append only file rewriting started", "BGREWRITEAOF")
				l.until("aof_rewrites", "1")
			}
			time.Sleep(20 * time.Second)
			l.end()
		}
		l := live(t, m, "dir", "/", "appendonly", "yes")
		l.want("OK", "SELECT", "5")
		l.want("20", "TTL", "other")
		time.Sleep(21 * time.Second)
		l.want("0", "EXISTS", "other")
		l.end()
	})
}

func TestLogSwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := vfs.NewMem()
		l := live(t, m, "dir", "/", "appendonly", "yes", "appendfsync", "always")
		l.want("OK", "SET", "a", "1")
		l.want("OK", "CONFIG", "SET", "appendonly", "no")
		time.Sleep(time.Second)
		l.want("OK", "SET", "b", "2")
		l.want("OK", "CONFIG", "SET", "appendonly", "yes")
		l.until("aof_rewrites", "1")
		l.want("OK", "SET", "c", "3")
		m = m.Crash(rand.New(rand.NewPCG(1, 2)))
		l.conn.Close()
		l.s.Close()
		<-l.served
		l = live(t, m, "dir", "/", "appendonly", "yes")
		l.want("[1 2 3]", "MGET", "a", "b", "c")
		l.want("OK", "DEBUG", "LOADAOF")
		l.want("[1 2 3]", "MGET", "a", "b", "c")
		l.want("[1 0]", "WAITAOF", "1", "0", "0")
		l.want("OK", "SET", "d", "4")
		l.want("[1 0]", "WAITAOF", "1", "0", "0")
		l.want("[1 0]", "WAITAOF", "1", "1", "50")
		l.end()
	})
}

// TestLogFails has the disk fail and work again: acknowledged writes are kept, others get an error, reads go on.
func TestLogFails(t *testing.T) {
	for _, policy := range []string{"always", "everysec"} {
		synctest.Test(t, func(t *testing.T) {
			m := vfs.NewMem()
			var broken atomic.Bool
			fsys := vfs.Inject(m, func(op vfs.Op) error {
				if broken.Load() && (op.Kind == vfs.OpWrite || op.Kind == vfs.OpSync) {
					return syscall.ENOSPC
				}
				return nil
			})
			l := live(t, fsys, "dir", "/", "appendonly", "yes", "appendfsync", policy)
			l.want("OK", "SET", "a", "1")
			time.Sleep(2 * time.Second)
			broken.Store(true)
			const refused = "MISCONF Errors writing to the AOF file: No space left on device"
			l.want(refused, "SET", "a", "2")
			l.want(refused, "SET", "b", "2")
			l.want(refused, "PING")
			l.want("nil", "GET", "b")
			l.until("aof_last_write_status", "err")
			broken.Store(false)
			l.until("aof_last_write_status", "ok")
			l.want("OK", "SET", "c", "3")
			l.want("[1 0]", "WAITAOF", "1", "0", "0")
			m = m.Crash(rand.New(rand.NewPCG(1, 2)))
			l.conn.Close()
			l.s.Close()
			<-l.served
			l = live(t, m, "dir", "/", "appendonly", "yes")
			l.want("nil", "GET", "b")
			l.want("3", "GET", "c")
			l.end()
		})
	}
}

// TestLogAdopts starts with appendonly where there is an RDB file only.
func TestLogAdopts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := vfs.NewMem()
		l := live(t, m, "dir", "/")
		l.want("OK", "SET", "a", "1")
		l.want("OK", "SAVE")
		l.end()
		for range 2 {
			l = live(t, m, "dir", "/", "appendonly", "yes", "appendfsync", "always")
			l.want("1", "GET", "a")
			m = m.Crash(rand.New(rand.NewPCG(1, 2)))
			l.conn.Close()
			l.s.Close()
			<-l.served
		}
	})
}

func TestLogLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := vfs.NewMem()
		l := live(t, m, "dir", "/", "appendonly", "yes")
		l.want("PONG", "PING")
		cfg := NewConfig()
		cfg.Log, cfg.Embedded, cfg.FS = io.Discard, true, m
		_ = cfg.Set("dir", "/")
		_ = cfg.Set("appendonly", "yes")
		s, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Serve(context.Background()); err == nil || !strings.Contains(err.Error(), "another server uses") {
			t.Error(err)
		}
		l.end()
	})
}
