package file

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"redline/lab/workload"
)

const sample = `name: shop
loop: partly-open
arrivals: poisson
connections: 20
threads: 2
timeout: 2s
seed: 7
session: {requests: uniform:1-20, think: exponential:50ms}
values: {size: lognormal:100B:2KB, per-key: true, compressible: 30%}
keys:
  - count: 10k
    name: user
    pattern: "u:{n}:data"
    distribution: hotspot:80%:20%
    type: hash
    members: uniform:5-20
    ttl: 1h
  - name: cart
    count: 1k
    preload: false
    values: 32B
operations:
  - name: read
    weight: 90%
    command: HGET {key:user} {member}
    slo: [response.p99 < 5ms, errors < 1%]
  - name: buy
    weight: 0.1
    transaction:
      - INCR {key:cart}
      - HSET {key:user} last "at {now}"
phases:
  - {shape: constant, rate: 100/s, for: 1s, warmup: true}
  - {shape: ramp, from: 100, to: 1k, for: 2500ms}
  - {shape: steps, from: 1k, to: 3k, step: 1k, each: 10s}
  - {shape: sine, rate: 1k, swing: 500, period: 10s, for: 20s}
  - {shape: spike, rate: 100, peak: 1k, before: 1s, for: 1s, after: 1s, label: rush}
thresholds:
  - throughput >= 99%
  - buy.service.max <= 1s
  - response.p99 < 20ms in rush after
stop: {window: 2s, windows: 3}
`

func TestParse(t *testing.T) {
	s, err := Parse("f", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	if s.Loop != workload.PartlyOpen || s.Connections != 20 || s.Timeout != 2*time.Second || s.Keys.Count != 10_000 || s.Keys.Data.Members.Max != 20 ||
		len(s.Groups) != 1 || !s.Groups[0].Data.NoPreload || s.Groups[0].Data.Values.Size.Value != 32 {
		t.Errorf("%+v", s)
	}
	if o := s.Ops[1]; !o.Transaction || !o.Writes || len(o.Commands) != 2 || o.Commands[1][3] != "at {now}" || o.Weight != 0.1 {
		t.Errorf("%+v", o)
	}
	if o := s.Ops[0]; o.Writes || o.Weight != 0.9 || len(o.SLO) != 2 {
		t.Errorf("%+v", o)
	}
	if st := s.Stages(); len(st) != 9 || st[0].Name != "warmup" || st[2].Label != "step 1 of 3" || st[8].Label != "rush after" {
		t.Errorf("%+v", st)
	}
	if d := s.Duration(); d != 56_500*time.Millisecond {
		t.Errorf("it takes %v", d)
	}
}

func TestRoundTrip(t *testing.T) {
	s, err := Parse("f", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	text := Format(&s)
	again, err := Parse("again", text)
	if err != nil || !reflect.DeepEqual(s, again) {
		t.Errorf("%v\n%s\n%+v\n%+v", err, text, s, again)
	}
}

// Each is one wrong thing; want is the start and the end of the message.
func TestErrors(t *testing.T) {
	const ops = "operations: get\n"
	for _, c := range []struct{ text, place, why string }{
		{"", "f", "empty"},
		{"# only a comment\n", "f", "empty"},
		{"a: b: c\n", "f:1:", "not YAML"},
		{ops + "conections: 5\n", "f:2:1: conections", "did you mean connections?"},
		{ops + "connections: 5\nconnections: 6\n", "f:3:1", ""},
		{ops + "connections: many\n", "f:2:1: connections", "does not begin with a number"},
		{ops + "connections: 0.5\n", "f:2:1: connections", "want a whole number"},
		{ops + "connections: 0\n", "f:2:1: connections", "connections is 0: want 1 to"},
		{ops + "connections:\n", "f:2:1: connections", "no value"},
		{ops + "connections: [1]\n", "f:2:1: connections", "want a single value"},
		{ops + "timeout: 5 parsecs\n", "f:2:1: timeout", "write it as 30s"},
		{ops + "rate: 10k/fortnight\n", "f:2:1: rate", "want /s, /min or /h"},
		{ops + "loop: circular\n", "f:2:1: loop", "want open, closed or partly-open"},
		{ops + "think: 5ms\n", "f:2:1: think", "only a closed one has that"},
		{ops + "values: {size: 1TB}\n", "f:2:10: values.size", "none of B, KB, MB and GB"},
		{ops + "values: 1000GB\n", "f:2:1: values", "want 0 to"},
		{ops + "keys:\n  count: 10\n  distribution: zipf:x\n", "f:4:3: keys.distribution", "zipf:0.99"},
		{ops + "keys:\n  count: 10\n  type: heap\n", "f:2:1: keys", "want string, hash"},
		{ops + "keys:\n  - count: 10\n  - count: 20\n", "f:4:5: keys[1]", "needs a name"},
		{ops + "keys:\n  - count: 10\n  - {name: a, pattern: b}\n", "f:2:1: keys", "one {n}"},
		{"operations: gett\n", "f:1:1: operations", "unknown operation"},
		{"operations:\n  - name: a\n    command: GET {kye}\n", "f:2:5: operations[0]", "meant {key}?"},
		{"operations:\n  - name: a\n    comand: GET {key}\n", "f:3:5: operations[0].comand", "did you mean command?"},
		{"operations:\n  - name: a\n    command: GET {key:users}\n", "f:2:5: operations[0]", "no group of keys"},
		{"operations:\n  - name: a\n    command: FLUSHALL\n", "f:2:5: operations[0]", "not the run's own"},
		{"operations:\n  - name: a\n    command: SET mykey {value}\n", "f:2:5: operations[0]", "begin it with {key}"},
		{"operations:\n  - name: a\n    command: SET {key}:{int} {value}\n", "f:2:5: operations[0]", "group of its own"},
		{"operations:\n  - name: a\n    command: CONFIG SET maxmemory 5\n", "f:2:5: operations[0]", "server's settings"},
		{"operations:\n  - name: a\n    command: SUBSCRIBE x\n", "f:2:5: operations[0]", "one reply"},
		{"operations:\n  - name: a\n    command: SET {key} \"x\n", "f:3:", "not closed"},
		{"operations:\n  - name: a\n", "f:2:5: operations[0]", "no command"},
		{"operations:\n  - name: a\n    command: GET {key}\n    pipeline: [PING]\n", "f:4:5: operations[0].pipeline", "one of command, pipeline and transaction"},
		{"operations:\n  - name: a\n    command: GET {key}\n    slo: [p99 < 5ms]\n", "f:4:11: operations[0].slo[0]", "is not a figure"},
		{"operations:\n  - name: a\n    command: GET {key}\n  - name: a\n    command: PING\n", "f:4:5: operations[1]", "given twice"},
		{ops + "thresholds: [response.p99 < 5ms, put.errors < 1%]\n", "f:2:34: thresholds[1]", "there is no operation put"},
		{ops + "thresholds: [response.p99 < 5ms in orbit]\n", "f:2:14: thresholds[0]", "no measured stage"},
		{ops + "stop: {window: 1s}\n", "f:2:1: stop", "needs thresholds"},
		{ops + "phases:\n  - {shape: wave, for: 5s}\n", "f:3:6: phases[0]", "want constant, ramp"},
		{ops + "phases:\n  - {rate: 5, for: 5s}\nrate: 10\n", "f:4:1: rate", "keep one of"},
		{ops + "phases:\n  - {rate: 0, for: 5s}\n", "f:2:1: phases", "give a rate"},
		{ops + "phases:\n  - {shape: curve, file: x.csv}\n", "f:3:6: phases[0]", "cannot read the curve"},
		{ops + "test: stres\n", "f:2:1: test", "want load, stress"},
		{"rate: 10k/s\n", "f:1:1", "operations is missing"},
		{"- a\n- b\n", "f:1:", "want fields here"},
		{ops + "---\n" + ops, "f", "more than one document"},
		{ops + "name: *x\n", "f:2:", ""},
	} {
		_, err := Parse("f", []byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.place) || !strings.Contains(err.Error(), c.why) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q:\n got %v\nwant %s ... %s", c.text, err, c.place, c.why)
		}
	}
}

func TestReadCurveBesideFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("day.csv", "time,rate\n# night\n0,100\n1m, 200/s\n1m,1k\n2m30s,0\n")
	write("w.yaml", "operations: get\nphases:\n  - {shape: curve, file: day.csv, scale: 200%, for: 5m}\n")
	s, err := Read(filepath.Join(dir, "w.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := []workload.Phase{{Name: "measure", Duration: 2 * time.Minute, RateFrom: 200, RateTo: 400}, {Name: "measure", Duration: 3 * time.Minute, RateFrom: 2000}}
	if !reflect.DeepEqual(s.Phases, want) {
		t.Errorf("%+v", s.Phases)
	}
	write("day.csv", "0,100\nnoon,5\n")
	if _, err := Read(filepath.Join(dir, "w.yaml")); err == nil || !strings.Contains(err.Error(), "day.csv: line 2:") {
		t.Error(err)
	}
}

// The order of fields does not matter, and a closed loop has no rates.
func TestOrderOfFields(t *testing.T) {
	a, errA := Parse("a", []byte("rate: 500\ntest: load\noperations: get\n"))
	if errA == nil {
		t.Errorf("a rate and a test were taken: %+v", a)
	}
	b, err := Parse("b", []byte("test: {name: stress, rate: 500, duration: 5s}\nthresholds: [errors < 5%]\noperations: get\n"))
	if err != nil || len(b.Thresholds) != 1 || b.Stop == nil || b.Test != "stress" {
		t.Errorf("%v, %+v", err, b)
	}
	c, err := Parse("c", []byte("duration: 5s\noperations: get\nloop: closed\nthink: 5ms\nwarmup: 0s\n"))
	if err != nil || len(c.Phases) != 1 || c.PeakRate() != 0 || c.Phases[0].Duration != 5*time.Second {
		t.Errorf("%v, %+v", err, c.Phases)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("operations: get=1,set=2\nkeys: {count: 1k, distribution: gaussian}\ntest: {name: soak, rate: 5}\n"))
	f.Add([]byte("operations: [{name: a, command: [SET, \"{key}\", \"\\x00\"]}]\nphases: [{shape: steps, from: 1, to: 5, factor: 1.5, each: 1s}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse("f", text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		if len(s.Phases) > 2000 {
			return // only slow
		}
		out := Format(&s)
		again, err := Parse("again", out)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		s.Test = again.Test // is written as its phases
		if !reflect.DeepEqual(s, again) {
			t.Errorf("%s\n%+v\n%+v", out, s, again)
		}
	})
}
