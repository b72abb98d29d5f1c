package session

import (
	"sync"

	"redline/server/internal/command"
)

// mailbox is how other goroutines reach a session. It is bounded by the client's output limit: what a slow subscriber
// does not take counts as output from the moment it is posted.
type mailbox struct {
	mu    sync.Mutex
	queue []message // guarded by mu
	bytes int64     // guarded by mu
	spare []message // owned by the loop
}

type message struct {
	kind messageKind
	data []byte // RESP; shared between receivers, never changed
	call *command.Blocked
	text string
}

type messageKind uint8

const (
	msgPush    messageKind = iota // data is sent as it is
	msgMessage                    // data is an array in RESP2, and sent as a push in RESP3
	msgReply                      // data answers the blocked call
	msgUnblock                    // CLIENT UNBLOCK: text is the error, or empty for a time-out
	msgWake                       // look again: a pause has ended, or a limit may be exceeded
	msgRetire                     // the server is shutting down
)

// post puts a message into the mailbox and wakes the session if it was empty. It returns the bytes that now wait there.
func (s *Session) post(m message) int64 {
	s.mail.mu.Lock()
	first := len(s.mail.queue) == 0
	s.mail.queue = append(s.mail.queue, m)
	s.mail.bytes += int64(len(m.data))
	n := s.mail.bytes
	s.mail.mu.Unlock()
	if first {
		s.transport.Wake()
	}
	return n
}

// Deliver implements command.Client.
func (s *Session) Deliver(b *command.Blocked, reply []byte) {
	s.post(message{kind: msgReply, data: reply, call: b})
}

// Push sends bytes that nobody asked for: messages of subscriptions, MONITOR lines. It may be called from any
// goroutine. A client that does not keep up is closed by its output limit.
func (s *Session) Push(data []byte) { s.push(message{kind: msgPush, data: data}) }

// PushMessage implements pubsub.Receiver. The protocol is looked at when the message leaves the mailbox, so a client never
// gets one in the form of a protocol that it has left.
func (s *Session) PushMessage(data []byte) { s.push(message{kind: msgMessage, data: data}) }

func (s *Session) push(m message) {
	n := s.post(m) + s.info.outLen.Load()
	if l := s.Values().OutputLimits[s.class()]; l.Hard > 0 && n > l.Hard {
		s.Hub.Stats.OutputKilled.Add(1)
		s.Hub.Stats.OutputDropped.Add(n)
		s.Kill()
	}
}

// Unblock ends the waiting of a blocked client: CLIENT UNBLOCK. errText empty stands for a time-out. It returns false if
// the client does not wait, or was served first. locked says that the caller holds shards, as EXEC does: then the client
// itself finds out later who was first.
func (s *Session) Unblock(errText string, locked bool) bool {
	b := s.info.blocked.Load()
	if b == nil {
		return false
	}
	m := message{kind: msgUnblock, text: errText}
	if !locked {
		if !s.Hub.Engine.Cancel(b) {
			return false
		}
		m.call = b
	}
	s.post(m)
	return true
}

// Drain handles what others posted. The loop calls Feed and Take afterwards.
func (s *Session) Drain() {
	s.mail.mu.Lock()
	queue := s.mail.queue
	s.mail.queue, s.mail.spare = s.mail.spare[:0], nil
	s.mail.bytes = 0
	s.mail.mu.Unlock()
	if len(queue) > 0 {
		s.acquireBuffer()
		s.now = s.Hub.Clock().UnixMilli()
	}
	for i := range queue {
		m := &queue[i]
		switch m.kind {
		case msgPush, msgMessage:
			s.pushed(m)
		case msgReply:
			s.served(m)
		case msgUnblock:
			s.cancel(m.call, m.text)
		case msgWake:
			s.stalled = false
		case msgRetire:
			s.retiring = true
		}
		queue[i] = message{}
	}
	s.mail.spare = queue[:0]
	s.hold()
	if !s.closing {
		s.overLimit()
	}
}

// pushed appends a message that nobody asked for to the output.
func (s *Session) pushed(m *message) {
	mark := len(s.out.Buf)
	s.out.Buf = append(s.out.Buf, m.data...)
	if m.kind == msgMessage && s.out.Proto == 3 {
		s.out.Buf[mark] = '>'
	}
}

// TakePushed puts the messages that wait in the mailbox into the output, before what a command is about to reply. Only a
// handler of the session's own commands may call it, and not amid a reply.
func (s *Session) TakePushed() {
	s.mail.mu.Lock()
	defer s.mail.mu.Unlock()
	rest := s.mail.queue[:0]
	for i := range s.mail.queue {
		m := &s.mail.queue[i]
		if m.kind != msgPush && m.kind != msgMessage {
			rest = append(rest, *m)
			continue
		}
		s.mail.bytes -= int64(len(m.data))
		s.pushed(m)
	}
	clear(s.mail.queue[len(rest):])
	s.mail.queue = rest
}

// served takes the reply of the blocked call. The session waits for at most one call, and a call that was cancelled is
// never delivered.
func (s *Session) served(m *message) {
	mark := len(s.out.Buf)
	s.out.Buf = append(s.out.Buf, m.data...)
	s.unblocked()
	s.afterWait(m.call, mark)
	s.wrote(m.call.Logged(), mark)
}

// cancel ends the waiting. cancelled is the call if it has already left the queues.
func (s *Session) cancel(cancelled *command.Blocked, errText string) {
	b := s.blocked
	if b == nil || cancelled != b && (cancelled != nil || !s.Hub.Engine.Cancel(b)) {
		return // not blocked any more, or served just now
	}
	s.unblocked()
	mark := len(s.out.Buf)
	if errText != "" {
		s.out.Error(errText)
	} else {
		b.TimeoutReply(&s.out)
	}
	s.afterWait(b, mark)
}

// afterWait ends a call that has waited: it is counted now, with the time for which it ran and not that for which it
// waited, as in Redis.
func (s *Session) afterWait(b *command.Blocked, mark int) {
	s.accounted(b.Spec(), b.Args(), s.waited, mark)
	s.afterReply(mark)
}

func (s *Session) unblocked() {
	s.blocked = nil
	s.info.blocked.Store(nil)
	s.info.flags.Store(s.flags())
}

// Retire has the session finish what it has received and then close. It may be called from any goroutine.
func (s *Session) Retire() { s.post(message{kind: msgRetire}) }
