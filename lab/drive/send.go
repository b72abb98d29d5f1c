package drive

// advance moves on to the next intended time.
func (t *thread) advance() {
	ns, ok := t.sched.Next()
	if !ok {
		t.nextDue = noMore
		return
	}
	t.nextDue = t.startNs + ns
}

// arrive takes the arrival that is due at t.nextDue: a request, or a session of
// several.
func (t *thread) arrive() {
	left := 1
	if t.sessions {
		left = t.gen.SessionRequests()
	}
	t.enter(t.nextDue, int32(left))
	t.advance()
}

// enter puts a request into the backlog. left is how many its session has to
// send, this one included.
func (t *thread) enter(intended int64, left int32) {
	op := t.gen.Pick()
	counts := &t.cur.Ops[op].Counts
	counts.Intended++
	if t.backlog.len() >= t.spec.BacklogMax {
		counts.Dropped++ // and the session ends: its user was turned away
		return
	}
	t.backlog.push(arrival{intended, int32(op), left})
}

// dueAt is when something is due next.
func (t *thread) dueAt() int64 { return min(t.nextDue, t.timers.next()) }

// collectDue takes what has become due, in the order of its times.
func (t *thread) collectDue(now int64) {
	for t.dueAt() <= now {
		if t.nextDue <= t.timers.next() {
			t.arrive()
			continue
		}
		s := t.timers.pop()
		t.enter(s.at, s.id)
	}
}

// send is the sending side of one turn at now.
func (t *thread) send(now int64) {
	if t.sched == nil {
		if !t.draining {
			t.wakeUp(now)
			t.sendClosed()
		}
		return
	}
	fresh := t.backlog.tail // arrivals from here on became due just now
	if !t.draining {
		t.collectDue(min(now, t.stopNs))
	}
	for t.backlog.len() > 0 {
		c := t.take()
		if c == nil {
			t.ownLag(now, fresh)
			return
		}
		t.sendOpen(c, fresh)
	}
}

// ownLag records the pacing error of those arrivals from fresh on for which no
// connection is free: that it was seen only now that they are due is this
// thread's fault, the rest of their wait is not.
func (t *thread) ownLag(now int64, fresh uint64) {
	b := &t.backlog
	for i := max(fresh, b.head); i != b.tail; i++ {
		t.cur.Pacing.Record(now - b.at(i).intended)
	}
}

// sendOpen sends as much of the backlog on c as its pipeline takes.
func (t *thread) sendOpen(c *conn, fresh uint64) {
	now := t.at()
	t.integrate(now)
	buf := t.wbuf[:0]
	for t.backlog.len() > 0 && c.flight.len() < t.spec.Pipeline && len(buf) < batchBytes {
		isFresh := t.backlog.head >= fresh
		a := t.backlog.pop()
		if isFresh {
			t.cur.Pacing.Record(now - a.intended)
		}
		if now-a.intended > lateNs {
			t.cur.Ops[a.op].Counts.Late++
		}
		buf = t.put(c, buf, request{intended: a.intended, sent: now, op: a.op, left: a.left})
	}
	t.wbuf = buf
	t.write(c, buf, now)
	if c.state == connReady {
		t.offer(c)
	}
}

// put appends a request to buf and notes it as in flight on c, with the number
// of its replies.
func (t *thread) put(c *conn, buf []byte, r request) []byte {
	before := len(buf)
	if t.usesNow {
		t.gen.NowUs = t.epochUs + r.sent/1000
	}
	buf = t.gen.Append(buf, int(r.op))
	r.replies = int32(t.gen.Replies())
	counts := &t.cur.Ops[r.op].Counts
	counts.Sent++
	counts.BytesOut += int64(len(buf) - before)
	c.flight.push(r)
	t.inFlight++
	return buf
}

// sendClosed sends a whole pipeline on every free connection.
func (t *thread) sendClosed() {
	for t.quota != 0 {
		c := t.take()
		if c == nil {
			return
		}
		t.sendPipeline(c)
	}
}

// sendPipeline sends the next batch of a closed loop on c. Its intended time is
// that of sending, or the end of thinking.
func (t *thread) sendPipeline(c *conn) {
	now := t.at()
	t.integrate(now)
	intended := now
	if t.thinks {
		intended = c.due
		t.cur.Pacing.Record(now - intended)
	}
	buf := t.wbuf[:0]
	for n := t.spec.Pipeline; n > 0 && t.quota != 0; n-- {
		op := t.gen.Pick()
		if op < 0 { // the data set is done
			t.quota = 0
			break
		}
		counts := &t.cur.Ops[op].Counts
		counts.Intended++
		if now-intended > lateNs {
			counts.Late++
		}
		buf = t.put(c, buf, request{intended: intended, sent: now, op: int32(op)})
		if t.quota > 0 {
			t.quota--
		}
	}
	t.wbuf = buf
	t.write(c, buf, now)
}

// rest lets a connection of a closed loop think, from the given instant on.
func (t *thread) rest(c *conn, from int64) {
	if t.thinks && !c.resting && c.flight.len() == 0 {
		c.resting = true
		t.timers.push(timer{from + t.gen.ThinkNs(), int32(c.slot)})
	}
}

// wakeUp offers the connections that have thought long enough.
func (t *thread) wakeUp(now int64) {
	for t.timers.next() <= now {
		w := t.timers.pop()
		c := &t.conns[w.id]
		c.resting, c.due = false, w.at
		t.offer(c)
	}
}

// goOn lets the session of a request that was answered, or failed, think and
// send its next one. left is how many it had to send, that request included.
func (t *thread) goOn(left int32, now int64) {
	if !t.draining {
		t.timers.push(timer{now + t.gen.SessionThinkNs(), left - 1})
	}
}

// offer puts c in the queue of free connections if it can take a request.
func (t *thread) offer(c *conn) {
	if !c.offered && t.usable(c) {
		c.offered = true
		t.free.push(int32(c.slot))
	}
}

// usable tells whether c may send now: a closed loop waits for all replies.
func (t *thread) usable(c *conn) bool {
	if c.state != connReady || len(c.out) > 0 || c.resting {
		return false
	}
	if t.sched == nil {
		return c.flight.len() == 0
	}
	return c.flight.len() < t.spec.Pipeline
}

// take returns the connection that has been free for longest, or nil.
func (t *thread) take() *conn {
	for t.free.len() > 0 {
		c := &t.conns[t.free.pop()]
		c.offered = false
		if t.usable(c) {
			return c
		}
	}
	return nil
}

// afterReplies lets a connection whose replies were just read go on: at once in
// a closed loop, and in an open loop if something is due.
func (t *thread) afterReplies(c *conn, now int64) {
	if c.state != connReady || now < t.startNs {
		return
	}
	t.rest(c, now)
	t.offer(c)
	if t.sched == nil || t.dueAt() <= now || t.backlog.len() > 0 {
		t.send(now)
	}
}
