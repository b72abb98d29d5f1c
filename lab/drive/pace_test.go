package drive

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestNapper: on a machine whose sleeps end 50 us late, give or take 10, the
// thread learns to wake that much earlier, and polls for little.
func TestNapper(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	n := newNapper(0, 1e8)
	late, polled := int64(0), int64(0)
	const requests = 2000
	for i := range requests {
		ns := int64(1e6)
		sleep := n.plan(ns)
		over := 50_000 + rng.Int64N(20_000) - 10_000
		n.slept(over)
		if i < requests/2 {
			continue // learns
		}
		if woke := sleep + over; woke > ns {
			late += woke - ns
		} else {
			polled += ns - woke
		}
	}
	if n.lead < 45_000 || n.lead > 55_000 {
		t.Errorf("wakes %d ns early, want about 50,000", n.lead)
	}
	if late/(requests/2) > 10_000 || polled/(requests/2) > 10_000 {
		t.Errorf("on average %d ns late and %d ns of polling", late/(requests/2), polled/(requests/2))
	}
}

func TestNapperBounds(t *testing.T) {
	n := newNapper(0, 1e8)
	for range 1000 {
		n.slept(int64(10 * time.Millisecond)) // others have the CPU
	}
	if n.lead != leadMost {
		t.Errorf("wakes %d ns early, want no more than %d", n.lead, leadMost)
	}
	if got := n.plan(50_000); got != 0 {
		t.Errorf("sleeps %d ns, want to poll", got)
	}
	n.spun = 1e7 // the budget of this slice is used up
	if got := n.plan(50_000); got != 50_000 {
		t.Errorf("sleeps %d ns, want no more polling", got)
	}
	fixed := newNapper(20*time.Microsecond, 1e8)
	fixed.spun = 1e9
	if a, b := fixed.plan(100_000), fixed.plan(15_000); a != 80_000 || b != 0 {
		t.Errorf("a fixed spin of 20 us sleeps %d and %d ns", a, b)
	}
	if got := fixed.plan(-5); got != 0 {
		t.Errorf("sleeps %d ns although it is due", got)
	}
	for range 1000 {
		n.slept(0)
	}
	if n.lead != 0 {
		t.Errorf("wakes %d ns early although sleeps are exact", n.lead)
	}
}
