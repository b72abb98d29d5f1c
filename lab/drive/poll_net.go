package drive

import (
	"net"
	"sync"
	"time"
)

// netPoller is the portable poller: package net, with two goroutines a
// connection that talk to the thread through one channel of events.
//
// A reader goroutine owns its buffer until it has announced data, and the thread
// owns it until it has read it all; then the reader goes on. So at most one
// event a connection and direction is under way, and the channel never blocks
// for long.
type netPoller struct {
	addr   Address
	slots  []*netConn
	events chan netEvent
	out    []event
	timer  *time.Timer
}

type netEvent struct {
	conn *netConn
	ev   event
}

type netConn struct {
	slot int32
	done chan struct{} // closed by close

	mu   sync.Mutex
	sock net.Conn
	err  error // of dial, read or write; io.EOF at the end

	data []byte        // announced and not yet read; the thread's
	next chan struct{} // the thread has read everything

	wmu     sync.Mutex
	pending []byte
	wake    chan struct{}
}

// netReadBytes is the size of a reader's buffer.
const netReadBytes = 16 << 10

func newNetPoller(a Address, slots int) *netPoller {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &netPoller{addr: a, slots: make([]*netConn, slots), events: make(chan netEvent, 2*slots), timer: t}
}

func (p *netPoller) open(slot int) error {
	c := &netConn{slot: int32(slot), done: make(chan struct{}), next: make(chan struct{}, 1), wake: make(chan struct{}, 1)}
	p.slots[slot] = c
	go c.run(p.addr, p.events)
	return nil
}

// run dials, announces the result, and reads until the connection ends.
func (c *netConn) run(a Address, events chan<- netEvent) {
	sock, err := net.DialTimeout(a.Network, a.Addr, 10*time.Second)
	c.mu.Lock()
	c.sock, c.err = sock, err
	c.mu.Unlock()
	select {
	case <-c.done:
		if sock != nil {
			_ = sock.Close()
		}
		return
	case events <- netEvent{c, event{slot: c.slot, writable: true}}:
	}
	if err != nil {
		return
	}
	go c.writeLoop(sock)
	c.readLoop(sock, events)
}

func (c *netConn) readLoop(sock net.Conn, events chan<- netEvent) {
	buf := make([]byte, netReadBytes)
	for {
		n, err := sock.Read(buf)
		if n > 0 && !c.announce(buf[:n], nil, events) {
			return
		}
		if err != nil {
			c.announce(nil, err, events)
			return
		}
	}
}

// announce hands over data or the final error and waits until data is read. It
// returns false when the connection was closed meanwhile.
func (c *netConn) announce(data []byte, err error, events chan<- netEvent) bool {
	c.mu.Lock()
	c.data, c.err = data, err
	c.mu.Unlock()
	select {
	case <-c.done:
		return false
	case events <- netEvent{c, event{slot: c.slot, readable: true}}:
	}
	if err != nil {
		return true
	}
	select {
	case <-c.done:
		return false
	case <-c.next:
		return true
	}
}

// writeLoop sends what write has queued; a server that does not read must not
// block the thread.
func (c *netConn) writeLoop(sock net.Conn) {
	var buf []byte
	for {
		select {
		case <-c.done:
			return
		case <-c.wake:
		}
		c.wmu.Lock()
		buf, c.pending = c.pending, buf[:0]
		c.wmu.Unlock()
		if _, err := sock.Write(buf); err != nil {
			_ = sock.Close() // the reader reports it
			return
		}
	}
}

func (p *netPoller) connected(slot int) error {
	c := p.slots[slot]
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sock == nil {
		return c.err
	}
	return nil
}

func (p *netPoller) close(slot int) {
	c := p.slots[slot]
	if c == nil {
		return
	}
	p.slots[slot] = nil
	close(c.done)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sock != nil {
		_ = c.sock.Close()
	}
}

func (p *netPoller) read(slot int, b []byte) (int, error) {
	c := p.slots[slot]
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.data) > 0 {
		n := copy(b, c.data)
		if c.data = c.data[n:]; len(c.data) == 0 {
			c.next <- struct{}{}
		}
		return n, nil
	}
	if c.err != nil {
		return 0, c.err
	}
	return 0, errAgain
}

func (p *netPoller) write(slot int, b []byte) (int, error) {
	c := p.slots[slot]
	c.wmu.Lock()
	c.pending = append(c.pending, b...)
	c.wmu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default: // the writer is awake already
	}
	return len(b), nil
}

// queued is not known of package net's connections.
func (p *netPoller) queued(int) (unread, unsent int) { return 0, 0 }

func (p *netPoller) wait(ns int64) ([]event, error) {
	p.out = p.out[:0]
	if ns > 0 && len(p.events) == 0 {
		p.timer.Reset(time.Duration(ns))
		select {
		case e := <-p.events:
			p.take(e)
			p.timer.Stop()
		case <-p.timer.C:
			return p.out, nil
		}
	}
	for range len(p.events) {
		p.take(<-p.events)
	}
	return p.out, nil
}

// take keeps the event unless its connection was closed meanwhile.
func (p *netPoller) take(e netEvent) {
	if p.slots[e.ev.slot] == e.conn {
		p.out = append(p.out, e.ev)
	}
}

func (p *netPoller) destroy() {
	for slot := range p.slots {
		p.close(slot)
	}
}
