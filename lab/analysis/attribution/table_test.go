package attribution

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"redline/lab/record"
)

// The recorded run: it started at 1000 s, is measured from 1 s to 3 s, and completes 1000 requests in each second.
const started = 1000

type recording struct {
	cpus     int
	profiles map[string]*profile.Profile
	info     map[string]string
	samples  []record.Sample
}

func (r recording) open(t *testing.T) *record.Dir {
	t.Helper()
	run := record.Run{ID: "r", SliceNs: 1e9, Phases: []record.Phase{{Name: record.PhaseWarmup, StartNs: 0, EndNs: 1e9}, {Name: record.PhaseMeasure, StartNs: 1e9, EndNs: 3e9}}}
	run.Conditions.CPUs = r.cpus
	w, err := record.Create(t.TempDir(), run, time.Unix(started, 0))
	check(t, err)
	for i, phase := range []string{record.PhaseWarmup, record.PhaseMeasure, record.PhaseMeasure} {
		check(t, w.Slice(&record.Slice{TNs: int64(i) * 1e9, DurNs: 1e9, Phase: phase, Ops: map[string]record.OpCounts{"get": {Completed: 900}, "set": {Completed: 100}}}))
	}
	for i := range r.samples {
		check(t, w.Sample(&r.samples[i]))
	}
	for name, p := range r.profiles {
		var b bytes.Buffer
		check(t, p.Write(&b))
		check(t, w.Profile(name, b.Bytes()))
	}
	for name, text := range r.info {
		check(t, w.Info(name, []byte(text)))
	}
	check(t, w.Finish(record.StateComplete, ""))
	d, err := record.Open(w.Dir())
	check(t, err)
	return d
}

func cpuProfile(t *testing.T) *profile.Profile {
	p := profileOf(t, "30 epoll_wait", "20 runtime.gcDrain", "50 redline/server/internal/command/strcmd.get")
	p.TimeNanos, p.DurationNanos = (started+1)*1e9, 1e9
	return p
}

func allocsProfile(t *testing.T, second int64, objects ...int64) *profile.Profile {
	p := profileOf(t, "1 redline/server/internal/command/strcmd.get", "1 net/http.(*conn).serve", "1 main.main")
	p.SampleType = []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}}
	for i, n := range objects {
		p.Sample[i].Value = []int64{n, n * 64}
	}
	p.TimeNanos = (started + second) * 1e9
	return p
}

func cpuSample(ns int64, user, system float64) record.Sample {
	return record.Sample{TNs: ns, Source: "server_proc", Values: map[string]float64{"cpu_user_ns": user, "cpu_system_ns": system}}
}

func TestOf(t *testing.T) {
	d := recording{
		cpus:     2,
		profiles: map[string]*profile.Profile{"cpu": cpuProfile(t), "allocs.before": allocsProfile(t, 0, 100, 50, 10), "allocs": allocsProfile(t, 3, 3100, 9000, 10)},
		samples:  []record.Sample{cpuSample(0, 0, 0), cpuSample(1e9, 1e8, 1e8), cpuSample(3e9, 3e8, 3e8), cpuSample(4e9, 9e9, 9e9)},
		info: map[string]string{
			"before": "anatomy_queue:count=10,sum_ns=1000\r\nanatomy_queue_histogram:127=10\r\n",
			"after": "# Anatomy\r\nanatomy_sampling:64\r\nanatomy_queue:count=110,sum_ns=101000,p50_ns=1\r\nanatomy_queue_histogram:127=20,1023=80,4095=10\r\n" +
				"anatomy_lock_wait:count=4,sum_ns=40\r\nanatomy_lock_wait_histogram:15=4\r\nanatomy_write:count=0,sum_ns=0\r\nanatomy_nonsense:count=1\r\n",
		},
	}.open(t)
	table, err := Of(d)
	check(t, err)
	// 0.4 s of CPU over 2000 requests; the profile has 0.2 s of the 2 s that two processors had meanwhile.
	if !near(table.CPUSecondsPerRequest, 0.0002) || table.Source != "profiles/cpu.pb.gz" || len(table.Missing) != 0 {
		t.Errorf("%g s a request from %s, missing %v", table.CPUSecondsPerRequest, table.Source, table.Missing)
	}
	want := []Row{
		{Command, "string", 1e8, 0.5, 100000}, {Network, "", 6e7, 0.3, 60000}, {GC, "", 4e7, 0.2, 40000}, {Idle, "", 18e8, 0.9, 18e5},
	}
	if len(table.Rows) != len(want) {
		t.Fatalf("rows %+v", table.Rows)
	}
	for i, w := range want {
		if g := table.Rows[i]; g.Part != w.Part || g.Family != w.Family || g.CPUNs != w.CPUNs || !near(g.Share, w.Share) || !near(g.NsPerRequest, w.NsPerRequest) {
			t.Errorf("row %d: got %+v, want %+v", i, g, w)
		}
	}
	if got := table.Part(Command); got.CPUNs != 1e8 || !near(got.Share, 0.5) {
		t.Errorf("part command: %+v", got)
	}
	// 3000 objects more over 3000 requests since the start; those for HTTP do not count.
	if !near(table.AllocationsPerRequest, 1) || !near(table.BytesPerRequest, 64) || table.AllocationsSource != "profiles/allocs.pb.gz" {
		t.Errorf("%g allocations, %g bytes a request from %s", table.AllocationsPerRequest, table.BytesPerRequest, table.AllocationsSource)
	}
	if len(table.Anatomy) != 2 || table.Anatomy[0] != (Stage{"queue", 1000, 1023, 4095, 100}) || table.Anatomy[1] != (Stage{"lock-wait", 10, 15, 15, 4}) {
		t.Errorf("anatomy %+v", table.Anatomy)
	}
}

// Around the measured phase is better than around the run, and a reset in between leaves what came after it.
func TestAnatomySnapshots(t *testing.T) {
	const after = "anatomy_parse:count=50,sum_ns=5000\r\nanatomy_parse_histogram:127=50\r\n"
	table, err := Of(recording{info: map[string]string{
		"before": "anatomy_parse:count=0,sum_ns=0\r\n", "after": after,
		"measure.before": "anatomy_parse:count=20,sum_ns=2000\r\nanatomy_parse_histogram:127=20\r\n",
	}}.open(t))
	check(t, err)
	if len(table.Anatomy) != 1 || table.Anatomy[0] != (Stage{"parse", 100, 127, 127, 30}) {
		t.Errorf("anatomy %+v", table.Anatomy)
	}
	table, err = Of(recording{info: map[string]string{"before": "anatomy_parse:count=70,sum_ns=9000\r\n", "after": after}}.open(t))
	check(t, err)
	if len(table.Anatomy) != 1 || table.Anatomy[0] != (Stage{"parse", 100, 127, 127, 50}) {
		t.Errorf("anatomy after a reset %+v", table.Anatomy)
	}
}

func TestOfPerfAlone(t *testing.T) {
	p := profileOf(t, "100 tcp_sendmsg", "100 dictFind")
	p.DurationNanos = 2e9
	table, err := Of(recording{cpus: 4, profiles: map[string]*profile.Profile{"perf": p}}.open(t))
	check(t, err)
	// Without the process's own figures the profile says what CPU was used: 0.4 s over 2000 requests.
	if table.Source != "profiles/perf.pb.gz" || !near(table.CPUSecondsPerRequest, 0.0002) || !near(table.Part(Idle).Share, 0.95) {
		t.Errorf("%+v", table)
	}
	if got := missing(table); got != "allocations anatomy" {
		t.Errorf("missing %s", got)
	}
}

func missing(t *Table) string {
	var parts []string
	for _, m := range t.Missing {
		parts = append(parts, m.Part)
	}
	return strings.Join(parts, " ")
}

func TestOfNothing(t *testing.T) {
	table, err := Of(recording{}.open(t))
	check(t, err)
	if got := missing(table); got != "attribution allocations anatomy" || len(table.Rows) != 0 {
		t.Errorf("missing %s, rows %v", got, table.Rows)
	}
	text, err := json.Marshal(table)
	check(t, err)
	if strings.Contains(string(text), "per_request") {
		t.Errorf("what is not known must be absent: %s", text)
	}
	var back Table
	check(t, json.Unmarshal(text, &back))
	if !math.IsNaN(back.CPUSecondsPerRequest) || !math.IsNaN(back.AllocationsPerRequest) {
		t.Errorf("read back: %+v", back)
	}
}

func TestJSON(t *testing.T) {
	in := Table{Source: "profiles/cpu.pb.gz", Rows: []Row{{Part: GC, CPUNs: 5, Share: 0.5}}, CPUSecondsPerRequest: 1e-6, AllocationsPerRequest: 0, BytesPerRequest: 2}
	text, err := json.Marshal(&in)
	check(t, err)
	if !strings.Contains(string(text), `"allocations_per_request":0,`) {
		t.Errorf("no allocations is a figure: %s", text)
	}
	var out Table
	check(t, json.Unmarshal(text, &out))
	if out.CPUSecondsPerRequest != 1e-6 || out.BytesPerRequest != 2 || len(out.Rows) != 1 || out.Rows[0] != in.Rows[0] {
		t.Errorf("read back %+v", out)
	}
	if err := json.Unmarshal([]byte(`{"rows":1}`), &out); err == nil {
		t.Error("rows that are a number were read")
	}
}

// A profile that is damaged is named, and the next source taken.
func TestDamagedProfiles(t *testing.T) {
	d := recording{cpus: 1, profiles: map[string]*profile.Profile{"cpu": cpuProfile(t), "perf": cpuProfile(t), "allocs": allocsProfile(t, 3), "allocs.before": allocsProfile(t, 0)}}.open(t)
	for _, name := range []string{"cpu", "allocs.before"} {
		check(t, os.WriteFile(filepath.Join(d.Path(), record.ProfilesDir, name+".pb.gz"), []byte("nonsense"), 0o644))
	}
	table, err := Of(d)
	check(t, err)
	if got := missing(table); got != "profiles/cpu profiles/allocs.before allocations anatomy" || table.Source != "profiles/perf.pb.gz" {
		t.Errorf("missing %s, source %s", got, table.Source)
	}
	d = recording{profiles: map[string]*profile.Profile{"allocs": cpuProfile(t), "allocs.before": cpuProfile(t), "cpu": allocsProfile(t, 0)}}.open(t)
	table, err = Of(d)
	check(t, err)
	if got := missing(table); got != "profiles/cpu attribution profiles/allocs allocations anatomy" {
		t.Errorf("missing %s", got)
	}
}

func TestAllocationsFromMetrics(t *testing.T) {
	var r recording
	for i := range 4 {
		r.samples = append(r.samples, record.Sample{TNs: int64(i) * 1e9, Source: "metrics", Values: map[string]float64{
			"go_memstats_mallocs_total": 5000 + 500*float64(i), "alloc_total_bytes": 16000 * float64(i)}})
	}
	table, err := Of(r.open(t))
	check(t, err)
	if !near(table.AllocationsPerRequest, 0.5) || !near(table.BytesPerRequest, 16) || table.AllocationsSource != record.SamplesFile {
		t.Errorf("%g allocations, %g bytes a request from %s", table.AllocationsPerRequest, table.BytesPerRequest, table.AllocationsSource)
	}
}

// The end of a damaged file is passed over, as a killed run leaves one.
func TestDamagedSlices(t *testing.T) {
	d := recording{cpus: 1, profiles: map[string]*profile.Profile{"cpu": cpuProfile(t)}}.open(t)
	f, err := os.OpenFile(filepath.Join(d.Path(), record.SlicesFile), os.O_APPEND|os.O_WRONLY, 0)
	check(t, err)
	_, err = f.WriteString("{\n")
	check(t, err)
	check(t, f.Close())
	check(t, os.Remove(filepath.Join(d.Path(), record.SamplesFile)))
	table, err := Of(d)
	check(t, err)
	if !near(table.CPUSecondsPerRequest, 0.0002) {
		t.Errorf("%g s a request", table.CPUSecondsPerRequest)
	}
}
