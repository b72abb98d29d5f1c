package admincmd

import (
	"fmt"
	"strconv"

	"redline/server/internal/command"
	"redline/server/internal/expire"
	"redline/server/internal/keyspace"
	"redline/server/internal/observe"
)

func infoStats(r *report) {
	st := r.hub.Stats
	t, rate := st.Totals(), r.hub.Rates.PerSecond()
	expired, fields, evicted, stale, hits, misses := int64(0), int64(0), int64(0), int64(0), int64(0), int64(0)
	for i := range r.call.Space().Shards() {
		s := r.call.Space().Shard(i).Stats()
		expired += s.Expired.Load()
		evicted += s.Evicted.Load()
		fields += s.ExpiredFields.Load()
		stale += s.ExpiredStale.Load()
		hits += s.Hits.Load()
		misses += s.Misses.Load()
	}
	r.field("total_connections_received", st.Connections.Load())
	r.field("total_commands_processed", t.Commands)
	r.field("instantaneous_ops_per_sec", rate.Commands)
	r.field("total_net_input_bytes", t.NetIn)
	r.field("total_net_output_bytes", t.NetOut)
	r.field("total_net_repl_input_bytes", 0)
	r.field("total_net_repl_output_bytes", 0)
	r.field("instantaneous_input_kbps", decimals(float64(rate.NetIn)/1024))
	r.field("instantaneous_output_kbps", decimals(float64(rate.NetOut)/1024))
	r.field("instantaneous_input_repl_kbps", "0.00")
	r.field("instantaneous_output_repl_kbps", "0.00")
	r.field("rejected_connections", st.Rejected.Load())
	for _, name := range []string{"sync_full", "sync_partial_ok", "sync_partial_err"} {
		r.field(name, 0)
	}
	r.field("expired_keys", expired)
	r.field("expired_subkeys", fields)
	r.field("expired_stale_perc", "0.00")
	r.field("expired_time_cap_reached_count", 0)
	r.field("expired_stale_entries", stale)
	infoExpiry(r)
	r.field("evicted_keys", evicted)
	r.field("evicted_clients", 0)
	r.field("total_eviction_exceeded_time", 0)
	r.field("current_eviction_exceeded_time", 0)
	r.field("keyspace_hits", hits)
	r.field("keyspace_misses", misses)
	var channels, patterns, shard int
	if r.hub.Subscribed != nil {
		channels, patterns, shard = r.hub.Subscribed()
	}
	r.field("pubsub_channels", channels)
	r.field("pubsub_patterns", patterns)
	r.field("pubsubshard_channels", shard)
	r.field("latest_fork_usec", 0)
	r.field("total_forks", 0)
	r.field("migrate_cached_sockets", 0)
	r.field("active_defrag_hits", r.hub.Defrag.Moves.Load())
	r.field("tracking_total_keys", 0)
	r.field("tracking_total_items", 0)
	r.field("tracking_total_prefixes", 0)
	r.field("unexpected_error_replies", 0)
	r.field("total_error_replies", st.ErrorReplies.Load())
	r.field("dump_payload_sanitizations", 0)
	r.field("total_reads_processed", t.Reads)
	r.field("total_writes_processed", t.Writes)
	r.field("client_output_buffer_limit_disconnections", st.OutputKilled.Load())
	r.field("client_query_buffer_limit_disconnections", st.QueryKilled.Load())
	r.field("acl_access_denied_auth", st.ACLAuthFailed.Load())
}

// infoExpiry tells how punctual expiry is: how late the keys went that are gone, in milliseconds from their deadline to
// their removal, and how many wheel entries are due and wait, the oldest for how long.
func infoExpiry(r *report) {
	var lags expire.Lags
	overdue, late := 0, int64(0)
	r.call.EachShard(func(sh *keyspace.Shard) bool {
		lags.Merge(sh.Lags())
		for db := range r.call.Space().Databases() {
			ms, n := sh.DB(db).Lag()
			overdue, late = overdue+n, max(late, ms)
		}
		return true
	})
	r.field("expired_overdue", overdue)
	r.field("expired_overdue_ms", late)
	r.field("expired_lag_ms", fmt.Sprintf("count=%d,p50=%d,p99=%d,p99.9=%d,max=%d",
		lags.Count(), lags.AtMs(50), lags.AtMs(99), lags.AtMs(99.9), lags.MaxMs()))
}

func infoCommandStats(r *report) {
	for _, s := range r.hub.Table.All() {
		t := r.hub.Stats.Command(s.ID)
		if t.Calls+t.Rejected+t.Failed == 0 {
			continue
		}
		per := 0.0
		if t.Calls > 0 {
			per = float64(t.Nanos) / 1000 / float64(t.Calls)
		}
		r.field("cmdstat_"+s.FullName, fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			t.Calls, t.Nanos/1000, per, t.Rejected, t.Failed))
	}
}

func infoLatencyStats(r *report) {
	var d observe.Distribution
	for _, s := range r.hub.Table.All() {
		if r.hub.Stats.Distribution(s.ID, &d); d.Count == 0 {
			continue
		}
		text := ""
		for i, p := range r.conf.LatencyPercentiles {
			if i > 0 {
				text += ","
			}
			text += fmt.Sprintf("p%s=%.3f", strconv.FormatFloat(p, 'f', -1, 64), float64(d.At(p))/1000)
		}
		r.field("latency_percentiles_usec_"+s.FullName, text)
	}
}

// infoShards tells how evenly the shards share the reads: a hot one works like a single lock.
func infoShards(r *report) {
	space := r.call.Space()
	for i := range space.Shards() {
		st := space.Shard(i).Stats()
		r.field("shard_"+strconv.Itoa(i), fmt.Sprintf("reads=%d,evicted=%d,expired=%d", st.Hits.Load()+st.Misses.Load(), st.Evicted.Load(), st.Expired.Load()))
	}
}

func infoKeyspace(r *report) {
	space := r.call.Space()
	for i := range space.Databases() {
		if keys, expires := space.Len(i); keys > 0 {
			r.field("db"+strconv.Itoa(i), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=%d", keys, expires, averageTTL(r.call, i, expires)))
		}
	}
}

// ttlSamples is how many keys of each shard averageTTL looks at.
const ttlSamples = 16

// averageTTL estimates the mean time to live of a database's keys that have one, in milliseconds, from a few
// keys at a random place of each shard. It is 0 when none of them has one.
func averageTTL(c *command.Call, db, expires int) int64 {
	if expires == 0 {
		return 0
	}
	sum, n := int64(0), int64(0)
	c.EachShard(func(sh *keyspace.Shard) bool {
		d := sh.DB(db)
		if d.Expires() == 0 {
			return true
		}
		ms, keys := d.TimesToLive(c.Random(), ttlSamples)
		sum, n = sum+ms, n+int64(keys)
		return true
	})
	if n == 0 {
		return 0
	}
	return sum / n
}
