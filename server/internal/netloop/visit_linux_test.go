package netloop_test

import (
	"bytes"
	"io"
	"testing"

	"redline/resp"
)

// TestOneVisitInBetween has one client send thousands of requests, and another a single one while they run: it waits for
// the end of the visit that is under way, and not for one more.
func TestOneVisitInBetween(t *testing.T) {
	s := start(t, "epoll", "--io-loops", "1")
	greedy, modest := s.dial(t), s.dial(t)
	modest.send(t, "SET", "k", "v")
	modest.want(t, "OK")
	request := resp.AppendCommandStrings(nil, "COUNT")
	const total, asked = 40_000, 5_000
	visit := int64(16<<10/len(request) + 1) // at most so many requests
	counted.Store(0)
	ask := func(n int64) {
		if n == asked {
			modest.send(t, "COUNT")
		}
	}
	atCount.Store(&ask)
	defer atCount.Store(nil)
	go func() { _, _ = io.Copy(io.Discard, greedy) }()
	if _, err := greedy.Write(bytes.Repeat(request, total)); err != nil {
		t.Fatal(err)
	}
	v, err := modest.r.Read()
	if err != nil {
		t.Fatal(err)
	}
	if waited := v.Int - asked; waited > visit {
		t.Errorf("%d requests of the other client ran first; a visit has %d", waited, visit)
	}
}
