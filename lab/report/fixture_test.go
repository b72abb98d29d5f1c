package report

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"redline/hist"
	"redline/lab/record"
)

// fixture is a new directory with a plausible run of 30 s: a preload, a warm-up,
// a measured phase with a stall of 150 ms in its middle, and a cool-down, with
// profiles of a real program. The same seed gives the same run.
func fixture(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	check(t, os.CopyFS(dir, os.DirFS(made(t))))
	return dir
}

// madeOnce is where the run was made for this test binary; TestMain removes it.
var madeOnce struct {
	sync.Once
	root, dir string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if madeOnce.root != "" {
		os.RemoveAll(madeOnce.root)
	}
	os.Exit(code)
}

func made(t testing.TB) string {
	madeOnce.Do(func() {
		root, err := os.MkdirTemp("", "redline-report-")
		check(t, err)
		madeOnce.root = root
		madeOnce.dir = makeFixture(t, root)
	})
	return madeOnce.dir
}

func makeFixture(t testing.TB, root string) string {
	start := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	w, err := record.Create(root, fixtureRun(), start)
	if err != nil {
		t.Fatal(err)
	}
	f := &faker{t: t, w: w, rng: rand.New(rand.NewPCG(1, 2))}
	f.driver()
	f.samples()
	f.profiles()
	check(t, w.Missing("tcp retransmits", "the kernel of a container does not show them"))
	check(t, w.Hiccup(&record.Hiccup{TNs: stallSlice*1e8 + 5e6, DurNs: 4.2e6, CPU: 1}))
	check(t, w.Hiccup(&record.Hiccup{TNs: stallSlice*1e8 + 2e7, DurNs: 1.3e6}))
	check(t, w.Finish(record.StateComplete, ""))
	check(t, w.Update(func(r *record.Run) { r.EndedUnixNs = r.StartedUnixNs + 30e9 }))
	events := `{"t_ns":2000000000,"kind":"phase","text":"warmup"}
{"t_ns":15020000000,"kind":"note","text":"server paused","fields":{"pause_ms":150}}
`
	check(t, os.WriteFile(filepath.Join(w.Dir(), record.EventsFile), []byte(events), 0o644))
	return w.Dir()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fixtureRun() record.Run {
	second := int64(time.Second)
	return record.Run{
		ID: "20260102-150405-lab-3f2a", Kind: "lab", RedlineVersion: "devel",
		Command: []string{"redline", "lab", "--rate", "20000", "--name", "it's <b>&</b>"},
		Target: record.Target{URL: "redis://127.0.0.1:7000", Kind: "redline", Version: "0.1.0", PID: 4242, Local: true, StartedByLab: true,
			Pprof: "http://127.0.0.1:7001/debug/pprof/"},
		Workload: record.Workload{Name: "default", Loop: "open", RatePerS: 20000, Arrivals: "poisson", Connections: 32, Pipeline: 1, Threads: 1,
			Keys: 100000, KeyDistribution: "uniform", ValueBytes: 64, Mix: map[string]float64{"get": 0.9, "set": 0.1}, KeyPrefix: "redline:", Seed: 7},
		Phases: []record.Phase{{Name: "preload", StartNs: 0, EndNs: 2 * second}, {Name: "warmup", StartNs: 2 * second, EndNs: 5 * second},
			{Name: "measure", StartNs: 5 * second, EndNs: 29 * second}, {Name: "cooldown", StartNs: 29 * second, EndNs: 30 * second}},
		SliceNs: second / 10,
		SLO:     record.SLO{ResponseP99Ns: 5e6, ErrorRatio: 0.001},
		Conditions: record.Conditions{OS: "linux", Kernel: "6.1.0-28-amd64", Arch: "amd64", CPUModel: "Example CPU @ 2.90GHz", CPUs: 2,
			MemoryBytes: 24 << 30, GoVersion: "go1.26.0", THP: "madvise", HiccupPriority: record.PriorityRealTime, Loadavg1mBefore: 0.42,
			ServerConfig: map[string]string{"save": "", "appendonly": "no", "maxmemory": "0"}},
	}
}

type faker struct {
	t   testing.TB
	w   *record.Writer
	rng *rand.Rand
}

// Slices run from the start of the warm-up to the end of the run.
const (
	firstSlice = 20
	lastSlice  = 300
	stallSlice = 150
)

func (f *faker) driver() {
	shares := map[string]int64{"get": 1800, "set": 200}
	for i := firstSlice; i < lastSlice; i++ {
		at := int64(i) * 1e8
		s := &record.Slice{TNs: at, DurNs: 1e8, Phase: phaseOf(at), Ops: map[string]record.OpCounts{}, Connections: 32}
		for op, planned := range shares {
			n := planned + int64(f.rng.NormFloat64()*math.Sqrt(float64(planned)))
			c := record.OpCounts{Intended: n, Sent: n, Completed: n, BytesOut: n * 40, BytesIn: n * 70}
			if i == stallSlice {
				c.Completed, c.Late, c.Errors = n-3, n/3, 3
			}
			s.Ops[op] = c
			f.latencies(op, i, n)
		}
		f.pacing(i)
		s.ConcurrencyAvg = 2 + f.rng.Float64()
		s.InFlight = int64(2 + f.rng.IntN(4))
		s.ThreadCPUNs = 30e6 + int64(f.rng.NormFloat64()*2e6)
		if i == stallSlice {
			s.Backlog, s.ConcurrencyAvg = 640, 31
		}
		check(f.t, f.w.Slice(s))
	}
}

func phaseOf(ns int64) string {
	for _, p := range fixtureRun().Phases {
		if ns >= p.StartNs && ns < p.EndNs {
			return p.Name
		}
	}
	return ""
}

func (f *faker) pacing(slice int) {
	var r hist.Recorder
	for range 2000 {
		r.Record(int64(9000 + 2000*f.rng.ExpFloat64() + 4e4*math.Pow(f.rng.Float64(), 50)))
	}
	check(f.t, f.w.Pacing(int64(slice)*1e8, 1e8, &r))
}

// latencies are log-normal around 100 us with a slow second band, and as long as
// the stall for those that were due in it.
func (f *faker) latencies(op string, slice int, n int64) {
	var response, service hist.Recorder
	for range n {
		ns := 9e4 * math.Exp(f.rng.NormFloat64()*0.35)
		if op == "set" {
			ns *= 1.4
		}
		if f.rng.Float64() < 0.01 {
			ns += 1.2e6 * math.Exp(f.rng.NormFloat64()*0.3)
		}
		wait := 8e3 * f.rng.ExpFloat64()
		if slice == stallSlice {
			wait = 1.5e8 * f.rng.Float64()
		}
		service.Record(int64(ns))
		response.Record(int64(ns + wait))
	}
	at := int64(slice) * 1e8
	check(f.t, f.w.Latency(op, record.KindResponse, at, 1e8, &response))
	check(f.t, f.w.Latency(op, record.KindService, at, 1e8, &service))
}

func (f *faker) samples() {
	type values = map[string]float64
	sum := values{}
	grow := func(name string, by float64) float64 {
		sum[name] += by * (1 + 0.05*f.rng.NormFloat64())
		return sum[name]
	}
	put := func(at int64, source string, v values) {
		check(f.t, f.w.Sample(&record.Sample{TNs: at, Source: source, Values: v}))
	}
	for i := range 120 {
		at := int64(i) * 25e7
		load := 0.25
		if at < 2e9 {
			load = 0.4
		}
		put(at, "server_proc", values{"cpu_user_ns": grow("u", 1.2e8*load*2), "cpu_system_ns": grow("s", 1.4e8*load*2),
			"rss_bytes": 40e6 + 1e7*math.Min(float64(i)/8, 1) + 4e5*f.rng.Float64(), "threads": 9,
			"voluntary_switches": grow("v", 9000), "involuntary_switches": grow("i", 120)})
		put(at+1e6, "info", values{"info_used_memory_bytes": 3.1e7 + 1e4*float64(i), "info_total_commands_processed": grow("c", 5000),
			"info_connected_clients": 33, "info_keys": 100000, "info_evicted_keys": 0, "info_expired_keys": 0})
		put(at+2e6, "metrics", values{"goroutines": float64(40 + f.rng.IntN(3)), "gc_cycles": grow("gc", 1), "heap_inuse_bytes": 5e6 + 4e6*f.rng.Float64()})
		put(at+3e6, "host", values{"host_cpu_busy_ns": grow("b", 2.9e8), "host_cpu_steal_ns": grow("t", 2e6),
			"net_rx_bytes": grow("rx", 5e5), "net_tx_bytes": grow("tx", 5e5)})
		put(at+4e6, "psi", values{"psi_cpu_some_us": grow("pc", 6000), "psi_io_some_us": grow("pi", 30), "psi_memory_some_us": 0})
		put(at+5e6, "generator", values{"cpu_user_ns": grow("gu", 4e7), "cpu_system_ns": grow("gs", 5e7), "rss_bytes": 3e7})
	}
}

func (f *faker) profiles() {
	files, err := filepath.Glob("testdata/profiles/*.pb.gz")
	check(f.t, err)
	for _, path := range files {
		data, err := os.ReadFile(path)
		check(f.t, err)
		name := filepath.Base(path)
		check(f.t, f.w.Profile(name[:len(name)-len(".pb.gz")], data))
	}
}
