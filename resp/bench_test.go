package resp

import (
	"bytes"
	"testing"
)

// pipeline repeats a request n times.
func pipeline(n int, args ...string) []byte {
	return bytes.Repeat(AppendCommandStrings(nil, args...), n)
}

const (
	benchKey   = "key:000000000001"
	benchValue = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"GET", []string{"GET", benchKey}},
		{"SET", []string{"SET", benchKey, benchValue}},
		{"PING", []string{"PING"}},
		{"SET1K", []string{"SET", benchKey, string(make([]byte, 1024))}},
		{"MSET16", append([]string{"MSET"}, bytesOf(16, benchKey)...)},
	} {
		b.Run(c.name, func(b *testing.B) {
			in := pipeline(16, c.args...)
			p := NewParser(DefaultLimits())
			rest := in
			b.ReportAllocs()
			for b.Loop() {
				_, n, err := p.Next(rest)
				if n == 0 || err != nil {
					b.Fatal(n, err)
				}
				if rest = rest[n:]; len(rest) == 0 {
					rest = in
				}
			}
		})
	}
}

func bytesOf(n int, s string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}

func BenchmarkWriter(b *testing.B) {
	value := []byte(benchValue)
	long := make([]byte, 1024)
	for _, c := range []struct {
		name  string
		write func(w *Writer)
	}{
		{"Bulk64", func(w *Writer) { w.Bulk(value) }},
		{"Bulk1K", func(w *Writer) { w.Bulk(long) }},
		{"OK", func(w *Writer) { w.OK() }},
		{"Int1", func(w *Writer) { w.Int(1) }},
		{"Int7digits", func(w *Writer) { w.Int(1234567) }},
		{"Null", func(w *Writer) { w.Null() }},
		{"DoubleInt", func(w *Writer) { w.Double(12345) }},
		{"Double", func(w *Writer) { w.Double(0.1) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := Writer{Buf: make([]byte, 0, 16<<10)}
			b.ReportAllocs()
			for b.Loop() {
				if len(w.Buf) > 14<<10 {
					w.Buf = w.Buf[:0]
				}
				c.write(&w)
			}
		})
	}
}

func BenchmarkSkipReply(b *testing.B) {
	for _, c := range []struct{ name, in string }{
		{"OK", "+OK\r\n"},
		{"Bulk64", "$64\r\n" + benchValue + "\r\n"},
		{"Int", ":1234\r\n"},
		{"Null", "$-1\r\n"},
		{"Array3", "*3\r\n$1\r\na\r\n:1\r\n$-1\r\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			in := []byte(c.in)
			b.ReportAllocs()
			for b.Loop() {
				if n, _, err := SkipReply(in); n != len(in) || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

func BenchmarkIncrByFloat(b *testing.B) {
	old, incr := []byte("10.50000000000000001"), []byte("0.1")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := IncrByFloat(old, incr); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseInt(b *testing.B) {
	in := []byte("1234567890")
	for b.Loop() {
		if _, ok := ParseInt(in); !ok {
			b.Fatal()
		}
	}
}

func BenchmarkAppendCommand(b *testing.B) {
	args := [][]byte{[]byte("SET"), []byte(benchKey), []byte(benchValue)}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendCommand(buf[:0], args...)
	}
}
