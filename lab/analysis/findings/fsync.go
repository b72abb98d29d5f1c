package findings

import (
	"fmt"
	"regexp"
	"strings"
)

var fsyncStall = rule{
	RuleInfo: RuleInfo{
		ID: "fsync-stall", Title: "Requests wait for the log to reach the disk", About: Server,
		Explanation: "A write that is acknowledged only when it is on disk takes as long as the disk's flush; one flush a request makes that the rate of the server.",
		Evidence:    "block profile and goroutines waiting in a sync function, flushes of the block devices, delayed syncs in INFO, the server's latency anatomy and events",
		Threshold:   "waiting in a sync function is at least 10 % of the time requests were under way; or, where the server syncs each write, the disk flushes for at least 20 % of the time, 1 ms each; or the server holds replies back for its log for 10 % of their time, or reports delayed syncs of at least 10 ms",
	},
	find: findFsync,
}

const (
	syncShareMin  = 0.10
	flushShareMin = 0.20
	flushNsMin    = 1e6
	delayedMsMin  = 10
	logWaitNsMin  = 100e3 // a flush to a protected write cache is faster
)

// syncing matches the last part of a function's name.
var syncing = regexp.MustCompile(`(?i)^(f(data)?sync|sync(file|data|log|dir|range|_file_range|all)?|waitsync|waitdurable|msync|redis_fsync|(__x64_sys_|do_|vfs_|ext4_sync_)?(fsync|fdatasync|sync_file)(_range)?)$`)

// syncFrame is the frame in which a stack waits for a disk. Package sync of Go is
// about goroutines.
func (k *stack) syncFrame() (frame, bool) {
	for _, f := range k.frames {
		if !strings.HasPrefix(f.function, "sync.") && !strings.HasPrefix(f.function, "sync/") && syncing.MatchString(f.function[strings.LastIndexByte(f.function, '.')+1:]) {
			return f, true
		}
	}
	return frame{}, false
}

func isSyncing(k *stack) bool { _, ok := k.syncFrame(); return ok }

func findFsync(v *view) *Finding {
	f := &Finding{Subject: "disk",
		Advice: "Let several requests share a flush (group commit), or accept losing the last second (appendfsync everysec). A disk with a protected write cache flushes in microseconds."}
	v.blockedInSync(f)
	v.waitedForLog(f)
	v.flushes(f)
	v.delayedSyncs(f)
	if f.Cost == 0 {
		return nil
	}
	if v.goroutines != nil {
		if n := v.goroutines.share(isSyncing) * v.goroutines.total; n >= 1 {
			f.add(Evidence{Text: fmt.Sprintf("%s goroutines were found in it at the end", amount(n)), Source: goroutineFile})
		}
	}
	return f.most(f.Cost, "the time requests are under way")
}

// blockedInSync reads the wait off the block profile, and the function.
func (v *view) blockedInSync(f *Finding) {
	if v.block == nil || v.loadInFlightNs == 0 {
		return
	}
	share := v.block.share(isSyncing) * v.block.total / v.loadInFlightNs
	if share < syncShareMin {
		return
	}
	at, most := frame{}, 0.0
	sums := map[string]float64{}
	for i := range v.block.all {
		k := &v.block.all[i]
		if fr, ok := k.syncFrame(); ok {
			if sums[fr.function] += k.value; sums[fr.function] > most {
				at, most = fr, sums[fr.function]
			}
		}
	}
	f.Subject, f.Cost = at.function, min(share, 1)
	f.add(v.during(Evidence{Text: fmt.Sprintf("%s was waited in for %s, %s a request", at.function, duration(most), duration(most/max(v.loadRequests, 1))),
		Share: f.Cost, Source: blockFile}.at(at)))
}

// waitedForLog reads the wait off the server's own anatomy of latency.
func (v *view) waitedForLog(f *Finding) {
	s := v.stages["log-wait"]
	if s.share < syncShareMin || s.meanNs < logWaitNsMin {
		return
	}
	if f.Cost == 0 {
		f.Subject = "log"
	}
	f.Cost = max(f.Cost, min(s.share, 1))
	f.add(v.during(Evidence{Text: fmt.Sprintf("replies were held back until the log was on disk for %s on average, %s of the time in the server", duration(s.meanNs), percent(s.share)),
		Share: min(s.share, 1), Source: infoFile}))
}

// syncsWrites tells whether the server waits for the disk in requests.
func (v *view) syncsWrites() bool {
	return v.run.Conditions.ServerConfig["appendfsync"] == "always" && v.run.Conditions.ServerConfig["appendonly"] != "no" ||
		v.goroutines != nil && v.goroutines.share(isSyncing) > 0
}

// flushes reads the time that the disks took to flush.
func (v *view) flushes(f *Finding) {
	ns, _, ok1 := v.delta("host", "disk_flush_ns")
	n, seconds, ok2 := v.delta("host", "disk_flushes")
	if !ok1 || !ok2 || n == 0 || !v.syncsWrites() || ns/n < flushNsMin || ns/(seconds*1e9) < flushShareMin {
		return
	}
	share := min(ns/(seconds*1e9), 1)
	f.Cost = max(f.Cost, share)
	f.add(v.during(Evidence{Text: fmt.Sprintf("the disks flushed for %s of the time, %s each", percent(share), duration(ns/n)), Share: share, Source: "samples.jsonl"}))
}

// delayedSyncs reads what the server says itself.
func (v *view) delayedSyncs(f *Finding) {
	if n, ok := v.infoDelta("aof_delayed_fsync"); ok && n > 0 {
		// Redis lets a write wait for up to two seconds for a sync under way.
		f.Cost = max(f.Cost, min(1, max(n/v.seconds(), 0.01)))
		f.add(v.during(Evidence{Text: fmt.Sprintf("%s writes were held back by a sync under way (aof_delayed_fsync)", amount(n)), Source: infoFile}))
	}
	for _, e := range v.latency {
		if strings.HasPrefix(e.Event, "aof") && e.MaxMs >= delayedMsMin {
			f.Cost = max(f.Cost, min(1, e.MaxMs/1e3/v.seconds()), 0.01)
			f.add(Evidence{Text: fmt.Sprintf("latency event %s: up to %s ms", e.Event, amount(e.MaxMs)), Source: latencyFile})
		}
	}
}
