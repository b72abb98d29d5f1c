//go:build !nopool

package session_test

import "testing"

func TestAnatomyAllocatesNothing(t *testing.T) {
	h := anatomyHub(t, "1")
	c := newClient(t, h)
	in := []byte("set k v\r\nget k\r\n")
	turn := func() {
		c.s.Feed(in)
		c.s.Sent(c.s.Take())
	}
	for range 200 { // the slowest of the minute are kept by name, until there are enough of them
		turn()
	}
	if n := testing.AllocsPerRun(200, turn); n >= 1 {
		t.Errorf("%g allocations a turn", n)
	}
}
