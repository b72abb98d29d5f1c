package report

import (
	"math"
	"sort"
	"strings"

	"redline/lab/analysis/series"
	"redline/lab/record"
)

// lineSpec is one line of a resource chart: a sampled value, or the growth per
// second of a sampled counter, times a factor that brings it to the chart's unit.
type lineSpec struct {
	source, name string
	label        string
	tone         Tone
	rate         bool
	factor       float64
	dash         bool // for a line that often hides behind another
}

// gauge is a value as sampled.
func gauge(source, name, label string, tone Tone) lineSpec {
	return lineSpec{source: source, name: name, label: label, tone: tone, factor: 1}
}

// rateOf is the growth of a counter per second.
func rateOf(source, name, label string, tone Tone, factor float64) lineSpec {
	return lineSpec{source: source, name: name, label: label, tone: tone, rate: true, factor: factor}
}

func (l lineSpec) dashed() lineSpec {
	l.dash = true
	return l
}

// chartSpec is a resource chart. It is left out when none of its lines was sampled.
type chartSpec struct {
	title, note string
	unit        Unit
	lines       []lineSpec
}

const (
	perNs    = 1e-9 // nanoseconds of CPU per second -> cores
	perMicro = 1e-6 // microseconds of stall per second -> share
)

var serverCharts = []chartSpec{
	{"CPU of the server", "", UnitCores, []lineSpec{
		rateOf("server_proc", "cpu_user_ns", "user", "a", perNs),
		rateOf("server_proc", "cpu_system_ns", "system", "b", perNs),
	}},
	{"Memory of the server", "Resident is what the process holds, used what the server says its data takes.", UnitBytes, []lineSpec{
		gauge("server_proc", "rss_bytes", "resident", "a"),
		gauge("info", "info_used_memory_bytes", "used", "c"),
		gauge("metrics", "heap_inuse_bytes", "Go heap", "d"),
	}},
	{"Goroutines and threads", "", UnitCount, []lineSpec{
		gauge("metrics", "goroutines", "goroutines", "a"),
		gauge("server_proc", "threads", "threads", "b"),
	}},
	{"Waiting for a core, threads of the server on average", "Time that its threads were ready and had no core.", UnitCount, []lineSpec{
		rateOf("server_proc", "run_delay_ns", "waiting", "b", perNs),
	}},
	{"Open files and sockets", "", UnitCount, []lineSpec{
		gauge("server_proc", "fds", "open", "a"),
	}},
	{"Context switches of the server", "Involuntary ones were forced by the scheduler: another thread wanted the core.", UnitPerS, []lineSpec{
		rateOf("server_proc", "voluntary_switches", "voluntary", "a", 1),
		rateOf("server_proc", "involuntary_switches", "involuntary", "b", 1),
	}},
	{"Commands, as the server counts them", "", UnitPerS, []lineSpec{
		rateOf("info", "info_total_commands_processed", "commands", "a", 1),
	}},
	{"Keys", "", UnitCount, []lineSpec{
		gauge("info", "info_keys", "keys", "a"),
	}},
	{"Clients", "", UnitCount, []lineSpec{
		gauge("info", "info_connected_clients", "connected", "a"),
		gauge("info", "info_blocked_clients", "blocked", "b"),
	}},
	{"Bytes, as the server counts them", "", UnitBytesS, []lineSpec{
		rateOf("info", "info_total_net_input_bytes", "received", "a", 1),
		rateOf("info", "info_total_net_output_bytes", "sent", "b", 1).dashed(),
	}},
	{"Garbage collections", "", UnitPerS, []lineSpec{
		rateOf("metrics", "gc_cycles", "cycles", "d", 1),
	}},
	{"Allocated on the Go heap", "", UnitBytesS, []lineSpec{
		rateOf("metrics", "alloc_total_bytes", "allocated", "d", 1),
	}},
	{"Page faults of the server", "Major ones waited for the disk.", UnitPerS, []lineSpec{
		rateOf("server_proc", "minor_faults", "minor", "a", 1),
		rateOf("server_proc", "major_faults", "major", "b", 1),
	}},
	{"Keys expired and evicted", "", UnitPerS, []lineSpec{
		rateOf("info", "info_expired_keys", "expired", "a", 1),
		rateOf("info", "info_evicted_keys", "evicted", "b", 1),
	}},
	{"Errors and refused connections, as the server counts them", "", UnitPerS, []lineSpec{
		rateOf("info", "info_total_error_replies", "error replies", "b", 1),
		rateOf("info", "info_rejected_connections", "refused connections", "d", 1),
	}},
}

var hostCharts = []chartSpec{
	{"CPU of the host", "Steal is time that the hypervisor gave to others.", UnitCores, []lineSpec{
		rateOf("host", "host_cpu_busy_ns", "busy", "a", perNs),
		rateOf("host", "host_cpu_iowait_ns", "waiting for I/O", "c", perNs),
		rateOf("host", "host_cpu_steal_ns", "steal", "b", perNs),
	}},
	{"Pressure (PSI)", "Share of time in which at least one task waited for the resource.", UnitRatio, []lineSpec{
		rateOf("psi", "psi_cpu_some_us", "CPU", "a", perMicro),
		rateOf("psi", "psi_memory_some_us", "memory", "c", perMicro),
		rateOf("psi", "psi_io_some_us", "I/O", "b", perMicro),
	}},
	{"Network of the host", "", UnitBytesS, []lineSpec{
		rateOf("host", "net_rx_bytes", "received", "a", 1),
		rateOf("host", "net_tx_bytes", "sent", "b", 1).dashed(),
	}},
	{"TCP retransmits of the host", "", UnitPerS, []lineSpec{
		rateOf("host", "tcp_retransmits", "segments", "b", 1),
	}},
	{"Disk", "", UnitBytesS, []lineSpec{
		rateOf("host", "disk_read_bytes", "read", "a", 1),
		rateOf("host", "disk_write_bytes", "written", "b", 1),
	}},
	{"Context switches of the host", "", UnitPerS, []lineSpec{
		rateOf("host", "host_switches", "switches", "a", 1),
	}},
	{"Memory of the host", "", UnitBytes, []lineSpec{
		gauge("host", "mem_available_bytes", "available", "a"),
	}},
	{"Waiting for a core, tasks on average", "Time that tasks of all processes were ready and had no core.", UnitCount, []lineSpec{
		rateOf("host", "run_delay_ns", "waiting", "b", perNs),
	}},
	{"Swapped", "", UnitBytesS, []lineSpec{
		rateOf("host", "swap_in_bytes", "in", "a", 1),
		rateOf("host", "swap_out_bytes", "out", "b", 1),
	}},
	{"Time at the disks", "1 is one request at the disks all the time; what flushes take delays every fsync.", UnitCount, []lineSpec{
		rateOf("host", "disk_read_ns", "reading", "a", perNs),
		rateOf("host", "disk_write_ns", "writing", "b", perNs),
		rateOf("host", "disk_flush_ns", "flushing", "d", perNs),
	}},
	{"Throttled by a limit of the control group", "", UnitRatio, []lineSpec{
		rateOf("cgroup", "cpu_throttled_ns", "server", "b", perNs),
		rateOf("cgroup", "generator_cpu_throttled_ns", "generator", "d", perNs),
	}},
}

var generatorCharts = []chartSpec{
	{"CPU of the load generator", "", UnitCores, []lineSpec{
		rateOf("generator", "cpu_user_ns", "user", "a", perNs),
		rateOf("generator", "cpu_system_ns", "system", "b", perNs),
	}},
	{"Memory of the load generator", "", UnitBytes, []lineSpec{
		gauge("generator", "rss_bytes", "resident", "a"),
	}},
}

func serverSection(in *input) (Section, bool) {
	s := Section{ID: "server", Title: "The server's resources"}
	s.Lead = "What the server used while it served. CPU is in cores: 1 is one core all the time."
	s.Blocks = in.sampledBlocks(serverCharts)
	return s, len(s.Blocks) > 0
}

func hostSection(in *input) (Section, bool) {
	s := Section{ID: "host", Title: "The host's resources"}
	s.Lead = "What everything on the machine used together, load generator included. A host that is busy with something else, or stalls, " +
		"makes any server look slow."
	s.Blocks = in.sampledBlocks(hostCharts)
	return s, len(s.Blocks) > 0
}

// sampledBlocks is the charts that show something, and a sentence for those that
// would show zero all the time.
func (in *input) sampledBlocks(specs []chartSpec) []Block {
	charts, quiet := in.sampledCharts(specs)
	var blocks []Block
	if len(charts) > 0 {
		blocks = append(blocks, TimeCharts{"timecharts", false, charts})
	}
	if len(quiet) > 0 {
		blocks = append(blocks, prose(sentence("Zero throughout: "+strings.Join(quiet, "; ")+".", record.SamplesFile)))
	}
	return blocks
}

func (in *input) sampledCharts(specs []chartSpec) (charts []TimeChart, quiet []string) {
	if in.samples == nil {
		return nil, nil
	}
	for _, spec := range specs {
		c, ok := in.sampledChart(spec)
		if !ok {
			continue
		}
		if c.still() {
			quiet = append(quiet, lowerFirst(c.Title))
		} else {
			charts = append(charts, c)
		}
	}
	return charts, quiet
}

// lowerFirst writes a title as part of a sentence; abbreviations stay as they are.
func lowerFirst(s string) string {
	if len(s) < 2 || s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// still says whether no line of a chart ever leaves zero.
func (c *TimeChart) still() bool {
	for _, v := range c.Views {
		for _, l := range v.Lines {
			if highest(l.Values) > 0 {
				return false
			}
		}
	}
	return true
}

func (in *input) sampledChart(spec chartSpec) (TimeChart, bool) {
	c := TimeChart{Title: spec.title, Note: spec.note, Unit: spec.unit, Sources: []string{record.SamplesFile}}
	var lines []Line
	for _, l := range spec.lines {
		s, ok := in.sampled(l)
		if !ok {
			continue
		}
		if c.Times == nil {
			c.Times = s.Seconds
		}
		lines = append(lines, Line{l.label, l.tone, l.dash, onTimes(s, c.Times)})
	}
	c.Views = []View{{"", lines}}
	return c, len(lines) > 0 && len(c.Times) > 1
}

// sampled is the series of a line in the unit of its chart.
func (in *input) sampled(l lineSpec) (series.Series, bool) {
	if l.rate {
		s, ok := in.samples.Rate(l.source, l.name)
		return s.ThinMean(maxColumns).Times(l.factor), ok
	}
	s, ok := in.samples.Gauge(l.source, l.name)
	return s.ThinMax(maxColumns).Times(l.factor), ok
}

// onTimes reads a series at other times: the newest value that is at most two
// of its own intervals old, else a gap. Sources are sampled each at its own
// instants, and a chart has one time axis.
func onTimes(s series.Series, at []float64) numbers {
	out := make(numbers, len(at))
	n := len(s.Seconds)
	stale := math.Inf(1)
	if n > 1 {
		stale = 2 * (s.Seconds[n-1] - s.Seconds[0]) / float64(n-1)
	}
	const slack = 0.25 // share of an interval that a value may lie after the time it stands for
	for i, t := range at {
		out[i] = math.NaN()
		j := sort.SearchFloat64s(s.Seconds, t+slack*stale/2+1e-9) - 1
		if j >= 0 && t-s.Seconds[j] <= stale {
			out[i] = s.Values[j]
		}
	}
	return out
}
