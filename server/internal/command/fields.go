package command

import (
	"redline/server/internal/collection"
	"redline/server/internal/keyspace"
)

// FieldsDue implements keyspace.FieldSink.
func (c *Call) FieldsDue(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, limit int) (removed int, more bool) {
	h := collection.OpenHash(db, k, it, collection.HashLimits{}) // deletions ask for no limits
	fields, more := h.Due(limit)
	if len(fields) > 0 {
		c.dropFields(db, k.Name, &h, fields)
	}
	if !more {
		h.Settle()
	}
	return len(fields), more
}

// DropDue removes those of the named fields that are due, before a command changes them: every step-th of names is one.
func (c *Call) DropDue(k *keyspace.Key, h *collection.Hash, names [][]byte, step int) {
	var due [][]byte
	for i := 0; i < len(names); i += step {
		if h.IsDue(names[i]) {
			due = append(due, names[i])
		}
	}
	if len(due) > 0 {
		c.dropFields(c.DBOf(k), k.Name, h, due)
	}
}

// dropFields removes fields whose deadlines have passed. The log says so before anything that the call does itself.
func (c *Call) dropFields(db *keyspace.DB, name []byte, h *collection.Hash, fields [][]byte) {
	if c.Logs() {
		c.top().effects.add(db.Index(), append([][]byte{[]byte("HDEL"), name}, fields...))
	}
	h.DropDue(fields)
	c.NotifyIn(db.Index(), EventHash, "hexpired", name)
	if !h.OK() {
		c.NotifyIn(db.Index(), EventGeneric, "del", name)
	}
}

var _ keyspace.FieldSink = (*Call)(nil)
