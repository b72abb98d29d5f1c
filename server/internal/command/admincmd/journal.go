package admincmd

import (
	"strconv"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/session"
)

// journalCommands are those on the log of changes.
var journalCommands = []command.Spec{
	{Name: "bgrewriteaof", Group: "server", Since: "1.0.0", Complexity: "O(1)", Arity: 1,
		Flags: command.Admin | command.NoScript | command.NoAsyncLoading, Handler: rewriteLog,
		Summary: "Makes a new base of the log in the background and drops the log before it."},
	{Name: "waitaof", Group: "generic", Since: "7.2.0", Complexity: "O(1)", Arity: 4, Flags: command.Blocking, Cats: command.CatConnection,
		Tips:    []string{"request_policy:all_shards", "response_policy:agg_min"},
		Handler: waitLog, Summary: "Waits until what the client wrote before is on disk.",
		Syntax: "numlocal:integer numreplicas:integer timeout:integer"},
}

func rewriteLog(c *command.Call) {
	now, err := session.From(c).Hub.Journal.Rewrite()
	switch {
	case err != nil:
		c.Reply.Error("ERR " + err.Error())
	case now:
		c.Reply.SimpleString("Background append only file rewriting started")
	default:
		c.Reply.SimpleString("Background append only file rewriting scheduled")
	}
}

// waitLog answers with how many logs (this server's: 0 or 1) and replicas (there are none) have on disk what the client
// wrote, once that is as many as it wants or its time is up.
func waitLog(c *command.Call) {
	local, ok := c.RangeArg(1, 0, 1, "ERR value is out of range, value must between 0 and 1")
	if !ok {
		return
	}
	replicas, ok := c.RangeArg(2, 0, 1<<31-1, "")
	if !ok {
		return
	}
	deadline, ok := c.TimeoutMs(3)
	if !ok {
		return
	}
	s := session.From(c)
	j := s.Hub.Journal
	if local > 0 && !j.Info().On {
		c.Reply.Error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.")
		return
	}
	seq := s.LastRecord()
	reply := func(w *resp.Writer) {
		n := int64(0)
		if i := j.Info(); i.On && i.Synced >= seq {
			n = 1
		}
		w.Array(2)
		w.Int(n)
		w.Int(0)
	}
	done := j.Info().Synced >= seq || local == 0
	if done && replicas == 0 || c.NoBlock {
		reply(c.Reply)
		return
	}
	b := c.Block(deadline, reply)
	if replicas > 0 {
		return // for ever, or until the time is up: there are none
	}
	c.After(func() {
		if !j.OnDisk(seq, func() { s.Hub.Engine.Answer(b, reply) }) {
			s.Hub.Engine.Answer(b, reply)
		}
	})
}

// infoLog shows the log in INFO persistence.
func infoLog(r *report) {
	var i session.JournalInfo
	i.LastSeconds, i.CurrentSeconds = -1, -1
	if j := r.hub.Journal; j != nil {
		i = j.Info()
	}
	r.field("aof_enabled", bit(i.On))
	r.field("aof_rewrite_in_progress", bit(i.Rewriting))
	r.field("aof_rewrite_scheduled", bit(i.Scheduled))
	r.field("aof_last_rewrite_time_sec", i.LastSeconds)
	r.field("aof_current_rewrite_time_sec", i.CurrentSeconds)
	r.field("aof_last_bgrewrite_status", status(i.RewriteFailed))
	r.field("aof_rewrites", i.Rewrites)
	r.field("aof_last_write_status", status(i.WriteFailed))
	if !i.On {
		return
	}
	r.field("aof_current_size", i.Bytes)
	r.field("aof_base_size", i.BaseBytes)
	r.field("aof_pending_rewrite", bit(i.Scheduled))
	r.field("aof_buffer_length", i.Buffered)
	r.field("aof_pending_bio_fsync", bit(i.Syncing))
	r.field("aof_delayed_fsync", i.LateSyncs)
	r.field("aof_last_record", i.Written)
	r.field("aof_last_synced_record", i.Synced)
}

// infoLoading shows how far loading is.
func infoLoading(r *report) {
	l := &r.hub.Loading
	r.field("loading", bit(l.Active()))
	r.field("async_loading", 0)
	if !l.Active() {
		return
	}
	total, loaded := l.Total.Load(), l.Loaded.Load()
	share, eta := 0.0, int64(1)
	if took := r.hub.Clock().Unix() - l.Began(); loaded > 0 && total > 0 {
		share = min(float64(loaded)/float64(total)*100, 100)
		eta = max(int64(float64(took)*float64(total-loaded)/float64(loaded)), 0)
	}
	r.field("loading_start_time", l.Began())
	r.field("loading_total_bytes", total)
	r.field("loading_rdb_used_mem", 0)
	r.field("loading_loaded_bytes", loaded)
	r.field("loading_loaded_perc", strconv.FormatFloat(share, 'f', 2, 64))
	r.field("loading_eta_seconds", eta)
}

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}

func status(failed bool) string {
	if failed {
		return "err"
	}
	return "ok"
}

// debugLoadLog throws all data away and loads it again from the log.
func debugLoadLog(c *command.Call) {
	if err := session.From(c).Hub.Journal.Reload(c); err != nil {
		session.From(c).Hub.Log.Error("DEBUG LOADAOF failed", "err", err)
		c.Reply.Error("ERR Error trying to load the append-only file: " + err.Error())
		return
	}
	c.RewriteNone()
	c.Reply.OK()
}
