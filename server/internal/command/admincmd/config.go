package admincmd

import (
	"errors"

	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/session"
)

func configGet(c *command.Call) {
	patterns := make([]string, len(c.Args)-2)
	for i, a := range c.Args[2:] {
		patterns[i] = string(a)
	}
	pairs := session.From(c).Hub.Config.Get(patterns...)
	c.Reply.Map(len(pairs))
	for _, p := range pairs {
		c.Reply.BulkString(p[0])
		c.Reply.BulkString(p[1])
	}
}

func configSet(c *command.Call) {
	if len(c.Args)%2 != 0 {
		c.Reply.Error(command.ErrSyntax)
		return
	}
	pairs := make([]string, len(c.Args)-2)
	for i, a := range c.Args[2:] {
		pairs[i] = string(a)
	}
	s := session.From(c)
	if err := s.Hub.Config.Set(s.Local(), pairs...); err != nil {
		c.Reply.Error("ERR " + err.Error())
		return
	}
	s.Hub.Log.Info("settings changed by a client", "client", s.Describe(), "directives", names(pairs))
	c.Reply.OK()
}

func names(pairs []string) (n []string) {
	for i := 0; i < len(pairs); i += 2 {
		n = append(n, pairs[i])
	}
	return n
}

func configRewrite(c *command.Call) {
	h := session.From(c).Hub
	switch err := h.Config.Rewrite(); {
	case errors.Is(err, config.ErrNoFile):
		c.Reply.Error("ERR " + err.Error())
	case err != nil:
		h.Log.Warn("CONFIG REWRITE failed", "err", err)
		c.Reply.Error("ERR " + err.Error())
	default:
		h.Log.Info("CONFIG REWRITE wrote the configuration file", "file", h.Config.File())
		c.Reply.OK()
	}
}

func configResetStat(c *command.Call) {
	h := session.From(c).Hub
	h.Stats.Reset()
	for i := range c.Space().Shards() {
		st := c.Space().Shard(i).Stats()
		for _, n := range []interface{ Store(int64) }{&st.Expired, &st.ExpiredStale, &st.LazyFreed, &st.Hits, &st.Misses} {
			n.Store(0)
		}
	}
	c.Reply.OK()
}

func configHelp(c *command.Call) {
	c.Help("CONFIG", []string{
		"GET <pattern>", "    Return the settings whose names match a pattern.",
		"SET <directive> <value> [<directive> <value> ...]", "    Change settings, all of them or none.",
		"RESETSTAT", "    Set the counters of INFO to zero.",
		"REWRITE", "    Write the settings into the configuration file.",
	})
}
