package keyspace

import "sync/atomic"

// Watch is one WATCH of one client, spread over the keys it named.
type Watch struct {
	dirty atomic.Bool
}

// Dirty says whether one of the watched keys was changed.
func (w *Watch) Dirty() bool { return w.dirty.Load() }

// MarkDirty makes the next EXEC fail.
func (w *Watch) MarkDirty() { w.dirty.Store(true) }

// Waiter is a client that waits for a key to change. The keyspace only keeps its place in the queue.
type Waiter interface{ Waits() }

// watched holds who is to be told of changes. On the hot path only observed is read.
type watched struct {
	observed int // entries in both maps
	watchers map[string][]*Watch
	waiters  map[string][]Waiter
}

// touch tells whoever watches or waits for a key.
func (db *DB) touch(name []byte) {
	if db.observed == 0 {
		return
	}
	db.mark(name)
	db.ready(name)
}

// mark tells whoever watches a key.
func (db *DB) mark(name []byte) {
	if db.observed == 0 {
		return
	}
	for _, w := range db.watchers[string(name)] {
		w.MarkDirty()
	}
}

func (db *DB) ready(name []byte) {
	if db.observed != 0 && db.sh.sink != nil && len(db.waiters[string(name)]) > 0 {
		db.sh.sink.Ready(db, string(name))
	}
}

// touchObserved tells all who watch or wait for a key that exists: the database is about to be, or just was, replaced.
func (db *DB) touchObserved() {
	if db.observed == 0 {
		return
	}
	var k Key
	for name, ws := range db.watchers {
		db.sh.space.Locate([]byte(name), &k)
		if db.Peek(&k).OK() {
			for _, w := range ws {
				w.MarkDirty()
			}
		}
	}
	for name := range db.waiters {
		db.sh.space.Locate([]byte(name), &k)
		if db.Peek(&k).OK() {
			db.ready([]byte(name))
		}
	}
}

// settleObserved removes what has expired among the observed keys, here and in the database that is about to come in db's
// place: an expired key that comes or goes is no change.
func (db *DB) settleObserved(other *DB) {
	if db.observed == 0 {
		return
	}
	var k Key
	settle := func(name string) {
		db.sh.space.Locate([]byte(name), &k)
		db.Peek(&k)
		other.Peek(&k)
	}
	for name := range db.watchers {
		settle(name)
	}
	for name := range db.waiters {
		settle(name)
	}
}

// Watch has w marked when the key changes.
func (db *DB) Watch(name string, w *Watch) {
	if db.watchers == nil {
		db.watchers = make(map[string][]*Watch)
	}
	db.watchers[name] = append(db.watchers[name], w)
	db.observed++
}

// Unwatch ends Watch.
func (db *DB) Unwatch(name string, w *Watch) { db.observed -= removeOne(db.watchers, name, w) }

// Wait puts a waiter at the end of a key's queue.
func (db *DB) Wait(name string, w Waiter) {
	if db.waiters == nil {
		db.waiters = make(map[string][]Waiter)
	}
	db.waiters[name] = append(db.waiters[name], w)
	db.observed++
}

// Unwait takes a waiter out of a key's queue.
func (db *DB) Unwait(name string, w Waiter) { db.observed -= removeOne(db.waiters, name, w) }

// Waiters returns a key's queue, first come first. It is valid until the queue changes.
func (db *DB) Waiters(name string) []Waiter { return db.waiters[name] }

// removeOne removes the first occurrence of v and keeps the order of the others.
func removeOne[T comparable](m map[string][]T, name string, v T) int {
	q := m[name]
	for i, x := range q {
		if x != v {
			continue
		}
		if len(q) == 1 {
			delete(m, name)
		} else {
			m[name] = append(q[:i:i], q[i+1:]...)
		}
		return 1
	}
	return 0
}
