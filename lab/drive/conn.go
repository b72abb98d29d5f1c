package drive

import (
	"errors"
	"io"
	"strconv"
	"syscall"
	"time"
)

type connState uint8

const (
	connClosed     connState = iota // waits for retryAt
	connConnecting                  // until the poller says how it went
	connGreeting                    // greet replies are still to come
	connReady
)

// Reconnecting starts quickly, as a restart of the server is a normal event to
// watch, and backs off so that a dead server costs nothing.
const (
	backoffFirst = 10 * time.Millisecond
	backoffMost  = time.Second
	backoffQueue = time.Millisecond // the server has not yet taken the connections before
)

// request is one in flight. It may consist of several commands, each with a
// reply of its own; the last one answers it.
type request struct {
	intended, sent int64
	op             int32
	replies        int32 // still to come
	left           int32 // requests of its session, this one included; 1 or less is the last
}

// conn is one connection of a thread.
type conn struct {
	slot     int
	state    connState
	offered  bool  // it stands in the thread's queue of free connections
	resting  bool  // it thinks: a timer is set for it
	due      int64 // when it had thought enough; valid in a closed loop that thinks
	greet    int
	scan     scanner
	replied  int64 // bytes of the current reply so far
	flight   ring[request]
	failed   bool   // an earlier reply to the oldest request was an error
	class    Class  // of that error
	out      []byte // rest of a write that came up short
	retryAt  int64
	backoff  time.Duration
	deadline int64 // for connecting and greeting
}

// greeting is what a new connection sends first, in wire form. A PING ends it,
// so that a server that refuses, loads its data or speaks another protocol is
// found out before any load.
func greeting(commands [][]string) (wire []byte, replies int) {
	for _, cmd := range append(commands[:len(commands):len(commands)], []string{"PING"}) {
		wire = append(wire, '*')
		wire = strconv.AppendInt(wire, int64(len(cmd)), 10)
		wire = append(wire, "\r\n"...)
		for _, arg := range cmd {
			wire = append(wire, '$')
			wire = strconv.AppendInt(wire, int64(len(arg)), 10)
			wire = append(wire, "\r\n"...)
			wire = append(wire, arg...)
			wire = append(wire, "\r\n"...)
		}
		replies++
	}
	return wire, replies
}

// open starts to connect c.
func (t *thread) open(c *conn, now int64) {
	c.state = connConnecting
	c.deadline = now + int64(t.connectTimeout)
	t.opening++
	err := t.poll.open(c.slot)
	switch {
	case err == nil:
	case errors.Is(err, syscall.EAGAIN): // a Unix socket whose queue is full
		t.opening--
		c.state = connClosed
		c.retryAt = now + int64(backoffQueue)
	default:
		t.fail(c, err, now)
	}
}

// onWritable is called when c is connected or may send the rest of a write.
func (t *thread) onWritable(c *conn, now int64) {
	switch {
	case c.state == connConnecting:
		if err := t.poll.connected(c.slot); err != nil {
			t.fail(c, err, now)
			return
		}
		c.state = connGreeting
		c.greet = t.greetReplies
		t.write(c, t.greet, now)
	case len(c.out) > 0:
		rest := c.out
		c.out = c.out[:0]
		t.write(c, rest, now)
		if c.state == connReady {
			t.offer(c)
		}
	}
}

// write sends b or keeps what the socket does not take. b may be c.out's array.
func (t *thread) write(c *conn, b []byte, now int64) {
	for len(b) > 0 {
		n, err := t.poll.write(c.slot, b)
		if err == errAgain {
			break
		}
		if err != nil {
			t.fail(c, err, now)
			return
		}
		b = b[n:]
	}
	c.out = append(c.out[:0], b...)
}

// onReadable reads what has arrived and scans it; ending tells that the server
// will send no more than that.
func (t *thread) onReadable(c *conn, ending bool) {
	for c.state >= connGreeting {
		n, err := t.poll.read(c.slot, t.rbuf)
		if err == errAgain {
			return
		}
		now := t.at()
		if err != nil {
			t.fail(c, err, now)
			return
		}
		if err := t.consume(c, t.rbuf[:n], now); err != nil {
			t.fail(c, err, now)
			return
		}
		t.afterReplies(c, now)
		if n < len(t.rbuf) && !ending {
			return // edge-triggered: more data makes another event
		}
	}
}

// consume scans b, which arrived at now.
func (t *thread) consume(c *conn, b []byte, now int64) error {
	t.integrate(now)
	for len(b) > 0 {
		n, kind, err := c.scan.next(b)
		if err != nil {
			return err
		}
		b = b[n:]
		c.replied += int64(n)
		if kind == replyNone {
			return nil
		}
		size := c.replied
		c.replied = 0
		switch {
		case kind == replyPush:
		case c.state == connGreeting:
			if kind == replyError {
				return serverError(c.scan.errorText())
			}
			if c.greet--; c.greet == 0 {
				t.ready(c, now)
			}
		case c.flight.len() == 0:
			if kind == replyError { // such as the refusal that precedes a close
				return serverError(c.scan.errorText())
			}
			return errProtocol
		default:
			t.reply(c, kind, size, now)
		}
	}
	return nil
}

// reply takes one reply to the oldest request in flight on c, and records the
// request when it is the last.
func (t *thread) reply(c *conn, kind replyKind, size, now int64) {
	front := c.flight.front()
	op := &t.cur.Ops[front.op]
	op.Counts.BytesIn += size
	if kind == replyError && !c.failed {
		c.failed, c.class = true, classOfReply(c.scan.text[:c.scan.ntext])
		t.note(c.class, &c.scan, now)
	}
	if front.replies--; front.replies > 0 {
		return
	}
	r := c.flight.pop()
	t.inFlight--
	if r.left > 1 {
		t.goOn(r.left, now)
	}
	if c.failed {
		c.failed = false
		op.Counts.Errors++
		t.cur.Errors[c.class]++
		return
	}
	op.Counts.Completed++
	if kind == replyNil {
		op.Counts.Misses++
	}
	op.Response.Record(now - r.intended)
	op.Service.Record(now - r.sent)
}

// ready makes a greeted connection usable.
func (t *thread) ready(c *conn, now int64) {
	c.state = connReady
	c.backoff = 0
	t.opening--
	t.readyConns++
	if now >= t.startNs {
		t.rest(c, now)
	}
	t.offer(c)
}

// fail closes c, counts what was in flight there under the class of err, and
// lets it connect again later.
func (t *thread) fail(c *conn, err error, now int64) {
	if err == io.EOF && !c.scan.idle() {
		err = errTruncated
	}
	class := classify(err)
	if c.state == connReady {
		t.readyConns--
	} else {
		t.opening--
		t.cur.ConnectErrors++
		t.connectErr = err
	}
	t.integrate(now)
	for c.flight.len() > 0 {
		r := c.flight.pop()
		t.inFlight--
		if r.left > 1 {
			t.goOn(r.left, now)
		}
		t.cur.Ops[r.op].Counts.Errors++
		t.cur.Errors[class]++
	}
	t.noteText(class, err, now)
	t.poll.close(c.slot)
	*c = conn{slot: c.slot, offered: c.offered, resting: c.resting, due: c.due, flight: c.flight, out: c.out[:0], backoff: c.backoff}
	c.backoff = min(max(2*c.backoff, backoffFirst), backoffMost)
	c.retryAt = now + int64(c.backoff)
}

// settled tells whether c need not be waited for before the load begins: it was
// tried some times in vain, for a reason that does not pass by itself.
func (t *thread) settled(c *conn) bool {
	return c.state == connClosed && c.backoff >= backoffFirst<<connectTries && classify(t.connectErr) != Loading
}

// sweep looks after connections that wait: for a reply, for the server to
// accept, or to connect again. It runs every tickNs and takes sweepConns of them
// in turn, so that thousands of connections do not hold up what is due.
func (t *thread) sweep(now int64) {
	for range t.sweepConns {
		if t.sweepAt++; t.sweepAt >= len(t.conns) {
			t.sweepAt = 0
		}
		c := &t.conns[t.sweepAt]
		switch c.state {
		case connReady:
			if c.flight.len() > 0 && now-c.flight.front().sent > t.timeoutNs {
				t.fail(c, errTimeout, now)
			}
		case connConnecting, connGreeting:
			if now > c.deadline {
				t.fail(c, errTimeout, now)
			}
		case connClosed:
			if now >= c.retryAt && t.opening < t.openingMost && (!t.draining || t.backlog.len() > 0) {
				t.open(c, now)
			}
		}
	}
}
