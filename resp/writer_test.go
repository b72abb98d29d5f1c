package resp

import (
	"math"
	"strings"
	"testing"
)

var writerCases = []struct {
	name         string
	write        func(w *Writer)
	resp2, resp3 string // resp3 "" means the same
}{
	{"ok", func(w *Writer) { w.OK() }, "+OK\r\n", ""},
	{"simple string", func(w *Writer) { w.SimpleString("PONG") }, "+PONG\r\n", ""},
	{"simple string with line break", func(w *Writer) { w.SimpleString("a\r\nb") }, "+a  b\r\n", ""},
	{"error", func(w *Writer) { w.Error("ERR no\nsuch\rkey") }, "-ERR no such key\r\n", ""},
	{"int", func(w *Writer) { w.Int(0); w.Int(255); w.Int(256); w.Int(-1) }, ":0\r\n:255\r\n:256\r\n:-1\r\n", ""},
	{"int range", func(w *Writer) { w.Int(math.MinInt64); w.Int(math.MaxInt64) }, ":-9223372036854775808\r\n:9223372036854775807\r\n", ""},
	{"bulk", func(w *Writer) { w.Bulk([]byte("a\r\n")); w.Bulk(nil) }, "$3\r\na\r\n\r\n$0\r\n\r\n", ""},
	{"bulk string", func(w *Writer) { w.BulkString("abc") }, "$3\r\nabc\r\n", ""},
	{"long bulk", func(w *Writer) { w.BulkString(strings.Repeat("x", 300)) }, "$300\r\n" + strings.Repeat("x", 300) + "\r\n", ""},
	{"bulk int", func(w *Writer) { w.BulkInt(-12) }, "$3\r\n-12\r\n", ""},
	{"null", func(w *Writer) { w.Null() }, "$-1\r\n", "_\r\n"},
	{"null array", func(w *Writer) { w.NullArray() }, "*-1\r\n", "_\r\n"},
	{"array", func(w *Writer) { w.Array(2) }, "*2\r\n", ""},
	{"map", func(w *Writer) { w.Map(2) }, "*4\r\n", "%2\r\n"},
	{"set", func(w *Writer) { w.Set(2) }, "*2\r\n", "~2\r\n"},
	{"push", func(w *Writer) { w.Push(3) }, "*3\r\n", ">3\r\n"},
	{"bool", func(w *Writer) { w.Bool(true); w.Bool(false) }, ":1\r\n:0\r\n", "#t\r\n#f\r\n"},
	{"double", func(w *Writer) { w.Double(3.14) }, "$18\r\n3.1400000000000001\r\n", ",3.1400000000000001\r\n"},
	{"double inf", func(w *Writer) { w.Double(math.Inf(1)); w.Double(math.Inf(-1)) }, "$3\r\ninf\r\n$4\r\n-inf\r\n", ",inf\r\n,-inf\r\n"},
	{"human double", func(w *Writer) { w.HumanDouble(13.361389338970184) }, "$20\r\n13.36138933897018433\r\n", ",13.36138933897018433\r\n"},
	{"big number", func(w *Writer) { w.BigNumber("1234567999999999999999999999999999999") }, "$37\r\n1234567999999999999999999999999999999\r\n", "(1234567999999999999999999999999999999\r\n"},
	{"verbatim", func(w *Writer) { w.Verbatim("txt", []byte("a\nb")) }, "$3\r\na\nb\r\n", "=7\r\ntxt:a\nb\r\n"},
	{"verbatim short format", func(w *Writer) { w.Verbatim("t", nil) }, "$0\r\n\r\n", "=4\r\nt  :\r\n"},
	{"deferred array", func(w *Writer) {
		w.Int(1)
		m := w.Begin()
		w.BulkString("a")
		inner := w.Begin()
		w.Int(2)
		w.EndArray(inner, 1)
		w.EndArray(m, 2)
		w.OK()
	}, ":1\r\n*2\r\n$1\r\na\r\n*1\r\n:2\r\n+OK\r\n", ""},
	{"deferred empty", func(w *Writer) { w.EndArray(w.Begin(), 0) }, "*0\r\n", ""},
	{"deferred others", func(w *Writer) {
		for _, end := range []func(mark, n int){w.EndMap, w.EndSet, w.EndPush} {
			m := w.Begin()
			w.Int(1)
			w.Int(2)
			end(m, 300)
		}
	}, "*600\r\n:1\r\n:2\r\n*300\r\n:1\r\n:2\r\n*300\r\n:1\r\n:2\r\n", "%300\r\n:1\r\n:2\r\n~300\r\n:1\r\n:2\r\n>300\r\n:1\r\n:2\r\n"},
	{"raw", func(w *Writer) { w.Raw([]byte("+A\r\n")) }, "+A\r\n", ""},
}

func TestWriter(t *testing.T) {
	for _, c := range writerCases {
		want3 := c.resp3
		if want3 == "" {
			want3 = c.resp2
		}
		for proto, want := range map[int]string{0: c.resp2, 2: c.resp2, 3: want3} {
			for room := range 40 { // every way of running out of capacity
				w := Writer{Buf: make([]byte, 0, room), Proto: proto}
				c.write(&w)
				if string(w.Buf) != want {
					t.Fatalf("%s, RESP%d: %q, want %q", c.name, proto, w.Buf, want)
				}
			}
		}
	}
}

func TestWriterAttribute(t *testing.T) {
	w := Writer{Proto: 3}
	w.Attribute(1)
	if string(w.Buf) != "|1\r\n" {
		t.Errorf("%q", w.Buf)
	}
	defer func() {
		if recover() == nil {
			t.Error("an attribute in RESP2 did not panic")
		}
	}()
	w.Proto = 2
	w.Attribute(1)
}

func TestAppendCommand(t *testing.T) {
	want := "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
	if got := AppendCommand(nil, []byte("GET"), []byte("k")); string(got) != want {
		t.Errorf("%q", got)
	}
	if got := AppendCommandStrings(nil, "GET", "k"); string(got) != want {
		t.Errorf("%q", got)
	}
}

func TestWriterAllocs(t *testing.T) {
	w := Writer{Buf: make([]byte, 0, 4096)}
	value := make([]byte, 64)
	if n := testing.AllocsPerRun(100, func() {
		w.Buf = w.Buf[:0]
		w.OK()
		w.Bulk(value)
		w.Int(1234567)
		w.Double(0.1)
		w.HumanDouble(0.1)
		w.BulkInt(99)
		m := w.Begin()
		w.Null()
		w.EndArray(m, 1)
		w.Error("ERR something")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
