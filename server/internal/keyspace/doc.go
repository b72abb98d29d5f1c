// Package keyspace holds the data: a Space is cut into Shards, a Shard holds one DB a database, a DB maps keys to
// values.
//
// Reach for Space.Locate to turn a key's name into a Key (its hash, slot and shard), lock that Shard, and work through
// its DB: Find, Write, Resize, SetExpire, Delete. An Item is a view into the shard's memory, valid until the next
// change of the same shard.
//
// A shard is pure: time comes in with Enter, what it does by itself (expiring a key) goes out through a Sink. There is
// no clock, goroutine, socket or log in here, so the same code serves requests, replay and simulation.
//
// The package knows nothing of commands, sessions or the wire.
package keyspace
