package compat

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
)

func parse(t *testing.T, s string) Reply {
	t.Helper()
	r, err := ReadReply(bufio.NewReader(strings.NewReader(s)))
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	if string(r.Raw) != s {
		t.Fatalf("%q: raw %q", s, r.Raw)
	}
	return r
}

func TestModes(t *testing.T) {
	masks := func(res ...string) Mode {
		sections, err := ParseTranscript([]byte("-- mask " + strings.Join(res, "\n-- mask ") + "\nPING"))
		if err != nil {
			t.Fatal(err)
		}
		return sections[0].Steps[0].Mode
	}
	tests := []struct {
		mode Mode
		a, b string
		want bool
	}{
		{Mode{}, "+OK\r\n", "+OK\r\n", true},
		{Mode{}, "+OK\r\n", "$2\r\nOK\r\n", false},
		{Mode{}, "$-1\r\n", "*-1\r\n", false},
		{Mode{}, "_\r\n", "$-1\r\n", false},
		{Mode{}, "*2\r\n:1\r\n:2\r\n", "*2\r\n:2\r\n:1\r\n", false},
		{Mode{Unordered: true}, "*2\r\n:1\r\n:2\r\n", "*2\r\n:2\r\n:1\r\n", true},
		{Mode{Unordered: true}, "*2\r\n:1\r\n:1\r\n", "*2\r\n:2\r\n:1\r\n", false},
		{Mode{Unordered: true}, "*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n", "*2\r\n:3\r\n*2\r\n:2\r\n:1\r\n", true},
		{Mode{Unordered: true}, "~1\r\n:1\r\n", "*1\r\n:1\r\n", false},
		{Mode{Unordered: true}, "%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "%2\r\n+b\r\n:2\r\n+a\r\n:1\r\n", true},
		{Mode{Unordered: true}, "%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "%2\r\n+b\r\n:1\r\n+a\r\n:2\r\n", false},
		{Mode{Pairs: true}, "*4\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "*4\r\n+b\r\n:2\r\n+a\r\n:1\r\n", true},
		{Mode{Pairs: true}, "*4\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "*4\r\n+b\r\n:1\r\n+a\r\n:2\r\n", false},
		{Mode{Approx: 2}, ":100\r\n", ":98\r\n", true},
		{Mode{Approx: 2}, ":100\r\n", ":97\r\n", false},
		{Mode{Approx: 2}, ":-1\r\n", ":-2\r\n", true},
		{Mode{Approx: 2}, "+a\r\n", "+b\r\n", false},
		{Mode{Shape: true}, "*1\r\n:1\r\n", "*1\r\n:2\r\n", true},
		{Mode{Shape: true}, "*1\r\n:1\r\n", "*1\r\n+2\r\n", false},
		{Mode{Skip: true}, "*1\r\n:1\r\n", "-ERR\r\n", true},
		{masks(`id=\d+`, `x.`), "$9\r\nid=12 xa!\r\n", "$8\r\nid=7 xb!\r\n", true},
		{masks(`id=\d+`), "$9\r\nid=12 xa!\r\n", "$9\r\nid=12 xb!\r\n", false},
	}
	for _, tc := range tests {
		if got := tc.mode.Equal(parse(t, tc.a), parse(t, tc.b)); got != tc.want {
			t.Errorf("%+v: %q and %q equal: %v, want %v", tc.mode, tc.a, tc.b, got, tc.want)
		}
	}
}

func TestReadReplyRefuses(t *testing.T) {
	for _, s := range []string{"", "+OK", "OK\r\n", "$5\r\nab\r\n", "$2\r\nabc\r\n", "$-2\r\n", "*-2\r\n", "$x\r\n", "*1\r\n", "+\n", "$99999999999\r\n", "*99999999999\r\n"} {
		if r, err := ReadReply(bufio.NewReader(strings.NewReader(s))); err == nil {
			t.Errorf("%q: read as %v", s, r)
		}
	}
}

// FuzzReadReply: whatever comes is read or refused, and Raw is what was read.
func FuzzReadReply(f *testing.F) {
	f.Add([]byte("*2\r\n$1\r\na\r\n%1\r\n+k\r\n,1.5\r\n"))
	f.Add([]byte("|1\r\n+a\r\n:1\r\n=7\r\ntxt:abc\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		src := bytes.NewReader(in)
		br := bufio.NewReader(src)
		r, err := ReadReply(br)
		if err != nil {
			return
		}
		rest, _ := io.ReadAll(br)
		if !bytes.Equal(append(bytes.Clone(r.Raw), rest...), in) {
			t.Fatalf("%q read as %q, rest %q", in, r.Raw, rest)
		}
	})
}
