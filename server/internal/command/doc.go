// Package command is the frame in which commands run: Spec describes one, Table holds all, Call is one execution,
// Engine takes a Call through its shards' locks.
//
// A family of commands is a package below this one with a list Commands of Specs at its top. A handler reads c.Args,
// works on the locked shards through c.Find, c.Write and the keyspace's DB, and appends its reply to c.Reply. It never
// blocks: a command that has to wait calls c.Block and is run again when one of its keys changes.
//
// The package knows nothing of sockets and sessions; commands that act on their own connection get at it through
// Call.Client (see package session, From).
package command

// RedisVersion is the version of Redis whose behaviour the server has. Clients decide by it what they may send.
const RedisVersion = "7.0.15"
