package session

import (
	"sync"

	"redline/server/internal/buffers"
	"redline/server/internal/config"
)

// Output buffers come from a pool when a session has something to say and go back when all has left, so an idle
// connection holds none. A buffer that grew beyond bufferKeep is left to the garbage collector instead.
const (
	bufferStart = 16 << 10 // Redis' PROTO_REPLY_CHUNK_BYTES: a batch of small replies without growing
	bufferKeep  = 256 << 10
)

var outputs = sync.Pool{New: func() any { b := make([]byte, 0, bufferStart); return &b }}

func (s *Session) acquireBuffer() {
	if s.out.Buf == nil {
		if s.spare != nil {
			s.out.Buf, s.spare = s.spare, nil
			return
		}
		if !pooling {
			s.out.Buf = make([]byte, 0, bufferStart)
			return
		}
		p := outputs.Get().(*[]byte)
		s.out.Buf = (*p)[:0]
		s.boxes = append(s.boxes, p)
	}
}

// recycle gives a buffer back to the pool, in a box that an earlier one came in: putting allocates nothing.
func (s *Session) recycle(b []byte) {
	n := len(s.boxes)
	if n == 0 {
		return
	}
	p := s.boxes[n-1]
	s.boxes = s.boxes[:n-1]
	if cap(b) > bufferKeep {
		buffers.Put(b)
		return
	}
	*p = b[:0]
	outputs.Put(p)
}

// enlarge gives buf room for n more bytes (resp.Writer.Grow). One that is larger than those kept grows by append: Get would
// make it as long as asked, and each further value would copy all of it.
func enlarge(buf []byte, n int) []byte {
	if !pooling || len(buf)+n > buffers.Max {
		return buf
	}
	b := buffers.Get(max(len(buf)+n, bufferKeep+1))
	n = copy(b, buf)
	if cap(buf) > bufferKeep {
		buffers.Put(buf)
	}
	return b[:n]
}

// Take returns the replies that may leave now, or nil: there are none, or they wait for the log, see Held. The session goes on with another buffer; the transport gives
// this one back with Sent when all of it has left.
func (s *Session) Take() []byte {
	if len(s.out.Buf) == 0 {
		return nil
	}
	if _, held := s.Held(); held {
		return nil
	}
	s.spans = s.spans[:0]
	b := s.out.Buf
	if s.probe.busy > 0 {
		s.taken(b)
	}
	s.out.Buf, s.spare = s.spare, nil
	if s.out.Buf != nil {
		s.out.Buf = s.out.Buf[:0]
	}
	s.inFlight += len(b)
	s.info.outLen.Store(int64(s.inFlight))
	return b
}

// Sent gives back a buffer whose content has left.
func (s *Session) Sent(b []byte) {
	s.inFlight -= len(b)
	s.info.outLen.Store(int64(s.inFlight + len(s.out.Buf)))
	s.local.Sent(len(b))
	if s.probe.busy > 0 {
		s.left(b)
	}
	if pooling && cap(b) <= bufferKeep && s.spare == nil {
		s.spare = b[:0]
		return
	}
	s.recycle(b)
}

// Idle gives buffers that are not in use back to the pool. The transport calls it when the session is about to wait.
func (s *Session) Idle() {
	if s.spare != nil {
		s.recycle(s.spare)
		s.spare = nil
	}
	if s.out.Buf != nil && len(s.out.Buf) == 0 {
		s.recycle(s.out.Buf)
		s.out.Buf = nil
	}
}

func (s *Session) releaseBuffers() {
	s.out.Buf = s.out.Buf[:0]
	s.Idle()
}

// class says which output limit applies. It may be called from any goroutine.
func (s *Session) class() int {
	if s.Subscriptions() > 0 {
		return config.ClassPubSub
	}
	return config.ClassNormal
}

// overLimit applies client-output-buffer-limit to what waits to be sent, and closes the client above it.
func (s *Session) overLimit() bool {
	n := int64(s.inFlight + len(s.out.Buf))
	if n < bufferStart { // below any sensible limit: not worth a look
		return false
	}
	return s.overLimitBy(n)
}

func (s *Session) overLimitBy(n int64) bool {
	s.info.outLen.Store(n)
	l := s.Values().OutputLimits[s.class()]
	if l.Soft > 0 && n >= l.Soft {
		if s.softSince == 0 {
			s.softSince = s.now
		}
	} else {
		s.softSince = 0
	}
	hard := l.Hard > 0 && n >= l.Hard
	soft := s.softSince != 0 && s.now-s.softSince > int64(l.SoftSeconds)*1000
	if !hard && !soft {
		return false
	}
	s.Hub.Stats.OutputKilled.Add(1)
	s.Hub.Stats.OutputDropped.Add(n)
	s.Hub.Log.Warn("client closed: output buffer limit reached", "client", s.Describe(), "bytes", n)
	s.closing = true
	s.Kill()
	return true
}
