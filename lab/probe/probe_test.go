package probe

import (
	"bufio"
	"context"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"redline/lab/record"
	"redline/lab/target"
)

const infoText = "# Server\r\nredis_version:7.0.15\r\nprocess_id:42\r\nadmin_addr:127.0.0.1:7001\r\n\r\n# Memory\r\nused_memory:1000\r\n" +
	"# Keyspace\r\ndb0:keys=3,expires=1,avg_ttl=0\r\ndb15:keys=4,expires=0,avg_ttl=0\r\ndbx:keys=9\r\n" +
	"cmdstat_get:calls=5,usec_per_call=1.5,nan=NaN,=3\r\nerrorstat_ERR:count=2\r\nmem_fragmentation_ratio:inf\r\n"

func TestInfo(t *testing.T) {
	info := ParseInfo(infoText)
	if id := info.Identify(); id != (Identity{"redis", "7.0.15", 42, "127.0.0.1:7001"}) {
		t.Errorf("%+v", id)
	}
	if info.keys() != 7 {
		t.Errorf("%d keys, want 7", info.keys())
	}
	v := info.values()
	want := map[string]float64{"info_used_memory_bytes": 1000, "info_keys": 7, "info_db0_keys": 3, "info_db0_expires": 1, "info_db0_avg_ttl": 0,
		"info_db15_keys": 4, "info_db15_expires": 0, "info_db15_avg_ttl": 0, "info_cmdstat_get_calls": 5, "info_cmdstat_get_usec_per_call": 1.5, "info_errorstat_ERR_count": 2}
	if !maps.Equal(v, want) {
		t.Errorf("%v, want %v", v, want)
	}
	for field, kind := range map[string]string{"redline_version:1\nredis_version:7.0.15": "redline", "valkey_version:8\nredis_version:7": "valkey",
		"dragonfly_version:df": "dragonfly", "garnet_version:1": "garnet", "x:y": "unknown"} {
		if got := ParseInfo(field).Identify().Kind; got != kind {
			t.Errorf("%q is %s, want %s", field, got, kind)
		}
	}
}

func FuzzParseInfo(f *testing.F) {
	f.Add(infoText)
	f.Fuzz(func(t *testing.T, text string) {
		info := ParseInfo(text)
		_ = info.Identify()
		_ = info.values()
	})
}

func TestParseMetrics(t *testing.T) {
	v := parseMetrics("# HELP x\ngo_goroutines 12\nredline_keys 5 1700000000\nlabelled{a=\"b\"} 3\nbad x\nnan NaN\n\n")
	if len(v) != 2 || v["goroutines"] != 12 || v["redline_keys"] != 5 {
		t.Errorf("%v", v)
	}
}

func TestListening(t *testing.T) {
	line := "   0: 0100007F:1A0B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0"
	if inode, ok := listening(line, 0x1a0b); !ok || inode != "12345" {
		t.Errorf("%q %v", inode, ok)
	}
	for _, other := range []string{"", "  sl  local_address rem_address   st tx_queue", strings.Replace(line, " 0A ", " 01 ", 1), strings.Replace(line, "1A0B", "1A0C", 1)} {
		if _, ok := listening(other, 0x1a0b); ok {
			t.Errorf("%q was taken for the listener", other)
		}
	}
}

// serveOne answers each command with the next reply.
func serveOne(t *testing.T, replies ...string) target.Target {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		sc := bufio.NewScanner(c)
		for _, r := range replies {
			for sc.Scan() && !strings.HasPrefix(sc.Text(), "*") { // one write a command: its head is enough
			}
			_, _ = c.Write([]byte(r))
		}
		for sc.Scan() {
		}
	}()
	return target.Target{Network: "tcp", Addr: ln.Addr().String()}
}

func TestFindServer(t *testing.T) {
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip("no procfs here")
	}
	tg := serveOne(t)
	for _, reported := range []int{0, os.Getpid(), 1, 1 << 30} {
		if pid, why := FindServer(tg, reported); pid != os.Getpid() {
			t.Errorf("reported %d: found %d (%s), want this process", reported, pid, why)
		}
	}
	if pid, why := FindServer(target.Target{Network: "tcp", Addr: "192.0.2.1:1"}, 1); pid != 0 || why == "" {
		t.Errorf("found %d on another host", pid)
	}
}

func TestClient(t *testing.T) {
	c, err := Dial(t.Context(), serveOne(t, "+PONG\r\n", "$"+strconv.Itoa(len(infoText))+"\r\n"+infoText+"\r\n", "-ERR no\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n, err := c.Keys(); err != nil || n != 7 {
		t.Errorf("%d keys, %v", n, err)
	}
	if _, err := c.Do("X"); err == nil || err.Error() != "ERR no" {
		t.Errorf("got %v", err)
	}
	if _, err := Dial(t.Context(), serveOne(t, "-NOAUTH Authentication required.\r\n")); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("got %v", err)
	}
}

func newWriter(t *testing.T) *record.Writer {
	t.Helper()
	w, err := record.Create(t.TempDir(), record.Run{ID: "r", SliceNs: 1e8}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestSampler(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no procfs here")
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("go_goroutines 9\n"))
	}))
	defer srv.Close()
	w := newWriter(t)
	s := &Sampler{Writer: w, PID: os.Getpid(), Metrics: srv.URL, Interval: time.Hour}
	s.Start(t.Context())
	s.Stop()
	if err := w.Finish(record.StateComplete, ""); err != nil {
		t.Fatal(err)
	}
	d, err := record.Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for smp, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		seen[smp.Source]++
		if smp.Source == "server_proc" && smp.Values["rss_bytes"] <= 0 {
			t.Errorf("%v", smp.Values)
		}
	}
	for _, source := range []string{"server_proc", "generator", "host", "metrics"} {
		if seen[source] != 2 {
			t.Errorf("%d samples of %s, want 2", seen[source], source)
		}
	}
}

func TestGoneServerIsMissing(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no procfs here")
	}
	w := newWriter(t)
	s := &Sampler{Writer: w, PID: 1 << 30, Interval: time.Hour}
	s.Start(t.Context())
	s.Stop()
	if err := w.Finish(record.StateComplete, ""); err != nil {
		t.Fatal(err)
	}
	d, err := record.Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range d.Run().Missing {
		if m.Part == "server_proc" && strings.Contains(m.Why, "gone") {
			return
		}
	}
	t.Errorf("missing: %v", d.Run().Missing)
}

func TestProfiles(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/debug/pprof/heap":
			_, _ = w.Write([]byte("\x1f\x8bdata"))
		case "/debug/pprof/mutex":
			_, _ = w.Write([]byte("plain text"))
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	w := newWriter(t)
	p := &Profiles{Base: srv.URL + "/debug/pprof/", Writer: w}
	if err := p.Fetch(context.Background(), "heap", ".before"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(w.Dir() + "/profiles/heap.before.pb.gz"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"mutex": "pprof format", "block": "404"} {
		if err := p.Fetch(context.Background(), name, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestConditions(t *testing.T) {
	c := Conditions()
	if c.OS == "" || c.CPUs < 1 || c.GoVersion == "" {
		t.Errorf("%+v", c)
	}
	if selected("always [madvise] never") != "madvise" || selected("plain") != "plain" {
		t.Error("selected")
	}
}
