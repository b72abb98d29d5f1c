//go:build unix

package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"redline/lab/probe/perf"
	"redline/lab/record"
	"redline/lab/target"
)

// goTarget is a server in this process that answers every command and offers
// pprof, but for the paths that http answers itself.
func goTarget(t *testing.T, handlers map[string]http.HandlerFunc) target.Target {
	t.Helper()
	mux := http.NewServeMux()
	for path, h := range map[string]http.HandlerFunc{"/": pprof.Index, "/profile": pprof.Profile, "/trace": pprof.Trace} {
		if own, ok := handlers[path]; ok {
			h = own
		}
		mux.HandleFunc("/debug/pprof"+path, h)
	}
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "go_goroutines 5") })
	admin := httptest.NewServer(mux)
	t.Cleanup(admin.Close)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	info := fmt.Sprintf("redis_version:7.0.0\r\nprocess_id:%d\r\nadmin_addr:%s\r\n", os.Getpid(), strings.TrimPrefix(admin.URL, "http://"))
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go answerAll(c, info)
		}
	}()
	return target.Target{Network: "tcp", Addr: ln.Addr().String()}
}

// answerAll is a connection of goTarget.
func answerAll(c net.Conn, info string) {
	defer c.Close()
	in, out := bufio.NewReader(c), bufio.NewWriter(c)
	for {
		head, err := in.ReadString('\n')
		if err != nil {
			return
		}
		n, _ := strconv.Atoi(strings.Trim(head, "*\r\n"))
		name := ""
		for i := range n {
			_, _ = in.ReadString('\n') // the length: no argument here holds a line end
			arg, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if i == 0 {
				name = strings.ToUpper(strings.TrimSpace(arg))
			}
		}
		switch name {
		case "PING":
			_, _ = out.WriteString("+PONG\r\n")
		case "INFO":
			fmt.Fprintf(out, "$%d\r\n%s\r\n", len(info), info)
		case "DBSIZE":
			_, _ = out.WriteString(":0\r\n")
		case "GET", "SET", "INCR", "DEL", "UNLINK":
			_, _ = out.WriteString(":1\r\n")
		default:
			_, _ = out.WriteString("-ERR unknown command\r\n")
		}
		if in.Buffered() == 0 {
			if out.Flush() != nil {
				return
			}
		}
	}
}

// recorded opens a directory and returns why parts of it are missing.
func recorded(t *testing.T, dir string) (d *record.Dir, why map[string]string) {
	t.Helper()
	d, err := record.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	why = map[string]string{}
	for _, m := range d.Run().Missing {
		why[m.Part] = m.Why
	}
	return d, why
}

// hasOrSays fails unless a file is there or, on a machine without the time or the
// rights for it, is said to be missing.
func hasOrSays(t *testing.T, dir string, why map[string]string, names ...string) {
	t.Helper()
	for _, name := range names {
		part, _, _ := strings.Cut(name, ".")
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil && why[part] == "" {
			t.Errorf("%s is neither there nor said to be missing: %v", name, why)
		}
	}
}

func deepSpec(t *testing.T, tg target.Target) Spec {
	s := spec(t)
	s.Kind, s.Target, s.Profiles, s.Deep, s.perfFor = "profile", tg, true, true, 500*time.Millisecond
	return s
}

func TestDeepCapture(t *testing.T) {
	out, err := Run(t.Context(), deepSpec(t, goTarget(t, nil)))
	if err != nil {
		t.Fatal(err)
	}
	d, why := recorded(t, out.Dir)
	hasOrSays(t, out.Dir, why, "profiles/cpu.pb.gz", "profiles/perf.pb.gz", "profiles/trace.out", "profiles/trace.json", "server/slowlog.json", "server/hotkeys.json")
	for _, name := range []string{"goroutine", "heap", "allocs", "mutex", "block"} {
		for _, suffix := range []string{"", ".before"} {
			if _, ok := d.Profile(name + suffix); !ok {
				t.Errorf("no profile %s%s: %v", name, suffix, why)
			}
		}
	}
	last := d.Run().Phases[len(d.Run().Phases)-1]
	if last.Name != record.PhaseCapture || last.EndNs <= last.StartNs {
		t.Errorf("the last phase is %+v", last)
	}
	for s, err := range d.Slices() {
		if err != nil || s.TNs >= last.StartNs {
			t.Errorf("a slice of the capture was recorded: %+v %v", s, err)
			break
		}
	}
	captures, ok, err := d.Captures()
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	for _, c := range captures {
		phase := map[string]string{"profiles/trace.out": "capture", "profiles/goroutine.pb.gz": "measure", "profiles/perf.pb.gz": "capture"}[c.File]
		if c.ToNs < c.FromNs || phase != "" && c.Phase != phase {
			t.Errorf("%+v, want phase %s", c, phase)
		}
	}
	if _, err := os.Stat(filepath.Join(out.Dir, "findings.json")); err != nil {
		t.Error(err)
	}
}

// TestCaptureOfDyingTarget has the profiler's listener die midway: what was there
// before and everything else is delivered, and the rest named.
func TestCaptureOfDyingTarget(t *testing.T) {
	die := func(w http.ResponseWriter, _ *http.Request) {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = c.Close()
		}
	}
	out, err := Run(t.Context(), deepSpec(t, goTarget(t, map[string]http.HandlerFunc{
		"/profile": die,
		"/trace":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "go 1.26 trace\x00\x00\x00then nothing") }})))
	if err != nil {
		t.Fatal(err)
	}
	d, why := recorded(t, out.Dir)
	for _, part := range []string{"profiles/cpu", "profiles/trace", "server/slowlog", "server/hotkeys"} {
		if why[part] == "" {
			t.Errorf("%s is not named as missing: %v", part, why)
		}
	}
	if _, ok := d.Profile("heap"); !ok || out.Summary.Operations == 0 {
		t.Errorf("the rest was not delivered: %+v", out.Summary)
	}
}

func TestDeepCaptureWithoutPprof(t *testing.T) {
	r := redis(t)
	out, err := Run(t.Context(), deepSpec(t, r.target))
	if err != nil {
		t.Fatal(err)
	}
	d, why := recorded(t, out.Dir)
	hasOrSays(t, out.Dir, why, "profiles/perf.pb.gz", "server/slowlog.json", "server/latency.json", "server/clients.json")
	for _, part := range []string{"pprof", "profiles/trace", "server/hotkeys", "server/bigkeys"} {
		if why[part] == "" {
			t.Errorf("%s is not named as missing: %v", part, why)
		}
	}
	for _, p := range d.Run().Phases {
		if p.Name == record.PhaseCapture {
			t.Error("the load was applied again with nothing to capture")
		}
	}
}

// awaitCaptures waits until a file of the run has been captured in n stretches, or
// until it is clear that this machine is too busy for that.
func awaitCaptures(ctx context.Context, dir, file string, n int) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		text, _ := os.ReadFile(filepath.Join(dir, record.CapturesFile))
		if strings.Count(string(text), file) >= n {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func TestSessionCapture(t *testing.T) {
	s := deepSpec(t, goTarget(t, nil))
	s.Workload.Name = "storm"
	dir, err := Attend(t.Context(), s, func(ctx context.Context, s *Session) error {
		if err := s.Fill(ctx, loadOf(t, "set=1", time.Second), 1000); err != nil {
			return err
		}
		_, err := s.During(ctx, loadOf(t, "get=1", time.Second), func(ctx context.Context) error {
			awaitCaptures(ctx, s.Writer().Dir(), "cpu.pb.gz", 2)
			return nil
		})
		_, again := s.Load(ctx, loadOf(t, "get=1", time.Second))
		return errors.Join(err, again)
	})
	if err != nil {
		t.Fatal(err)
	}
	d, why := recorded(t, dir)
	hasOrSays(t, dir, why, "profiles/cpu.pb.gz", "profiles/trace.out", "profiles/trace.fill.out", "profiles/trace.json", "profiles/goroutine.pb.gz")
	if _, ok := d.Profile("heap.before"); !ok {
		t.Errorf("no profile of the heap before: %v", why)
	}
}

// TestPerfThatCannotBe names why there is no perf: no process, or none that may be
// looked at.
func TestPerfThatCannotBe(t *testing.T) {
	w, err := record.Create(t.TempDir(), record.Run{ID: "r", SliceNs: SliceNs}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := &run{spec: &Spec{}, w: w, start: time.Now()}
	c := &capture{r: r, missing: map[string]string{}}
	c.openPerf()
	if c.perf != nil || !strings.Contains(c.missing["profiles/perf"], "not known") {
		t.Errorf("%v %v", c.perf, c.missing)
	}
	c.cpu = [][]byte{[]byte("odd"), []byte("parts")}
	c.stored("profiles/heap", errors.New("no\nroom"))
	c.spans = []record.Capture{{File: "profiles/heap.pb.gz"}} // it came later
	c.traces = []string{"trace"}                              // whose file is gone
	c.close()
	if err := w.Finish(record.StateComplete, ""); err != nil {
		t.Fatal(err)
	}
	_, why := recorded(t, w.Dir())
	if why["profiles/perf"] == "" || !strings.Contains(why["profiles/cpu"], "damaged") || why["profiles/trace"] == "" || why["profiles/heap"] != "" {
		t.Errorf("missing: %v", why)
	}
}

func TestPerfThatFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "perf")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho 'Error:'; echo 'Permission denied'; exit 255\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	r := &run{spec: &Spec{}, start: time.Now(), pid: os.Getpid()}
	c := &capture{r: r, missing: map[string]string{}, perf: &perf.Recorder{PID: r.pid, Dir: t.TempDir(), Path: path}}
	var err error
	if r.w, err = record.Create(t.TempDir(), record.Run{ID: "r", SliceNs: SliceNs}, r.start); err != nil {
		t.Fatal(err)
	}
	next := false
	c.record(t.Context(), time.Second, func() { next = true })
	if !next || !strings.Contains(c.missing["profiles/perf"], "perf_event_paranoid") {
		t.Errorf("next %v, missing %v", next, c.missing)
	}
}
