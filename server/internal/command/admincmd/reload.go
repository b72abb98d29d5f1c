package admincmd

import (
	"errors"

	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/session"
	"redline/server/internal/snapshot"
)

// debugReload saves the data and loads it again. All shards are locked during DEBUG.
func debugReload(c *command.Call) {
	var o snapshot.ReloadOptions
	for _, a := range c.Args[2:] {
		switch {
		case command.Is(a, "merge"):
			o.Merge = true
		case command.Is(a, "noflush"):
			o.NoFlush = true
		case command.Is(a, "nosave"):
			o.NoSave = true
		default:
			c.Reply.Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
			return
		}
	}
	h := session.From(c).Hub
	if h.Saves == nil {
		c.Reply.Error("ERR this server writes nothing to disk")
		return
	}
	release, err := h.Saves.Reload(o)
	c.After(release)
	c.EachShard(func(sh *keyspace.Shard) bool { // loading has taken this visit's place
		sh.Enter(c.Now, c)
		return true
	})
	switch {
	case err == nil:
		h.Log.Info("DEBUG RELOAD: the data was loaded from disk")
		c.Reply.OK()
	case errors.Is(err, snapshot.ErrSaving):
		c.Reply.Error("ERR Background save already in progress")
	default:
		h.Log.Error("DEBUG RELOAD failed", "err", err)
		c.Reply.Error("ERR Error trying to load the RDB dump: " + err.Error())
	}
}

// BeforeReload has what is written in the background given up before DEBUG RELOAD takes its locks.
func BeforeReload(h *session.Hub) {
	debug, exec := h.Table.Lookup([]byte("debug")), h.Table.Lookup([]byte("exec"))
	reloads := func(spec *command.Spec, args [][]byte) bool {
		return spec == debug && debug != nil && len(args) > 1 && command.Is(args[1], "reload")
	}
	h.Admit(func(s *session.Session, spec *command.Spec, args [][]byte) string {
		if spec != debug && spec != exec || spec == debug && s.Txn.Active { // fast path
			return ""
		}
		wanted := reloads(spec, args)
		for _, q := range s.Txn.Queue {
			wanted = wanted || spec == exec && reloads(q.Spec, q.Args)
		}
		if wanted && h.Saves != nil {
			h.Saves.Close()
		}
		return ""
	})
}
