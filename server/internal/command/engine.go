package command

import (
	"math/rand/v2"
	"sync/atomic"

	"redline/server/internal/keyspace"
)

// Engine runs calls against a keyspace.
//
// Invariants. A handler runs with all shards of its keys locked. Shards are locked in ascending order, all before the
// first is touched, so calls are atomic and cannot deadlock. What a call did is in the log before a lock is released,
// so the log's order is the order of the changes. A blocked call is in the queues of all its keys or in none, and moves
// between the two only under the locks of all its shards, so it is served once.
//
// Stages of Run: locate the keys; lock; run the handler; if it wants to wait, queue it; commit the effects; serve those
// who wait for keys that changed and whose shards are all held; unlock; serve the others, each under its own locks.
//
// Rejected: waking a blocked client so that it tries again by itself. Between the push and the retry any other client
// could take the element, and clients would no longer be served in the order in which they came.
type Engine struct {
	Space  *keyspace.Space
	Events Events // nil: nobody is told
	// EventsOff saves the call of Events while nothing is to be announced.
	EventsOff atomic.Bool
	Log       Log // nil: nothing is logged
	// LogOff has nothing logged either. It is changed with all shards locked, so that the log has all changes from a point
	// in time on and none from before.
	LogOff atomic.Bool
	// Nanotime is a monotonic clock for measuring how long calls wait for locks; nil: nobody wants to know.
	Nanotime func() int64

	Changes atomic.Int64 // sum of Dirty over all calls: rdb_changes_since_last_save counts from it
	Blocked atomic.Int64 // clients that wait now
}

// Events is told of changes to keys: keyspace notifications.
type Events interface {
	// Notify is called with the key's shard locked; name is a view.
	Notify(class EventClass, event string, db int, name []byte)
}

// EventClass is a class of keyspace notifications, one letter of notify-keyspace-events.
type EventClass byte

// The classes of Redis 7.0.
const (
	EventGeneric EventClass = 'g'
	EventString  EventClass = '$'
	EventList    EventClass = 'l'
	EventSet     EventClass = 's'
	EventHash    EventClass = 'h'
	EventZSet    EventClass = 'z'
	EventExpired EventClass = 'x'
	EventEvicted EventClass = 'e'
	EventStream  EventClass = 't'
	EventKeyMiss EventClass = 'm'
	EventModule  EventClass = 'd'
	EventNew     EventClass = 'n'
)

// Notify tells those who subscribed to keyspace notifications.
func (c *Call) Notify(class EventClass, event string, name []byte) {
	c.NotifyIn(c.DB, class, event, name)
}

// NotifyIn is Notify for a key of another database than the selected one.
func (c *Call) NotifyIn(db int, class EventClass, event string, name []byte) {
	if e := c.Engine; e.Events != nil && !e.EventsOff.Load() {
		e.Events.Notify(class, event, db, name)
	}
}

func (e *Engine) random() uint64 { return rand.Uint64() }

// Run executes c.Spec's handler. c.Spec, Args, Reply, DB, Now, Conf and Client are set by the caller. It returns the
// call's place in the queues if it was blocked; then no reply was written.
func (e *Engine) Run(c *Call) *Blocked {
	c.begin()
	c.Engine = e
	if c.Spec.Flags&NoLock != 0 {
		c.Spec.Handler(c)
		e.finishUnlocked(c)
		return nil
	}
	c.locate()
	if c.outer != nil { // a transaction holds the locks, queues nothing and serves at its end
		c.preserve()
		c.Spec.Handler(c)
		c.settle()
		e.Changes.Add(c.Dirty)
		c.outer.Dirty += c.Dirty
		c.outer.ready = append(c.outer.ready, c.ready...)
		return nil
	}
	e.yield(c, c.Spec)
	c.lock(e)
	c.preserve()
	c.Spec.Handler(c)
	b := c.block
	if b != nil {
		e.enqueue(c, b)
	} else if c.Dirty != 0 {
		c.settle()
		e.Changes.Add(c.Dirty)
	}
	e.release(c)
	return b
}

// release commits the effects, serves those who wait, and unlocks.
func (e *Engine) release(c *Call) {
	e.unlock(c)
	c.runAfter()
}

func (e *Engine) unlock(c *Call) {
	if len(c.ready) == 0 {
		c.commit()
		c.shards.unlock(e.Space)
		return
	}
	later := e.serveHeld(c)
	c.commit()
	c.deliver()
	c.shards.unlock(e.Space)
	e.serveLater(c, later)
}

// finishUnlocked ends a call whose handler took its locks one by one: keys that expired on the way have been removed,
// and their effects and waiters are looked after here.
func (e *Engine) finishUnlocked(c *Call) {
	c.settle()
	e.Changes.Add(c.Dirty)
	if c.outer != nil {
		c.outer.Dirty += c.Dirty
		c.outer.ready = append(c.outer.ready, c.ready...)
		return
	}
	c.commit()
	if len(c.ready) > 0 {
		e.serveLater(c, e.serveHeld(c)) // holds nothing: all of them are served later
	}
	c.runAfter()
}

// runAfter runs what handlers put off until the locks are off.
func (c *Call) runAfter() {
	if c.after == nil {
		return
	}
	after := c.after
	c.after = nil
	for _, fn := range after {
		fn()
	}
}

// Txn executes several calls under one set of locks: EXEC and scripts. The shards of all calls and of the watched names
// are locked while run executes each call with RunIn. The watched ones belong to it: were they left out, two
// transactions that each watch what the other writes could both pass their check.
func (e *Engine) Txn(c *Call, calls []Queued, watched []string, run func()) {
	c.Engine = e
	c.begin()
	var k keyspace.Key
	for _, name := range watched {
		e.Space.Locate([]byte(name), &k)
		c.shards.add(int(k.Shard))
	}
	var probe Call
	for i := range calls {
		probe.begin()
		probe.Engine, probe.Spec, probe.Args = e, calls[i].Spec, calls[i].Args
		probe.locate()
		c.shards.union(&probe.shards)
		if probe.Spec.Flags&NoLock != 0 {
			c.shards.addAll(e.Space.Shards())
		}
	}
	for i := range calls {
		e.yield(c, calls[i].Spec)
	}
	c.lock(e)
	run()
	e.release(c)
	// Each call has been counted and logged; the one that runs the transaction has nothing left to settle.
	c.begin()
}

// Queued is a command that waits for EXEC.
type Queued struct {
	Spec *Spec
	Args [][]byte // owned
}

// RunIn executes inner inside the transaction outer. inner never blocks.
func (e *Engine) RunIn(outer, inner *Call) {
	inner.outer, inner.NoBlock = outer, true
	e.Run(inner)
	inner.outer, inner.NoBlock = nil, false
}

// Expired implements keyspace.Sink.
func (c *Call) Expired(db *keyspace.DB, name []byte) {
	if c.Engine.logs() {
		c.top().effects.add(db.Index(), [][]byte{[]byte("DEL"), name})
	}
	c.NotifyIn(db.Index(), EventExpired, "expired", name)
}

// Created implements keyspace.Sink.
func (c *Call) Created(db *keyspace.DB, name []byte) { c.NotifyIn(db.Index(), EventNew, "new", name) }

// Evicted implements keyspace.Sink.
func (c *Call) Evicted(db *keyspace.DB, name []byte) {
	if c.Engine.logs() {
		c.top().effects.add(db.Index(), [][]byte{[]byte("DEL"), name})
	}
	c.NotifyIn(db.Index(), EventEvicted, "evicted", name)
}

// Ready implements keyspace.Sink.
func (c *Call) Ready(db *keyspace.DB, name string) {
	r := readyKey{db.Index(), name}
	for _, have := range c.ready {
		if have == r {
			return
		}
	}
	c.ready = append(c.ready, r)
}

var _ keyspace.Sink = (*Call)(nil)
