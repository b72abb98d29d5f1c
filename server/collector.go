package server

import (
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"redline/server/internal/observe"
)

// collector sets Go's garbage collector: how much garbage may lie about between two collections (GOGC), and how large
// Go's memory may become before it collects without regard to that (GOMEMLIMIT). GOGC and GOMEMLIMIT in the environment
// win, each for itself.
//
// Go's default, as much garbage as there is live data, is made for programs whose data is costly to trace. Here next to
// nothing has to be traced: keys and values are not on the heap, and what is large on it, the blocks of collections,
// holds no pointers. A collection costs the same few hundred microseconds whether ten megabytes are live or a thousand.
// So only a share of the live heap may be garbage; where that would cost too much processor time after all, as with many
// thousand connections, the share grows.
//
// The memory limit is what is left of the process's ceiling (its control group's, else the machine's) when the keyspace,
// which Go does not know of, has had its part. Beyond it, more collecting is better than to be killed.
//
// Threads that run Go code (GOMAXPROCS): one more than the machine or the control group has processors, unless the
// environment says how many. Expiry, a snapshot or a collection may keep as many threads busy as there are processors; an
// event loop that comes back from its wait then still finds one to run on, and the system shares out the time.
type collector struct {
	log          *slog.Logger
	percentIsEnv bool
	limitIsEnv   bool
	ceiling      int64 // bytes; 0: not known
	by           string

	last    observe.Collector
	lastAt  time.Time
	widen   int64 // times the headroom, 1 to widenMax
	percent int64 // as set here
	limit   int64
	rest    rest
}

// rest decides when Go's heap is trimmed: the runtime by itself keeps what the heap may grow to until the next
// collection, some megabytes, for good. That is worth having while there is work that allocates, and else is memory that
// no key has. All is in bytes, and a look is a tenth of a second.
type rest struct {
	allocs  int64 // at the last look
	trimmed int64 // allocs when it was trimmed
	quiet   int   // looks since the last one between which much was allocated
	from    int64 // allocs when restLooks were last complete
	taken   int64 // between those and the ones before, or half of what it was: Go counts in lumps
	since   int   // looks since it was trimmed
}

const (
	restAllocs = 64 << 10 // less between two looks is rest: what looking and INFO take by themselves
	restLooks  = 20
	restEvery  = 100     // a light load that allocates now and then is not to pay for it all the time
	restIdle   = 1 << 20 // less is not worth a collection
	// Who allocates more than restTaken in restLooks will soon take again what is trimmed, so that each of its collections would
	// be followed by one more. Unless there is more than restSpare that is done every restLight only.
	restTaken = 32 << 10
	restSpare = 2 * headroomMin
	restLight = 6000
)

// due says, at each look, whether to trim the heap now: once after each time of work.
func (r *rest) due(now *observe.Collector) bool {
	if now.Allocs-r.allocs > restAllocs {
		r.quiet, r.from = 0, now.Allocs
	}
	if r.quiet++; r.quiet%restLooks == 0 {
		r.from, r.taken = now.Allocs, max(now.Allocs-r.from, r.taken/2)
	}
	r.since++
	r.allocs = now.Allocs
	every := restEvery
	if r.taken > restTaken && now.Idle < restSpare {
		every = restLight
	}
	if r.quiet < restLooks || r.trimmed > 0 && r.since < every || now.Idle < restIdle || now.Allocs-r.trimmed < restIdle {
		return false
	}
	r.trimmed, r.since = now.Allocs, 0
	return true
}

const (
	// headroomMin is the least garbage that is allowed: what Go's own smallest heap leaves.
	headroomMin = 4 << 20
	// headroomShare: one part in so many of the live heap may be garbage beyond that.
	headroomShare = 8
	percentMax    = 100 // Go's default
	// settleShare: settings are changed when they are off by one part in so many, as each change stops the server for some
	// 50 us.
	settleShare = 5

	// The headroom is widened while collecting takes more than shareHigh of the processors, and narrowed again below
	// shareLow.
	widenMax  = 16
	shareHigh = 0.03
	shareLow  = 0.005

	// ceilingPercent of the ceiling is what the process may take as a whole: the rest is the kernel's share, for sockets
	// and page tables, and for what happens between two looks.
	ceilingPercent = 90
	// limitMin is the least that is left to Go, and limitLive percent of what is live: less would make it collect without
	// end.
	limitMin  = 64 << 20
	limitLive = 150
)

func newCollector(log *slog.Logger) *collector {
	c := &collector{log: log, widen: 1, lastAt: time.Now(), last: observe.ReadCollector()}
	c.percentIsEnv, c.limitIsEnv = os.Getenv("GOGC") != "", os.Getenv("GOMEMLIMIT") != ""
	c.ceiling, c.by = observe.MemoryCeiling()
	return c
}

// start sets what is known without data, and says in one line of the log what is in force and why. maxMemory is the
// directive's, in bytes; 0: none.
func (c *collector) start(maxMemory int64) {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
	c.adjust(0)
	now := observe.ReadCollector()
	percentBy, limitBy := "a share of the live heap", c.by
	if c.percentIsEnv {
		percentBy = "GOGC"
	}
	if c.limitIsEnv {
		limitBy = "GOMEMLIMIT"
	}
	c.log.Info("go runtime", "gomaxprocs", runtime.GOMAXPROCS(0), "gc_percent", now.Percent, "gc_percent_by", percentBy, "memory_limit", limitText(now.Limit), "memory_limit_by", limitBy,
		"ceiling", c.ceiling, "maxmemory", maxMemory)
	if room := c.ceiling / 100 * ceilingPercent; c.ceiling > 0 && maxMemory > room {
		c.log.Warn("maxmemory leaves no room for buffers and garbage: lower it, or raise the limit of memory",
			"maxmemory", maxMemory, "ceiling", c.ceiling, "set_by", c.by)
	}
}

func limitText(n int64) any {
	if n == math.MaxInt64 {
		return "none"
	}
	return n
}

// adjust is called some times a second. outside is the memory in bytes that Go does not know of.
func (c *collector) adjust(outside int64) {
	now := observe.ReadCollector()
	if !c.percentIsEnv {
		c.adjustPercent(&now)
	}
	if !c.limitIsEnv && c.ceiling > 0 {
		c.adjustLimit(&now, outside)
	}
	if c.rest.due(&now) {
		go debug.FreeOSMemory() // collects beside the server, then gives back what is free
	}
}

func (c *collector) adjustPercent(now *observe.Collector) {
	if at := time.Now(); at.Sub(c.lastAt) >= time.Second {
		switch share := now.Share(&c.last); {
		case share > shareHigh:
			c.widen = min(2*c.widen, widenMax)
		case share < shareLow:
			c.widen = max(c.widen/2, 1)
		}
		c.last, c.lastAt = *now, at
	}
	if p := percentFor(now.Live, c.widen); differs(p, c.percent) {
		c.percent = p
		debug.SetGCPercent(int(p))
	}
}

// percentFor returns the GOGC for a live heap of so many bytes.
func percentFor(live, widen int64) int64 {
	headroom := max(headroomMin, live/headroomShare) * widen
	return min(max(100*headroom/max(live, 1), 1), percentMax)
}

func (c *collector) adjustLimit(now *observe.Collector, outside int64) {
	if n := limitFor(c.ceiling, outside, now.Live); differs(n, c.limit) {
		c.limit = n
		debug.SetMemoryLimit(n)
	}
}

// limitFor returns the GOMEMLIMIT beside so much memory that Go does not know of.
func limitFor(ceiling, outside, live int64) int64 {
	return max(ceiling/100*ceilingPercent-outside, live/100*limitLive, limitMin)
}

// differs says whether a setting is worth changing.
func differs(want, have int64) bool { return have == 0 || max(want-have, have-want) > have/settleShare }
