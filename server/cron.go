package server

import (
	"runtime"
	"sync"
	"time"

	"redline/server/internal/buffers"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/session"
	"redline/server/internal/yield"
)

// cron is what the server does by itself: it removes keys whose deadline has passed, frees flushed databases, gives
// empty memory back, and looks after clients that are idle or do not read.
//
// One goroutine goes round the shards. A visit to a shard is bounded by a number of keys, not by what is due, and
// between two visits others get their turn; so a million keys that expire in one millisecond hold no client
// up for longer than one visit, and no shard waits for another's backlog.
//
// Rejected: a timer a key (a goroutine explosion when they fire together) and Redis' sampling (keys outlive their
// deadline by minutes when few among many are due).
type cron struct {
	hub    *session.Hub
	memory *memory
	call   command.Call
	defrag defrag
	stop   chan struct{}
	walked int // the shard that the walk over all keys has come to
	done   sync.WaitGroup
}

const (
	// cronTick is how often the wheels are looked at. With a bucket of about 8 ms a key goes at most some 20 ms after
	// its deadline. An idle look costs 16 uncontended locks, about 0.5 us.
	cronTick = 10 * time.Millisecond
	// expireSlice is how many keys one visit removes: 0.3 us each, or more where each is a cache miss. After every expireStep
	// it is looked whether a client waits for the shard.
	expireSlice = 128
	expireStep  = 32
	// trashSlice is how many keys of a flushed database one visit frees.
	trashSlice = 256
	// walkSlice is how many keys one visit looks at for the largest, walkPerTick one tick: 0.1 us each, 0.5 us where
	// each is a cache miss: half a percent of a core at most. A million keys take 80 s.
	walkSlice   = 64
	walkPerTick = 128
	// sampleEvery is how many ticks pass between two samples for the rates of INFO and of what Go holds: 100 ms, as in
	// Redis.
	sampleEvery = 10
	// clientsEvery is how many ticks pass between two looks at all clients and at spare buffers: one second.
	clientsEvery = 100
)

func newCron(h *session.Hub, m *memory) *cron {
	return &cron{hub: h, memory: m, defrag: defrag{hub: h}, stop: make(chan struct{})}
}

func (c *cron) start() {
	c.done.Add(1)
	go c.run()
}

func (c *cron) close() {
	close(c.stop)
	c.done.Wait()
}

func (c *cron) run() {
	defer c.done.Done()
	t := time.NewTicker(cronTick)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-c.stop:
			return
		case <-t.C:
		}
		c.work()
		c.defrag.tick()
		c.walk()
		if n%sampleEvery == 0 {
			c.hub.Rates.Sample(c.hub.Nanotime(), c.hub.Stats.Totals())
			c.memory.sample()
			c.hub.Saves.Tick()
		}
		c.memory.evictRest()
		if n%clientsEvery == 0 {
			c.clients()
			c.memory.buffers += buffers.Sweep()
		}
	}
}

// work goes round the shards until nothing is left to do now.
func (c *cron) work() {
	for more := true; more; {
		more = false
		for i := range c.hub.Engine.Space.Shards() {
			wanted := false
			c.call.Now, c.call.Conf = c.hub.Clock().UnixMilli(), c.hub.Config.Values()
			c.hub.Engine.Visit(&c.call, i, func(sh *keyspace.Shard) {
				if c.shard(sh) {
					more = true
				}
				wanted = sh.Wanted()
			})
			if wanted { // Go has put who waited behind this goroutine
				runtime.Gosched()
			}
			if more {
				yield.Processor()
			}
		}
		select {
		case <-c.stop:
			return
		default:
		}
	}
}

// walk goes on with the walk over all keys, for the largest of each type.
func (c *cron) walk() {
	sp, now := c.hub.Engine.Space, c.hub.Clock().UnixMilli()
	for left, idle := walkPerTick, 0; left > 0 && idle < sp.Shards(); c.walked++ {
		sh := sp.Shard(c.walked % sp.Shards())
		sh.Lock()
		sh.Enter(now, nil)
		n := sh.WalkStep(min(walkSlice, left), collection.Members)
		sh.Unlock()
		if left -= n; n == 0 {
			idle++
		}
	}
}

// shard does one bounded slice of work and says whether there is more.
func (c *cron) shard(sh *keyspace.Shard) (more bool) {
	if !c.hub.ExpireOff.Load() && !c.hub.Frozen.Load() && !c.hub.Engine.Space.ExpiredHeld(c.call.Now) {
		more = c.expire(sh)
	}
	if sh.TrashStep(trashSlice) {
		more = true
	}
	return more
}

// expire removes at most expireSlice keys whose time has come, fewer if a client waits, and says whether there may be more.
func (c *cron) expire(sh *keyspace.Shard) (more bool) {
	left := expireSlice
	for i := range c.hub.Engine.Space.Databases() {
		for more = true; more; {
			var n int
			n, more = sh.DB(i).ExpireStep(min(left, expireStep))
			if left -= n; more && (n == 0 || sh.Wanted()) || left <= 0 {
				return true
			}
		}
	}
	return false
}

// clients closes connections that were idle for longer than timeout and has slow readers looked at.
func (c *cron) clients() {
	idle := c.hub.Config.Values().TimeoutSeconds
	for _, s := range c.hub.Clients.All() {
		s.Patrol(idle)
	}
}
