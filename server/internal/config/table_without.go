package config

import (
	"slices"
	"strings"
)

// withoutEffect are directives of Redis 7.0 for mechanisms that Redline does not have or does not need to be told about.
var withoutEffect = slices.Concat(
	without("freeing never blocks a command: it is done in small steps",
		yesno("lazyfree-lazy-eviction", "no", nil),
		yesno("lazyfree-lazy-expire", "no", nil),
		yesno("lazyfree-lazy-server-del", "no", nil),
		yesno("lazyfree-lazy-user-del", "no", nil),
		yesno("lazyfree-lazy-user-flush", "no", nil),
		yesno("replica-lazy-flush", "no", nil).alias("slave-lazy-flush"),
	),
	without("hash tables grow one segment at a time and are never rehashed as a whole",
		yesno("activerehashing", "yes", nil),
	),
	without("keys expire by deadline, not by sampling",
		number("active-expire-effort", "1", 1, 10, nil),
	),
	without("blocks are moved one by one, collections as a whole are not",
		number("active-defrag-max-scan-fields", "1000", 1, longMax, nil),
		yesno("jemalloc-bg-thread", "yes", nil),
	),
	without("the Go runtime schedules the work: set GOMAXPROCS or a CPU limit on the process",
		number("io-threads", "1", 1, 128, nil).atStart(),
		yesno("io-threads-do-reads", "no", nil).atStart(),
		nullable("server_cpulist", "", nil).atStart(),
		nullable("bio_cpulist", "", nil).atStart(),
		nullable("aof_rewrite_cpulist", "", nil).atStart(),
		nullable("bgsave_cpulist", "", nil).atStart(),
		yesno("dynamic-hz", "yes", nil),
	),
	without("the process runs in the foreground and logs to standard output or logfile: let a service manager look after it",
		yesno("daemonize", "no", nil).atStart(),
		word("supervised", "no", []string{"upstart", "systemd", "auto", "no"}, nil).atStart(),
		nullable("pidfile", "", nil).atStart(),
		yesno("syslog-enabled", "no", nil).atStart(),
		text("syslog-ident", "redis", nil).atStart(),
		word("syslog-facility", "local0", []string{"user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}, nil).atStart(),
		yesno("set-proc-title", "yes", nil).atStart(),
		text("proc-title-template", "{title} {listen-addr} {server-mode}", nil).of(stringKind{check: titleTemplate}),
		yesno("always-show-logo", "no", nil).atStart(),
		text("ignore-warnings", "", nil),
		yesno("crash-log-enabled", "yes", nil),
		yesno("crash-memcheck-enabled", "yes", nil),
		yesno("use-exit-on-panic", "no", nil).asHidden(),
		number("watchdog-period", "0", 0, intMax, nil).asHidden(),
	),
	without("it is left to the operating system and its service manager",
		word("oom-score-adj", "no", nil, nil).of(enumKind{words: []string{"no", "yes", "relative", "absolute"}, same: map[string]string{"relative": "yes"}}),
		several("oom-score-adj-values", "0 200 800", oomKind{}, nil),
		yesno("disable-thp", "yes", nil).atStart(),
		number("socket-mark-id", "0", 0, uintMax, nil).atStart(),
		nullable("bind-source-addr", "", nil),
	),
	without("the log's base is always an RDB file, its records always have their time, and a sync never holds up commands",
		yesno("no-appendfsync-on-rewrite", "no", nil),
		yesno("aof-rewrite-incremental-fsync", "yes", nil),
		yesno("aof-use-rdb-preamble", "yes", nil),
		yesno("aof-timestamp-enabled", "no", nil),
		yesno("aof-disable-auto-gc", "no", nil),
	),
	without(notPersistent,
		yesno("rdb-save-incremental-fsync", "yes", nil),
		yesno("rdb-del-sync-files", "no", nil),
		number("key-load-delay", "0", intMin, intMax, nil).asHidden(),
		size("loading-process-events-interval-bytes", "2097152", 1024, intMax, nil).asHidden(),
	),
	without("this version has no client-side caching and no module interface",
		number("tracking-table-max-keys", "1000000", 0, longMax, nil),
		word("enable-module-command", "no", permissions, nil).atStart(),
		word("propagation-error-behavior", "ignore", []string{"ignore", "panic", "panic-on-replicas"}, nil),
		word("acl-pubsub-default", "resetchannels", []string{"allchannels", "resetchannels"}, nil),
	),
)

// titleTemplate checks proc-title-template: braces must enclose known variables.
func titleTemplate(s string) error {
	for {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			return nil
		}
		name, rest, closed := strings.Cut(s[open+1:], "}")
		if !closed || !slices.Contains(titleVariables, name) {
			return userError("template format is invalid or contains unknown variables")
		}
		s = rest
	}
}

var titleVariables = []string{"title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"}
