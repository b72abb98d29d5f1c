package netloop

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"redline/server/internal/session"
)

// conn runs one session over a net.Conn.
//
// One goroutine, the loop, reads, feeds the session and writes, one write a batch. It alone touches the session. Other
// goroutines reach it through Wake, which interrupts its read by setting a deadline in the past.
//
// Invariant: a wake-up is never lost. Wake raises woken before it moves the deadline; the loop lowers woken before it
// drains the mailbox, and sets the deadline of its next read only then and only if woken is still down, under wakeMu,
// so it cannot overwrite a deadline that a later Wake set.
//
// A client that does not read must not keep the loop from reading on: Redis reads on and buffers, and clients that send
// a long pipeline before they read rely on it. So the loop writes with a socket write that does not wait; what the
// kernel does not take goes to a writer goroutine that lives until the backlog is sent, while the loop goes on and the
// session's output limits apply.
//
// Rejected: a reader and a writer goroutine for each connection. Each batch then costs a hand-over between the two,
// measured at about 1 us of CPU, which at pipeline 1 is a tenth of a request.
type conn struct {
	nc    net.Conn
	raw   *rawSocket // nil: no plain socket (TLS, other systems); all writes then go through the writer
	sess  *session.Session
	srv   *Server
	in    input
	woken atomic.Bool

	wakeMu sync.Mutex

	writer backlog
}

// Wake implements session.Transport.
func (c *conn) Wake() {
	c.wakeMu.Lock()
	c.woken.Store(true)
	_ = c.nc.SetReadDeadline(longAgo) // fails only on a closed connection, whose loop ends anyway
	c.wakeMu.Unlock()
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// Kill implements session.Transport.
func (c *conn) Kill() { _ = c.nc.Close() }

func (c *conn) session() *session.Session { return c.sess }

// setDeadline arms the next read: with the session's deadline, or none.
func (c *conn) setDeadline() {
	t, _ := c.sess.Deadline()
	c.wakeMu.Lock()
	if !c.woken.Load() {
		_ = c.nc.SetReadDeadline(t)
	}
	c.wakeMu.Unlock()
}

// loop runs the connection until it ends.
func (c *conn) loop() {
	defer c.end()
	armed := false
	for {
		if _, has := c.sess.Deadline(); has || armed {
			c.setDeadline()
			armed = has
		}
		c.sess.Idle()
		err := c.read()
		if c.sess.Killed() {
			return
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil {
			armed = true // the deadline is in the past now and has to be set again
			c.woken.Store(false)
			c.sess.Drain()
			c.sess.Expire()
		}
		if !c.process() {
			return
		}
	}
}

// process feeds what has been read and sends what there is to say. It returns false at the end of the connection.
func (c *conn) process() bool {
	for {
		used := c.sess.Feed(c.in.bytes())
		c.in.drop(used)
		if !c.flush() || c.sess.Closing() {
			return false
		}
		if used == 0 || c.in.empty() {
			return c.in.fit(c.sess, c.srv.queryLimit())
		}
	}
}

// read waits for input and appends it to what is there.
func (c *conn) read() error {
	if c.raw != nil {
		return c.raw.read(&c.in)
	}
	n, err := c.nc.Read(c.in.space())
	c.in.grew(n)
	return err
}

// flush sends the session's output.
func (c *conn) flush() bool {
	for {
		c.writer.collect(c.sess)
		if seq, held := c.sess.Held(); held {
			c.sess.Release(c.srv.Hub.Journal.Wait(seq))
		}
		b := c.sess.Take()
		if b == nil {
			return true
		}
		if !c.send(b) {
			return false
		}
	}
}

// send writes a buffer, or leaves what does not go at once to the writer goroutine.
func (c *conn) send(b []byte) bool {
	n := 0
	if !c.writer.busy() && c.raw != nil {
		var err error
		if n, err = c.raw.tryWrite(b); err != nil {
			return false
		}
		if n == len(b) {
			c.sess.Sent(b)
			return true
		}
	}
	return c.writer.add(c.nc, b, n)
}

// end closes the connection. Replies that the session still owes are sent first, within a bounded time.
func (c *conn) end() {
	if !c.sess.Killed() {
		c.flush()
		c.writer.finish(c.nc)
	}
	_ = c.nc.Close()
	c.writer.wait()
	c.sess.Close()
	c.in.release()
	c.srv.remove(c)
}

// backlog is output that the kernel did not take at once, and the goroutine that sends it.
type backlog struct {
	mu      sync.Mutex
	queue   []pending   // guarded by mu
	sent    [][]byte    // guarded by mu: to be given back to the session by the loop
	running bool        // guarded by mu
	failed  error       // guarded by mu
	idle    sync.Cond   // of mu; signalled when running becomes false
	active  atomic.Bool // running, for those without the lock
	returns atomic.Bool // sent is not empty, for those without the lock
}

type pending struct {
	buf  []byte
	from int
}

func (w *backlog) init() { w.idle.L = &w.mu }

// busy says whether output waits; then more must queue behind it.
func (w *backlog) busy() bool { return w.active.Load() }

// add queues a buffer of which from bytes have been sent.
func (w *backlog) add(nc net.Conn, b []byte, from int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return false
	}
	w.queue = append(w.queue, pending{b, from})
	if !w.running {
		w.running = true
		w.active.Store(true)
		go w.run(nc)
	}
	return true
}

func (w *backlog) run(nc net.Conn) {
	w.mu.Lock()
	for len(w.queue) > 0 && w.failed == nil {
		p := w.queue[0]
		w.queue = w.queue[1:]
		w.mu.Unlock()
		_, err := nc.Write(p.buf[p.from:])
		w.mu.Lock()
		w.sent = append(w.sent, p.buf)
		w.returns.Store(true)
		w.failed = err
	}
	w.queue = nil
	w.running = false
	w.active.Store(false)
	w.idle.Broadcast()
	failed := w.failed
	w.mu.Unlock()
	if failed != nil {
		_ = nc.Close() // ends the loop's read
	}
}

// collect gives buffers that have left back to the session.
func (w *backlog) collect(s *session.Session) {
	if !w.returns.Load() { // fast path
		return
	}
	w.mu.Lock()
	sent := w.sent
	w.sent = nil
	w.returns.Store(false)
	w.mu.Unlock()
	for _, b := range sent {
		s.Sent(b)
	}
}

// lingerMax bounds how long a closing connection may take to send its last replies.
const lingerMax = 10 * time.Second

// finish waits until the backlog has left or can no longer leave.
func (w *backlog) finish(nc net.Conn) {
	if w.busy() {
		_ = nc.SetWriteDeadline(time.Now().Add(lingerMax))
		w.wait()
	}
}

func (w *backlog) wait() {
	w.mu.Lock()
	for w.running {
		w.idle.Wait()
	}
	w.mu.Unlock()
}
