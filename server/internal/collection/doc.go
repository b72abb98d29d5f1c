// Package collection reads and changes the lists, hashes, sets and sorted sets of the keyspace in either of their forms:
// one pointer-free block with the key while they are small, an object of the shard's table when they are large. List,
// Hash, Set and ZSet are views of one key's value; they choose the form by Redis' thresholds, create the key with the
// first element and delete it with the last. SetBuilder is a set on its way into the keyspace. A stream has one
// form and lives without entries: OpenStream gives the structure itself. They know no commands, replies or notifications.
//
// A view, and everything got from it, is valid until something else changes the key's shard.
package collection
