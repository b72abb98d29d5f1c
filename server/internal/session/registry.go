package session

import (
	"slices"
	"sync"
)

// Registry knows all connected clients.
type Registry struct {
	mu     sync.RWMutex
	byID   map[int64]*Session // guarded by mu
	lastID int64              // guarded by mu
}

// add registers a session and gives it its number, unless limit clients are connected.
func (r *Registry) add(s *Session, limit int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.byID) >= limit {
		return false
	}
	if r.byID == nil {
		r.byID = make(map[int64]*Session)
	}
	r.lastID++
	s.ID = r.lastID
	r.byID[s.ID] = s
	return true
}

func (r *Registry) remove(s *Session) {
	r.mu.Lock()
	delete(r.byID, s.ID)
	r.mu.Unlock()
}

// Get returns a client by number, or nil.
func (r *Registry) Get(id int64) *Session {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byID[id]
}

// Len returns the number of clients.
func (r *Registry) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.byID)
}

// All returns the clients by number.
func (r *Registry) All() []*Session {
	r.mu.RLock()
	all := make([]*Session, 0, len(r.byID))
	for _, s := range r.byID {
		all = append(all, s)
	}
	r.mu.RUnlock()
	slices.SortFunc(all, func(a, b *Session) int { return int(a.ID - b.ID) })
	return all
}
