// Package savecmd holds the commands that write the data to the RDB file: SAVE, BGSAVE, LASTSAVE. The work is package
// snapshot's.
package savecmd

import (
	"context"
	"errors"

	"redline/server/internal/command"
	"redline/server/internal/session"
	"redline/server/internal/snapshot"
)

const (
	group = "server"
	saves = command.Admin | command.NoScript | command.NoAsyncLoading | command.NoLock
)

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Name: "save", Since: "1.0.0", Complexity: "O(N) where N is the total number of keys in all databases", Arity: 1,
		Flags: saves | command.NoMulti, Handler: save, Summary: "Writes the data to disk and waits until it is there."},
	{Group: group, Name: "bgsave", Since: "1.0.0", Complexity: "O(1)", Arity: -1, Flags: saves, Handler: bgsave,
		History: [][2]string{{"3.2.2", "Added the `SCHEDULE` option."}},
		Summary: "Begins to write the data to disk.", Syntax: "[SCHEDULE@3.2.2]"},
	{Group: group, Name: "lastsave", Since: "1.0.0", Complexity: "O(1)", Arity: 1,
		Flags: command.Loading | command.Stale | command.Fast | command.NoLock, Cats: command.CatAdmin | command.CatDangerous,
		Tips: []string{"nondeterministic_output"}, Handler: lastsave, Summary: "Returns when the data was last written to disk."},
}

const (
	errNothing = "ERR this server writes nothing to disk"
	errSaving  = "ERR Background save already in progress"
	errOther   = "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible."
	errLogBase = "ERR the append-only file is being rewritten: use SAVE again when it is done"
)

// service returns what writes the data. It answers with the error itself.
func service(c *command.Call) *snapshot.Service {
	s := session.From(c).Hub.Saves
	if s == nil {
		c.Reply.Error(errNothing)
	}
	return s
}

func save(c *command.Call) {
	s := service(c)
	if s == nil {
		return
	}
	switch err := s.Save(context.Background()); {
	case err == nil:
		c.Reply.OK()
	case errors.Is(err, snapshot.ErrSaving):
		c.Reply.Error(errSaving)
	case errors.Is(err, snapshot.ErrBusy):
		c.Reply.Error(errLogBase)
	default:
		c.Reply.Error("ERR the data could not be saved: " + err.Error())
	}
}

func bgsave(c *command.Call) {
	schedule := false
	switch {
	case len(c.Args) == 2 && command.Is(c.Args[1], "schedule"):
		schedule = true
	case len(c.Args) > 1:
		c.Reply.Error(command.ErrSyntax)
		return
	}
	s := service(c)
	if s == nil {
		return
	}
	scheduled, err := s.Background(schedule)
	switch {
	case errors.Is(err, snapshot.ErrSaving):
		c.Reply.Error(errSaving)
	case err != nil:
		c.Reply.Error(errOther)
	case scheduled:
		c.Reply.SimpleString("Background saving scheduled")
	default:
		c.Reply.SimpleString("Background saving started")
	}
}

func lastsave(c *command.Call) {
	h := session.From(c).Hub
	if h.Saves == nil {
		c.Reply.Int(h.Started.Unix())
		return
	}
	c.Reply.Int(h.Saves.Status().LastSave.Unix())
}
