package admin

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"redline/server/internal/collection"
	"redline/server/internal/expire"
	"redline/server/internal/keyspace"
	"redline/server/internal/observe"
	"redline/server/internal/session"
)

// collector reads the server's counters when it is asked.
type collector struct{ hub *session.Hub }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("redline_"+name, help, labels, nil)
}

var (
	descCommands    = desc("commands_total", "Commands processed.")
	descCalls       = desc("command_calls_total", "Calls of a command.", "command")
	descSeconds     = desc("command_seconds_total", "Time spent in a command.", "command")
	descFailed      = desc("command_failed_total", "Calls of a command that answered with an error.", "command")
	descRejected    = desc("command_rejected_total", "Calls of a command that were refused before they ran.", "command")
	descErrors      = desc("error_replies_total", "Error replies by code.", "code")
	descNetIn       = desc("net_input_bytes_total", "Bytes received from clients and consumed.")
	descNetOut      = desc("net_output_bytes_total", "Bytes sent to clients.")
	descReads       = desc("reads_total", "Batches of requests read.")
	descWrites      = desc("writes_total", "Batches of replies written.")
	descClients     = desc("connected_clients", "Connected clients.")
	descBlocked     = desc("blocked_clients", "Clients waiting in a blocking command.")
	descAccepted    = desc("connections_total", "Connections accepted.")
	descRefused     = desc("connections_rejected_total", "Connections refused because of maxclients.")
	descKeys        = desc("keys", "Keys, expired ones not yet removed included.", "db")
	descExpires     = desc("keys_with_deadline", "Keys that will expire.", "db")
	descExpired     = desc("keys_expired_total", "Keys removed because their deadline had passed.")
	descEvicted     = desc("keys_evicted_total", "Keys removed because memory was full.")
	descHits        = desc("keyspace_hits_total", "Reads of keys that exist.")
	descMisses      = desc("keyspace_misses_total", "Reads of keys that do not exist.")
	descOverdue     = desc("expire_overdue_entries", "Expiry entries that are due and not yet handled.")
	descOverdueLate = desc("expire_overdue_seconds", "Age of the oldest due expiry entry.")
	descLag         = desc("expired_lag_seconds", "From a key's deadline to its removal.")
	descHot         = desc("hot_key_lookups_per_second", "Lookups of the keys that are looked up most, by their rank. Names: HOTKEYS.", "rank")
	descBig         = desc("big_key_bytes", "Size of the largest keys of a type, by their rank. Names: BIGKEYS.", "type", "rank")
	descBigMembers  = desc("big_key_members", "Members of the keys of a type that have most, by their rank. Names: BIGKEYS BY MEMBERS.", "type", "rank")
	descFields      = desc("hash_fields_expired_total", "Fields of hashes removed because their deadline had passed.")
	descGCCPU       = desc("gc_cpu_seconds_total", "Processor time spent on garbage collection.")
	descGCShare     = desc("gc_cpu_ratio", "Part of the processors' time that garbage collection has taken since the start.")
	descGCPause     = desc("gc_pause_seconds", "Time for which garbage collection stopped the server: percentiles since the start.", "quantile")
	descDefrag      = desc("defrag_effort_ratio", "Part of a core that compaction takes now.")
	descMoves       = desc("defrag_moved_blocks_total", "Blocks moved by compaction.")
	descStage       = desc("request_stage_seconds", "Time of requests in a stage, over the sample that latency-anatomy-sampling asks for.", "stage")
	descMemory      = desc("memory_bytes", "Memory of the keyspace by part.", "part")
)

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	st := c.hub.Stats
	t := st.Totals()
	counter(descCommands, float64(t.Commands))
	counter(descNetIn, float64(t.NetIn))
	counter(descNetOut, float64(t.NetOut))
	counter(descReads, float64(t.Reads))
	counter(descWrites, float64(t.Writes))
	for _, s := range c.hub.Table.All() {
		if ct := st.Command(s.ID); ct.Calls+ct.Rejected > 0 {
			counter(descCalls, float64(ct.Calls), s.FullName)
			counter(descSeconds, float64(ct.Nanos)/1e9, s.FullName)
			counter(descFailed, float64(ct.Failed), s.FullName)
			counter(descRejected, float64(ct.Rejected), s.FullName)
		}
	}
	for code, n := range st.Errors() {
		counter(descErrors, float64(n), code)
	}
	gauge(descClients, float64(c.hub.Clients.Len()))
	gauge(descBlocked, float64(c.hub.Engine.Blocked.Load()))
	counter(descAccepted, float64(st.Connections.Load()))
	counter(descRefused, float64(st.Rejected.Load()))
	c.keyspace(ch, counter, gauge)
	c.anatomy(ch)
	c.topKeys(gauge)
	c.runtime(counter, gauge)
}

// stageBucketsNs are the upper bounds of the buckets of request_stage_seconds: one less than a power of two, where a bucket
// of observe.Latencies ends as well; from a quarter of a microsecond, in steps of four, to a second.
var stageBucketsNs = [...]int64{1<<8 - 1, 1<<10 - 1, 1<<12 - 1, 1<<14 - 1, 1<<16 - 1, 1<<18 - 1, 1<<20 - 1, 1<<22 - 1, 1<<24 - 1, 1<<26 - 1, 1<<28 - 1, 1<<30 - 1}

// anatomy tells in which stages requests spend their time.
func (c *collector) anatomy(ch chan<- prometheus.Metric) {
	for s := range observe.Stages {
		d, sumNs := c.hub.Stats.Anatomy.Stage(s)
		buckets := make(map[float64]uint64, len(stageBucketsNs))
		for _, ns := range stageBucketsNs {
			buckets[float64(ns)/1e9] = uint64(d.UpTo(ns))
		}
		ch <- prometheus.MustNewConstHistogram(descStage, uint64(d.Count), float64(sumNs)/1e9, buckets, s.String())
	}
}

// topShown is how many of the hottest keys and of the largest of each type are shown. Names are not: they would be a new
// series whenever another key comes to the top, and may be secret.
const topShown = 3

func (c *collector) topKeys(gauge func(*prometheus.Desc, float64, ...string)) {
	sp, now := c.hub.Engine.Space, c.hub.Clock().UnixMilli()
	each := func(fn func(*keyspace.Shard)) {
		for i := range sp.Shards() {
			sh := sp.Shard(i)
			sh.Lock()
			sh.Enter(now, nil)
			fn(sh)
			sh.Unlock()
		}
	}
	for i, k := range observe.HotKeys(each, topShown) {
		gauge(descHot, k.PerSecond, strconv.Itoa(i+1))
	}
	all := observe.FindBigKeys(each, collection.Members)
	for t := keyspace.String; t <= keyspace.Stream; t++ {
		this := func(x keyspace.Type) bool { return x == t }
		for i, k := range all.Largest(topShown, false, this) {
			gauge(descBig, float64(k.Bytes), t.String(), strconv.Itoa(i+1))
		}
		if t == keyspace.String {
			continue
		}
		for i, k := range all.Largest(topShown, true, this) {
			gauge(descBigMembers, float64(k.Members), t.String(), strconv.Itoa(i+1))
		}
	}
}

func (c *collector) keyspace(ch chan<- prometheus.Metric, counter, gauge func(*prometheus.Desc, float64, ...string)) {
	sp := c.hub.Engine.Space
	for db := range sp.Databases() {
		if keys, expires := sp.Len(db); keys > 0 {
			gauge(descKeys, float64(keys), strconv.Itoa(db))
			gauge(descExpires, float64(expires), strconv.Itoa(db))
		}
	}
	var hits, misses, expired, fields, evicted, overdue, late int64
	var m keyspace.Memory
	var lags expire.Lags
	now := c.hub.Clock().UnixMilli()
	for i := range sp.Shards() {
		sh := sp.Shard(i)
		st := sh.Stats()
		hits, misses, expired = hits+st.Hits.Load(), misses+st.Misses.Load(), expired+st.Expired.Load()
		evicted += st.Evicted.Load()
		fields += st.ExpiredFields.Load()
		sh.Lock()
		sh.Enter(now, nil)
		p := sh.Memory()
		lags.Merge(sh.Lags())
		for db := range sp.Databases() {
			ms, n := sh.DB(db).Lag()
			overdue, late = overdue+int64(n), max(late, ms)
		}
		sh.Unlock()
		m.Blocks, m.Resident, m.Index = m.Blocks+p.Blocks, m.Resident+p.Resident, m.Index+p.Index
		m.Wheels, m.Objects = m.Wheels+p.Wheels, m.Objects+p.Objects
	}
	counter(descHits, float64(hits))
	counter(descMisses, float64(misses))
	counter(descExpired, float64(expired))
	counter(descFields, float64(fields))
	counter(descMoves, float64(c.hub.Defrag.Moves.Load()))
	gauge(descDefrag, float64(c.hub.Defrag.Effort.Load())/100)
	counter(descEvicted, float64(evicted))
	gauge(descOverdue, float64(overdue))
	gauge(descOverdueLate, float64(late)/1e3)
	ch <- lagHistogram(&lags)
	gauge(descMemory, float64(m.Blocks), "blocks")
	gauge(descMemory, float64(m.Resident), "resident")
	gauge(descMemory, float64(m.Index), "index")
	gauge(descMemory, float64(m.Wheels), "expiry")
	gauge(descMemory, float64(m.Objects), "collections")
}

// lagBucketsMs are the upper bounds of the buckets of expired_lag_seconds, each a bound of expire.Lags as well: one less
// than a power of two counts whole milliseconds below that.
var lagBucketsMs = [...]int64{1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 4095, 16383, 65535, 1<<20 - 1}

func lagHistogram(l *expire.Lags) prometheus.Metric {
	buckets := make(map[float64]uint64, len(lagBucketsMs))
	for _, ms := range lagBucketsMs {
		buckets[float64(ms)/1e3] = uint64(l.UpTo(ms))
	}
	return prometheus.MustNewConstHistogram(descLag, uint64(l.Count()), float64(l.SumMs())/1e3, buckets)
}

// runtime tells of Go's garbage collector.
func (c *collector) runtime(counter, gauge func(*prometheus.Desc, float64, ...string)) {
	gc, pauses := observe.ReadCollector(), observe.ReadPauses()
	counter(descGCCPU, gc.CPU.Seconds())
	gauge(descGCShare, gc.Share(&observe.Collector{}))
	for _, q := range []float64{0.5, 0.99, 1} {
		gauge(descGCPause, pauses.At(100*q).Seconds(), strconv.FormatFloat(q, 'g', -1, 64))
	}
}
