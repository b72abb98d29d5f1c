package compat

import (
	"os/exec"
	"testing"
)

// Oracle starts a redis-server for one test and returns a connection to it. Both end with the test. It skips the test
// where there is no redis-server.
func Oracle(t testing.TB, args ...string) *Conn {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed: nothing to compare with")
	}
	s, err := Start("redis", bin, t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	c, err := Dial(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Must sends a command and returns its reply, which must not be an error.
func (c *Conn) Must(t testing.TB, words ...string) Reply {
	t.Helper()
	r, err := c.Do(words...)
	if err != nil || r.IsError() {
		t.Fatalf("%s: %v %s", words[0], err, r)
	}
	return r
}
