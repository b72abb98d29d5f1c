package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"redline/server"
)

// run starts a server and returns a client of it; both end with the test.
func run(t *testing.T, directives ...string) (*server.Server, *redis.Client) {
	t.Helper()
	cfg := server.NewConfig()
	cfg.FreePort = true
	cfg.Log = io.Discard
	if err := cfg.LoadArgs(directives); err != nil {
		t.Fatal(err)
	}
	s, err := server.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	c := redis.NewClient(&redis.Options{Addr: s.Addr().String()})
	t.Cleanup(func() {
		c.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, c
}

func TestGoRedis(t *testing.T) {
	_, c := run(t)
	ctx := context.Background()
	if err := c.Set(ctx, "k", "v", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Get(ctx, "k").Result(); v != "v" || err != nil {
		t.Fatalf("%q %v", v, err)
	}
	if d, err := c.TTL(ctx, "k").Result(); d <= 59*time.Minute || err != nil {
		t.Fatalf("%v %v", d, err)
	}
	if err := c.Get(ctx, "absent").Err(); err != redis.Nil {
		t.Fatal(err)
	}
	cmds, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range 100 {
			p.Incr(ctx, fmt.Sprint("n", i%10))
		}
		return nil
	})
	if err != nil || cmds[99].(*redis.IntCmd).Val() != 10 {
		t.Fatalf("%v %v", cmds[99], err)
	}
	var keys []string
	for it := c.Scan(ctx, 0, "n*", 3).Iterator(); it.Next(ctx); {
		keys = append(keys, it.Val())
	}
	if len(keys) != 10 {
		t.Fatalf("SCAN gave %v", keys)
	}
}

// TestManyClients has clients of several connections count in the same keys: no increment may be lost.
func TestManyClients(t *testing.T) {
	_, c := run(t)
	ctx := context.Background()
	const workers, each = 16, 300
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				if err := c.Incr(ctx, fmt.Sprint("n", (w+i)%4)).Err(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	sum := 0
	for i := range 4 {
		n, err := c.Get(ctx, fmt.Sprint("n", i)).Int()
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if sum != workers*each {
		t.Fatalf("%d, want %d", sum, workers*each)
	}
}

// TestExpiryPunctual expects keys to be gone, and freed, without anyone touching them.
func TestExpiryPunctual(t *testing.T) {
	_, c := run(t)
	ctx := context.Background()
	const n = 20_000
	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range n {
			p.Set(ctx, fmt.Sprint("k", i), "v", 300*time.Millisecond)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; {
		keys, _, err := c.Scan(ctx, 0, "", 10).Result()
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("keys outlive their deadline: %v", keys)
		}
	}
}

func TestAdmin(t *testing.T) {
	l := listen(t)
	addr, port := l.Addr().String(), portOf(l)
	l.Close()
	_, c := run(t, "--admin-port", port)
	if err := c.Set(context.Background(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/healthz":                       `"status":"ok"`,
		"/metrics":                       `redline_command_calls_total{command="set"} 1`,
		"/debug/pprof/":                  "goroutine",
		"/debug/pprof/heap?debug=1":      "heap profile",
		"/debug/pprof/mutex?debug=1":     "mutex",
		"/debug/pprof/goroutine?debug=1": "goroutine profile",
		"/":                              "Redline admin",
	} {
		r, err := http.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != 200 || !bytes.Contains(b, []byte(want)) {
			t.Errorf("%s: status %d, %v: no %q in %.200q", path, r.StatusCode, err, want, b)
		}
	}
}

// listen takes a free port.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func portOf(l net.Listener) string { return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) }

func TestOpenErrors(t *testing.T) {
	busy := listen(t)
	defer busy.Close()
	port := portOf(busy)
	for _, x := range []struct {
		args []string
		want string
	}{
		{[]string{"--port", port, "--bind", "127.0.0.1"}, "it is in use"},
		{[]string{"--port", "0"}, "nothing to listen on"},
		{[]string{"--port", "0", "--unixsocket", "/does/not/exist/s"}, "check that the directory exists"},
		{[]string{"--bind", "192.0.2.1", "--port", "1"}, "192.0.2.1"},
		{[]string{"--logfile", "/does/not/exist/log"}, "logfile"},
		{[]string{"--admin-port", port, "--port", "0", "--unixsocket", filepath.Join(t.TempDir(), "s")}, "admin-port"},
	} {
		cfg := server.NewConfig()
		cfg.Log = io.Discard
		if err := cfg.LoadArgs(x.args); err != nil {
			t.Fatal(err)
		}
		s, err := server.Open(cfg)
		if err == nil {
			s.Close()
			t.Errorf("%v: opened", x.args)
			continue
		}
		if !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %q, want one line with %q", x.args, err, x.want)
		}
	}
}

func TestServeEndsByClose(t *testing.T) {
	cfg := server.NewConfig()
	cfg.FreePort = true
	cfg.Log = io.Discard
	s, err := server.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- s.Serve(context.Background()) }()
	s.Close()
	s.Close() // twice is harmless
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// ExampleOpen embeds a server in a Go program.
func ExampleOpen() {
	cfg := server.NewConfig()
	cfg.FreePort = true
	cfg.Log = io.Discard
	s, err := server.Open(cfg)
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx) }()

	c := redis.NewClient(&redis.Options{Addr: s.Addr().String()})
	c.Set(ctx, "greeting", "hello", 0)
	fmt.Println(c.Get(ctx, "greeting").Val())
	c.Close()

	stop()
	fmt.Println(<-ended)
	// Output:
	// hello
	// <nil>
}
