package session

import (
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

// Txn is the state of MULTI and WATCH.
type Txn struct {
	Active  bool // between MULTI and EXEC or DISCARD
	Spoiled bool // a command could not be queued: EXEC will refuse
	Queue   []command.Queued
	Watches []Watched
	watch   *keyspace.Watch
	bytes   int64 // of the queued arguments
}

// Watched is one key of WATCH.
type Watched struct {
	DB   int
	Name string
}

// queue keeps a copy of a request for EXEC, unless EXEC is already bound to refuse.
func (t *Txn) queue(spec *command.Spec, args [][]byte) {
	if t.Spoiled || t.Changed() {
		return
	}
	n := 0
	for _, a := range args {
		n += len(a)
	}
	t.bytes += int64(n)
	mem := make([]byte, 0, n)
	own := make([][]byte, len(args))
	for i, a := range args {
		mem = append(mem, a...)
		own[i] = mem[len(mem)-len(a) : len(mem) : len(mem)]
	}
	t.Queue = append(t.Queue, command.Queued{Spec: spec, Args: own})
}

// Watch adds a key. Its shard must be locked, and the key looked up in the same visit: one that had expired before is gone
// then, so that its removal later counts as no change.
func (t *Txn) Watch(db *keyspace.DB, name string) {
	for _, w := range t.Watches {
		if w.DB == db.Index() && w.Name == name {
			return
		}
	}
	if t.watch == nil {
		t.watch = &keyspace.Watch{}
	}
	t.Watches = append(t.Watches, Watched{db.Index(), name})
	db.Watch(name, t.watch)
}

// names returns the names of the watched keys.
func (t *Txn) names() []string {
	n := make([]string, len(t.Watches))
	for i := range t.Watches {
		n[i] = t.Watches[i].Name
	}
	return n
}

// Changed says whether a watched key was changed since WATCH.
func (t *Txn) Changed() bool { return t.watch != nil && t.watch.Dirty() }

// unwatch forgets all watched keys. It takes their shards' locks one by one.
func (t *Txn) unwatch(sp *keyspace.Space) {
	t.each(sp, func(sh *keyspace.Shard, w *Watched, _ *keyspace.Key) {
		sh.Lock()
		sh.DB(w.DB).Unwatch(w.Name, t.watch)
		sh.Unlock()
	})
	t.Watches, t.watch = nil, nil
}

// conclude is the end of watching under EXEC, which holds the shards of all watched keys: a key that has expired since
// WATCH counts as changed, and the commands of the transaction find nothing watched.
func (t *Txn) conclude(sp *keyspace.Space) (changed bool) {
	t.each(sp, func(sh *keyspace.Shard, w *Watched, k *keyspace.Key) { sh.DB(w.DB).Peek(k) })
	changed = t.Changed()
	t.each(sp, func(sh *keyspace.Shard, w *Watched, _ *keyspace.Key) { sh.DB(w.DB).Unwatch(w.Name, t.watch) })
	t.Watches, t.watch = nil, nil
	return changed
}

func (t *Txn) each(sp *keyspace.Space, fn func(*keyspace.Shard, *Watched, *keyspace.Key)) {
	var k keyspace.Key
	for i := range t.Watches {
		sp.Locate([]byte(t.Watches[i].Name), &k)
		fn(sp.Shard(int(k.Shard)), &t.Watches[i], &k)
	}
}

// Unwatch forgets all watched keys. No shard may be locked.
func (s *Session) Unwatch() { s.Txn.unwatch(s.Hub.Engine.Space) }

// EndTxn leaves MULTI and forgets watched keys. No shard may be locked.
func (s *Session) EndTxn() {
	s.Unwatch()
	s.Txn = Txn{}
	s.info.multi.Store(-1)
	s.info.multiBytes.Store(0)
}

// BeginTxn enters MULTI.
func (s *Session) BeginTxn() {
	s.Txn.Active, s.Txn.Spoiled = true, false
	s.info.multi.Store(0)
}

// ExecQueued runs the queued commands under one set of locks, with their replies as the elements of one array. It returns
// false, and has run nothing and replied nothing, if a watched key has changed.
func (s *Session) ExecQueued() (ok bool) {
	queue := s.Txn.Queue
	outer := &s.call
	outer.DB, outer.Now = s.DB, s.now
	s.Hub.Engine.Txn(outer, queue, s.Txn.names(), func() {
		if s.Txn.conclude(s.Hub.Engine.Space) {
			return
		}
		ok = true
		s.out.Array(len(queue))
		for i := range queue {
			s.execOne(outer, &queue[i])
		}
	})
	return ok
}

// execOne runs one command of a transaction. CLIENT REPLY among them acts on those behind it, not on the array's head.
func (s *Session) execOne(outer *command.Call, q *command.Queued) {
	mark := len(s.out.Buf)
	in := &s.inner
	in.Spec, in.Args, in.DB, in.Now, in.Conf = q.Spec, q.Args, s.DB, s.now, outer.Conf
	began := s.Hub.Nanotime()
	s.Hub.Engine.RunIn(outer, in)
	s.accounted(q.Spec, q.Args, s.Hub.Nanotime()-began, mark)
	if s.Hub.monitors.Load() > 0 {
		s.Hub.monitor(s, q.Spec, q.Args)
	}
	s.countError(mark)
	if s.Reply == ReplyOff {
		s.out.Buf = s.out.Buf[:mark]
	}
}
