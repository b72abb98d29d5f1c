package findings

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"redline/hist"
	"redline/lab/analysis/attribution"
	"redline/lab/analysis/flame"
	"redline/lab/analysis/series"
	"redline/lab/analysis/stats"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

// view is a run as rules see it: read once, nothing in it changes. What was not
// recorded is nil, empty or not ok.
type view struct {
	run *record.Run
	sum *summary.Summary

	// The measured phase, as far as its slices were recorded.
	fromNs, toNs int64
	measureNs    int64
	slices       []record.Slice // of the measured phase
	// inFlightNs is how long requests were under way, summed over all requests: over
	// the measured phase, and over the whole load (profiles that are totals are
	// fetched before it and after it).
	inFlightNs, loadInFlightNs float64
	loadRequests               float64 // completed over the whole load

	response, service []dist // of all operations, parallel to slices
	pacing            dist   // the generator's own lateness
	hiccups           []span // slices that hiccups of the machine reach

	samples map[string][]record.Sample // by source, of the measured phase
	whole   map[string][]record.Sample // of the whole run
	before  map[string]string          // INFO
	after   map[string]string

	cpu, allocs, mutex, block          *stacks
	perf                               *stacks
	goroutinesBefore, goroutines, heap *stacks
	trace                              *traceDigest

	// stages are how the server itself splits the time of requests, by name.
	stages map[string]stage

	slowlog []slowEntry
	latency []latencyEvent
	hot     []topKey
	big     []topKey
}

// stage is one stage of the server's latency anatomy.
type stage struct {
	meanNs float64
	share  float64 // of the time that requests spent in the server
}

// dist sums up latencies.
type dist struct {
	sumNs float64
	count float64
	d     series.Distribution
}

func (d *dist) add(h *hist.Hist) {
	d.sumNs += h.Mean() * float64(h.Count())
	d.count += float64(h.Count())
	d.d = d.d.Plus(series.DistributionOf(h))
}

// mean is NaN of no latencies.
func (d *dist) mean() float64 { return d.sumNs / d.count }

// sumOf adds distributions up.
func sumOf(list []dist) (sum dist) {
	for _, d := range list {
		sum.sumNs += d.sumNs
		sum.count += d.count
		sum.d = sum.d.Plus(d.d)
	}
	return sum
}

// slowEntry is one entry of server/slowlog.json.
type slowEntry struct {
	UnixS int64    `json:"unix_s"`
	USec  float64  `json:"usec"`
	Args  []string `json:"args"`
}

// latencyEvent is one entry of server/latency.json.
type latencyEvent struct {
	Event string  `json:"event"`
	MaxMs float64 `json:"max_ms"`
}

// topKey is one entry of server/hotkeys.json or server/bigkeys.json.
type topKey struct {
	Key      string  `json:"key"`
	Type     string  `json:"type"`
	RatePerS float64 `json:"rate_per_s"`
	Bytes    float64 `json:"bytes"`
	Members  float64 `json:"members"`
	Share    float64 `json:"share"`
}

// traceDigest is profiles/trace.json.
type traceDigest struct {
	SpanNs         float64 `json:"span_ns"`
	SchedLatencyNs struct {
		P50 float64 `json:"p50"`
		P99 float64 `json:"p99"`
		Max float64 `json:"max"`
	} `json:"sched_latency_ns"`
	GCNs              float64 `json:"gc_ns"`
	STWNs             float64 `json:"stw_ns"`
	SyscallNs         float64 `json:"syscall_ns"`
	RunningNs         float64 `json:"running_ns"`
	RunnableNs        float64 `json:"runnable_ns"`
	GoroutinesCreated float64 `json:"goroutines_created"`
	CreatedBy         []struct {
		Function string  `json:"function"`
		File     string  `json:"file"`
		Line     int     `json:"line"`
		Count    float64 `json:"count"`
	} `json:"created_by"`
}

// Files of the run directory that rules quote.
const (
	slowlogFile   = "server/slowlog.json"
	latencyFile   = "server/latency.json"
	hotFile       = "server/hotkeys.json"
	bigFile       = "server/bigkeys.json"
	traceFile     = "profiles/trace.json"
	infoFile      = record.InfoDir + "/after.txt"
	cpuFile       = record.ProfilesDir + "/cpu.pb.gz"
	perfFile      = record.ProfilesDir + "/perf.pb.gz"
	allocsFile    = record.ProfilesDir + "/allocs.pb.gz"
	mutexFile     = record.ProfilesDir + "/mutex.pb.gz"
	blockFile     = record.ProfilesDir + "/block.pb.gz"
	goroutineFile = record.ProfilesDir + "/goroutine.pb.gz"
)

// read reads the run.
func read(d *record.Dir) (*view, error) {
	sum, err := summary.Compute(d)
	if err != nil {
		return nil, err
	}
	d = d.Salvage()
	v := &view{run: d.Run(), sum: sum, samples: map[string][]record.Sample{}, whole: map[string][]record.Sample{}}
	for _, step := range []func(*record.Dir) error{v.readSlices, v.readHiccups, v.readLatencies, v.readSamples} {
		if err := step(d); err != nil {
			return nil, err
		}
	}
	v.readProfiles(d)
	v.readStages(d)
	v.before, v.after = readInfo(d, "measure.before"), readInfo(d, "measure.after")
	if v.before == nil || v.after == nil {
		v.before, v.after = readInfo(d, "before"), readInfo(d, "after")
	}
	readJSON(d, slowlogFile, &v.slowlog)
	readJSON(d, latencyFile, &v.latency)
	readJSON(d, hotFile, &v.hot)
	readJSON(d, bigFile, &v.big)
	readJSON(d, traceFile, &v.trace)
	return v, nil
}

func (v *view) readSlices(d *record.Dir) error {
	for s, err := range d.Slices() {
		if err != nil {
			return err
		}
		area := s.ConcurrencyAvg * float64(s.DurNs)
		v.loadInFlightNs += area
		v.loadRequests += float64(s.Total().Completed)
		if s.Phase != record.PhaseMeasure {
			continue
		}
		if v.measureNs == 0 {
			v.fromNs = s.TNs
		}
		v.toNs = s.TNs + s.DurNs
		v.measureNs += s.DurNs
		v.inFlightNs += area
		v.slices = append(v.slices, s)
	}
	return nil
}

// readLatencies reads the latencies of the measured phase by slice.
func (v *view) readLatencies(d *record.Dir) error {
	v.response, v.service = make([]dist, len(v.slices)), make([]dist, len(v.slices))
	at := map[int64]int{}
	for i, s := range v.slices {
		at[s.TNs] = i
	}
	for l, err := range d.Latencies() {
		if err != nil {
			return err
		}
		i, ok := at[l.TNs]
		switch {
		case !ok || l.Hist.Count() == 0:
		case l.Kind == record.KindResponse:
			v.response[i].add(l.Hist)
		case l.Kind == record.KindService:
			v.service[i].add(l.Hist)
		}
	}
	for l, err := range d.Pacing() {
		if err != nil {
			return err
		}
		if _, ok := at[l.TNs]; ok && l.Hist.Count() > 0 {
			v.pacing.add(l.Hist)
		}
	}
	return nil
}

// readSamples keeps the samples of the measured phase. One taken at its very start
// may lie just before the first slice, hence the tolerance.
func (v *view) readSamples(d *record.Dir) error {
	slack := v.run.SliceNs / 2
	for s, err := range d.Samples() {
		if err != nil {
			return err
		}
		v.whole[s.Source] = append(v.whole[s.Source], s)
		if s.TNs >= v.fromNs-slack && s.TNs <= v.toNs+slack {
			v.samples[s.Source] = append(v.samples[s.Source], s)
		}
	}
	return nil
}

// readProfiles reads every profile that is there and can be read: one that cannot
// is as good as missing, and the report names it.
func (v *view) readProfiles(d *record.Dir) {
	for _, p := range []struct {
		into        **stacks
		name, value string
		total       bool
	}{
		{&v.cpu, "cpu", "cpu", false}, {&v.perf, "perf", "cpu", false},
		{&v.allocs, "allocs", "alloc_space", true}, {&v.mutex, "mutex", "delay", true}, {&v.block, "block", "delay", true},
		{&v.goroutinesBefore, "goroutine.before", "goroutine", false}, {&v.goroutines, "goroutine", "goroutine", false},
		{&v.heap, "heap", "inuse_space", false},
	} {
		*p.into = readStacks(d, p.name, p.value, p.total)
	}
}

// readStages takes the server's own latency anatomy.
func (v *view) readStages(d *record.Dir) {
	table, err := attribution.Of(d)
	if err != nil {
		return
	}
	total := 0.0
	for _, s := range table.Anatomy {
		total += s.MeanNs * float64(s.Count)
	}
	v.stages = map[string]stage{}
	for _, s := range table.Anatomy {
		if total > 0 {
			v.stages[s.Name] = stage{s.MeanNs, s.MeanNs * float64(s.Count) / total}
		}
	}
}

func readStacks(d *record.Dir, name, value string, total bool) *stacks {
	path, ok := d.Profile(name)
	if !ok {
		return nil
	}
	p, err := flame.Read(path)
	if err != nil {
		return nil
	}
	if total {
		// Without the profile before, a total since the start of the server says
		// nothing of the run.
		earlier, ok := d.Profile(name + ".before")
		if !ok {
			return nil
		}
		before, err := flame.Read(earlier)
		if err != nil {
			return nil
		}
		if p, err = flame.Diff(p, before); err != nil {
			return nil
		}
	}
	return stacksOf(p, value)
}

// readInfo reads a stored INFO; one that is absent or cannot be read has no fields.
func readInfo(d *record.Dir, name string) map[string]string {
	info, _ := d.InfoFields(name)
	return info
}

// readJSON reads an optional file; one that is absent or damaged leaves into as it is.
func readJSON[T any](d *record.Dir, name string, into *T) {
	text, err := os.ReadFile(filepath.Join(d.Path(), filepath.FromSlash(name)))
	if err != nil {
		return
	}
	var v T
	if json.Unmarshal(text, &v) == nil {
		*into = v
	}
}

// delta is the growth of a counter over the measured phase and the seconds it
// covers; ok is false when it was not sampled over at least half of the phase or
// was reset meanwhile.
func (v *view) delta(source, name string) (growth, seconds float64, ok bool) {
	first, last, n := v.ends(source, name)
	if n < 2 {
		return 0, 0, false
	}
	seconds = float64(last.TNs-first.TNs) / 1e9
	growth = last.Values[name] - first.Values[name]
	return growth, seconds, growth >= 0 && last.TNs-first.TNs > v.measureNs/2
}

// ends are the first and the last sample that hold a value, and how many do.
func (v *view) ends(source, name string) (first, last record.Sample, n int) {
	for _, s := range v.samples[source] {
		if _, ok := s.Values[name]; !ok {
			continue
		}
		if n == 0 {
			first = s
		}
		last = s
		n++
	}
	return first, last, n
}

// rate is the growth of a counter per second.
func (v *view) rate(source, name string) (perS float64, ok bool) {
	growth, seconds, ok := v.delta(source, name)
	if !ok {
		return 0, false
	}
	return growth / seconds, true
}

// gauge is a value sampled in the measured phase at its least, its greatest and at
// the end.
func (v *view) gauge(source, name string) (least, most, end float64, ok bool) {
	return v.gaugeOf(v.samples, source, name)
}

func (v *view) gaugeOf(samples map[string][]record.Sample, source, name string) (least, most, end float64, ok bool) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, s := range samples[source] {
		if x, has := s.Values[name]; has {
			least, most, end, ok = min(least, x), max(most, x), x, true
		}
	}
	return least, most, end, ok
}

// cpus is the number of processors of the machine the run took place on, at least 1.
func (v *view) cpus() float64 { return float64(max(v.run.Conditions.CPUs, 1)) }

// serverCores is how many processors the server used on average.
func (v *view) serverCores() (cores float64, ok bool) {
	user, ok1 := v.rate("server_proc", "cpu_user_ns")
	system, ok2 := v.rate("server_proc", "cpu_system_ns")
	return (user + system) / 1e9, ok1 && ok2
}

func (v *view) seconds() float64 { return float64(v.measureNs) / 1e9 }

// profileOfCPU is the CPU profile of the run and its file: that of the server
// itself, or else one taken from outside; nil without either.
func (v *view) profileOfCPU() (*stacks, string) {
	if v.cpu != nil {
		return v.cpu, cpuFile
	}
	return v.perf, perfFile
}

// hostBusy is how much of the machine's processors was in use, 0..1.
func (v *view) hostBusy() (ratio float64, ok bool) {
	busy, ok := v.rate("host", "host_cpu_busy_ns")
	return busy / 1e9 / v.cpus(), ok
}

// infoDelta is the growth of a number in INFO from before the run to after it.
func (v *view) infoDelta(name string) (growth float64, ok bool) {
	a, err1 := strconv.ParseFloat(v.before[name], 64)
	b, err2 := strconv.ParseFloat(v.after[name], 64)
	return b - a, err1 == nil && err2 == nil && b >= a
}

// span is a stretch of the run.
type span struct{ fromNs, toNs int64 }

func (s span) contains(ns int64) bool { return ns >= s.fromNs && ns < s.toNs }

// excess is what requests answered within the spans waited beyond the usual, as a
// share of all response time of the measured phase. The usual is the median of the
// means of all other slices. It also gives the mean inside and the usual; ok is
// false when there are too few slices to tell.
func (v *view) excess(spans []span) (share, inside, usual float64, ok bool) {
	var in dist
	var means []float64
	total := 0.0
	for i, s := range v.slices {
		r := &v.response[i]
		if r.count == 0 {
			continue
		}
		total += r.sumNs
		if slices.ContainsFunc(spans, func(p span) bool { return p.contains(s.TNs + s.DurNs/2) }) {
			in.sumNs += r.sumNs
			in.count += r.count
			continue
		}
		means = append(means, r.mean())
	}
	// Ten slices are a second: less of a calm time to compare with is no measure.
	if len(means) < 10 || in.count == 0 || total == 0 {
		return 0, 0, 0, false
	}
	slices.Sort(means)
	usual = stats.Quantile(means, 0.5)
	return max(0, in.sumNs-usual*in.count) / total, in.mean(), usual, true
}
