package findings

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"redline/hist"
	"redline/lab/record"
)

// fixture is a run directory in the making: by default 2 s of warm-up and 12 s of
// measured phase at 1,000 requests a second over 10 connections, against a server
// that uses a fifth of a processor, in which nothing is wrong.
type fixture struct {
	run     record.Run
	seconds int // of the measured phase
	// slice changes slice i, counted from the start of the warm-up.
	slice func(i int, s *record.Slice)
	// latency gives the service and response time of the j-th request of an operation
	// in slice i.
	latency func(i, j int, op string) (service, response int64)
	pacing  int64
	// sample changes the values of one source t seconds after the start of the load.
	sample   func(t float64, source string, values map[string]float64)
	profiles map[string]*profile.Profile
	hiccups  []record.Hiccup
	files    map[string]any // stored as JSON
	info     map[string]string
}

// Slices are longer than those of real runs, to have fewer of them to write.
const (
	sliceNs    = 5e8
	perSecond  = 1e9 / sliceNs
	warmSlices = 2 * perSecond
)

func newFixture() *fixture {
	return &fixture{
		seconds: 12, pacing: 5_000,
		run: record.Run{ID: "r", Kind: "lab", SliceNs: sliceNs,
			Conditions: record.Conditions{CPUs: 4, MemoryBytes: 8 << 30, ServerConfig: map[string]string{}},
			Target:     record.Target{Kind: "redis", Local: true, URL: "redis://127.0.0.1:7000"},
			Workload: record.Workload{Loop: "open", RatePerS: 1000, Connections: 10, Pipeline: 1, Threads: 1, Keys: 10000, ValueBytes: 64,
				Mix: map[string]float64{"get": 0.9, "set": 0.1}, TimeoutNs: 1e9},
		},
		latency: func(_, j int, _ string) (int64, int64) {
			ns := int64(100_000 + 1000*(j%50))
			return ns, ns + 3_000
		},
		profiles: map[string]*profile.Profile{}, files: map[string]any{}, info: map[string]string{},
	}
}

// counts are what one slice of the default load holds.
var counts = map[string]int64{"get": 450, "set": 50}

func (f *fixture) write(t testing.TB) *record.Dir {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	measured := f.seconds * perSecond
	end := int64(warmSlices+measured) * sliceNs
	f.run.Phases = []record.Phase{{Name: record.PhaseWarmup, StartNs: 0, EndNs: warmSlices * sliceNs}, {Name: record.PhaseMeasure, StartNs: warmSlices * sliceNs, EndNs: end},
		{Name: record.PhaseCooldown, StartNs: end, EndNs: end + sliceNs}}
	w, err := record.Create(t.TempDir(), f.run, time.Now())
	must(err)
	for i := range warmSlices + measured + 1 {
		f.writeSlice(t, w, i, i < warmSlices, i == warmSlices+measured)
	}
	for half := range 2*(f.seconds+2) + 1 {
		f.writeSamples(t, w, float64(half)/2)
	}
	for _, h := range f.hiccups {
		must(w.Hiccup(&h))
	}
	for name, p := range f.profiles {
		var b bytes.Buffer
		must(p.Write(&b))
		must(w.Profile(name, b.Bytes()))
	}
	for name, text := range f.info {
		must(w.Info(name, []byte(text)))
	}
	must(w.Finish(record.StateComplete, ""))
	for name, v := range f.files {
		text, err := json.Marshal(v)
		must(err)
		path := filepath.Join(w.Dir(), filepath.FromSlash(name))
		must(os.MkdirAll(filepath.Dir(path), 0o755))
		must(os.WriteFile(path, text, 0o644))
	}
	d, err := record.Open(w.Dir())
	must(err)
	return d
}

func (f *fixture) writeSlice(t testing.TB, w *record.Writer, i int, warm, cool bool) {
	t.Helper()
	s := &record.Slice{TNs: int64(i) * sliceNs, DurNs: sliceNs, Phase: record.PhaseMeasure, Connections: 10, ThreadCPUNs: 5e7, ConcurrencyAvg: 0.15,
		QueueLooks: 10, PacingCount: 500, Ops: map[string]record.OpCounts{}}
	switch {
	case warm:
		s.Phase = record.PhaseWarmup
	case cool:
		s.Phase = record.PhaseCooldown
	}
	for op, n := range counts {
		if !cool {
			s.Ops[op] = record.OpCounts{Intended: n, Sent: n, Completed: n}
		}
	}
	if f.slice != nil {
		f.slice(i, s)
	}
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(w.Slice(s))
	var pace hist.Recorder
	for op, c := range s.Ops {
		var service, response hist.Recorder
		for j := range int(c.Completed) {
			a, b := f.latency(i, j, op)
			service.Record(a)
			response.Record(b)
			pace.Record(f.pacing)
		}
		check(w.Latency(op, record.KindResponse, s.TNs, s.DurNs, &response))
		check(w.Latency(op, record.KindService, s.TNs, s.DurNs, &service))
	}
	check(w.Pacing(s.TNs, s.DurNs, &pace))
}

// writeSamples writes what a calm server and host show t seconds after the start.
func (f *fixture) writeSamples(t testing.TB, w *record.Writer, at float64) {
	t.Helper()
	ns := at * 1e9
	for source, values := range map[string]map[string]float64{
		"server_proc": {"cpu_user_ns": 0.1 * ns, "cpu_system_ns": 0.1 * ns, "rss_bytes": 100 << 20, "major_faults": 0, "run_delay_ns": 0.001 * ns,
			"io_write_bytes": 0, "threads": 6},
		"generator": {"cpu_user_ns": 0.1 * ns, "cpu_system_ns": 0.1 * ns},
		"host": {"host_cpu_busy_ns": 0.5 * ns, "host_cpu_steal_ns": 0, "net_tx_bytes": 1e6 * at, "net_rx_bytes": 1e6 * at, "disk_busy_ns": 0.01 * ns,
			"disk_flush_ns": 0, "disk_flushes": 0, "tcp_segments_out": 2000 * at, "tcp_retransmits": 0, "tcp_listen_drops": 0, "swap_in_bytes": 0, "swap_out_bytes": 0},
		"psi":    {"psi_cpu_some_us": 1000 * at, "psi_io_some_us": 100 * at, "psi_memory_some_us": 0},
		"cgroup": {"cpu_throttled_ns": 0, "cpu_throttled_periods": 0, "cpu_periods": 10 * at, "generator_cpu_throttled_ns": 0},
		"info": {"info_expired_keys": 10 * at, "info_evicted_keys": 0, "info_total_connections_received": 20, "info_connected_clients": 11,
			"info_used_memory_bytes": 90 << 20, "info_mem_fragmentation_ratio": 1.1, "info_total_commands_processed": 1000 * at},
		"metrics": {"goroutines": 25, "gc_cycles": at, "alloc_total_bytes": 2e6 * at, "heap_alloc_bytes": 20 << 20, "go_gc_gogc_percent": 100},
	} {
		if f.sample != nil {
			f.sample(at, source, values)
		}
		if len(values) == 0 {
			continue
		}
		if err := w.Sample(&record.Sample{TNs: int64(ns), Source: source, Values: values}); err != nil {
			t.Fatal(err)
		}
	}
}

// prof builds a profile. Each stack is a value and its frames, innermost first, in
// the order of types; function "pkg.F" lies in /src/f.go.
type prof struct {
	p   *profile.Profile
	fns map[string]*profile.Location
}

func newProfile(types ...string) *prof {
	b := &prof{p: &profile.Profile{}, fns: map[string]*profile.Location{}}
	for _, typ := range types {
		b.p.SampleType = append(b.p.SampleType, &profile.ValueType{Type: typ, Unit: "count"})
	}
	return b
}

func (b *prof) add(values []int64, frames ...string) *prof {
	s := &profile.Sample{Value: values}
	for _, name := range frames {
		loc := b.fns[name]
		if loc == nil {
			id := uint64(len(b.fns) + 1)
			fn := &profile.Function{ID: id, Name: name, Filename: "/src/f.go"}
			loc = &profile.Location{ID: id, Line: []profile.Line{{Function: fn, Line: int64(10 * id)}}}
			b.p.Function = append(b.p.Function, fn)
			b.p.Location = append(b.p.Location, loc)
			b.fns[name] = loc
		}
		s.Location = append(s.Location, loc)
	}
	b.p.Sample = append(b.p.Sample, s)
	return b
}

// cpuProfile is a CPU profile of shares of 1,000 samples of 10 ms, by stack.
func cpuProfile() *prof { return newProfile("samples", "cpu") }

func (b *prof) cpu(samples int64, frames ...string) *prof {
	return b.add([]int64{samples, samples * 10_000_000}, frames...)
}
