package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"redline/lab"
	"redline/lab/drive"
	"redline/lab/record"
)

// feed attaches sinks to a spec and returns it.
func feed(sinks ...Sink) (*Feed, *lab.Spec) {
	spec := &lab.Spec{}
	f := NewFeed("lab", sinks...)
	f.now = func() time.Time { return time.Unix(100, 0) }
	f.Attach(spec)
	return f, spec
}

// play reports some of a run: preloading, samples, and one second of load.
func play(spec *lab.Spec) {
	spec.Progress(lab.Progress{Phase: record.PhasePreload, PerS: 1000, P50Ns: 5, P99Ns: 9, Completed: 100})
	spec.OnSample(&record.Sample{TNs: 1e9, Source: "server_proc", Values: map[string]float64{"cpu_user_ns": 1e9, "cpu_system_ns": 1e9, "rss_bytes": 5 << 20}})
	spec.OnSample(&record.Sample{TNs: 11e8, Source: "server_proc", Values: map[string]float64{"cpu_user_ns": 9e9, "cpu_system_ns": 1e9, "rss_bytes": 6 << 20}})
	spec.OnSample(&record.Sample{TNs: 2e9, Source: "server_proc", Values: map[string]float64{"cpu_user_ns": 15e8, "cpu_system_ns": 1e9, "rss_bytes": 7 << 20}})
	spec.OnSample(&record.Sample{TNs: 2e9, Source: "info", Values: map[string]float64{"info_keys": 100}})
	spec.Progress(lab.Progress{Phase: record.PhaseMeasure, Elapsed: time.Second, Of: 5 * time.Second})
	s := &drive.Snapshot{TNs: 2e9, DurNs: 1e9, Phase: record.PhaseMeasure, AskedPerS: 50, GotPerS: 49, ErrorClasses: map[string]int64{"reset": 1},
		Response: drive.Percentiles{Count: 49, P50: 1e6, P90: 2e6, P99: 3e6, P999: 4e6, Max: 5e6}, Ops: []drive.OpSnapshot{{Name: "get", GotPerS: 49}},
		Connections: 5, CPURatio: 0.25}
	s.Counts.Errors, s.Total.Completed, s.Total.Errors = 1, 49, 1
	for _, o := range spec.Observers {
		o.Show(s)
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	stream := NewStream(&out)
	f, spec := feed(stream)
	play(spec)
	f.Say("half way")
	if err := stream.Result(map[string]string{"verdict": "pass"}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines:\n%s", len(lines), out.String())
	}
	var pre, span Frame
	for i, to := range []*Frame{&pre, &span} {
		if err := json.Unmarshal([]byte(lines[i]), to); err != nil {
			t.Fatal(err)
		}
	}
	if pre.Phase != "preload" || pre.GotPerS != 1000 || pre.Total.Completed != 100 {
		t.Errorf("%+v", pre)
	}
	if span.Type != "span" || span.Title != "lab" || span.UnixNs != 100e9 || span.PhaseOfS != 5 || span.PhaseElapsedS != 1 || span.AskedPerS != 50 ||
		span.ResponseNs.P999 != 4e6 || span.Ops[0].Name != "get" || span.ErrorClasses["reset"] != 1 || span.Total.Errors != 1 {
		t.Errorf("%+v", span)
	}
	// Half a CPU second in a second: the sample in between was too near.
	if s := span.Server; s.CPURatio == nil || *s.CPURatio != 0.5 || *s.RSSBytes != 7<<20 || *s.Keys != 100 || s.Clients != nil {
		t.Errorf("%s", lines[1])
	}
	if lines[2] != `{"type":"note","text":"half way"}` || lines[3] != `{"type":"result","result":{"verdict":"pass"}}` {
		t.Errorf("%s\n%s", lines[2], lines[3])
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("the pipe is closed") }

func TestStreamError(t *testing.T) {
	t.Parallel()
	s := NewStream(failing{})
	s.Note("lost")
	if err := s.Result(nil); err == nil || !strings.Contains(err.Error(), "the pipe is closed") {
		t.Errorf("%v", err)
	}
}

// TestAttachKeeps calls what the spec had before as well.
func TestAttachKeeps(t *testing.T) {
	t.Parallel()
	progress, samples := 0, 0
	spec := &lab.Spec{Progress: func(lab.Progress) { progress++ }, OnSample: func(*record.Sample) { samples++ }}
	NewFeed("x").Attach(spec)
	play(spec)
	if progress != 2 || samples != 4 {
		t.Errorf("%d %d", progress, samples)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m, err := ServeMetrics(0)
	if err != nil {
		t.Fatal(err)
	}
	read := func() string {
		r, err := http.Get(m.URL())
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%d %v: %s", r.StatusCode, err, text)
		}
		return string(text)
	}
	if text := read(); strings.Contains(text, "redline_lab_backlog") {
		t.Errorf("before the first frame: %s", text)
	}
	_, spec := feed(m)
	play(spec)
	text := read()
	for _, want := range []string{
		`redline_lab_phase_info{phase="measure",title="lab"} 1`, `redline_lab_asked_per_second{op=""} 50`, `redline_lab_got_per_second{op="get"} 49`,
		`redline_lab_response_seconds{op="",quantile="0.99"} 0.003`, `redline_lab_errors_total 1`, `redline_lab_connections 5`,
		`redline_lab_generator_cpu_ratio 0.25`, `redline_lab_server_cpu_ratio 0.5`, "redline_lab_server_resident_bytes 7.340032e+06",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	var port int
	for _, c := range m.addr[strings.LastIndexByte(m.addr, ':')+1:] {
		port = port*10 + int(c-'0')
	}
	if _, err := ServeMetrics(port); err == nil || !strings.Contains(err.Error(), "choose another") {
		t.Errorf("a port in use: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestTerminal runs the program on plain streams: it draws, takes a key and
// gives the screen back.
func TestTerminal(t *testing.T) {
	t.Parallel()
	in, keys := io.Pipe()
	defer keys.Close()
	stopped := make(chan struct{})
	var out bytes.Buffer
	term := Open(in, &out, "lab", "somewhere", func() { close(stopped) })
	_, spec := feed(term)
	play(spec)
	term.Note("a note")
	if _, err := keys.Write([]byte("q")); err != nil {
		t.Fatal(err)
	}
	<-stopped
	if err := term.Close(); err != nil {
		t.Fatal(err)
	}
}
