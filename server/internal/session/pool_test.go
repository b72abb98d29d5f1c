//go:build !nopool

package session_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

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

// The buffer of a large reply is used again, and small replies around it come out whole.
func TestLargeReplies(t *testing.T) {
	h := anatomyHub(t, "0")
	c := newClient(t, h)
	value := strings.Repeat("v", 1_000_000)
	var set bytes.Buffer
	fmt.Fprintf(&set, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n", len(value), value)
	set.WriteString("get none\r\n")
	c.s.Feed(set.Bytes())
	c.s.Sent(c.s.Take())
	want := []byte(fmt.Sprintf("$-1\r\n$%d\r\n%s\r\n$-1\r\n", len(value), value))
	var first *byte
	for range 3 {
		c.s.Feed([]byte("get none\r\nget k\r\nget none\r\n"))
		got := c.s.Take()
		if !bytes.Equal(got, want) {
			t.Fatalf("%.150q, %d bytes, want %d", got, len(got), len(want))
		}
		if first == nil {
			first = &got[0]
		} else if first != &got[0] {
			t.Error("another buffer")
		}
		c.s.Sent(got)
	}
	if n := testing.AllocsPerRun(1, func() { // beyond the buffers that are kept it grows by a share, not value by value
		c.s.Feed([]byte("mget" + strings.Repeat(" k", 100) + "\r\n"))
		c.s.Sent(c.s.Take())
	}); n > 50 {
		t.Errorf("%g allocations for a reply of 100 MB", n)
	}
	c.s.Feed([]byte("mget k k k\r\n")) // grows twice
	if got := c.s.Take(); len(got) != len("*3\r\n")+3*(len(want)-2*len("$-1\r\n")) || !bytes.HasSuffix(got, []byte("v\r\n")) {
		t.Errorf("%d bytes", len(got))
	}
}
