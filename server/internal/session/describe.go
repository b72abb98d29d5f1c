package session

import (
	"math"
	"strconv"

	"redline/server/internal/command"
)

// ClientType is what CLIENT LIST TYPE and CLIENT KILL TYPE choose by.
type ClientType uint8

// The types of Redis 7.0. There are no primaries and replicas yet: no client has their types.
const (
	TypeNormal ClientType = iota
	TypeReplica
	TypePubSub
	TypePrimary
)

// ClientTypeByName finds a type by its name in any case.
func ClientTypeByName(name []byte) (t ClientType, ok bool) {
	for _, x := range []struct {
		name string
		t    ClientType
	}{{"normal", TypeNormal}, {"slave", TypeReplica}, {"replica", TypeReplica}, {"pubsub", TypePubSub}, {"master", TypePrimary}} {
		if command.Is(name, x.name) {
			return x.t, true
		}
	}
	return 0, false
}

// Type returns the client's type. It may be called from any goroutine.
func (s *Session) Type() ClientType {
	if s.Subscriptions() > 0 {
		return TypePubSub
	}
	return TypeNormal
}

// Select chooses the database.
func (s *Session) Select(db int) {
	s.DB = db
	s.info.db.Store(int32(db))
}

// Name returns what CLIENT SETNAME set. It may be called from any goroutine.
func (s *Session) Name() string {
	s.info.mu.Lock()
	defer s.info.mu.Unlock()
	return s.info.name
}

// SetName sets the client's name; an empty one takes it away. It returns false for a name that would break the format of
// CLIENT LIST: only printable ASCII without spaces is allowed.
func (s *Session) SetName(name []byte) bool {
	for _, c := range name {
		if c < '!' || c > '~' {
			return false
		}
	}
	s.info.mu.Lock()
	s.info.name = string(name)
	s.info.mu.Unlock()
	return true
}

// SetNoEvict has the client spared when memory is short: CLIENT NO-EVICT.
func (s *Session) SetNoEvict(on bool) {
	s.NoEvict = on
	s.info.flags.Store(s.flags())
}

// SetNoTouch has the client's commands not count as accesses to keys: CLIENT NO-TOUCH.
func (s *Session) SetNoTouch(on bool) {
	s.NoTouch = on
	s.call.NoTouch, s.inner.NoTouch = on, on
	s.info.flags.Store(s.flags())
}

// Usage is the memory that a client's buffers take, in bytes.
type Usage struct {
	Query   int64 // received and not yet parsed
	Output  int64 // waiting to be sent
	Queued  int64 // commands of MULTI
	Session int64 // the session itself with its fixed buffers
}

// Total is the sum.
func (u Usage) Total() int64 { return u.Query + u.Output + u.Queued + u.Session }

// sessionBytes is roughly what a session takes on the Go heap with its connection and goroutine.
const sessionBytes = 4 << 10

// Usage returns the client's memory. It may be called from any goroutine.
func (s *Session) Usage() Usage {
	return Usage{s.info.queryLen.Load(), s.info.outLen.Load(), s.info.multiBytes.Load(), sessionBytes}
}

// AppendInfo appends the client's line in CLIENT LIST, without the newline. The fields and their order are those of Redis
// 7.0.15. caller is the session whose command asks: what it is just doing is seen by itself only.
func (s *Session) AppendInfo(dst []byte, caller *Session) []byte {
	now := s.Hub.Clock().UnixMilli()
	u := s.Usage()
	spec := s.info.lastSpec.Load()
	idle, argv := now-s.info.lastActive.Load(), int64(0)
	if s == caller {
		spec, u.Query, idle = s.call.Spec, int64(s.feeding), 0
		for _, a := range s.call.Args {
			argv += int64(len(a))
		}
	}
	last := "NULL"
	if spec != nil {
		last = spec.FullName
	}
	s.info.mu.Lock()
	name, user := s.info.name, s.info.user
	s.info.mu.Unlock()

	text := func(key, value string) { dst = append(append(append(append(dst, key...), '='), value...), ' ') }
	num := func(key string, v int64) { text(key, strconv.FormatInt(v, 10)) }
	num("id", s.ID)
	text("addr", s.Peer.Addr)
	text("laddr", s.Peer.LocalAddr)
	num("fd", int64(s.Peer.FD))
	text("name", name)
	num("age", (now-s.born)/1000)
	num("idle", max(idle, 0)/1000)
	text("flags", s.flagLetters())
	num("db", int64(s.info.db.Load()))
	num("sub", int64(s.info.subs[0].Load()))
	num("psub", int64(s.info.subs[1].Load()))
	num("ssub", int64(s.info.subs[2].Load()))
	num("multi", int64(s.info.multi.Load()))
	num("qbuf", u.Query)
	num("qbuf-free", max(inputSize-u.Query, 0))
	num("argv-mem", argv)
	num("multi-mem", u.Queued)
	num("rbs", bufferStart)
	num("rbp", min(u.Output, bufferStart))
	num("obl", min(u.Output, bufferStart))
	num("oll", (max(u.Output-bufferStart, 0)+bufferStart-1)/bufferStart)
	num("omem", max(u.Output-bufferStart, 0))
	num("tot-mem", u.Total())
	events := "r"
	if u.Output > 0 && s != caller {
		events = "rw"
	}
	text("events", events)
	text("cmd", last)
	text("user", user)
	num("redir", -1)
	num("resp", int64(s.info.proto.Load()))
	return dst[:len(dst)-1]
}

// inputSize is the size of a transport's read buffer, which qbuf-free is counted from.
const inputSize = 16 << 10

func (s *Session) flagLetters() string {
	f := s.info.flags.Load()
	var b []byte
	for _, x := range []struct {
		on     bool
		letter byte
	}{
		{f&flagMonitor != 0, 'O'},
		{s.Subscriptions() > 0, 'P'},
		{s.info.multi.Load() >= 0, 'x'},
		{f&flagBlocked != 0, 'b'},
		{f&flagClosing != 0, 'c'},
		{s.info.killed.Load(), 'A'},
		{f&flagUnix != 0, 'U'},
		{f&flagNoEvict != 0, 'e'},
		{f&flagNoTouch != 0, 'T'},
	} {
		if x.on {
			b = append(b, x.letter)
		}
	}
	if len(b) == 0 {
		return "N"
	}
	return string(b)
}

// Local says whether the client is on this machine: through the loopback interface or a unix socket.
func (s *Session) Local() bool { return s.Peer.Loopback || s.Peer.Unix }

// Reset takes the connection back to the state of a new one: RESET. No shard may be locked.
func (s *Session) Reset() {
	s.SetMonitoring(false)
	s.EndTxn()
	for _, f := range s.Hub.onReset {
		f(s)
	}
	s.Select(0)
	s.SetProto(2)
	s.SetName(nil)
	s.Deauthenticate()
	s.Reply = ReplyOn
	s.SetNoTouch(false)
}

// OnReset adds a function that is called when a client sends RESET: subscriptions leave their channels here.
func (h *Hub) OnReset(f func(s *Session)) { h.onReset = append(h.onReset, f) }

// PauseEnd returns when a pause that begins now and lasts for ms ends, in unix milliseconds, without overflow.
func (h *Hub) PauseEnd(ms int64) int64 {
	if ms == 0 {
		return 0
	}
	now := h.Clock().UnixMilli()
	return now + min(ms, math.MaxInt64-now)
}
