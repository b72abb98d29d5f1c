package resp

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// oracle is a real redis-server.
type oracle struct {
	t    testing.TB
	path string // of its socket
	conn net.Conn
	in   *Reader
	out  []byte
}

// startOracle starts a redis-server for the length of the test, and skips the test where there is none.
func startOracle(t testing.TB, args ...string) *oracle {
	t.Helper()
	exe, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed: nothing to compare with")
	}
	dir, err := os.MkdirTemp("", "resp") // t.TempDir is too long for a socket's address
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{t: t, path: filepath.Join(dir, "s")}
	args = append([]string{"--port", "0", "--unixsocket", o.path, "--save", "", "--dir", dir, "--daemonize", "no"}, args...)
	cmd := exec.Command(exe, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if o.conn != nil {
			o.conn.Close()
		}
		cmd.Process.Kill()
		cmd.Wait()
		os.RemoveAll(dir)
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready to accept connections") {
			go io.Copy(io.Discard, out)
			o.dial()
			return o
		}
	}
	t.Fatal("redis-server did not start")
	return nil
}

// dial opens a fresh connection.
func (o *oracle) dial() {
	o.t.Helper()
	if o.conn != nil {
		o.conn.Close()
	}
	conn, err := net.Dial("unix", o.path)
	if err != nil {
		o.t.Fatal(err)
	}
	o.conn, o.in = conn, NewReader(conn)
}

// queue adds a command to those that flush sends.
func (o *oracle) queue(args ...string) { o.out = AppendCommandStrings(o.out, args...) }

// flush sends what is queued. Replies must fit in the socket's buffers, or be read at the same time.
func (o *oracle) flush() {
	o.t.Helper()
	if _, err := o.conn.Write(o.out); err != nil {
		o.t.Fatal(err)
	}
	o.out = o.out[:0]
}

// reply reads a reply.
func (o *oracle) reply() Value {
	o.t.Helper()
	v, err := o.in.Read()
	if err != nil {
		o.t.Fatal(err)
	}
	return v
}

// do runs one command.
func (o *oracle) do(args ...string) Value {
	o.t.Helper()
	o.queue(args...)
	o.flush()
	return o.reply()
}

// TestOracleProtocolErrors sends every malformed request of the parser's cases to redis-server.
func TestOracleProtocolErrors(t *testing.T) {
	o := startOracle(t)
	o.do("CONFIG", "SET", "requirepass", "secret")
	for _, c := range parserCases {
		if c.err == "" {
			continue
		}
		o.dial()
		if !c.unauth {
			o.do("AUTH", "secret")
		}
		// Redis may close before all is written; then the write fails, but the answer is there to be read.
		_, _ = o.conn.Write([]byte(c.in))
		var last Value
		for {
			v, err := o.in.Read()
			if err != nil {
				break
			}
			last = v
			if bytes.HasPrefix(v.Str, []byte("ERR Protocol error")) {
				break
			}
		}
		if got, want := last.Text(), "ERR Protocol error: "+c.err; got != want {
			t.Errorf("%s: redis-server says %q, want %q", c.name, got, want)
		}
	}
}

// TestOracleInline compares how random inline requests are split.
func TestOracleInline(t *testing.T) {
	o := startOracle(t)
	r := rand.New(rand.NewPCG(5, 6))
	const alphabet = "ab x04Fn\\\\\\\"\"''  \t\v\f\r\x80"
	p := NewParser(DefaultLimits())
	for range 4000 {
		line := []byte("RPUSH k x ")
		for range r.IntN(12) {
			line = append(line, alphabet[r.IntN(len(alphabet))])
		}
		line = append(line, '\n')
		o.out = append(o.out, line...)
		o.queue("LRANGE", "k", "0", "-1")
		o.queue("DEL", "k")
		o.flush()
		first := o.reply()
		p.Reset()
		args, n, err := p.Next(line)
		if first.IsError() {
			if err == nil || "ERR "+err.Error() != first.Text() {
				t.Fatalf("%q: %q, %v; redis-server %v", line, args, err, first)
			}
			o.dial()
			continue
		}
		list := o.reply()
		o.reply()
		if err != nil || n != len(line) || len(list.Elems) != len(args)-2 {
			t.Fatalf("%q: %q, %v; redis-server %v", line, args, err, list)
		}
		for i, e := range list.Elems {
			if !bytes.Equal(e.Str, args[i+2]) {
				t.Fatalf("%q: %q; redis-server %v", line, args, list)
			}
		}
	}
}

// numberTexts are numbers and what looks like them.
var numberTexts = []string{
	"", "0", "-0", "+0", "1", "-1", "+1", "01", "007", " 1", "1 ", "1.", ".5", ".", "-.5", "+.5e1", "1e5", "1E5", "1e", "1e+", "1e-3",
	"1e+05", "e5", "0x", "0x1", "0X1F", "0x.8", "0x1.8p1", "0x1p", "0x1p-2", "0xg", "0x1.8", "0xp1", "-0x10", "1_000", "0x1_0", "1,5",
	"inf", "-inf", "+inf", "Inf", "INFINITY", "-Infinity", "infinit", "infx", "nan", "NaN", "-nan", "nan(1)", "1e308", "1e309", "-1e309",
	"1e-308", "4.9e-324", "5e-324", "2e-324", "1e-400", "0e-400", "1e400", "1e4932", "1e4933", "1.18973149535723176502e4932",
	"1.18973149535723176509e4932", "1e-4940", "1e-4951", "1e-4952", "3.6e-4951", "1.8e-4951", "0e999999999999", "1e999999999999",
	"1e-999999999999", "1e99999999999999999999999", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
	"18446744073709551615", "18446744073709551616", "123456789012345678901234567890", "0.1", "0.2", "0.3", "3.14", "1e17", "1e16",
	"123456789012345678", "12345678901234567", "0.0001", "0.00001", "1.5", "2.5", "0.000000000000000005", "0.000000000000000015",
	"1\x00", "\x001", "1e1\x00", "\t1", "1\n", "--1", "+-1", "1-", "0b1", "1f", "1e5.5", "1.5.5", "0.10000000000000000555",
	"99999999999999999", "0.99999999999999999", "0.999999999999999995", "0.9999999999999999951", "1e27", "1e28", "1e-27", "1e-28",
	"123456789012345678.9e27", "1844674407370955161.5", "1844674407370955161.6", "0x8000000000000000.8", "0x8000000000000001.8",
	"0xffffffffffffffff.8", "0x1p16383", "0x1p16384", "0x1p-16445", "0x1p-16446", "0x1.8p-16446", "0x1p-16494", "0x1p1023", "0x1p1024", "0x1p-1074", "0x1p-1075",
}

// randomNumber is the text of a number of a random form and size.
func randomNumber(r *rand.Rand) string {
	switch r.IntN(10) {
	case 0:
		return numberTexts[r.IntN(len(numberTexts))]
	case 1:
		return strconv.FormatFloat(math.Float64frombits(r.Uint64()), 'g', -1, 64)
	case 2:
		return strconv.FormatInt(int64(r.Uint64())>>r.IntN(64), 10)
	case 3:
		return strconv.FormatFloat(r.NormFloat64()*math.Pow10(r.IntN(40)-20), 'x', r.IntN(16), 64)
	case 4:
		return fmt.Sprintf("%d.%de%d", r.Int64(), r.Uint64(), r.IntN(10000)-5000)
	case 5:
		return strconv.FormatFloat(r.NormFloat64(), 'f', r.IntN(30), 64)
	case 6: // halves of units of the last place shown
		return strconv.FormatFloat(float64(r.IntN(2000)-1000)/float64(int(1)<<r.IntN(20)), 'f', -1, 64)
	}
	s := fmt.Sprintf("%d.%0*d", r.IntN(2000)-1000, r.IntN(20), r.IntN(10000))
	return s
}

// TestOracleDouble compares ParseFloat and AppendDouble with ZADD and ZSCORE.
func TestOracleDouble(t *testing.T) {
	o := startOracle(t, "--zset-max-listpack-entries", "0") // a listpack stores -0 as 0
	r := rand.New(rand.NewPCG(7, 8))
	texts := append([]string{}, numberTexts...)
	for range 20000 {
		texts = append(texts, randomNumber(r))
	}
	for len(texts) > 0 {
		batch := texts[:min(500, len(texts))]
		texts = texts[len(batch):]
		for _, s := range batch {
			o.queue("ZADD", "z", s, "m")
			o.queue("ZSCORE", "z", "m")
			o.queue("DEL", "z")
		}
		o.flush()
		for _, s := range batch {
			added, score := o.reply(), o.reply()
			o.reply()
			f, ok := ParseFloat([]byte(s))
			if ok == added.IsError() {
				t.Fatalf("%q: ParseFloat %v, %v; redis-server %v", s, f, ok, added)
			}
			if got := AppendDouble(nil, f); ok && string(got) != score.Text() {
				t.Fatalf("%q: %q; redis-server %q", s, got, score.Text())
			}
		}
	}
}

// TestOracleIncrByFloat compares IncrByFloat with INCRBYFLOAT.
func TestOracleIncrByFloat(t *testing.T) {
	o := startOracle(t)
	r := rand.New(rand.NewPCG(9, 10))
	var pairs [][2]string
	for _, s := range numberTexts {
		pairs = append(pairs, [2]string{s, "0"}, [2]string{"0", s}, [2]string{s, s}, [2]string{s, "-" + s})
	}
	for range 8000 {
		pairs = append(pairs, [2]string{randomNumber(r), randomNumber(r)})
	}
	for len(pairs) > 0 {
		batch := pairs[:min(100, len(pairs))]
		pairs = pairs[len(batch):]
		for _, p := range batch {
			o.queue("SET", "k", p[0])
			o.queue("INCRBYFLOAT", "k", p[1])
		}
		o.flush()
		for _, p := range batch {
			o.reply()
			want := o.reply()
			got, err := IncrByFloat([]byte(p[0]), []byte(p[1]))
			if err != nil {
				got = []byte(err.Error())
			}
			if string(got) != want.Text() {
				t.Errorf("%s + %s: %q; redis-server %q", p[0], p[1], got, want.Text())
			}
		}
		if t.Failed() {
			return
		}
	}
}

// TestOracleInt compares ParseInt with INCRBY.
func TestOracleInt(t *testing.T) {
	o := startOracle(t)
	texts := append([]string{"-9223372036854775809", "9223372036854775806", "00", "-00", "-01", "-"}, numberTexts...)
	for _, s := range texts {
		o.queue("SET", "k", s)
		o.queue("INCRBY", "k", "0")
	}
	o.flush()
	for _, s := range texts {
		o.reply()
		want := o.reply()
		n, ok := ParseInt([]byte(s))
		if ok == want.IsError() || ok && n != want.Int {
			t.Errorf("%q: %d, %v; redis-server %v", s, n, ok, want)
		}
	}
}

// TestOracleHumanFloat compares AppendHumanFloat with GEOPOS.
func TestOracleHumanFloat(t *testing.T) {
	o := startOracle(t)
	for i := range 200 {
		o.do("GEOADD", "g", fmt.Sprint(float64(i)*1.7-170), fmt.Sprint(float64(i)*0.8-80), "m")
		for _, axis := range o.do("GEOPOS", "g", "m").Elems[0].Elems {
			f, _ := ParseFloat(axis.Str) // 17 digits behind the point are more than enough to find the float64
			if got := AppendHumanFloat(nil, f); string(got) != axis.Text() {
				t.Errorf("%q; redis-server %q", got, axis.Text())
			}
		}
	}
}

// TestOracleReplies compares Writer and Reader with what DEBUG PROTOCOL shows of every RESP3 type.
func TestOracleReplies(t *testing.T) {
	o := startOracle(t, "--enable-debug-command", "yes")
	for proto := 2; proto <= 3; proto++ {
		o.do("HELLO", strconv.Itoa(proto))
		for name, write := range map[string]func(w *Writer){
			"string":  func(w *Writer) { w.BulkString("Hello World") },
			"integer": func(w *Writer) { w.Int(12345) },
			"double":  func(w *Writer) { w.Double(3.141) },
			"null":    func(w *Writer) { w.Null() },
			"array":   func(w *Writer) { w.Array(3); w.Int(0); w.Int(1); w.Int(2) },
			"set":     func(w *Writer) { w.Set(3); w.Int(0); w.Int(1); w.Int(2) },
			"map": func(w *Writer) {
				w.Map(3)
				for i := range 3 {
					w.Int(int64(i))
					w.Bool(i == 1)
				}
			},
			"attrib": func(w *Writer) {
				if w.Proto == 3 {
					w.Attribute(1)
					w.BulkString("key-popularity")
					w.Array(2)
					w.BulkString("key:123")
					w.Int(90)
				}
				w.BulkString("Some real reply following the attribute")
			},
			"verbatim": func(w *Writer) { w.Verbatim("txt", []byte("This is a verbatim\nstring")) },
			"true":     func(w *Writer) { w.Bool(true) },
			"false":    func(w *Writer) { w.Bool(false) },
			"bignum":   func(w *Writer) { w.BigNumber("1234567999999999999999999999999999999") },
		} {
			w := Writer{Proto: proto}
			write(&w)
			v := o.do("DEBUG", "PROTOCOL", name)
			if got := v.Append(nil); !bytes.Equal(got, w.Buf) {
				t.Errorf("RESP%d %s: Writer %q, redis-server %q", proto, name, w.Buf, got)
			}
		}
	}
}
