package session

import (
	"sync"
	"sync/atomic"

	"redline/server/internal/command"
)

// pause is CLIENT PAUSE: until a point in time commands, or only those that may write, are held back.
type pause struct {
	until  atomic.Int64 // unix ms; 0: no pause
	writes atomic.Bool  // only commands that may write are held back

	mu    sync.Mutex
	stall map[*Session]struct{} // guarded by mu: who is held back
}

func (p *pause) end() int64 { return p.until.Load() }

// holds says whether a command of s has to wait, and remembers s if so.
func (p *pause) holds(s *Session, spec *command.Spec) bool {
	until := p.until.Load()
	if until == 0 || s.now >= until {
		return false
	}
	if p.writes.Load() && !mayWrite(s, spec) {
		return false
	}
	if spec.FullName == "client|unpause" || spec.FullName == "client|pause" && p.writes.Load() {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until.Load() == 0 {
		return false
	}
	if p.stall == nil {
		p.stall = make(map[*Session]struct{})
	}
	p.stall[s] = struct{}{}
	return true
}

func mayWrite(s *Session, spec *command.Spec) bool {
	if spec.Any(command.Write | command.MayReplicate) {
		return true
	}
	if spec.Name == "exec" {
		for _, q := range s.Txn.Queue {
			if q.Spec.Any(command.Write | command.MayReplicate) {
				return true
			}
		}
	}
	return false
}

func (p *pause) forget(s *Session) {
	p.mu.Lock()
	delete(p.stall, s)
	p.mu.Unlock()
}

// Pause holds commands back until a point in time (unix ms). A longer pause in force stays; all commands win over
// writes only.
func (h *Hub) Pause(until int64, writesOnly bool) {
	p := &h.pause
	now := h.Clock().UnixMilli()
	running := p.until.Load() > now
	if !running || !writesOnly {
		p.writes.Store(writesOnly)
	}
	if !running || until > p.until.Load() {
		p.until.Store(until)
		h.Engine.Space.HoldExpired(until)
	}
}

// Unpause ends a pause.
func (h *Hub) Unpause() {
	p := &h.pause
	p.mu.Lock()
	p.until.Store(0)
	h.Engine.Space.HoldExpired(0)
	stalled := p.stall
	p.stall = nil
	p.mu.Unlock()
	for s := range stalled {
		s.post(message{kind: msgWake})
	}
}

// Paused returns whether commands are held back, until when (unix ms) and whether only writes are.
func (h *Hub) Paused() (until int64, writesOnly, ok bool) {
	until = h.pause.until.Load()
	return until, h.pause.writes.Load(), until > h.Clock().UnixMilli()
}

// Stalled returns how many clients are held back.
func (h *Hub) Stalled() int {
	h.pause.mu.Lock()
	defer h.pause.mu.Unlock()
	return len(h.pause.stall)
}
