// Package txncmd holds transactions: MULTI, EXEC, DISCARD, WATCH and UNWATCH. The state is session.Txn; the locks of a
// transaction are taken by command.Engine.
package txncmd

import (
	"redline/server/internal/command"
	"redline/server/internal/session"
)

const (
	flags = command.NoScript | command.Loading | command.Stale
	quick = flags | command.Fast | command.AllowBusy
	group = "transactions"
	cats  = command.CatTransaction
)

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "multi", Since: "1.2.0", Complexity: "O(1)", Arity: 1, Flags: quick | command.NoLock, Handler: multi,
		Summary: "Begins a transaction: the commands that follow are queued."},
	{Group: group, Cats: cats, Name: "exec", Since: "1.2.0", Complexity: "that of the queued commands", Arity: 1,
		Flags: flags | command.SkipSlowlog | command.NoLock, Handler: exec,
		Summary: "Executes all queued commands in one atomic step."},
	{Group: group, Cats: cats, Name: "discard", Since: "2.0.0", Complexity: "O(N) with N the number of queued commands", Arity: 1,
		Flags: quick | command.NoLock, Handler: discard,
		Summary: "Forgets all queued commands and ends the transaction."},
	{Group: group, Cats: cats, Name: "watch", Since: "2.2.0", Complexity: "O(1) for each key", Arity: -2, Flags: quick, Handler: watch,
		Keys:    []command.KeySpec{{Flags: command.KeyRO, Begin: 1, LastKey: -1, Step: 1}},
		Summary: "Has the next transaction refused if one of the keys changes before.", Syntax: "key [key ...]"},
	{Group: group, Cats: cats, Name: "unwatch", Since: "2.2.0", Complexity: "O(1)", Arity: 1, Flags: quick | command.NoLock, Handler: unwatch,
		Summary: "Forgets all watched keys."},
}

func multi(c *command.Call) {
	s := session.From(c)
	if s.Txn.Active {
		c.Reply.Error("ERR MULTI calls can not be nested")
		return
	}
	s.BeginTxn()
	c.Reply.OK()
}

func exec(c *command.Call) {
	s := session.From(c)
	if !s.Txn.Active {
		c.Reply.Error("ERR EXEC without MULTI")
		return
	}
	if s.Txn.Spoiled {
		c.Reply.Error("EXECABORT Transaction discarded because of previous errors.")
	} else if !s.ExecQueued() {
		c.Reply.NullArray()
	}
	s.EndTxn()
}

func discard(c *command.Call) {
	s := session.From(c)
	if !s.Txn.Active {
		c.Reply.Error("ERR DISCARD without MULTI")
		return
	}
	s.EndTxn()
	c.Reply.OK()
}

func watch(c *command.Call) {
	s := session.From(c)
	if s.Txn.Active {
		c.Reply.Error("ERR WATCH inside MULTI is not allowed")
		return
	}
	c.Reply.OK()
	if s.Txn.Changed() {
		return // the next EXEC is refused already
	}
	for i := range c.Keys() {
		k, _ := c.KeyAt(i)
		db := c.DBOf(k)
		db.Peek(k) // removes it if it has expired: see Txn.Watch
		s.Txn.Watch(db, string(k.Name))
	}
}

func unwatch(c *command.Call) {
	s := session.From(c)
	s.Unwatch()
	c.Reply.OK()
}
