package config

import (
	"slices"
	"strings"
)

// foreign are directives of Redis 7.0 for replication, cluster mode and TLS, which this version does not have. Those
// that would make the server another kind of server are refused: to ignore them would be worse than not to start.
var foreign = slices.Concat(replication, cluster, encryption)

var replication = without("this version has no replication",
	several("replicaof", "", primaryKind{}, nil).alias("slaveof").atStart().refused("this version has no replication: remove the directive"),
	nullable("masterauth", "", nil).asSecret(),
	nullable("masteruser", "", nil).asSecret(),
	nullable("aclfile", "", nil).of(stringKind{}).atStart().refused("this version has no ACL users: remove the directive and set requirepass"),
	yesno("replica-serve-stale-data", "yes", nil).alias("slave-serve-stale-data"),
	yesno("replica-read-only", "yes", nil).alias("slave-read-only"),
	yesno("replica-ignore-maxmemory", "yes", nil).alias("slave-ignore-maxmemory"),
	yesno("replica-ignore-disk-write-errors", "no", nil),
	yesno("replica-announced", "yes", nil),
	nullable("replica-announce-ip", "", nil).alias("slave-announce-ip"),
	number("replica-announce-port", "0", 0, 65535, nil).alias("slave-announce-port"),
	number("replica-priority", "100", 0, intMax, nil).alias("slave-priority"),
	number("repl-ping-replica-period", "10", 1, intMax, nil).alias("repl-ping-slave-period"),
	number("repl-timeout", "60", 1, intMax, nil),
	yesno("repl-disable-tcp-nodelay", "no", nil),
	yesno("repl-diskless-sync", "yes", nil),
	number("repl-diskless-sync-delay", "5", 0, intMax, nil),
	number("repl-diskless-sync-max-replicas", "0", 0, intMax, nil),
	word("repl-diskless-load", "disabled", []string{"disabled", "on-empty-db", "swapdb"}, nil),
	numeric("repl-backlog-size", "1048576", numberKind{form: memory, min: 1, max: longMax, clamp: func(n int64) int64 { return max(n, 16<<10) }}, nil),
	number("repl-backlog-ttl", "3600", 0, longMax, nil),
	number("min-replicas-to-write", "0", 0, intMax, nil).alias("min-slaves-to-write"),
	number("min-replicas-max-lag", "10", 0, intMax, nil).alias("min-slaves-max-lag"),
)

var cluster = without("this version has no cluster mode",
	yesno("cluster-enabled", "no", nil).atStart().refused("this version has no cluster mode: remove the directive"),
	text("cluster-config-file", "nodes.conf", nil).atStart(),
	nullable("cluster-announce-ip", "", nil),
	nullable("cluster-announce-hostname", "", nil).of(stringKind{nullable: true, check: hostname}),
	number("cluster-announce-bus-port", "0", 0, 65535, nil),
	number("cluster-announce-port", "0", 0, 65535, nil),
	number("cluster-announce-tls-port", "0", 0, 65535, nil),
	number("cluster-port", "0", 0, 65535, nil).atStart(),
	number("cluster-node-timeout", "15000", 0, longMax, nil),
	number("cluster-migration-barrier", "1", 0, intMax, nil),
	number("cluster-replica-validity-factor", "10", 0, intMax, nil).alias("cluster-slave-validity-factor"),
	yesno("cluster-replica-no-failover", "no", nil).alias("cluster-slave-no-failover"),
	yesno("cluster-require-full-coverage", "yes", nil),
	yesno("cluster-allow-replica-migration", "yes", nil),
	yesno("cluster-allow-reads-when-down", "no", nil),
	yesno("cluster-allow-pubsubshard-when-down", "yes", nil),
	numeric("cluster-link-sendbuf-limit", "0", numberKind{form: memory, unsigned: true}, nil),
	word("cluster-preferred-endpoint-type", "ip", []string{"ip", "hostname", "unknown-endpoint"}, nil),
)

var encryption = without("this version has no TLS",
	number("tls-port", "0", 0, 65535, nil).refused("this version has no TLS: remove the directive, or put a TLS proxy in front"),
	nullable("tls-cert-file", "", nil),
	nullable("tls-key-file", "", nil),
	nullable("tls-key-file-pass", "", nil).asSecret(),
	nullable("tls-client-cert-file", "", nil),
	nullable("tls-client-key-file", "", nil),
	nullable("tls-client-key-file-pass", "", nil).asSecret(),
	nullable("tls-dh-params-file", "", nil),
	nullable("tls-ca-cert-file", "", nil),
	nullable("tls-ca-cert-dir", "", nil),
	nullable("tls-protocols", "", nil),
	nullable("tls-ciphers", "", nil),
	nullable("tls-ciphersuites", "", nil),
	word("tls-auth-clients", "yes", []string{"no", "yes", "optional"}, nil),
	yesno("tls-replication", "no", nil),
	yesno("tls-cluster", "no", nil),
	yesno("tls-prefer-server-ciphers", "no", nil),
	yesno("tls-session-caching", "yes", nil),
	number("tls-session-cache-size", "20480", 0, intMax, nil),
	number("tls-session-cache-timeout", "300", 0, intMax, nil),
)

// hostname checks cluster-announce-hostname.
func hostname(s string) error {
	if len(s) >= 256 {
		return userError("Hostnames must be less than 256 characters")
	}
	for _, c := range s {
		if !strings.ContainsRune("-.", c) && !('0' <= c && c <= '9') && !('a' <= c|0x20 && c|0x20 <= 'z') {
			return userError("Hostnames may only contain alphanumeric characters, hyphens or dots")
		}
	}
	return nil
}
