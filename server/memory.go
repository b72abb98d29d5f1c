package server

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/evict"
	"redline/server/internal/keyspace"
	"redline/server/internal/session"
)

// memory holds the server to maxmemory.
//
// What counts is what the process needs: keys, values and index in the shards (exact), and what Go has live beside the
// large collections (buffers, sessions, tables; sampled). Pages that are only partly filled do not count, as evicting
// does not empty them at once: counting them would evict key after key for nothing. Compaction keeps them few.
//
// A command that may add data first evicts a bounded number of keys when memory is full. If that is not enough it still
// runs, as in Redis, and cron goes on evicting; only when nothing can be evicted, or writers got far ahead of both, they
// get an error. Readers never evict and never wait for it.
type memory struct {
	hub   *session.Hub
	other atomic.Int64  // live memory outside the shards, in bytes
	next  atomic.Uint32 // the shard to evict from

	// Of sample, which only cron calls.
	cycles      int64 // collections at the last sample
	objects     int64 // most that the shards' collections held since the last collection, in bytes
	output      int64 // of clients closed at their output limit, in bytes, up to the last collection
	buffers     int64 // spare buffers given up since the last collection, in bytes
	sinceForced int   // samples since a collection was started here
	collecting  atomic.Bool
	calls       sync.Pool
	collector   *collector // nil: Go's settings are left to others
}

const (
	// evictPerCommand bounds what one command evicts at some 1 us each; while more than farPercent of maxmemory is
	// exceeded evictWhenFar does, about Redis' 500 us (maxmemory-eviction-tenacity 10).
	evictPerCommand = 32
	evictWhenFar    = 512
	farPercent      = 1
	// evictPerTick bounds what one tick of cron evicts: about 5 ms of work in visits of one key.
	evictPerTick = 4096
	// searchCost is what a step counts as that looked for the few keys with a deadline and found none.
	searchCost = 16
	// overshootPercent of maxmemory may be exceeded before writers get an error although there is something to evict:
	// they write large values where small ones are evicted, or maxmemory was lowered just now.
	overshootPercent = 50
)

func newMemory(h *session.Hub) *memory {
	m := &memory{hub: h, calls: sync.Pool{New: func() any { return new(command.Call) }}}
	h.OtherMemory = m.other.Load
	return m
}

// used returns the memory that counts, in bytes.
func (m *memory) used() int64 { return m.hub.Engine.Space.Used() + m.other.Load() }

// admit is the check of every command, see session.Hub.Admit.
func (m *memory) admit(s *session.Session, spec *command.Spec, _ [][]byte) string {
	v := s.Hub.Config.Values()
	if v.MaxMemory <= 0 || m.used() <= v.MaxMemory || !adds(s, spec) {
		return ""
	}
	limit := evictPerCommand
	if m.used() > above(v.MaxMemory, farPercent) {
		limit = evictWhenFar
	}
	evictable := m.evict(v, limit)
	if now := m.used(); now <= v.MaxMemory || evictable && now <= above(v.MaxMemory, overshootPercent) {
		return ""
	}
	return command.ErrOOM
}

func above(n int64, percent int64) int64 { return n + n/100*percent }

// adds says whether a command may add data: itself, or as the EXEC of one that does.
func adds(s *session.Session, spec *command.Spec) bool {
	if spec.Is(command.DenyOOM) {
		return true
	}
	if spec.Name == "exec" {
		for _, q := range s.Txn.Queue {
			if q.Spec.Is(command.DenyOOM) {
				return true
			}
		}
	}
	return false
}

// evict removes up to limit keys until memory is below maxmemory, and says whether there was something to remove. It
// takes the shards in turn: as keys are spread by their hash, each shard's samples stand for all keys.
func (m *memory) evict(v *config.Values, limit int) bool {
	p, ok := evict.Parse(v.MaxMemoryPolicy)
	if !ok || p == evict.NoEviction {
		return false
	}
	c := m.calls.Get().(*command.Call)
	defer m.calls.Put(c)
	c.Now, c.Conf = m.hub.Clock().UnixMilli(), v
	shards := m.hub.Engine.Space.Shards()
	empty := 0 // shards in a row without a key that may go
	for n := 0; n < limit && empty < shards && m.used() > v.MaxMemory; {
		var e keyspace.Eviction
		m.hub.Engine.Visit(c, int(m.next.Add(1))%shards, func(sh *keyspace.Shard) { e = sh.EvictStep(p, v.MaxMemorySamples) })
		switch e {
		case keyspace.EvictedOne:
			n++
			empty = 0
		case keyspace.EvictedNone:
			n += searchCost
			empty = 0
		default:
			empty++
		}
	}
	return empty < shards
}

// evictRest is cron's part: it evicts what writers left.
func (m *memory) evictRest() {
	if v := m.hub.Config.Values(); v.MaxMemory > 0 && m.used() > v.MaxMemory {
		m.evict(v, evictPerTick)
	}
}

// goLive are the parts of Go's memory that are in use: what the last collection found live, and stacks.
var goLive = []string{"/gc/heap/live:bytes", "/memory/classes/heap/stacks:bytes", "/memory/classes/os-stacks:bytes"}

const (
	goCycles = "/gc/cycles/total:gc-cycles"
	// Dropped collections, the output of clients closed at its limit and buffers given up wait for Go's next collection,
	// which comes when the heap has grown: after a large DEL on an idle server that may be minutes. From collectAfter bytes
	// and one part in collectShare of what there was on, one is started, at most once in collectEvery samples (a second).
	collectAfter = 1 << 20
	collectShare = 8
	collectEvery = 10
)

// sample looks at what Go has live outside the shards. It learns so from each collection: the difference between what
// was found live and what the shards hold then. In between collections that are dropped leave the shards' figure at once
// but Go's only later, so the difference is kept.
func (m *memory) sample() {
	s := make([]metrics.Sample, len(goLive)+1)
	for i, name := range append(goLive[:len(goLive):len(goLive)], goCycles) {
		s[i].Name = name
	}
	metrics.Read(s)
	live := int64(0)
	for _, x := range s[:len(goLive)] {
		live += uint64Of(x)
	}
	objects := int64(0)
	sp := m.hub.Engine.Space
	for i := range sp.Shards() {
		objects += sp.Shard(i).ObjectBytes()
	}
	arena := sp.Arena().Stats().BytesInBlocks // which Go knows nothing of
	if m.collector != nil {
		m.collector.adjust(max(sp.Used()-objects, 0) + arena)
	}
	objects = max(objects-arena, 0)
	if cycles := uint64Of(s[len(goLive)]); cycles != m.cycles || m.cycles == 0 {
		m.cycles, m.objects, m.output, m.buffers = cycles, objects, m.hub.Stats.OutputDropped.Load(), 0
		m.other.Store(max(live-objects, 0))
		return
	}
	m.objects = max(m.objects, objects)
	m.sinceForced++
	dropped := m.objects - objects + m.hub.Stats.OutputDropped.Load() - m.output + m.buffers
	if dropped > max(collectAfter, m.objects/collectShare) && m.sinceForced >= collectEvery && m.collecting.CompareAndSwap(false, true) {
		m.sinceForced = 0
		go func() {
			defer m.collecting.Store(false)
			runtime.GC() // runs beside the server, as any collection
		}()
	}
}

func uint64Of(s metrics.Sample) int64 {
	if s.Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(s.Value.Uint64())
}

// setPolicy has the shards keep what the policy compares keys by.
func (m *memory) setPolicy(v *config.Values) error {
	p, _ := evict.Parse(v.MaxMemoryPolicy)
	sp := m.hub.Engine.Space
	for i := range sp.Shards() {
		sh := sp.Shard(i)
		sh.Lock()
		sh.SetPolicy(p, v.LFULogFactor, v.LFUDecayTime)
		sh.Unlock()
	}
	return nil
}
