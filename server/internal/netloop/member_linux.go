package netloop

import (
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"redline/server/internal/session"
)

// member is a connection of a loop. But for what its methods Wake, Kill and Leave touch, it belongs to whoever runs the
// loop, or, while it is away, to the goroutine that runs its session.
type member struct {
	l      *loop
	fd     int
	sess   *session.Session
	posted atomic.Bool // is in the loop's inbox
	turn   uint64      // in which its session runs, or ran last

	in  input     // what was received and could not be consumed yet
	out []pending // what the kernel did not take

	flags    happening
	slot     int
	queued   bool // is in the loop's queue of work
	dirty    bool // is in the loop's queue of output
	away     bool // its session runs outside of the loop
	admitted bool // the loop has it
	closed   bool
	ending   bool   // nothing more is read; closed when all output has left
	failed   bool   // to be closed at once
	hungUp   bool   // the other side has closed, which a short read does not tell
	watches  bool   // for room to write
	need     uint64 // the record of the log that its output waits for; 0: none
	slow     uint8  // its requests take long: it reads readMax >> slow at once
	unsaid   uint8  // visits since its replies were last written

	place int   // in the loop's deadlines, counted from 1; 0: not there
	dueMs int64 // its deadline, unix ms
	limit int64 // until when output may leave after the end, unix ms; 0: it has not ended
}

// happening is what has happened to a connection since it was last visited.
type happening uint8

const (
	readable happening = 1 << iota
	writable
	mailed // look at the mailbox and at the deadline
)

// Wake implements session.Transport.
func (m *member) Wake() {
	if m.posted.Swap(true) {
		return
	}
	l := m.l
	l.mu.Lock()
	l.woken = append(l.woken, m)
	l.mu.Unlock()
	l.poke()
}

// Kill implements session.Transport. The loop closes the socket: nobody else knows whether its number is still its own.
func (m *member) Kill() { m.Wake() }

// Leave implements session.Leaver: it is called by the session while it runs.
func (m *member) Leave() { m.l.takeOver(m.turn) }

func (m *member) session() *session.Session { return m.sess }

// happened notes what epoll tells.
func (m *member) happened(events uint32) {
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		m.flags |= readable
	}
	if events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		m.hungUp = true
	}
	if events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		m.flags |= writable
	}
}

// interest is what a socket is always watched for.
const interest = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET

// admit takes a new connection into the loop.
func (l *loop) admit(m *member) {
	if n := len(l.free); n > 0 {
		m.slot, l.free = l.free[n-1], l.free[:n-1]
		l.slots[m.slot] = m
	} else {
		m.slot = len(l.slots)
		l.slots = append(l.slots, m)
	}
	if err := l.p.add(m.fd, m.slot, interest); err != nil {
		l.srv.Hub.Log.Warn("cannot serve a connection", "err", err)
		m.failed = true
	}
	m.admitted = true
	m.flags |= mailed // it may have been told to retire already
	l.enqueue(m)
}

// visit reads and runs what a connection has sent. It returns false if the loop was taken over meanwhile; then the
// connection is given back to it.
func (l *loop) visit(m *member) bool {
	if m.closed || m.away { // away since it was queued: it is looked at again when it comes back
		return true
	}
	if m.failed || m.sess.Killed() {
		return l.finish(m)
	}
	if m.need != 0 { // what came meanwhile waits until its replies have left, as they must not wait for what comes
		return true
	}
	flags := m.flags
	m.flags = 0
	if flags&writable != 0 && len(m.out) > 0 {
		l.drainOut(m)
	}
	in, shared := []byte(nil), false
	if flags&readable != 0 && !m.ending {
		in, shared = l.read(m)
	}
	if in == nil && !m.in.empty() && flags&mailed != 0 {
		in = m.in.bytes()
	}
	full, from := m.flags&readable != 0, int64(0)
	if m.unsaid++; !full || m.unsaid>>m.slow > 0 { // replies to so much as one full read leave together
		m.unsaid = 0
		l.touch(m)
	}
	if in == nil && flags&mailed == 0 {
		return true
	}
	if flags&readable != 0 {
		m.sess.Arrived(l.readyNs)
	}
	if full {
		from = l.srv.Hub.Nanotime()
	}
	turn := l.begin(m) // from here on the loop may be another's
	if flags&mailed != 0 {
		m.sess.Drain()
		m.sess.Expire()
	}
	used := m.sess.Feed(in)
	mine := l.done(turn)
	m.keep(in[used:], used, shared, l.srv.queryLimit())
	if !mine {
		l.giveBack(m)
		return false
	}
	if full {
		m.pace(l.srv.Hub.Nanotime() - from)
	}
	if m.flags != 0 { // there is more to read
		l.enqueueTo(&l.rest, m)
	}
	return true
}

// pace has the next visit read less if this one, which read all it might, took long, and more if not.
func (m *member) pace(tookNs int64) {
	switch {
	case tookNs > visitLongNs && m.slow < slowMax:
		m.slow++
	case tookNs < visitShortNs && m.slow > 0:
		m.slow--
	}
}

// read reads once and returns all there is to feed, and whether that is in the loop's buffer. At the end of the stream, or
// if nothing came, it returns nil.
func (l *loop) read(m *member) (in []byte, shared bool) {
	dst := l.buf
	if !pooling {
		dst = make([]byte, readMax)
	}
	if shared = m.in.empty(); !shared {
		if dst = m.in.space(); len(dst) > bulkMax {
			dst = dst[:bulkMax]
		}
	}
	if n := readMax >> m.slow; len(dst) > n && m.sess.Need() <= n {
		dst = dst[:n]
	}
	for {
		n, err := rawRead(uintptr(m.fd), dst)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return nil, false
		case err != nil || n == 0:
			m.ending = true
			return nil, false
		}
		if n == len(dst) || m.hungUp { // else nothing is left, and new input is a new event
			m.flags |= readable
		}
		if shared {
			return dst[:n], true
		}
		m.in.grew(n)
		return m.in.bytes(), false
	}
}

// keep keeps what the session did not consume.
func (m *member) keep(tail []byte, used int, shared bool, limit int64) {
	if shared {
		if len(tail) == 0 {
			return
		}
		m.in.adopt(tail)
	} else {
		m.in.drop(used)
	}
	if !m.in.fit(m.sess, limit) {
		m.ending = true
	}
}

// flush writes what a connection has to say, and closes it if it has come to its end. It returns false if the loop was
// taken over.
func (l *loop) flush(m *member) bool {
	if m.closed || m.away || m.need != 0 {
		return true
	}
	if m.sess.Killed() {
		return l.finish(m)
	}
	for {
		if seq, held := m.sess.Held(); held {
			m.need = seq
			l.held = append(l.held, m)
			return true
		}
		b := m.sess.Take()
		if b == nil {
			break
		}
		l.send(m, b)
	}
	if m.failed || (m.ending || m.sess.Closing()) && len(m.out) == 0 {
		return l.finish(m)
	}
	if len(m.out) == 0 {
		m.sess.Idle()
	}
	if m.ending || m.sess.Closing() {
		l.linger(m)
	} else if t, has := m.sess.Deadline(); has || m.place != 0 {
		ms := int64(0)
		if has {
			ms = t.UnixMilli()
		}
		l.due.set(m, ms)
	}
	if m.flags != 0 { // what happened while it was away or its replies were held
		l.enqueue(m)
	}
	return true
}

// linger has a connection that has come to its end closed, within a bounded time, when its last output has left.
func (l *loop) linger(m *member) {
	m.ending = true
	now := l.srv.Hub.Clock().UnixMilli()
	if m.limit == 0 {
		m.limit = now + lingerMax.Milliseconds()
	}
	if m.limit <= now {
		m.failed = true
		m.flags |= mailed
		l.enqueue(m)
		return
	}
	l.due.set(m, m.limit)
}

// send writes a buffer. What does not go at once waits until there is room.
func (l *loop) send(m *member, b []byte) {
	if m.failed {
		m.sess.Sent(b)
		return
	}
	m.out = append(m.out, pending{b, 0})
	if len(m.out) == 1 {
		l.drainOut(m)
	}
}

// drainOut writes what waits, as far as there is room, or bulkMax bytes: then the others have their turn.
func (l *loop) drainOut(m *member) {
	for room := bulkMax; len(m.out) > 0 && !m.failed; {
		if room == 0 {
			m.flags |= writable
			l.enqueueTo(&l.rest, m)
			return
		}
		p := &m.out[0]
		rest := p.buf[p.from:]
		if len(rest) > room {
			rest = rest[:room]
		}
		n, err := rawWrite(uintptr(m.fd), rest)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			l.watchRoom(m, true)
			return
		case err != nil:
			m.failed = true
			return
		}
		room -= n
		if p.from += n; p.from == len(p.buf) {
			m.sess.Sent(p.buf)
			p.buf = nil
			if len(m.out) == 1 {
				m.out = m.out[:0]
			} else {
				m.out = m.out[1:]
			}
		}
	}
	l.watchRoom(m, false)
}

// watchRoom has epoll tell, or not, when there is room to write.
func (l *loop) watchRoom(m *member, on bool) {
	if m.watches == on {
		return
	}
	events := uint32(interest)
	if on {
		events |= unix.EPOLLOUT
	}
	if l.p.change(m.fd, m.slot, events) != nil {
		m.failed = true
	}
	m.watches = on
}

// finish closes a connection. It returns false if the loop was taken over.
func (l *loop) finish(m *member) bool {
	if m.closed {
		return true
	}
	m.closed = true
	l.due.set(m, 0)
	l.slots[m.slot] = nil
	l.free = append(l.free, m.slot)
	_ = unix.Close(m.fd) // leaves the epoll set as well
	m.in.release()
	m.out = nil
	l.load.Add(-1)
	turn := l.begin(m)
	m.sess.Close()
	mine := l.done(turn)
	if mine {
		l.current = nil // a client that has left is not to be kept until the next one has something to say
	}
	l.srv.remove(m)
	return mine
}
