package netloop_test

import (
	"testing"

	"redline/server/internal/session"
)

// synced returns how many rounds there were.
func (j *journal) synced() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rounds
}

// TestRequestsThatArriveInATurnShareItsSync has a request of one client arrive while another's runs.
func TestRequestsThatArriveInATurnShareItsSync(t *testing.T) {
	j := newJournal()
	j.syncs = true
	s := startHub(t, func(h *session.Hub) { h.Journal, h.Engine.Log = j, j }, "epoll", "--io-loops", "1")
	first, second := s.dial(t), s.dial(t)
	second.send(t, "SET", "k", "v")
	second.want(t, "OK")
	ask := func(n int64) {
		j.Commit(0, nil)
		if n == 1 {
			second.send(t, "COUNT")
		}
	}
	atCount.Store(&ask)
	defer atCount.Store(nil)
	const tries = 50 // a loop does not look for longer than a sync takes: the machine may be too busy for that
	for range tries {
		counted.Store(0)
		before := j.synced()
		first.send(t, "COUNT")
		first.want(t, "")
		second.want(t, "")
		if j.synced() == before+1 {
			return
		}
	}
	t.Errorf("in %d tries two records never shared a sync", tries)
}
