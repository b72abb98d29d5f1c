package lab

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/pprof/profile"

	"redline/lab/probe"
	"redline/lab/probe/perf"
	"redline/lab/record"
)

const (
	// beforeLead is how long before the measured phase what is compared with its
	// end is fetched, if the warm-up is at least twice as long: the server is under
	// load then, and making the profiles does not show in the measured phase.
	beforeLead = 500 * time.Millisecond
	// endLead is how long before the end of the load the goroutines are fetched:
	// those of its connections are gone after it.
	endLead = 200 * time.Millisecond
	// cpuLead is how much earlier than the measured phase its CPU profile begins, so
	// that one of whole seconds covers a phase of whole seconds and ends within it.
	cpuLead = 50 * time.Millisecond
	// cpuTail is how much later it may end, where it began late.
	cpuTail = 300 * time.Millisecond
	// chunkMost bounds what a target that dies costs: the profile that it was making.
	// Making one keeps a processor of the server busy for some milliseconds.
	chunkMost = 30 * time.Second
	// middleMost is how long after the start of the measured phases their middle is
	// waited for, at most: a load may end whenever its maker says so.
	middleMost = 30 * time.Second
	// endlessMost bounds perf in a load that ends when its maker says so: for a known
	// length it takes fewer samples a second of a longer one.
	endlessMost = 2 * time.Minute
	// fetchWithin bounds how long a profile may take to come after it is due.
	fetchWithin = 10 * time.Second
)

// capture takes what a run records of the server besides samples: profiles, what
// it says about itself, and in a deep capture perf and an execution trace. A part
// that cannot be had is noted as missing; nothing here fails a run.
//
// What costs the server something is placed where it does not show in the figures
// of the measured phase: snapshots of the heap and the like before and after it,
// the execution trace in a load of its own after it. In the measured phase itself
// there are the CPU profile (100 samples a second of a busy CPU), for processes
// that offer none perf (at most 497), the goroutines in its last 200 ms, and a
// few commands in its middle.
type capture struct {
	r        *run
	profiles *probe.Profiles // nil without pprof
	evidence *probe.Evidence // nil when the server takes no connection
	perf     *perf.Recorder  // nil unless perf is to be used
	// inside tells that perf is the CPU profile of the measured phase, as there is
	// no other.
	inside bool

	background sync.WaitGroup
	tracing    sync.Mutex // held while a trace is taken: the server makes one at a time

	mu      sync.Mutex
	spans   []record.Capture
	cpu     [][]byte // CPU profiles of whole stretches, in order
	stacks  []*profile.Profile
	traces  []string          // names of those fetched
	most    int64             // goroutines in the profile that is stored
	traced  bool              // in the measured phase of a run of several loads
	filled  bool              // the first data was written
	began   bool              // what is compared with the end was fetched
	missing map[string]string // why, by part
}

// openCapture prepares capturing, if it was asked for, once a run.
func (r *run) openCapture(ctx context.Context) {
	r.opening.Lock()
	defer r.opening.Unlock()
	if !r.spec.Profiles || r.capture != nil {
		return
	}
	c := &capture{r: r, missing: map[string]string{}}
	if r.pprof != "" {
		c.profiles = &probe.Profiles{Base: r.pprof, Writer: r.w}
	}
	if r.spec.Deep {
		c.openPerf()
		if c.profiles == nil {
			c.miss("profiles/trace", "the target has no pprof that the lab knows of")
		}
	}
	client, err := probe.Dial(ctx, r.spec.Target)
	if err == nil {
		c.evidence = &probe.Evidence{Writer: r.w, Client: client}
		c.evidence.Begin()
	} else {
		_ = r.w.Missing("server", "the server takes no further connection: "+err.Error())
	}
	r.capture = c
}

// openPerf finds out whether perf can be used.
func (c *capture) openPerf() {
	p := &perf.Recorder{PID: c.r.pid, Dir: filepath.Join(c.r.w.Dir(), record.ProfilesDir)}
	why := ""
	if c.r.pid == 0 {
		why = "the server's process is not known, or not on this host"
	} else if err := p.Available(); err != nil {
		why = err.Error()
	}
	if why != "" {
		c.miss("profiles/perf", why)
		return
	}
	c.perf, c.inside = p, c.profiles == nil
}

// note adds a line to profiles/captures.json.
func (c *capture) note(file string, fromNs, toNs int64) {
	s := record.Capture{File: file, FromNs: fromNs, ToNs: toNs}
	if p := c.r.current.Load(); p != nil {
		s.Phase, s.Label = p.Name, p.Label
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans = append(c.spans, s)
	_ = c.r.w.JSON(record.CapturesFile, c.spans) // a failure shows again with the next file
}

// fetch stores snapshots of the server.
func (c *capture) fetch(ctx context.Context, names []string, suffix string) {
	if c.profiles == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	for _, name := range names {
		from := c.r.w.Now()
		if err := c.profiles.Fetch(ctx, name, suffix); err != nil {
			c.miss("profiles/"+name+suffix, oneLine(err))
			continue
		}
		c.note(record.ProfilesDir+"/"+name+suffix+".pb.gz", from, c.r.w.Now())
	}
}

// before fetches what is compared with the end of the measured phase, once a run.
func (c *capture) before(ctx context.Context) {
	c.mu.Lock()
	began := c.began
	c.began = true
	c.mu.Unlock()
	if !began {
		c.fetch(ctx, append([]string{goroutineProfile}, probe.Totals...), ".before")
		c.info(ctx, "measure.before")
	}
}

// info stores what the server says of itself at the start of the measured phase: distributions that it only adds up, such as
// those of the stages of requests, would show the preload and the warm-up as well.
func (c *capture) info(ctx context.Context, name string) {
	client, err := probe.Dial(ctx, c.r.spec.Target)
	if err != nil {
		return // named elsewhere: nothing can be asked of this server
	}
	defer client.Close()
	if text, err := client.InfoText(); err == nil {
		_ = c.r.w.Info(name, []byte(text))
	}
}

// beforeLoad is called before a load: what cannot wait for the end of a warm-up
// is done.
func (c *capture) beforeLoad(ctx context.Context) {
	if c == nil {
		return
	}
	if from, _, ok := c.r.measured(0); ok && from < int64(2*beforeLead) {
		c.before(ctx)
	}
}

// load accompanies a load that starts at startNs. Its goroutines are counted in
// done and end soon after ctx, which ends with the load.
func (c *capture) load(ctx context.Context, done *sync.WaitGroup, startNs int64) {
	if c == nil {
		return
	}
	from, to, ok := c.r.measured(startNs)
	if !ok {
		return
	}
	at := func(ns int64, do func()) {
		done.Go(func() {
			if c.r.waitUntil(ctx, ns) {
				do()
			}
		})
	}
	at(from-int64(beforeLead), func() { c.before(ctx) })
	at(max(from-int64(cpuLead), startNs), func() { c.profileCPU(ctx, from, to) })
	if c.inside {
		at(from, func() {
			d := time.Duration(to - c.r.w.Now())
			if c.r.seen.endless {
				d = min(d, endlessMost)
			}
			c.record(ctx, d, func() {})
		})
	}
	middle := from + min((to-from)/2, int64(middleMost))
	if c.r.seen.endless {
		middle = from
	}
	if c.r.spec.attended && c.r.spec.Deep {
		at(middle, func() { c.traceOnce(ctx) })
	}
	if c.evidence != nil {
		at(middle, func() { c.evidence.Middle(c.r.spec.Workload.Connections) })
	}
	last := to - min(int64(endLead), (to-from)/2)
	if c.r.seen.endless {
		last = from
	}
	at(last, func() { c.goroutines(ctx) })
}

// goroutines stores the goroutines of the server, if they are more than at other
// loads of the run: a growth that was over by the end must show too.
func (c *capture) goroutines(ctx context.Context) {
	if c.profiles == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchWithin)
	defer cancel()
	from := c.r.w.Now()
	data, n, err := c.profiles.Goroutines(ctx)
	if err != nil {
		c.miss("profiles/"+goroutineProfile, oneLine(err))
		return
	}
	to := c.r.w.Now()
	c.mu.Lock()
	most := n > c.most
	c.most = max(c.most, n)
	c.mu.Unlock()
	if most {
		c.stored("profiles/"+goroutineProfile, c.r.w.Profile(goroutineProfile, data))
		c.note(record.ProfilesDir+"/"+goroutineProfile+".pb.gz", from, to)
	}
}

const goroutineProfile = "goroutine"

// profileCPU takes CPU profiles one after the other, over the whole of the
// measured phases. Where nobody knows when a load ends they begin short and get
// longer, so that most of it is covered whenever that is.
func (c *capture) profileCPU(ctx context.Context, fromNs, toNs int64) {
	if c.profiles == nil {
		return
	}
	whole := toNs - fromNs
	chunks := max(1, (whole+int64(chunkMost)-1)/int64(chunkMost))
	next := time.Duration(whole / chunks)
	growing := c.r.spec.Workload.Stop != nil || c.r.seen.endless
	if growing {
		next = time.Second
	}
	if whole < int64(time.Second) {
		c.miss("profiles/cpu", "the measured phase is shorter than a second")
		return
	}
	for ctx.Err() == nil {
		left := time.Duration(toNs-c.r.w.Now()) + cpuTail
		d := min(next, left).Truncate(time.Second)
		if left-d < time.Second { // what is left would be lost
			d = left.Truncate(time.Second)
		}
		if d < time.Second {
			c.miss("profiles/cpu", "less than a second of the measured phase was left when it could begin")
			return
		}
		if !c.chunk(ctx, d) {
			return
		}
		if growing {
			next = min(2*next, chunkMost)
		}
	}
}

// chunk takes one CPU profile and tells whether to go on.
func (c *capture) chunk(ctx context.Context, d time.Duration) bool {
	from := c.r.w.Now()
	due := from + int64(d)
	// One that is as good as done when the load ends is waited for.
	fetch, cancel := context.WithTimeout(context.WithoutCancel(ctx), d+fetchWithin)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if c.r.w.Now() < due-int64(2*cpuTail) {
			cancel()
		}
	})()
	data, err := c.profiles.CPU(fetch, d)
	if err != nil {
		c.mu.Lock()
		none := len(c.cpu) == 0
		c.mu.Unlock()
		if ctx.Err() == nil || none {
			c.miss("profiles/cpu", oneLine(err))
		}
		return false
	}
	c.note(record.ProfilesDir+"/cpu.pb.gz", from, due)
	c.mu.Lock()
	c.cpu = append(c.cpu, data)
	first := len(c.cpu) == 1
	c.mu.Unlock()
	if first { // the rest is added in the end
		c.stored("profiles/cpu", c.r.w.Profile("cpu", data))
	}
	return true
}

func (c *capture) stored(part string, err error) {
	if err != nil {
		c.miss(part, oneLine(err))
	}
}

// miss notes why a part is not there. It counts only if the part does not come
// with a later load.
func (c *capture) miss(part, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.missing[part] == "" {
		c.missing[part] = why
	}
}

// record runs perf for d, calls next, and keeps the profile. Reading it takes the
// machine's time, so that waits for the end of the load.
func (c *capture) record(ctx context.Context, d time.Duration, next func()) {
	from := c.r.w.Now()
	cpu, known := probe.CPUTime(c.r.pid)
	err := c.perf.Record(ctx, d)
	to := min(c.r.w.Now(), from+int64(d)) // perf may take its time to end
	used, still := probe.CPUTime(c.r.pid)
	if !known || !still {
		used = cpu // not known
	}
	next()
	if err != nil {
		c.miss("profiles/perf", oneLine(err))
		return
	}
	<-ctx.Done()
	p, err := c.perf.Profile(context.WithoutCancel(ctx), int64(used-cpu))
	if err != nil {
		c.miss("profiles/perf", oneLine(err))
		return
	}
	p.TimeNanos, p.DurationNanos = c.r.start.UnixNano()+from, to-from
	c.note(record.ProfilesDir+"/perf.pb.gz", from, to)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stacks = append(c.stacks, p)
	if err := c.storeMerged("perf", c.stacks); err != nil {
		c.missing["profiles/perf"] = oneLine(err)
	}
}

func (c *capture) storeMerged(name string, parts []*profile.Profile) error {
	p, err := profile.Merge(parts)
	if err != nil {
		return fmt.Errorf("the profiles of its stretches do not fit together: %w", err)
	}
	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		return err
	}
	return c.r.w.Profile(name, out.Bytes())
}

// after fetches what there is at the end of a load.
func (c *capture) after() {
	if c == nil {
		return
	}
	if c.most == 0 { // the load ended early
		c.goroutines(context.Background())
	}
	c.fetch(context.Background(), probe.Totals, "")
	if c.evidence != nil {
		c.evidence.End()
	}
}

// close stores what came in parts, and notes what did not come.
func (c *capture) close() {
	if c == nil {
		return
	}
	c.background.Wait()
	if c.evidence != nil {
		_ = c.evidence.Client.Close()
	}
	c.digest()
	if len(c.cpu) > 1 {
		c.stored("profiles/cpu", c.mergeCPU())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, part := range slices.Sorted(maps.Keys(c.missing)) {
		here := func(s record.Capture) bool { return s.File == part+".pb.gz" || s.File == part+".out" }
		if !slices.ContainsFunc(c.spans, here) {
			_ = c.r.w.Missing(part, c.missing[part])
		}
	}
}

func (c *capture) mergeCPU() error {
	var parts []*profile.Profile
	for _, data := range c.cpu {
		p, err := profile.ParseData(data)
		if err != nil {
			return fmt.Errorf("one of its stretches is damaged: %w", err)
		}
		parts = append(parts, p)
	}
	return c.storeMerged("cpu", parts)
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
