package admincmd

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/observe"
	"redline/server/internal/session"
)

// section is one part of INFO. Names of fields are those of Redis 7.0; what has no meaning here is left out, unless
// clients are known to ask for it.
type section struct {
	name  string
	title string
	extra bool // only with "all" and by name
	write func(i *report)
}

// sections are in the order in which Redis shows them.
var sections = []section{
	{"server", "Server", false, infoServer}, {"clients", "Clients", false, infoClients}, {"memory", "Memory", false, infoMemory}, {"persistence", "Persistence", false, infoPersistence},
	{"stats", "Stats", false, infoStats}, {"replication", "Replication", false, infoReplication}, {"cpu", "CPU", false, infoCPU}, {"modules", "Modules", false, infoModules},
	{"commandstats", "Commandstats", true, infoCommandStats}, {"errorstats", "Errorstats", false, infoErrorStats}, {"latencystats", "Latencystats", true, infoLatencyStats},
	{"cluster", "Cluster", false, infoCluster}, {"keyspace", "Keyspace", false, infoKeyspace},
}

// ourSections are not in Redis and shown by name only: clients may take INFO apart by what Redis has, and some hold names
// of keys.
var ourSections = []section{{"anatomy", "Anatomy", true, infoAnatomy}, {"shards", "Shards", true, infoShards}, {"hotkeys", "Hotkeys", true, infoHotKeys}, {"bigkeys", "Bigkeys", true, infoBigKeys}}

// report is an INFO under way.
type report struct {
	strings.Builder
	call *command.Call
	hub  *session.Hub
	conf *config.Values
}

// reportSize is about how long INFO gets with all sections, in bytes.
const reportSize = 16 << 10

func (r *report) field(name string, v any) {
	r.WriteString(name)
	r.WriteByte(':')
	switch v := v.(type) { // most fields are of these, and fmt is slow
	case string:
		r.WriteString(v)
	case int:
		r.WriteString(strconv.Itoa(v))
	case int64:
		r.WriteString(strconv.FormatInt(v, 10))
	default:
		fmt.Fprint(r, v)
	}
	r.WriteString("\r\n")
}

// size writes a number of bytes and the same for people.
func (r *report) size(name string, n int64) {
	r.field(name, n)
	r.field(name+"_human", human(n))
}

func info(c *command.Call) {
	wanted := make(map[string]bool) // "all" and "everything" differ in what modules add, and there are no modules
	for _, a := range c.Args[1:] {
		wanted[strings.ToLower(string(a))] = true
	}
	all := wanted["all"] || wanted["everything"]
	common := len(wanted) == 0 || wanted["default"]
	h := session.From(c).Hub
	r := &report{call: c, hub: h, conf: h.Config.Values()}
	r.Grow(reportSize)
	for i, s := range slices.Concat(sections, ourSections) {
		ours := i >= len(sections)
		if !wanted[s.name] && !(all && !ours) && !(common && !s.extra) {
			continue
		}
		if r.Len() > 0 {
			r.WriteString("\r\n")
		}
		r.WriteString("# " + s.title + "\r\n")
		s.write(r)
	}
	c.Reply.Verbatim("txt", []byte(r.String()))
}

func infoServer(r *report) {
	h, now := r.hub, r.hub.Clock()
	up := int64(now.Sub(h.Started).Seconds())
	exe, _ := os.Executable()
	r.field("redis_version", command.RedisVersion)
	r.field("redline_version", h.Version)
	r.field("redis_git_sha1", "00000000")
	r.field("redis_git_dirty", 0)
	r.field("redis_build_id", h.Version)
	r.field("redis_mode", "standalone")
	r.field("os", observe.System())
	r.field("arch_bits", strconv.IntSize)
	r.field("monotonic_clock", "go runtime")
	r.field("multiplexing_api", "go netpoll")
	r.field("go_version", runtime.Version())
	r.field("process_id", os.Getpid())
	r.field("process_supervised", "no")
	r.field("run_id", h.RunID)
	r.field("tcp_port", h.Port.Load())
	if h.AdminAddr != "" {
		r.field("admin_addr", h.AdminAddr)
	}
	r.field("server_time_usec", now.UnixMicro())
	r.field("uptime_in_seconds", up)
	r.field("uptime_in_days", up/86400)
	r.field("hz", r.conf.Hz)
	r.field("configured_hz", r.conf.Hz)
	r.field("lru_clock", now.Unix()&(1<<24-1))
	r.field("executable", exe)
	r.field("config_file", h.Config.File())
	r.field("io_threads_active", 0)
	r.field("gomaxprocs", runtime.GOMAXPROCS(0))
	r.field("goroutines", runtime.NumGoroutine())
	r.field("shards", r.call.Space().Shards())
}

func infoClients(r *report) {
	in, out := int64(0), int64(0)
	for _, s := range r.hub.Clients.All() {
		u := s.Usage()
		in, out = max(in, u.Query), max(out, u.Output)
	}
	r.field("connected_clients", r.hub.Clients.Len())
	r.field("cluster_connections", 0)
	r.field("maxclients", r.conf.MaxClients)
	r.field("client_recent_max_input_buffer", in)
	r.field("client_recent_max_output_buffer", out)
	r.field("blocked_clients", r.hub.Engine.Blocked.Load()+int64(r.hub.Stalled())) // Redis counts those that CLIENT PAUSE holds back as well
	r.field("tracking_clients", 0)
	r.field("clients_in_timeout_table", r.hub.Engine.Blocked.Load())
}

func infoMemory(r *report) {
	f := measure(r.call)
	r.size("used_memory", f.used)
	r.size("used_memory_rss", f.host.Resident)
	r.size("used_memory_peak", f.peak)
	r.field("used_memory_peak_perc", percent(f.used, f.peak))
	r.field("used_memory_overhead", f.overhead)
	r.field("used_memory_startup", 0)
	r.field("used_memory_dataset", f.dataset)
	r.field("used_memory_dataset_perc", percent(f.dataset, f.used))
	r.field("allocator_allocated", f.used)
	r.field("allocator_active", f.active())
	r.field("allocator_resident", f.resident())
	r.size("total_system_memory", f.host.Total)
	r.size("used_memory_lua", 0)
	r.field("used_memory_vm_eval", 0)
	r.field("used_memory_scripts_eval", 0)
	r.field("number_of_cached_scripts", 0)
	r.field("number_of_functions", 0)
	r.field("number_of_libraries", 0)
	r.field("used_memory_vm_functions", 0)
	r.size("used_memory_vm_total", 0)
	r.field("used_memory_functions", 0)
	r.size("used_memory_scripts", 0)
	r.size("maxmemory", r.conf.MaxMemory)
	r.field("maxmemory_policy", r.conf.MaxMemoryPolicy)
	r.field("allocator_frag_ratio", decimals(ratio(f.active(), f.used)))
	r.field("allocator_frag_bytes", f.active()-f.used)
	r.field("allocator_rss_ratio", decimals(ratio(f.resident(), f.active())))
	r.field("allocator_rss_bytes", f.resident()-f.active())
	r.field("rss_overhead_ratio", decimals(ratio(f.host.Resident, f.resident())))
	r.field("rss_overhead_bytes", f.host.Resident-f.resident())
	r.field("mem_fragmentation_ratio", decimals(ratio(f.host.Resident, f.used)))
	r.field("mem_fragmentation_bytes", f.host.Resident-f.used)
	r.field("mem_not_counted_for_evict", 0)
	r.field("mem_replication_backlog", 0)
	r.field("mem_total_replication_buffers", 0)
	r.field("mem_clients_slaves", 0)
	r.field("mem_clients_normal", f.clients)
	r.field("mem_cluster_links", 0)
	r.field("mem_aof_buffer", 0)
	r.field("mem_allocator", "redline-slab")
	r.field("active_defrag_running", r.hub.Defrag.Effort.Load())
	r.field("lazyfree_pending_objects", f.keyspace.TrashKeys)
	r.field("lazyfreed_objects", lazyFreed(r))
	r.field("mem_blocks", f.keyspace.Blocks)
	r.field("mem_blocks_resident", f.keyspace.Resident)
	r.field("mem_index", f.keyspace.Index)
	r.field("mem_expiry", f.keyspace.Wheels)
	r.field("mem_collections", f.keyspace.Objects)
	r.field("mem_go_heap", f.runtime.Heap)
	r.field("mem_go_total", f.runtime.Total)
	for _, p := range f.parts() {
		r.field("mem_part_"+p.name, p.bytes)
	}
	infoCollector(r)
}

func percent(a, b int64) string { return decimals(100*ratio(a, b)) + "%" }

func decimals(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }

// infoPersistence tells of the RDB file and the log.
func infoPersistence(r *report) {
	infoLoading(r)
	r.snapshots()
	infoLog(r)
}

func infoReplication(r *report) {
	id := r.hub.RunID
	if p := r.hub.ReplID.Load(); p != nil {
		id = *p
	}
	r.field("role", "master")
	r.field("connected_slaves", 0)
	r.field("master_failover_state", "no-failover")
	r.field("master_replid", id)
	r.field("master_replid2", strings.Repeat("0", 40))
	r.field("master_repl_offset", 0)
	r.field("second_repl_offset", -1)
	r.field("repl_backlog_active", 0)
	r.field("repl_backlog_size", r.hub.Config.Get("repl-backlog-size")[0][1])
	r.field("repl_backlog_first_byte_offset", 0)
	r.field("repl_backlog_histlen", 0)
}

func infoCPU(r *report) {
	user, system := observe.CPU()
	r.field("used_cpu_sys", fmt.Sprintf("%.6f", system.Seconds()))
	r.field("used_cpu_user", fmt.Sprintf("%.6f", user.Seconds()))
	r.field("used_cpu_sys_children", "0.000000")
	r.field("used_cpu_user_children", "0.000000")
}

func infoModules(*report) {}

func infoCluster(r *report) { r.field("cluster_enabled", 0) }

func infoErrorStats(r *report) {
	errors := r.hub.Stats.Errors()
	codes := make([]string, 0, len(errors))
	for code := range errors {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		r.field("errorstat_"+safe(code), fmt.Sprintf("count=%d", errors[code]))
	}
}

// safe keeps a name from breaking the format of INFO.
func safe(name string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune("#:\n\r", c) {
			return '_'
		}
		return c
	}, name)
}
