package collection

import (
	"redline/server/internal/keyspace"
	"redline/server/internal/object/stream"
)

// streamObject is a stream in the shard's table. A stream has one form whatever its size, and exists without entries.
type streamObject struct{ *stream.Stream }

// Clone implements keyspace.Object.
func (o streamObject) Clone() keyspace.Object { return streamObject{o.Stream.Clone()} }

// OpenStream returns the stream of a key that was found to be one. Whoever changes it tells the keyspace: DB.Touch, Mark,
// Wake or Refresh, as fits the change.
func OpenStream(it keyspace.Item) *stream.Stream { return it.Object().(streamObject).Stream }

// NewStream makes s the value of a key, in place of whatever it held.
func NewStream(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, s *stream.Stream) keyspace.Item {
	return db.WriteObject(k, it, keyspace.Stream, keyspace.StreamTree, streamObject{s}, false)
}
