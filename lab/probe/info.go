package probe

import (
	"strconv"
	"strings"
)

// Info is the fields of an INFO reply.
type Info map[string]string

// ParseInfo reads "name:value" lines; anything else is skipped.
func ParseInfo(text string) Info {
	info := Info{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if name, value, ok := strings.Cut(line, ":"); ok && name != "" && name[0] != '#' {
			info[name] = value
		}
	}
	return info
}

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
}

// values are the sampled fields of i.
func (i Info) values() map[string]float64 {
	out := map[string]float64{"info_keys": float64(i.keys())}
	for field, name := range sampled {
		if v, ok := number(i[field]); ok {
			out[name] = v
		}
	}
	return out
}
