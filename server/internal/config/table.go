package config

import (
	"os"
	"runtime"
	"slices"
	"strconv"
)

// directives is the table: every directive that is known, by theme.
var directives = slices.Concat(network, memoryAndEncodings, data, operation, withoutEffect, foreign)

// byName finds a directive by its name or alias.
var byName = index(directives)

func index(ds []Directive) map[string]int {
	m := make(map[string]int, len(ds)+len(ds)/8)
	for i, d := range ds {
		m[d.Name] = i
		if d.Alias != "" {
			m[d.Alias] = i
		}
	}
	return m
}

// dynamicDefaults are defaults that depend on the process.
var dynamicDefaults = map[string]func() string{
	"shards": func() string { return strconv.Itoa(defaultShards(runtime.GOMAXPROCS(0))) },
	"dir": func() string {
		dir, err := os.Getwd()
		if err != nil {
			return "/"
		}
		return dir
	},
}

// defaultShards is four shards a core, so that two commands on different cores rarely want the same lock, and at least
// 16, so that pipelines of many connections spread even on a small machine.
func defaultShards(cores int) int {
	n := 16
	for n < 4*cores && n < shardsMax {
		n *= 2
	}
	return n
}

// deprecated directives are skipped in files without a word, as Redis skips them. The number is of their arguments.
var deprecated = map[string]int{"list-max-ziplist-entries": 1, "list-max-ziplist-value": 1, "lua-replicate-commands": 1}

// network: how clients reach the server and what they may take from it.
var network = []Directive{
	several("bind", "127.0.0.1 -::1", wordsKind{16, "Too many bind addresses specified."}, func(v *Values, s string) { v.Bind = fields(s) }).throughHook(),
	number("port", "6379", 0, 65535, func(v *Values, n int64) { v.Port = int(n) }).throughHook(),
	number("admin-port", "0", 0, 65535, func(v *Values, n int64) { v.AdminPort = int(n) }).settledAtStart(),
	text("admin-bind", "127.0.0.1", func(v *Values, s string) { v.AdminBind = s }).settledAtStart(),
	nullable("unixsocket", "", func(v *Values, s string) { v.UnixSocket = s }).atStart(),
	numeric("unixsocketperm", "0", numberKind{form: octal, max: 0o777}, func(v *Values, n int64) { v.UnixSocketPerm = uint32(n) }).atStart(),
	number("tcp-backlog", "511", 0, intMax, func(v *Values, n int64) { v.TCPBacklog = int(n) }).atStart(),
	word("io-transport", "auto", []string{"auto", "epoll", "goroutines"}, func(v *Values, s string) { v.IOTransport = s }).settledAtStart(),
	number("io-loops", "0", 0, 128, func(v *Values, n int64) { v.IOLoops = int(n) }).settledAtStart(),
	number("tcp-keepalive", "300", 0, intMax, func(v *Values, n int64) { v.TCPKeepaliveSeconds = int(n) }),
	number("timeout", "0", 0, intMax, func(v *Values, n int64) { v.TimeoutSeconds = int(n) }),
	number("maxclients", "10000", 1, uintMax, func(v *Values, n int64) { v.MaxClients = int(n) }),
	yesno("protected-mode", "yes", func(v *Values, on bool) { v.ProtectedMode = on }),
	nullable("requirepass", "", func(v *Values, s string) { v.RequirePass = s }).asSecret(),
	several("client-output-buffer-limit", outputLimitDefault, outputLimitKind{}, func(v *Values, s string) { v.OutputLimits = outputLimits(s) }),
	size("client-query-buffer-limit", "1073741824", 1<<20, longMax, func(v *Values, n int64) { v.QueryBufferLimit = n }),
	size("proto-max-bulk-len", "536870912", 1<<20, longMax, func(v *Values, n int64) { v.ProtoMaxBulkLen = n }),
	word("enable-protected-configs", "no", permissions, func(v *Values, s string) { v.ProtectedConfigs = Permission(s) }).atStart(),
	// Redis' default is "no". Clients on this machine may use DEBUG here: test suites and tools that talk to a server
	// that they did not start need it, and who can reach the loopback interface can do worse with FLUSHALL.
	word("enable-debug-command", "local", permissions, func(v *Values, s string) { v.DebugCommand = Permission(s) }).atStart(),
	number("acllog-max-len", "128", 0, longMax, func(v *Values, n int64) { v.ACLLogMaxLen = int(n) }),
}

var permissions = []string{"no", "yes", "local"}

// memoryAndEncodings: limits of memory and of the small encodings.
var memoryAndEncodings = []Directive{
	numeric("maxmemory", "0", numberKind{form: memory, unsigned: true}, func(v *Values, n int64) { v.MaxMemory = n }),
	word("maxmemory-policy", "noeviction", []string{"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
		"allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction"}, func(v *Values, s string) {
		v.MaxMemoryPolicy, v.LFU = s, s == "volatile-lfu" || s == "allkeys-lfu"
	}).orOurs("allkeys-s3fifo"),
	number("maxmemory-samples", "5", 1, intMax, func(v *Values, n int64) { v.MaxMemorySamples = int(n) }),
	number("maxmemory-eviction-tenacity", "10", 0, 100, func(v *Values, n int64) { v.EvictionTenacity = int(n) }),
	numeric("maxmemory-clients", "0", numberKind{form: percentage, min: -100, max: longMax}, func(v *Values, n int64) { v.MaxMemoryClients = n }),
	number("lfu-log-factor", "10", 0, intMax, func(v *Values, n int64) { v.LFULogFactor = int(n) }),
	number("lfu-decay-time", "1", 0, intMax, func(v *Values, n int64) { v.LFUDecayTime = int(n) }),
	// Memory that deletions leave sparse comes back without being asked for: unlike in Redis, on by default and from 16 MB on.
	yesno("activedefrag", "yes", func(v *Values, b bool) { v.Defrag.On = b }),
	number("active-defrag-cycle-min", "1", 1, 99, func(v *Values, n int64) { v.Defrag.CycleMin = int(n) }),
	number("active-defrag-cycle-max", "25", 1, 99, func(v *Values, n int64) { v.Defrag.CycleMax = int(n) }),
	number("active-defrag-threshold-lower", "10", 0, 1000, func(v *Values, n int64) { v.Defrag.Lower = int(n) }),
	number("active-defrag-threshold-upper", "100", 0, 1000, func(v *Values, n int64) { v.Defrag.Upper = int(n) }),
	size("active-defrag-ignore-bytes", "16777216", 1, longMax, func(v *Values, n int64) { v.Defrag.IgnoreBytes = n }),

	number("hash-max-listpack-entries", "512", 0, longMax, func(v *Values, n int64) { v.HashMaxListpackEntries = int(n) }).alias("hash-max-ziplist-entries"),
	size("hash-max-listpack-value", "64", 0, longMax, func(v *Values, n int64) { v.HashMaxListpackValue = int(n) }).alias("hash-max-ziplist-value"),
	number("list-max-listpack-size", "-2", intMin, intMax, func(v *Values, n int64) { v.ListMaxListpackSize = int(n) }).alias("list-max-ziplist-size"),
	number("list-compress-depth", "0", 0, intMax, func(v *Values, n int64) { v.ListCompressDepth = int(n) }),
	number("set-max-intset-entries", "512", 0, longMax, func(v *Values, n int64) { v.SetMaxIntsetEntries = int(n) }),
	number("zset-max-listpack-entries", "128", 0, longMax, func(v *Values, n int64) { v.ZSetMaxListpackEntries = int(n) }).alias("zset-max-ziplist-entries"),
	size("zset-max-listpack-value", "64", 0, longMax, func(v *Values, n int64) { v.ZSetMaxListpackValue = int(n) }).alias("zset-max-ziplist-value"),
	size("hll-sparse-max-bytes", "3000", 0, longMax, func(v *Values, n int64) { v.HLLSparseMaxBytes = int(n) }),
	size("stream-node-max-bytes", "4096", 0, longMax, func(v *Values, n int64) { v.StreamNodeMaxBytes = int(n) }),
	number("stream-node-max-entries", "100", 0, longMax, func(v *Values, n int64) { v.StreamNodeMaxEntries = int(n) }),
}

// data: the keyspace and its files.
var data = []Directive{
	number("databases", "16", 1, databasesMax, func(v *Values, n int64) { v.Databases = int(n) }).atStart(),
	numeric("shards", "16", shardsKind{}, func(v *Values, n int64) { v.Shards = int(n) }).settledAtStart(),
	textual("notify-keyspace-events", "", eventsKind{}, func(v *Values, s string) { v.NotifyKeyspace = s }),
	textual("dir", "", dirKind{}, func(v *Values, s string) { v.Dir = s }).guarded(),
	text("dbfilename", "dump.rdb", func(v *Values, s string) { v.DBFilename = s }).of(stringKind{check: fileName("dbfilename", "filename", true)}).guarded(),
	several("save", "", saveKind{}, func(v *Values, s string) { v.Save = savePoints(s) }),
	yesno("appendonly", "no", func(v *Values, on bool) { v.AppendOnly = on }).throughHook(),
	word("appendfsync", "everysec", []string{"everysec", "always", "no"}, func(v *Values, s string) { v.AppendFsync = s }),
	number("appendfsync-writes", "0", 0, intMax, func(v *Values, n int64) { v.AppendFsyncWrites = int(n) }),
	text("appenddirname", "appendonlydir", func(v *Values, s string) { v.AppendDirname = s }).of(stringKind{check: fileName("appenddirname", "dirname", false)}).atStart(),
	text("appendfilename", "appendonly.aof", func(v *Values, s string) { v.AppendFilename = s }).of(stringKind{check: fileName("appendfilename", "filename", false)}).atStart(),
	number("auto-aof-rewrite-percentage", "100", 0, intMax, func(v *Values, n int64) { v.RewritePercent = n }),
	size("auto-aof-rewrite-min-size", "67108864", 0, longMax, func(v *Values, n int64) { v.RewriteBytesMin = n }),
	yesno("aof-load-truncated", "yes", func(v *Values, on bool) { v.LoadTruncated = on }),
	yesno("rdbcompression", "yes", func(v *Values, on bool) { v.RDBCompressed = on }),
	yesno("rdbchecksum", "yes", func(v *Values, on bool) { v.RDBChecksum = on }).atStart(),
	number("rdb-key-save-delay", "0", intMin, intMax, func(v *Values, n int64) { v.RDBKeySaveDelayUs = n }).asHidden(),
	yesno("stop-writes-on-bgsave-error", "yes", func(v *Values, on bool) { v.StopWrites = on }),
	word("sanitize-dump-payload", "no", []string{"no", "yes", "clients"}, func(v *Values, s string) { v.SanitizeDump = s }),
}

// databasesMax bounds the databases: each shard has a header for each.
const databasesMax = 10000

const notPersistent = "this version keeps data in memory only and writes nothing to disk"

// operation: logs, diagnosis, the end.
var operation = []Directive{
	word("loglevel", "notice", []string{"debug", "verbose", "notice", "warning"}, func(v *Values, s string) { v.LogLevel = s }),
	text("logfile", "", func(v *Values, s string) { v.LogFile = s }).atStart(),
	numeric("hz", "10", numberKind{max: intMax, clamp: func(n int64) int64 { return min(max(n, 1), 500) }}, func(v *Values, n int64) { v.Hz = int(n) }),
	number("slowlog-log-slower-than", "10000", -1, longMax, func(v *Values, n int64) { v.SlowlogSlowerThanUs = n }),
	number("slowlog-max-len", "128", 0, longMax, func(v *Values, n int64) { v.SlowlogMaxLen = int(n) }),
	number("latency-monitor-threshold", "0", 0, longMax, func(v *Values, n int64) { v.LatencyThresholdMs = n }),
	yesno("latency-tracking", "yes", func(v *Values, on bool) { v.LatencyTracking = on }),
	number("latency-anatomy-sampling", "128", 0, 1_000_000, func(v *Values, n int64) { v.AnatomySampling = int32(n) }),
	several("latency-tracking-info-percentiles", "50 99 99.9", percentilesKind{}, func(v *Values, s string) { v.LatencyPercentiles = percentiles(s) }),
	number("busy-reply-threshold", "5000", 0, longMax, func(v *Values, n int64) { v.BusyReplyMs = n }).alias("lua-time-limit"),
	number("shutdown-timeout", "10", 0, intMax, func(v *Values, n int64) { v.ShutdownSeconds = int(n) }),
	several("shutdown-on-sigint", "default", shutdownFlags, func(v *Values, s string) { v.ShutdownOnInterrupt = fields(s) }),
	several("shutdown-on-sigterm", "default", shutdownFlags, func(v *Values, s string) { v.ShutdownOnTerminate = fields(s) }),
}

var shutdownFlags = flagsKind{
	words:    []string{"default", "save", "nosave", "now", "force"},
	conflict: [2]string{"save", "nosave"},
	text:     "shutdown options SAVE and NOSAVE can't be used simultaneously",
}
