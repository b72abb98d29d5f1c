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
	DB      int
	Name    string
	Expired bool // it had already expired when WATCH named it
}

// queue keeps a copy of a request for EXEC.
func (t *Txn) queue(spec *command.Spec, args [][]byte) {
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

// Watch adds a key. Its shard must be locked.
func (t *Txn) Watch(db *keyspace.DB, name string, expired bool) {
	for _, w := range t.Watches {
		if w.DB == db.Index() && w.Name == name {
			return
		}
	}
	if t.watch == nil {
		t.watch = &keyspace.Watch{}
	}
	t.Watches = append(t.Watches, Watched{db.Index(), name, expired})
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
	var k keyspace.Key
	for _, w := range t.Watches {
		sp.Locate([]byte(w.Name), &k)
		sh := sp.Shard(int(k.Shard))
		sh.Lock()
		sh.DB(w.DB).Unwatch(w.Name, t.watch)
		sh.Unlock()
	}
	t.Watches, t.watch = nil, nil
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

// ExecQueued runs the queued commands under one set of locks. reply, called with the locks held, begins the reply or
// says that the transaction is off.
func (s *Session) ExecQueued(reply func() bool) {
	queue := s.Txn.Queue
	outer := &s.call
	outer.DB, outer.Now = s.DB, s.now
	s.Hub.Engine.Txn(outer, queue, s.Txn.names(), func() {
		if !reply() {
			return
		}
		in := &s.inner
		for i := range queue {
			mark := len(s.out.Buf)
			in.Spec, in.Args, in.DB, in.Now, in.Conf = queue[i].Spec, queue[i].Args, s.DB, s.now, outer.Conf
			began := s.Hub.Nanotime()
			s.Hub.Engine.RunIn(outer, in)
			s.accounted(in.Spec, in.Args, s.Hub.Nanotime()-began, mark)
			s.countError(mark)
		}
	})
}
