package command

import (
	"redline/resp"
	"redline/server/internal/keyspace"
)

// Blocked is a call that waits for one of its keys. Its fields are set before it is queued and then belong to whoever
// holds the locks of all its shards.
type Blocked struct {
	Deadline int64 // unix milliseconds; 0: none

	client    Client
	spec      *Spec
	args      [][]byte // owned
	db        int
	proto     int
	shards    shardSet
	keys      []string
	onTimeout func(*resp.Writer)
	logged    uint64
	done      bool // served or cancelled
}

// Waits implements keyspace.Waiter.
func (b *Blocked) Waits() {}

// Args returns the arguments with which it is run again.
func (b *Blocked) Args() [][]byte { return b.args }

// Spec returns the blocked command.
func (b *Blocked) Spec() *Spec { return b.spec }

// Logged returns the number of the record with what the call did when it was served, or 0.
func (b *Blocked) Logged() uint64 { return b.logged }

// TimeoutReply writes the reply for when the deadline has passed.
func (b *Blocked) TimeoutReply(w *resp.Writer) { b.onTimeout(w) }

// enqueue puts a call into the queues of its keys. Its shards are locked.
func (e *Engine) enqueue(c *Call, b *Blocked) {
	b.client, b.spec, b.db, b.proto, b.shards = c.Client, c.Spec, c.DB, c.Reply.Proto, c.shards
	from := c.Args
	if b.args != nil { // RetryAs
		from = b.args
	}
	b.args = make([][]byte, len(from))
	for i, a := range from {
		b.args[i] = append([]byte(nil), a...)
	}
	if len(c.keys) == 0 {
		b.shards.add(0) // whose lock says who ends the waiting
	}
	seen := make(map[string]bool, len(c.keys))
	for i := range c.keys {
		k := &c.keys[i]
		if name := string(k.Name); !seen[name] {
			seen[name] = true
			b.keys = append(b.keys, name)
			c.DBOf(k).Wait(name, b)
		}
	}
	e.Blocked.Add(1)
}

// dequeue takes a call out of all queues. Its shards are locked.
func (e *Engine) dequeue(b *Blocked) {
	var k keyspace.Key
	for _, name := range b.keys {
		e.Space.Locate([]byte(name), &k)
		e.Space.Shard(int(k.Shard)).DB(b.db).Unwait(name, b)
	}
	b.done = true
	e.Blocked.Add(-1)
}

// Cancel ends the waiting of a call: its deadline passed, its client left or was unblocked. It returns false if the
// call was served first; then its reply is on the way.
func (e *Engine) Cancel(b *Blocked) bool {
	b.shards.lock(e.Space, 0, nil)
	defer b.shards.unlock(e.Space)
	if b.done {
		return false
	}
	e.dequeue(b)
	return true
}

// Answer ends the waiting of a call that was blocked without keys, with a reply, unless it has ended before. No shard is
// locked.
func (e *Engine) Answer(b *Blocked, reply func(*resp.Writer)) {
	b.shards.lock(e.Space, 0, nil)
	defer b.shards.unlock(e.Space)
	if b.done {
		return
	}
	e.dequeue(b)
	w := resp.Writer{Proto: b.proto}
	reply(&w)
	b.client.Deliver(b, w.Buf)
}

// serveHeld serves, in order of arrival, those who wait for the keys that c made ready, as far as c holds all their
// shards. It returns the keys with waiters that need others.
func (e *Engine) serveHeld(c *Call) (later []readyKey) {
	for i := 0; i < len(c.ready); i++ { // grows while serving: a BLMOVE makes its destination ready
		if e.serveKey(c, c.ready[i]) {
			later = append(later, c.ready[i])
		}
	}
	c.ready = c.ready[:0]
	return later
}

// serveKey runs the waiters of one key. A waiter that cannot be served stays in the queue; so do those behind it for
// which the same holds. It stops at the first whose shards are not all held and returns true.
func (e *Engine) serveKey(c *Call, r readyKey) (later bool) {
	var k keyspace.Key
	e.Space.Locate([]byte(r.name), &k)
	if !c.shards.has(int(k.Shard)) {
		return true
	}
	db := e.Space.Shard(int(k.Shard)).DB(r.db)
	queue := append([]keyspace.Waiter(nil), db.Waiters(r.name)...) // serving changes it
	for _, w := range queue {
		b := w.(*Blocked)
		if b.done {
			continue
		}
		if !b.shards.within(&c.shards) {
			return true
		}
		e.attempt(c, b, r.name)
	}
	return false
}

// attempt runs a blocked call again, because of the key woken, inside c's locks.
func (e *Engine) attempt(c *Call, b *Blocked, woken string) {
	inner := Call{Client: b.client, Spec: b.spec, Args: b.args, Reply: &resp.Writer{Proto: b.proto}, DB: b.db, Now: c.Now, Conf: c.Conf}
	inner.begin()
	inner.Engine, inner.outer, inner.retry, inner.woken = e, c, true, woken
	inner.locate()
	inner.preserve()
	b.spec.Handler(&inner)
	c.ready = append(c.ready, inner.ready...)
	if inner.block != nil {
		return
	}
	inner.settle()
	e.Changes.Add(inner.Dirty)
	e.dequeue(b)
	c.served = append(c.served, delivery{b, inner.Reply.Buf})
}

// deliver hands over the replies of the calls that were served, which are in the log now.
func (c *Call) deliver() {
	for i := range c.served {
		d := &c.served[i]
		d.to.logged = c.Logged
		d.to.client.Deliver(d.to, d.reply)
		*d = delivery{}
	}
	c.served = c.served[:0]
}

// serveLater serves the waiters whose shards the call that made their keys ready did not hold: for each key in turn,
// under the locks of everyone in its queue. Who joins the queue with yet other shards meanwhile makes one more round.
func (e *Engine) serveLater(c *Call, later []readyKey) {
	for len(later) > 0 {
		r := later[0]
		later = later[1:]
		set, ok := e.queueShards(r)
		if !ok {
			continue
		}
		next := Call{Engine: e, Conf: c.Conf, Now: c.Now, shards: set, ready: []readyKey{r}}
		next.shards.lock(e.Space, next.Now, &next)
		later = append(later, e.serveHeld(&next)...)
		next.commit()
		next.deliver()
		next.shards.unlock(e.Space)
	}
}

// queueShards returns the shards that are needed to serve everyone in the queue of a key.
func (e *Engine) queueShards(r readyKey) (set shardSet, ok bool) {
	var k keyspace.Key
	e.Space.Locate([]byte(r.name), &k)
	sh := e.Space.Shard(int(k.Shard))
	sh.Lock()
	defer sh.Unlock()
	for _, w := range sh.DB(r.db).Waiters(r.name) {
		set.union(&w.(*Blocked).shards)
		ok = true
	}
	return set, ok
}
