package probe

import (
	"strconv"
	"strings"

	"redline/lab/record"
)

// Info is the fields of an INFO reply.
type Info map[string]string

// ParseInfo reads "name:value" lines; anything else is skipped.
func ParseInfo(text string) Info { return record.ParseInfo(text) }

// Identity is what a server says of itself.
type Identity struct {
	Kind      string // redline, redis, valkey, dragonfly, garnet or unknown
	Version   string
	PID       int    // 0 when it does not tell
	AdminAddr string // HOST:PORT of an HTTP listener with pprof, of Redline only
}

// Identify reads the identity from section server of INFO. Servers that imitate
// Redis also give redis_version, so their own fields come first.
func (i Info) Identify() Identity {
	id := Identity{Kind: "unknown", AdminAddr: i["admin_addr"]}
	id.PID, _ = strconv.Atoi(i["process_id"])
	for _, k := range []struct{ field, kind string }{
		{"redline_version", "redline"}, {"valkey_version", "valkey"}, {"dragonfly_version", "dragonfly"},
		{"garnet_version", "garnet"}, {"redis_version", "redis"},
	} {
		if v := i[k.field]; v != "" {
			id.Kind, id.Version = k.kind, v
			return id
		}
	}
	return id
}

// keys sums keys=N over the databases of section keyspace.
func (i Info) keys() (sum int64) {
	for name, value := range i {
		if !isDB(name) {
			continue
		}
		for field := range strings.SplitSeq(value, ",") {
			if n, ok := strings.CutPrefix(field, "keys="); ok {
				v, _ := strconv.ParseInt(n, 10, 64)
				sum += v
			}
		}
	}
	return sum
}

func isDB(name string) bool {
	n, ok := strings.CutPrefix(name, "db")
	if !ok || n == "" {
		return false
	}
	_, err := strconv.Atoi(n)
	return err == nil
}

// sampled are the fields of INFO worth a time series, and the names they get;
// a unit is added where Redis leaves it out.
var sampled = map[string]string{
	"used_memory":                "info_used_memory_bytes",
	"used_memory_rss":            "info_used_memory_rss_bytes",
	"used_memory_dataset":        "info_used_memory_dataset_bytes",
	"mem_fragmentation_ratio":    "info_mem_fragmentation_ratio",
	"connected_clients":          "info_connected_clients",
	"blocked_clients":            "info_blocked_clients",
	"total_commands_processed":   "info_total_commands_processed",
	"total_connections_received": "info_total_connections_received",
	"rejected_connections":       "info_rejected_connections",
	"total_net_input_bytes":      "info_total_net_input_bytes",
	"total_net_output_bytes":     "info_total_net_output_bytes",
	"expired_keys":               "info_expired_keys",
	"evicted_keys":               "info_evicted_keys",
	"keyspace_hits":              "info_keyspace_hits",
	"keyspace_misses":            "info_keyspace_misses",
	"total_error_replies":        "info_total_error_replies",
	"latest_fork_usec":           "info_latest_fork_us",
	"rdb_bgsave_in_progress":     "info_rdb_bgsave_in_progress",
	"aof_rewrite_in_progress":    "info_aof_rewrite_in_progress",

	"maxmemory":                       "info_maxmemory_bytes",
	"used_memory_startup":             "info_used_memory_startup_bytes",
	"mem_fragmentation_bytes":         "info_mem_fragmentation_bytes",
	"allocator_frag_ratio":            "info_allocator_frag_ratio",
	"allocator_frag_bytes":            "info_allocator_frag_bytes",
	"mem_clients_normal":              "info_mem_clients_normal_bytes",
	"client_recent_max_input_buffer":  "info_client_recent_max_input_buffer_bytes",
	"client_recent_max_output_buffer": "info_client_recent_max_output_buffer_bytes",
	"expired_time_cap_reached_count":  "info_expired_time_cap_reached_count",
	"expire_cycle_cpu_milliseconds":   "info_expire_cycle_cpu_ms",
	"total_eviction_exceeded_time":    "info_total_eviction_exceeded_ms",
	"total_active_defrag_time":        "info_total_active_defrag_ms",
	"total_forks":                     "info_total_forks",
	"aof_delayed_fsync":               "info_aof_delayed_fsync",
	"aof_pending_bio_fsync":           "info_aof_pending_bio_fsync",
	"io_threads_active":               "info_io_threads_active",
	"slowlog_commands_count":          "info_slowlog_commands_count",
	"total_reads_processed":           "info_total_reads_processed",
	"total_writes_processed":          "info_total_writes_processed",
}

// nested are the families of fields whose value is a list such as calls=1,usec=2, by the start of their name.
var nested = []string{"cmdstat_", "errorstat_"}

// values are the sampled fields of i. What a nested field holds gets a name of both: cmdstat_get:calls=1 is
// info_cmdstat_get_calls.
func (i Info) values() map[string]float64 {
	out := map[string]float64{"info_keys": float64(i.keys())}
	for field, text := range i {
		if name, ok := sampled[field]; ok {
			if v, ok := number(text); ok {
				out[name] = v
			}
			continue
		}
		if !isNested(field) {
			continue
		}
		for part := range strings.SplitSeq(text, ",") {
			name, value, _ := strings.Cut(part, "=")
			if v, ok := number(value); ok && name != "" {
				out["info_"+field+"_"+name] = v
			}
		}
	}
	return out
}

func isNested(field string) bool {
	for _, prefix := range nested {
		if strings.HasPrefix(field, prefix) {
			return true
		}
	}
	return isDB(field)
}
