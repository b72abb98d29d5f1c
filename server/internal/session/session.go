package session

import (
	"sync"
	"sync/atomic"
	"time"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/observe"
)

// Transport is what a session asks of its connection. Both methods may be called from any goroutine and return at once.
type Transport interface {
	// Wake has the loop call Drain soon.
	Wake()
	// Kill has the connection closed at once; output that has not left is lost.
	Kill()
}

// Leaver is a Transport that runs several sessions on one loop.
type Leaver interface {
	// Leave is called by a session that is about to wait within Feed, for something other than the transport: the loop goes
	// on with other sessions meanwhile.
	Leave()
}

// Peer describes the two ends of a connection.
type Peer struct {
	Addr, LocalAddr string // "127.0.0.1:50000", or "/path/sock:0" for a unix socket
	FD              int    // for CLIENT LIST; -1 when unknown
	Unix            bool
	Loopback        bool
}

// ReplyMode is what CLIENT REPLY chose.
type ReplyMode uint8

// The modes of CLIENT REPLY. SkipNext drops the reply of the next command and then turns to ReplyOn.
const (
	ReplyOn ReplyMode = iota
	ReplyOff
	SkipNext
	skipping // the command that SkipNext meant is running
)

// Session is the protocol state of one client.
type Session struct {
	Hub  *Hub
	ID   int64
	Peer Peer

	transport Transport
	parser    *resp.Parser
	out       resp.Writer
	spare     []byte    // the buffer that the transport gave back last
	boxes     []*[]byte // of the pool's buffers that are in use
	inFlight  int       // bytes taken by the transport and not yet given back
	softSince int64     // unix ms since when the output is above its soft limit; 0: it is not
	call      command.Call
	inner     command.Call // the commands of a transaction
	local     observe.Local
	tally     tally
	lastName  []byte        // the last command's name as the client spelled it, and what it means:
	lastSpec  *command.Spec // clients repeat themselves
	closing   bool
	blocked   *command.Blocked
	stalled   bool  // CLIENT PAUSE holds the next command back
	retiring  bool  // close once what has been received is done
	now       int64 // unix ms of this turn
	lap       int64 // monotonic ns: when the last command ended, or this turn began
	born      int64 // unix ms
	waited    int64 // nanoseconds for which the blocked call ran before it began to wait
	feeding   int   // bytes given to the Feed that is under way
	probe     probe

	own   uint64 // the last record of the log with a change of this client
	need  uint64 // the record that the output waits for; 0: none
	spans []span // replies in the output that tell of changes

	Authenticated bool
	User          string
	DB            int
	Reply         ReplyMode
	Txn           Txn
	NoTouch       bool
	NoEvict       bool
	Monitoring    bool

	mail mailbox
	info info
}

// tally adds up the calls of one command in a row, so that a pipeline touches the shared counters once and not for each
// request.
type tally struct {
	spec         *command.Spec
	calls, nanos int64
}

func (t *tally) flush(l observe.Local) {
	if t.calls > 0 {
		l.Ran(t.spec.ID, t.calls, t.nanos, false)
		t.calls, t.nanos = 0, 0
	}
}

// info is what others may see of a session (CLIENT LIST). The session writes it, anyone reads it.
type info struct {
	lastActive atomic.Int64 // unix ms
	lastSpec   atomic.Pointer[command.Spec]
	queryLen   atomic.Int64 // bytes that wait to be parsed
	outLen     atomic.Int64 // bytes that wait to be sent
	db         atomic.Int32
	proto      atomic.Int32
	multi      atomic.Int32 // queued commands, -1 outside MULTI
	multiBytes atomic.Int64 // their arguments
	blocked    atomic.Pointer[command.Blocked]
	subs       [3]atomic.Int32
	flags      atomic.Uint32
	killed     atomic.Bool

	mu   sync.Mutex
	name string // guarded by mu
	user string // guarded by mu
}

// New makes the session of a new connection and registers it. It returns nil when maxclients is reached; then the
// transport sends MaxClientsError and closes.
func New(h *Hub, t Transport, p Peer) *Session {
	v := h.Config.Values()
	s := &Session{Hub: h, Peer: p, transport: t, User: "default"}
	s.Authenticated = v.RequirePass == ""
	limits := resp.DefaultLimits()
	if !s.Authenticated {
		limits = resp.UnauthenticatedLimits()
	}
	s.parser = resp.NewParser(limits)
	s.out.Proto, s.out.Grow = 2, enlarge
	s.info.proto.Store(2)
	s.info.multi.Store(-1)
	s.info.user = s.User
	s.now = h.Clock().UnixMilli()
	s.born = s.now
	s.info.lastActive.Store(s.now)
	s.info.flags.Store(s.flags())
	if !h.Clients.add(s, v.MaxClients) {
		h.Stats.Rejected.Add(1)
		return nil
	}
	h.Stats.Connections.Add(1)
	s.local = h.Stats.Local(s.ID)
	s.call = command.Call{Client: s, Reply: &s.out}
	s.inner = command.Call{Client: s, Reply: &s.out}
	return s
}

// From returns the session that a call belongs to. Commands that need one are never run without.
func From(c *command.Call) *Session { return c.Client.(*Session) }

// Close ends the session: it leaves all queues and the registry. The transport has closed, or is about to close, the
// connection.
func (s *Session) Close() {
	if s.blocked != nil {
		s.Hub.Engine.Cancel(s.blocked)
		s.blocked = nil
	}
	s.Txn.unwatch(s.Hub.Engine.Space)
	for _, f := range s.Hub.onClose {
		f(s)
	}
	s.SetMonitoring(false)
	s.Hub.pause.forget(s)
	s.Hub.Clients.remove(s)
	s.releaseBuffers()
}

// Authenticate marks the session as authenticated under a user name and lifts the limits on its requests.
func (s *Session) Authenticate(user string) {
	s.Authenticated, s.User = true, user
	s.parser.SetLimits(s.Hub.requestLimits())
	s.info.mu.Lock()
	s.info.user = user
	s.info.mu.Unlock()
}

// Trusted says whether the client may run commands: it has authenticated, or nobody needs to (any more).
func (s *Session) Trusted() bool {
	if !s.Authenticated && s.Values().RequirePass == "" {
		s.Authenticate("default")
	}
	return s.Authenticated
}

// Deauthenticate takes the session back to the state of a new connection, as RESET does.
func (s *Session) Deauthenticate() {
	s.User = "default"
	s.Authenticated = s.Hub.Config.Values().RequirePass == ""
	if !s.Authenticated {
		s.parser.SetLimits(resp.UnauthenticatedLimits())
	}
}

// Proto returns the protocol version: 2 or 3.
func (s *Session) Proto() int { return s.out.Proto }

// SetProto changes the protocol version. The reply to the command that does so is already in the new one.
func (s *Session) SetProto(v int) {
	s.TakePushed()
	s.out.Proto = v
	s.info.proto.Store(int32(v))
}

// Writer returns the writer of the session's replies.
func (s *Session) Writer() *resp.Writer { return &s.out }

// CloseAfterReply has the connection closed when all output has left; no further request is read.
func (s *Session) CloseAfterReply() {
	s.closing = true
	s.info.flags.Store(s.flags())
}

// Closing says whether the transport should close once it has sent everything: after QUIT or a protocol error, and at
// shutdown once everything received was fed.
func (s *Session) Closing() bool { return s.closing || s.retiring }

// QueryTooLong notes that the client is closed for a request above client-query-buffer-limit.
func (s *Session) QueryTooLong(n int) {
	s.Hub.Stats.QueryKilled.Add(1)
	s.Hub.Log.Warn("client closed: query buffer limit reached", "client", s.Describe(), "bytes", n)
}

// Killed says whether the transport should close at once.
func (s *Session) Killed() bool { return s.info.killed.Load() }

// Kill closes the connection from any goroutine. Output that has not left is lost. The client is no longer listed from
// now on, although its loop may take a moment to end.
func (s *Session) Kill() {
	if !s.info.killed.Swap(true) {
		s.Hub.Clients.remove(s)
		s.transport.Kill()
	}
}

// Leave implements command.Client: the session is about to wait for a while amid a command.
func (s *Session) Leave() {
	if l, ok := s.transport.(Leaver); ok {
		l.Leave()
	}
}

// Blocked says whether the client waits in a blocking command.
func (s *Session) Blocked() bool { return s.blocked != nil }

// Deadline returns when Expire has to be called if nothing else happens.
func (s *Session) Deadline() (t time.Time, ok bool) {
	ms := int64(0)
	switch {
	case s.blocked != nil:
		ms = s.blocked.Deadline
	case s.stalled:
		ms = s.Hub.pause.end()
	}
	if ms == 0 {
		return time.Time{}, false
	}
	return time.UnixMilli(ms), true
}

// Expire handles a deadline that has passed. The loop calls Feed and Take afterwards.
func (s *Session) Expire() {
	s.now = s.Hub.Clock().UnixMilli()
	if b := s.blocked; b != nil && b.Deadline != 0 && s.now >= b.Deadline {
		if s.Hub.Engine.Cancel(b) {
			s.unblocked()
			mark := len(s.out.Buf)
			b.TimeoutReply(&s.out)
			s.afterWait(b, mark)
		}
	}
	if s.stalled {
		s.stalled = false
		s.Hub.pause.forget(s)
	}
	s.hold()
}

// Values returns the current settings.
func (s *Session) Values() *config.Values { return s.Hub.Config.Values() }
