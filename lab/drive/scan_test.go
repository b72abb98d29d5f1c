package drive

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

var replies = []struct {
	wire string
	kind replyKind
	text string
}{
	{"+OK\r\n", replyOK, ""},
	{"+PONG\r\n", replyOK, ""},
	{"+\r\n", replyOK, ""},
	{":1000\r\n", replyOK, ""},
	{"$5\r\nhello\r\n", replyOK, ""},
	{"$0\r\n\r\n", replyOK, ""},
	{"$12\r\n+OK\r\n$-1\r\n-x\r\n", replyOK, ""},
	{"$-1\r\n", replyNil, ""},
	{"*-1\r\n", replyNil, ""},
	{"_\r\n", replyNil, ""},
	{"-ERR unknown command\r\n", replyError, "ERR unknown command"},
	{"!11\r\nERR is\r\nbad\r\n", replyError, "ERR is\r\nbad"},
	{"*0\r\n", replyOK, ""},
	{"*2\r\n$-1\r\n-ERR nested\r\n", replyError, "ERR nested"},
	{"*3\r\n-WRONGTYPE first\r\n!5\r\nOTHER\r\n-ERR third\r\n", replyError, "WRONGTYPE first"},
	{"*2\r\n*1\r\n!3\r\nERR\r\n+OK\r\n", replyError, "ERR"},
	{">2\r\n+message\r\n-ERR not a reply\r\n", replyPush, ""},
	{"|1\r\n+a\r\n-ERR not the reply\r\n+OK\r\n", replyOK, ""},
	{"*3\r\n:1\r\n*2\r\n+a\r\n*1\r\n$1\r\nx\r\n$-1\r\n", replyOK, ""},
	{"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n", replyOK, ""},
	{"%0\r\n", replyOK, ""},
	{"~1\r\n,3.14\r\n", replyOK, ""},
	{"#t\r\n", replyOK, ""},
	{"(3492890328409238509324850943850943825024385\r\n", replyOK, ""},
	{"=15\r\ntxt:Some string\r\n", replyOK, ""},
	{">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n", replyPush, ""},
	{">0\r\n", replyPush, ""},
	{"|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n", replyOK, ""},
	{"|1\r\n+ttl\r\n%1\r\n+a\r\n$-1\r\n-ERR after an attribute\r\n", replyError, "ERR after an attribute"},
	{"|1\r\n+a\r\n:1\r\n$-1\r\n", replyNil, ""},
}

// scanAll feeds wire in pieces of the given size and checks each reply.
func scanAll(t *testing.T, wire string, step int, want []int) {
	t.Helper()
	var s scanner
	seen := 0
	for off := 0; off < len(wire); off += step {
		b := []byte(wire[off:min(off+step, len(wire))])
		for len(b) > 0 {
			n, kind, err := s.next(b)
			if err != nil {
				t.Fatalf("step %d at %d: %v", step, off, err)
			}
			b = b[n:]
			if kind == replyNone {
				if len(b) > 0 {
					t.Fatalf("step %d: incomplete with %d bytes left", step, len(b))
				}
				break
			}
			w := replies[want[seen]]
			if kind != w.kind || kind == replyError && s.errorText() != w.text {
				t.Fatalf("step %d: reply %q is %d %q, want %d %q", step, w.wire, kind, s.errorText(), w.kind, w.text)
			}
			seen++
		}
	}
	if seen != len(want) || !s.idle() {
		t.Fatalf("step %d: %d replies, want %d", step, seen, len(want))
	}
}

func TestScannerEveryCut(t *testing.T) {
	var all strings.Builder
	var want []int
	for i, r := range replies {
		for step := 1; step <= len(r.wire); step++ {
			scanAll(t, r.wire, step, []int{i})
		}
		all.WriteString(r.wire)
		want = append(want, i)
	}
	for step := 1; step <= all.Len(); step++ {
		scanAll(t, all.String(), step, want)
	}
}

func TestScannerRefuses(t *testing.T) {
	for _, wire := range []string{
		"HTTP/1.1 400\r\n", "\r\n", "$x\r\n", "$-2\r\n", "$5 \r\n", "$\r\n", "*1x\r\n", "$5\n",
		"$3\r\nabcde\r\n", "*9999999999999999\r\n", "$99999999999\r\n", "*1\r\n>1\r\n+a\r\n", "|-1\r\n",
		"$" + strings.Repeat("1", 40) + "\r\n",
	} {
		for step := 1; step <= len(wire); step++ {
			var s scanner
			var err error
			for off := 0; off < len(wire) && err == nil; off += step {
				b := []byte(wire[off:min(off+step, len(wire))])
				for len(b) > 0 && err == nil {
					var n int
					n, _, err = s.next(b)
					b = b[n:]
				}
			}
			if err == nil {
				t.Errorf("%q in steps of %d was taken", wire, step)
			}
		}
	}
}

func TestScannerLongText(t *testing.T) {
	var s scanner
	wire := "-ERR " + strings.Repeat("x", 1000) + "\r\n"
	if _, kind, err := s.next([]byte(wire)); err != nil || kind != replyError || len(s.errorText()) != maxTextKept {
		t.Fatalf("%v %v, %d bytes kept", kind, err, len(s.errorText()))
	}
}

// parseOne is the oracle: a plain recursive parser of one value. It returns the
// length of the value, 0 if it is incomplete and -1 if it is not RESP.
func parseOne(b []byte, depth int) int {
	if depth > 1000 {
		return -1
	}
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		return 0
	}
	switch b[0] {
	case '+', '-', ':', ',', '#', '(', '_':
		return end + 1
	}
	line := string(bytes.TrimSuffix(b[1:end], []byte("\r")))
	size, err := strconv.Atoi(line)
	if err != nil || len(line) == end-1 {
		return -1
	}
	at, count := end+1, 0
	switch b[0] {
	case '$', '=', '!':
		if size < 0 {
			return at
		}
		if len(b) < at+size+2 {
			return 0
		}
		return at + size + 2
	case '*', '~', '>':
		count = size
	case '%':
		count = 2 * size
	case '|':
		count = 2*size + 1
	default:
		return -1
	}
	for range count {
		n := 0
		if at < len(b) {
			n = parseOne(b[at:], depth+1)
		}
		if n <= 0 {
			return n
		}
		at += n
	}
	return at
}

func FuzzScanner(f *testing.F) {
	for _, r := range replies {
		f.Add([]byte(r.wire), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		// The same input in one piece and in small ones must give the same replies.
		whole := scanEnds(in, len(in)+1)
		parts := scanEnds(in, int(step%7)+1)
		if len(whole) != len(parts) {
			t.Fatalf("%d replies in one piece, %d in parts", len(whole), len(parts))
		}
		at := 0
		for i, end := range whole {
			if end != parts[i] {
				t.Fatalf("reply %d ends at %d in one piece, at %d in parts", i, end, parts[i])
			}
			if n := parseOne(in[at:], 0); n > 0 && n != end-at {
				t.Fatalf("reply at %d has %d bytes, the oracle says %d", at, end-at, n)
			}
			at = end
		}
	})
}

// scanEnds returns where the replies of in end, up to the first error.
func scanEnds(in []byte, step int) (ends []int) {
	var s scanner
	at := 0
	for off := 0; off < len(in); off += step {
		b := in[off:min(off+step, len(in))]
		for len(b) > 0 {
			n, kind, err := s.next(b)
			if err != nil {
				return ends
			}
			at += n
			b = b[n:]
			if kind != replyNone {
				ends = append(ends, at)
			}
		}
	}
	return ends
}

func BenchmarkScanner(b *testing.B) {
	wire := bytes.Repeat([]byte("+OK\r\n$64\r\n"+strings.Repeat("v", 64)+"\r\n"), 8)
	var s scanner
	b.ReportAllocs()
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		for rest := wire; len(rest) > 0; {
			n, _, err := s.next(rest)
			if err != nil {
				b.Fatal(err)
			}
			rest = rest[n:]
		}
	}
}
