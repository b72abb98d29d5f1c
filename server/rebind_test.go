package server_test

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"redline/server"
)

// freePort returns a TCP port that is free now, and a listener's that is taken.
func freePort(t *testing.T) (free, taken int) {
	t.Helper()
	a, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	free = a.Addr().(*net.TCPAddr).Port
	_ = a.Close()
	return free, b.Addr().(*net.TCPAddr).Port
}

func TestChangePort(t *testing.T) {
	s, c := run(t, "--bind", "127.0.0.1")
	ctx := context.Background()
	old := s.Addr().String()
	free, taken := freePort(t)
	conn := c.Conn() // one connection throughout
	defer conn.Close()

	err := conn.Do(ctx, "config", "set", "maxmemory", "5mb", "port", taken).Err()
	if err == nil || err.Error() != "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs." {
		t.Fatalf("%v", err)
	}
	if v := conn.ConfigGet(ctx, "maxmemory").Val()["maxmemory"]; v != "0" || s.Addr().String() != old {
		t.Errorf("maxmemory %s, address %v: not undone", v, s.Addr())
	}
	if err := conn.Do(ctx, "config", "set", "port", free).Err(); err != nil {
		t.Fatal(err)
	}
	if v := conn.Info(ctx, "server").Val(); !strings.Contains(v, "tcp_port:"+strconv.Itoa(free)+"\r\n") {
		t.Error("INFO does not show the new port")
	}
	if nc, err := net.Dial("tcp", old); err == nil {
		nc.Close()
		t.Error("the old port still answers")
	}
	now := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + strconv.Itoa(free)})
	defer now.Close()
	if err := now.Ping(ctx).Err(); err != nil {
		t.Error(err)
	}

	// The same port on other addresses, and an address that is not ours.
	if err := conn.Do(ctx, "config", "set", "bind", "* -::*").Err(); err != nil {
		t.Error(err)
	}
	err = conn.Do(ctx, "config", "set", "bind", "192.0.2.1").Err()
	if err == nil || !strings.HasSuffix(err.Error(), "Failed to bind to specified addresses.") {
		t.Errorf("%v", err)
	}
	if v := conn.ConfigGet(ctx, "bind").Val()["bind"]; v != "* -::*" {
		t.Errorf("bind is %q", v)
	}
	again := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + strconv.Itoa(free)})
	defer again.Close()
	if err := again.Ping(ctx).Err(); err != nil {
		t.Error(err)
	}
	if err := conn.Do(ctx, "config", "set", "port", "0").Err(); err == nil {
		t.Error("the server agreed to listen on nothing")
	}
}

func TestRenameCommand(t *testing.T) {
	_, c := run(t, "--rename-command", "flushall", "", "--rename-command", "CONFIG", "cfg")
	ctx := context.Background()
	if err := c.FlushAll(ctx).Err(); err == nil || !strings.Contains(err.Error(), "unknown command 'flushall'") {
		t.Errorf("%v", err)
	}
	if err := c.Do(ctx, "cfg", "get", "port").Err(); err != nil {
		t.Error(err)
	}
}

// TestChangeLogLevel raises loglevel at run time: what the server says at its end is then no longer written.
func TestChangeLogLevel(t *testing.T) {
	for level, said := range map[string]bool{"notice": true, "warning": false} {
		var log bytes.Buffer
		cfg := server.NewConfig()
		cfg.FreePort, cfg.Log = true, &log
		s, err := server.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx) }()
		c := redis.NewClient(&redis.Options{Addr: s.Addr().String()})
		if err := c.ConfigSet(ctx, "loglevel", level).Err(); err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "bye"); got != said {
			t.Errorf("with loglevel %s the end of the server is in the log: %v", level, got)
		}
	}
}
