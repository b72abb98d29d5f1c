package command

import (
	"redline/resp"
	"redline/server/internal/config"
	"redline/server/internal/keyspace"
)

// Client is the side of a session that the engine needs.
type Client interface {
	// Deliver hands over the reply of a blocked call that was served. It is called from another goroutine, with shards
	// locked, so it must only put the reply where the session will find it.
	Deliver(b *Blocked, reply []byte)
	// Leave says that the call is about to wait for a while, with nothing locked: others that share the client's goroutine
	// go on elsewhere.
	Leave()
}

// Call is one execution of a command. A session reuses its Call, so that steady-state commands allocate nothing.
type Call struct {
	Engine *Engine
	Client Client // nil in replay
	Spec   *Spec
	Args   [][]byte // views into the transport's buffer: copy what is kept
	Reply  *resp.Writer
	DB     int   // the selected database
	Now    int64 // unix milliseconds; the same throughout a transaction
	Conf   *config.Values

	// Dirty counts the changes that the call made. A handler that changed anything must raise it: what is logged,
	// replicated and counted as rdb_changes_since_last_save follows from it.
	Dirty int64
	// Logged is the number of the last record that the call has put into the log; the caller sets it to 0 before.
	Logged uint64
	// LockWait is how long the call waited for locks that others held, in nanoseconds; the caller sets it to 0 before.
	LockWait int64
	// NoBlock is set inside MULTI and scripts: a blocking command answers at once.
	NoBlock bool
	// NoTouch keeps the call from counting as an access to its keys: CLIENT NO-TOUCH.
	NoTouch bool

	pos    []KeyPos
	keys   []keyspace.Key
	shards shardSet
	outer  *Call // the transaction that holds the locks, or nil
	block  *Blocked
	retry  bool // a blocked call is being run again
	woken  string
	ready  []readyKey
	served []delivery

	after     []func() // to be run once the locks are off
	effects   effectBuffer
	elements  []byte // of the last ScanReply, to be used again
	rewritten bool
}

// delivery is the reply of a blocked call that was served. It is handed over when what it did is in the log.
type delivery struct {
	to    *Blocked
	reply []byte
}

type readyKey struct {
	db   int
	name string
}

// Key returns the located key at argument i, which must be a key by the command's specs or under AllShards.
func (c *Call) Key(i int) *keyspace.Key {
	// Fast path: one key, or the keys are asked for in order.
	for j := range c.pos {
		if c.pos[j].Index == i {
			return &c.keys[j]
		}
	}
	panic("command: " + c.Spec.FullName + " asks for a key that its key specs do not name")
}

// Keys returns how many keys the call names.
func (c *Call) Keys() int { return len(c.pos) }

// KeyAt returns the n-th key of the call and the index of its argument: the way through commands with many keys.
func (c *Call) KeyAt(n int) (*keyspace.Key, int) { return &c.keys[n], c.pos[n].Index }

// Space returns the keyspace.
func (c *Call) Space() *keyspace.Space { return c.Engine.Space }

// DBOf returns the selected database's part in the shard of k.
func (c *Call) DBOf(k *keyspace.Key) *keyspace.DB { return c.Engine.Space.Shard(int(k.Shard)).DB(c.DB) }

// Find returns the live key at argument i, or the zero Item. It counts as an access and as a hit or miss.
func (c *Call) Find(i int) keyspace.Item { return c.FindKey(c.Key(i)) }

// FindKey is Find for a located key.
func (c *Call) FindKey(k *keyspace.Key) keyspace.Item {
	db := c.DBOf(k)
	var it keyspace.Item
	if c.NoTouch {
		it = db.Peek(k)
	} else {
		it = db.Find(k)
	}
	c.countRead(db, k, it)
	return it
}

// PeekKey is FindKey that does not count as an access: for what only asks about a key. It counts as a hit or miss.
func (c *Call) PeekKey(k *keyspace.Key) keyspace.Item {
	db := c.DBOf(k)
	it := db.Peek(k)
	c.countRead(db, k, it)
	return it
}

func (c *Call) countRead(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) {
	if c.Spec.Flags&Readonly != 0 || c.onlyReads(k) {
		st := db.Shard().Stats()
		if it.OK() {
			st.Hits.Add(1)
		} else {
			st.Misses.Add(1)
			c.Notify(EventKeyMiss, "keymiss", k.Name)
		}
	}
}

// onlyReads says whether a command that writes does no more than read this one of its keys: a source of SINTERSTORE.
func (c *Call) onlyReads(k *keyspace.Key) bool {
	for i := range c.keys {
		if &c.keys[i] == k {
			return c.pos[i].Flags&KeyRO != 0
		}
	}
	return false
}

// FindType is Find for commands of one type. A key of another type gets the WRONGTYPE error and ok is false; an
// absent key gives the zero Item and ok is true.
func (c *Call) FindType(i int, t keyspace.Type) (it keyspace.Item, ok bool) {
	it = c.Find(i)
	if it.OK() && it.Type() != t {
		c.Reply.Error(ErrWrongType)
		return keyspace.Item{}, false
	}
	return it, true
}

// Locate fills k for any name. The key may be used only if its shard is locked: under AllShards, or when it is one of
// the call's own keys.
func (c *Call) Locate(name []byte, k *keyspace.Key) {
	c.Engine.Space.Locate(name, k)
}

func (c *Call) held() *shardSet {
	for c.outer != nil {
		c = c.outer
	}
	return &c.shards
}

// Block makes the call wait until one of its keys changes; then the handler is run again. deadline is in unix
// milliseconds, 0 for none; onTimeout writes the reply for when it passes. Not to be called when NoBlock is set.
//
// A call without keys is answered by Answer instead; it gets the Blocked for that, which may be used once the call has
// returned (see After).
func (c *Call) Block(deadline int64, onTimeout func(*resp.Writer)) *Blocked {
	if c.block == nil {
		c.block = &Blocked{}
	}
	c.block.Deadline, c.block.onTimeout = deadline, onTimeout
	return c.block
}

// After has fn run once all locks of this call, or of the transaction that it is part of, have been released.
func (c *Call) After(fn func()) {
	t := c.top()
	t.after = append(t.after, fn)
}

// RetryAs has a call that blocks run again with other arguments than it was sent with: XREAD's "$" is the ID that was
// the last when the call came, not when it is retried. The keys stay where they are.
func (c *Call) RetryAs(args [][]byte) {
	if c.block == nil {
		c.block = &Blocked{}
	}
	c.block.args = args
}

// Retried says whether the call was blocked before: such a call keeps the deadline that it had.
func (c *Call) Retried() bool { return c.retry }

// Woken returns the name of the key whose change had a blocked call run again. A command that waits for several keys
// takes from this one, as Redis does: keys that changed in one transaction are served in the order of their changes.
func (c *Call) Woken() string { return c.woken }

// Random returns a pseudo-random number: for RANDOMKEY, SPOP and the like, not for secrets.
func (c *Call) Random() uint64 { return c.Engine.random() }

// EachShard locks all shards one after the other and calls fn for each, until fn returns false. Under AllShards or in a
// transaction that holds the shard it is not locked again.
func (c *Call) EachShard(fn func(sh *keyspace.Shard) bool) {
	for i := range c.Engine.Space.Shards() {
		if !c.WithShard(i, fn) {
			return
		}
	}
}

// WithShard calls fn with one shard locked: for commands with the flag NoLock.
func (c *Call) WithShard(i int, fn func(sh *keyspace.Shard) bool) bool {
	sh := c.Engine.Space.Shard(i)
	if !c.held().has(i) {
		if !sh.TryLock() {
			c.Engine.await(c, sh)
		}
		sh.Enter(c.Now, c)
		defer sh.Unlock()
		if c.outer == nil {
			defer c.commit() // keys that expired meanwhile: before anybody else can make them again
		}
	}
	return fn(sh)
}

// begin makes a reused Call ready for the next command.
func (c *Call) begin() {
	c.pos, c.keys = c.pos[:0], c.keys[:0]
	c.shards = shardSet{}
	c.Dirty, c.block, c.retry, c.rewritten = 0, nil, false, false
	c.ready = c.ready[:0]
}

// locate finds the call's keys and the set of shards to lock.
func (c *Call) locate() {
	s := c.Spec
	if s.oneKey { // fast path
		c.pos = append(c.pos, KeyPos{1, s.Keys[0].Flags})
		if cap(c.keys) == 0 {
			c.keys = make([]keyspace.Key, 1)
		}
		c.keys = c.keys[:1]
		k := &c.keys[0]
		c.Engine.Space.Locate(c.Args[1], k)
		c.shards.add(int(k.Shard))
		return
	}
	if !s.noKeys {
		c.pos, _ = s.KeyPositions(c.pos, c.Args)
	}
	for _, p := range c.pos {
		c.keys = append(c.keys, keyspace.Key{})
		k := &c.keys[len(c.keys)-1]
		c.Engine.Space.Locate(c.Args[p.Index], k)
		c.shards.add(int(k.Shard))
	}
	if s.Flags&AllShards != 0 || s.Wide != nil && s.Wide(c.Args) {
		c.shards.addAll(c.Engine.Space.Shards())
	}
}
