package admincmd

import (
	"time"

	"redline/server/internal/snapshot"
)

// snapshots writes the part of INFO persistence that tells of the RDB file.
func (r *report) snapshots() {
	st := snapshot.Status{Changes: r.hub.Engine.Changes.Load(), Good: true, LastSave: r.hub.Started, LastTook: -1, Took: -1}
	if r.hub.Saves != nil {
		st = r.hub.Saves.Status()
	}
	status := "ok"
	if !st.Good {
		status = "err"
	}
	r.field("current_cow_peak", st.CurrentStaged)
	r.field("current_cow_size", st.CurrentStaged)
	r.field("current_cow_size_age", 0)
	percent := 0.0
	if st.Saving && st.Total > 0 {
		percent = 100 * float64(st.Keys) / float64(st.Total)
	}
	r.field("current_fork_perc", decimals(percent))
	r.field("current_save_keys_processed", st.Keys)
	r.field("current_save_keys_total", st.Total)
	r.field("rdb_changes_since_last_save", st.Changes)
	r.field("rdb_bgsave_in_progress", flagOf(st.Saving))
	r.field("rdb_last_save_time", st.LastSave.Unix())
	r.field("rdb_last_bgsave_status", status)
	r.field("rdb_last_bgsave_time_sec", seconds(st.LastTook))
	r.field("rdb_current_bgsave_time_sec", seconds(st.Took))
	r.field("rdb_saves", st.Saves)
	r.field("rdb_last_cow_size", st.Staged)
	r.field("rdb_last_load_keys_expired", st.KeysExpired)
	r.field("rdb_last_load_keys_loaded", st.KeysLoaded)
}

func flagOf(on bool) int {
	if on {
		return 1
	}
	return 0
}

// lazyFreed counts the keys whose memory was given back after they were gone.
func lazyFreed(r *report) (n int64) {
	for i := range r.call.Space().Shards() {
		n += r.call.Space().Shard(i).Stats().LazyFreed.Load()
	}
	return n
}

// seconds returns whole seconds, -1 for a time that there is not.
func seconds(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return int64(d / time.Second)
}
