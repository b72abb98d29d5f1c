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

// arrive puts the request that is due at t.nextDue into the backlog.
func (t *thread) arrive() {
	op := t.gen.Pick()
	counts := &t.cur.Ops[op].Counts
	counts.Intended++
	if t.backlog.len() >= t.spec.BacklogMax {
		counts.Dropped++
	} else {
		t.backlog.push(arrival{t.nextDue, int32(op)})
	}
	t.advance()
}

// send is the sending side of one turn at now.
func (t *thread) send(now int64) {
	if t.sched == nil {
		t.sendClosed()
		return
	}
	fresh := t.backlog.tail // arrivals from here on became due just now
	for t.nextDue <= now && !t.draining {
		t.arrive()
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
		buf = t.put(c, buf, request{a.intended, now, a.op, t.replies[a.op]})
	}
	t.wbuf = buf
	t.write(c, buf, now)
	if c.state == connReady {
		t.offer(c)
	}
}

// put appends a request to buf and notes it as in flight on c.
func (t *thread) put(c *conn, buf []byte, r request) []byte {
	before := len(buf)
	buf = t.gen.Append(buf, int(r.op))
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

// sendPipeline sends the next batch of a closed loop on c.
func (t *thread) sendPipeline(c *conn) {
	now := t.at()
	t.integrate(now)
	buf := t.wbuf[:0]
	for n := t.spec.Pipeline; n > 0 && t.quota != 0; n-- {
		op := t.gen.Pick()
		if op < 0 { // the data set is done
			t.quota = 0
			break
		}
		t.cur.Ops[op].Counts.Intended++
		buf = t.put(c, buf, request{now, now, int32(op), t.replies[op]})
		if t.quota > 0 {
			t.quota--
		}
	}
	t.wbuf = buf
	t.write(c, buf, now)
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
	if c.state != connReady || len(c.out) > 0 {
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
	if c.state != connReady {
		return
	}
	t.offer(c)
	if now < t.startNs {
		return
	}
	if t.sched == nil {
		if !t.draining {
			t.sendClosed()
		}
	} else if t.nextDue <= now || t.backlog.len() > 0 {
		t.send(now)
	}
}
