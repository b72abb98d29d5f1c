package resp

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

var replyCases = []struct {
	in, want string // want as String renders it
}{
	{"+OK\r\n", `OK`},
	{"+\r\n", ``},
	{"-ERR no\r\n", `(error) ERR no`},
	{":0\r\n", `(integer) 0`},
	{":-9223372036854775808\r\n", `(integer) -9223372036854775808`},
	{":+5\r\n", `(integer) 5`},
	{"$3\r\na\r\n\r\n", `"a\r\n"`},
	{"$0\r\n\r\n", `""`},
	{"$5\r\n\"\\\x00\xff~\r\n", `"\"\\\x00\xff~"`},
	{"$-1\r\n", `(nil)`},
	{"*-1\r\n", `(nil)`},
	{"_\r\n", `(nil)`},
	{"*0\r\n", `(empty array)`},
	{"*2\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n", "1) \"a\"\n2) 1) (integer) 1\n   2) (nil)"},
	{"#t\r\n", `(true)`},
	{"#f\r\n", `(false)`},
	{",3.14\r\n", `(double) 3.14`},
	{",inf\r\n", `(double) inf`},
	{",-inf\r\n", `(double) -inf`},
	{",nan\r\n", `(double) nan`},
	{",-nan\r\n", `(double) -nan`},
	{",1e5\r\n", `(double) 1e5`},
	{"(-1234567999999999999999999999999999999\r\n", `-1234567999999999999999999999999999999`},
	{"!9\r\nERR a\r\nbc\r\n", "(error) ERR a\r\nbc"},
	{"=7\r\ntxt:abc\r\n", `abc`},
	{"=4\r\nmkd:\r\n", ``},
	{"%0\r\n", `(empty hash)`},
	{"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n#t\r\n", "1# a => (integer) 1\n2# b => \n   1) (true)"},
	{"~0\r\n", `(empty set)`},
	{"~2\r\n+a\r\n+b\r\n", "1~ a\n2~ b"},
	{">0\r\n", `(empty push)`},
	{">2\r\n+pubsub\r\n+x\r\n", "1> pubsub\n2> x"},
	{"|1\r\n+ttl\r\n:5\r\n$1\r\nv\r\n", "1| ttl => (integer) 5\n\"v\""},
	{"|1\r\n+ttl\r\n:5\r\n-ERR x\r\n", "1| ttl => (integer) 5\n(error) ERR x"},
	{"|0\r\n|0\r\n+x\r\n", "(empty hash)\nx"},
	{"*1\r\n|1\r\n+a\r\n+b\r\n:1\r\n", "1) 1| a => b\n   (integer) 1"},
	{"$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n", `"Hello"`},
	{"$?\r\n;0\r\n", `""`},
	{"*?\r\n:1\r\n*?\r\n.\r\n.\r\n", "1) (integer) 1\n2) (empty array)"},
	{"%?\r\n+a\r\n:1\r\n.\r\n", "1# a => (integer) 1"},
	{"~?\r\n+a\r\n.\r\n", "1~ a"},
	{"*10\r\n" + strings.Repeat(":1\r\n", 10), " 1) (integer) 1\n" + strings.Join([]string{
		" 2)", " 3)", " 4)", " 5)", " 6)", " 7)", " 8)", " 9)", "10)"}, " (integer) 1\n") + " (integer) 1"},
	{"+" + strings.Repeat("x", 100000) + "\r\n", strings.Repeat("x", 100000)},
	{"$5000\r\n" + strings.Repeat("y", 5000) + "\r\n", `"` + strings.Repeat("y", 5000) + `"`},
	{strings.Repeat("*1\r\n", MaxDepth) + ":1\r\n", strings.Repeat("1) ", MaxDepth) + "(integer) 1"},
}

var badReplies = []string{
	"x\r\n", "\r\n", "\n", "+a\n", "+a\rb\r\n", ":\r\n", ":1a\r\n", ":01\r\n", ":+-1\r\n", ":99999999999999999999\r\n", "$\r\n", "$-2\r\n", "$1a\r\n",
	"$01\r\na\r\n", "$1\r\nabc\r\n", "$1\r\na\n\r\n", "$99999999999\r\n", "*-2\r\n", "*x\r\n", "*9999999999\r\n", "_x\r\n", "#x\r\n", "#\r\n", "#tt\r\n", ",\r\n", ",x\r\n",
	",0x1p1\r\n", ",1_0\r\n", "(\r\n", "(1.5\r\n", "(-\r\n", "!-1\r\n", "=3\r\nabc\r\n", "=5\r\nabcde\r\n", "=-1\r\n", "%-1\r\n", "~-1\r\n", ">-1\r\n", "|-1\r\n",
	">?\r\n", "|?\r\n", "!?\r\n", ".\r\n", "*1\r\n.\r\n", "%?\r\n+a\r\n.\r\n", "*?\r\n|1\r\n+a\r\n+b\r\n.\r\n", "$?\r\n+a\r\n", "$?\r\n;-1\r\n", "$?\r\n;1\r\nab\r\n",
	strings.Repeat("*1\r\n", MaxDepth+1) + ":1\r\n", strings.Repeat("|1\r\n", MaxDepth+1),
	"+" + strings.Repeat("x", MaxReplyLine+1) + "\r\n", strings.Repeat("x", 2*MaxReplyLine),
}

// readOne reads the reply that in starts with and returns its length.
func readOne(in []byte) (Value, int, error) {
	src := bytes.NewReader(in)
	r := NewReader(src)
	v, err := r.Read()
	return v, len(in) - src.Len() - r.Buffered(), err
}

// scanPieces scans in, handed over in pieces of size bytes, and returns the length of its first reply or 0.
func scanPieces(t testing.TB, in []byte, size int) (n int, isErr bool, err error) {
	t.Helper()
	var s ReplyScanner
	var buf []byte
	total := 0
	for at := 0; ; at += size {
		if at >= len(in) {
			return 0, false, nil
		}
		buf = append(bytes.Clone(buf), in[at:min(len(in), at+size)]...)
		n, done, err := s.Scan(buf)
		total += n
		if err != nil {
			return 0, false, err
		}
		if done {
			return total, s.IsError(), nil
		}
		buf = buf[n:]
		if len(buf) > MaxReplyLine+2 {
			t.Fatalf("%d bytes left over", len(buf))
		}
	}
}

func TestReader(t *testing.T) {
	for _, c := range replyCases {
		v, n, err := readOne([]byte(c.in + "+next\r\n"))
		if err != nil || n != len(c.in) {
			t.Errorf("%.100q: n = %d, %v", c.in, n, err)
			continue
		}
		if got := v.String(); got != c.want {
			t.Errorf("%.100q:\n%.300s\nwant\n%.300s", c.in, got, c.want)
		}
		again, _, err := readOne(v.Append(nil))
		if err != nil || again.String() != c.want || again.Kind != v.Kind || again.Form != v.Form {
			t.Errorf("%.100q: encoded again: %.100v, %v", c.in, again, err)
		}
		one, err := NewReader(iotest.OneByteReader(strings.NewReader(c.in))).Read()
		if err != nil || one.String() != c.want {
			t.Errorf("%.100q a byte at a time: %.100v, %v", c.in, one, err)
		}
	}
}

func TestReaderBad(t *testing.T) {
	for _, in := range badReplies {
		v, _, err := readOne([]byte(in))
		var pe *ProtocolError
		if !errors.As(err, &pe) {
			t.Errorf("%.100q: %v, %v, want a ProtocolError", in, v, err)
		}
		if n, _, err := SkipReply([]byte(in)); !errors.As(err, &pe) || n != 0 {
			t.Errorf("%.100q: SkipReply: %d, %v, want a ProtocolError", in, n, err)
		}
	}
}

func TestReaderEnd(t *testing.T) {
	if _, err := NewReader(strings.NewReader("")).Read(); err != io.EOF {
		t.Errorf("empty stream: %v", err)
	}
	for _, c := range replyCases {
		step := 1 + len(c.in)/50
		for end := 1; end < len(c.in); end += step {
			if _, _, err := readOne([]byte(c.in[:end])); err != io.ErrUnexpectedEOF {
				t.Errorf("%.100q: %v", c.in[:end], err)
			}
		}
	}
}

// TestReaderMemory: an announced length reserves no memory.
func TestReaderMemory(t *testing.T) {
	for _, in := range []string{"$1000000000\r\nabc", "*2000000000\r\n:1\r\n", "%2000000000\r\n"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		readOne([]byte(in))
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 4<<20 {
			t.Errorf("%q took %d bytes", in, taken)
		}
	}
}

func TestSkipReply(t *testing.T) {
	for _, c := range replyCases {
		in := []byte(c.in)
		v, _, _ := readOne(in)
		n, isErr, err := SkipReply(append(in, "+next\r\n"...))
		if n != len(in) || isErr != v.IsError() || err != nil {
			t.Errorf("%.100q: %d, %v, %v", in, n, isErr, err)
		}
		step := 1 + len(in)/50
		for end := 0; end < len(in); end += step {
			if n, _, err := SkipReply(in[:end]); n != 0 || err != nil {
				t.Errorf("%.100q: %d, %v", in[:end], n, err)
			}
		}
		for _, size := range []int{1, 2, 3, 7, 1000} {
			if len(in) > 10000 && size < 1000 {
				continue
			}
			n, isErr, err := scanPieces(t, in, size)
			if n != len(in) || isErr != v.IsError() || err != nil {
				t.Errorf("%.100q in pieces of %d: %d, %v, %v", in, size, n, isErr, err)
			}
		}
	}
}

// TestReplyScannerReuse: one scanner walks over a pipeline of replies.
func TestReplyScannerReuse(t *testing.T) {
	var in []byte
	var want []bool
	for _, c := range replyCases {
		v, _, _ := readOne([]byte(c.in))
		in = append(in, c.in...)
		want = append(want, v.IsError())
	}
	var s ReplyScanner
	for i := range want {
		n, done, err := s.Scan(in)
		if !done || err != nil || s.IsError() != want[i] {
			t.Fatalf("reply %d: %d, %v, %v, error %v", i, n, done, err, s.IsError())
		}
		in = in[n:]
	}
	if len(in) > 0 {
		t.Errorf("%d bytes left over", len(in))
	}
}

func TestSkipReplyAllocs(t *testing.T) {
	in := []byte("*3\r\n$1\r\na\r\n%1\r\n+a\r\n,1.5\r\n-ERR x\r\n")
	if n := testing.AllocsPerRun(100, func() {
		if n, _, err := SkipReply(in); n != len(in) || err != nil {
			t.Fatal(n, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestValue(t *testing.T) {
	v, _, _ := readOne([]byte("-WRONGTYPE Operation\r\n"))
	var e ReplyError
	if !errors.As(v.Err(), &e) || e.Code() != "WRONGTYPE" || e.Error() != "WRONGTYPE Operation" {
		t.Errorf("%v", v.Err())
	}
	if ReplyError("OOM").Code() != "OOM" {
		t.Error("an error of one word is its own code")
	}
	v, _, _ = readOne([]byte("$1\r\na\r\n"))
	if v.Err() != nil || v.IsNull() || v.Text() != "a" || v.Kind.String() != "bulk string" || Kind(1).String() != "unknown" {
		t.Errorf("%v", v)
	}
}

func addReplySeeds(f *testing.F) {
	for _, c := range replyCases {
		if len(c.in) < 2000 {
			f.Add([]byte(c.in))
		}
	}
	for _, in := range badReplies {
		if len(in) < 2000 {
			f.Add([]byte(in))
		}
	}
	f.Add([]byte("$100\r0"))
}

// FuzzReader: no panic, and a value encoded and read again is the same.
func FuzzReader(f *testing.F) {
	addReplySeeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		v, n, err := readOne(in)
		if err != nil {
			return
		}
		out := v.Append(nil)
		again, m, err := readOne(out)
		if err != nil || m != len(out) || !bytes.Equal(again.Append(nil), out) || again.String() != v.String() {
			t.Fatalf("%q: %v encoded as %q, read as %v, %v", in[:n], v, out, again, err)
		}
	})
}

// FuzzSkipReply: SkipReply, ReplyScanner in pieces, and Reader agree.
func FuzzSkipReply(f *testing.F) {
	addReplySeeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		v, readN, readErr := readOne(in)
		n, isErr, err := SkipReply(in)
		var pe *ProtocolError
		switch {
		case n > 0:
			if readErr != nil || readN != n || v.IsError() != isErr {
				t.Fatalf("%q: SkipReply %d, %v; Reader %d, %v, %v", in, n, isErr, readN, v, readErr)
			}
		case err != nil && !errors.As(readErr, &pe):
			// A verbatim string too short for its format is found out before it has arrived.
			if err != errVerbatim || readErr != io.ErrUnexpectedEOF {
				t.Fatalf("%q: SkipReply %v; Reader %v", in, err, readErr)
			}
		case err == nil && readErr != io.EOF && readErr != io.ErrUnexpectedEOF:
			t.Fatalf("%q: SkipReply waits; Reader %v", in, readErr)
		}
		for _, size := range []int{1, 5} {
			n2, isErr2, err2 := scanPieces(t, in, size)
			if n2 != n || isErr2 != isErr || err2 != nil != (err != nil) {
				t.Fatalf("%q in pieces of %d: %d, %v, %v; whole: %d, %v, %v", in, size, n2, isErr2, err2, n, isErr, err)
			}
		}
	})
}
