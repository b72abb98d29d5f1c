package resp

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// request is what one call of Next found, copied.
type request struct {
	args []string
	n    int
}

// parseAll parses stream, handed over in pieces that end at the offsets cuts, as a transport does: consumed bytes are
// dropped, and what is left moves to new memory. It returns the requests before the first error.
func parseAll(t testing.TB, limits Limits, stream []byte, cuts ...int) ([]request, error) {
	t.Helper()
	p := NewParser(limits)
	var got []request
	var buf []byte
	from := 0
	for _, to := range append(cuts, len(stream)) {
		buf = append(bytes.Clone(buf), stream[from:to]...)
		from = to
		for {
			args, n, err := p.Next(buf)
			if err != nil {
				if n != 0 || args != nil {
					t.Fatalf("Next returned n = %d and %q with error %v", n, args, err)
				}
				return got, err
			}
			if n == 0 {
				if args != nil || p.Need() < 1 {
					t.Fatalf("unfinished request: args %q, Need() = %d", args, p.Need())
				}
				break
			}
			r := request{n: n}
			for _, a := range args {
				if len(a) != cap(a) {
					t.Fatalf("argument %q: an append would overwrite what is behind it", a)
				}
				r.args = append(r.args, string(a))
			}
			got = append(got, r)
			buf = buf[n:]
		}
	}
	return got, nil
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	var pe *ProtocolError
	if !errors.As(err, &pe) {
		return "not a ProtocolError: " + err.Error()
	}
	return pe.Text
}

var parserCases = []struct {
	name   string
	in     string
	want   string // requests, %q of each one's arguments
	err    string // without "Protocol error: "
	unauth bool
}{
	{name: "nothing", in: "", want: ""},
	{name: "get", in: "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", want: `["GET" "k"]`},
	{name: "pipeline", in: "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n", want: `["PING"]["PING"]`},
	{name: "empty argument", in: "*2\r\n$3\r\nGET\r\n$0\r\n\r\n", want: `["GET" ""]`},
	{name: "binary argument", in: "*1\r\n$5\r\n\r\n\x00\n\xff\r\n", want: `["\r\n\x00\n\xff"]`},
	{name: "empty requests", in: "\r\n\n*0\r\n*-1\r\n*-10\r\nPING\r\n", want: `[][][][][]["PING"]`},
	{name: "ten arguments", in: "*10\r\n" + strings.Repeat("$1\r\na\r\n", 10), want: `["a" "a" "a" "a" "a" "a" "a" "a" "a" "a"]`},
	{name: "terminators are not looked at", in: "*1\rX$2\rYab??*1\r\n$1\r\nc\r\n", want: `["ab"]["c"]`},
	{name: "three digits", in: "*1\r\n$100\r\n" + strings.Repeat("x", 100) + "\r\n", want: fmt.Sprintf("[%q]", strings.Repeat("x", 100))},
	{name: "four digits", in: "*1\r\n$1000\r\n" + strings.Repeat("x", 1000) + "\r\n", want: fmt.Sprintf("[%q]", strings.Repeat("x", 1000))},

	{name: "inline", in: "set  k\tv \r\n", want: `["set" "k" "v"]`},
	{name: "inline LF", in: "PING\nPING\r\n", want: `["PING"]["PING"]`},
	{name: "inline blanks only", in: " \t\v\f \r\nPING\r\n", want: `[]["PING"]`},
	{name: "inline CR inside", in: "a\rb\r\r\n", want: `["a" "b"]`},
	{name: "inline vertical tab inside", in: "a\vb \vc\r\n", want: `["a\vb" "c"]`},
	{name: "inline double quotes", in: `set "a b" "\n\r\t\b\a\\\"\q" "\x41\xfF\x4g"` + "\r\n", want: `["set" "a b" "\n\r\t\b\a\\\"q" "A\xffx4g"]`},
	{name: "inline single quotes", in: `set 'a "b' '\'\n\\ '` + "\r\n", want: `["set" "a \"b" "'\\n\\\\ "]`},
	{name: "inline quotes behind text", in: `se"t a"` + ` x'y z' "" ''` + "\r\n", want: `["set a" "xy z" "" ""]`},
	{name: "inline quote then vertical tab", in: "\"a\"\vb\r\n", want: `["a" "b"]`},
	{name: "inline unterminated double", in: "set \"a\r\n", err: "unbalanced quotes in request"},
	{name: "inline single ends in backslash quote", in: `set 'a\\'` + "\r\n", err: "unbalanced quotes in request"},
	{name: "inline unterminated single", in: "set 'a\r\n", err: "unbalanced quotes in request"},
	{name: "inline ends in backslash", in: "set \"a\\\r\n", err: "unbalanced quotes in request"},
	{name: "inline text behind double", in: "set \"a\"b\r\n", err: "unbalanced quotes in request"},
	{name: "inline text behind single", in: "set 'a'b\r\n", err: "unbalanced quotes in request"},
	{name: "inline three quotes", in: "set \"\"\"test-key\"\"\" test-value\r\n", err: "unbalanced quotes in request"},
	{name: "inline longest", in: strings.Repeat("a", 65535) + "\r\n", want: fmt.Sprintf("[%q]", strings.Repeat("a", 65535))},
	{name: "inline too long", in: strings.Repeat("a", 65537), err: "too big inline request"},
	{name: "inline just not too long", in: strings.Repeat("a", 65536), want: ""},
	{name: "inline NUL", in: "\x00GET k\r\n", want: ""},
	{name: "inline NUL until too long", in: "\x00\n" + strings.Repeat("a\n", 40000), err: "too big inline request"},

	{name: "count too large", in: "*2147483648\r\n", err: "invalid multibulk length"},
	{name: "count largest", in: "*2147483647\r\n", want: ""},
	{name: "count far too large", in: "*99999999999999999999\r\n", err: "invalid multibulk length"},
	{name: "count no number", in: "*x\r\n", err: "invalid multibulk length"},
	{name: "count missing", in: "*\r\n", err: "invalid multibulk length"},
	{name: "count with plus", in: "*+1\r\n", err: "invalid multibulk length"},
	{name: "count with leading zero", in: "*01\r\n", err: "invalid multibulk length"},
	{name: "count minus zero", in: "*-0\r\n", err: "invalid multibulk length"},
	{name: "count line too long", in: "*" + strings.Repeat("1", 65536), err: "too big mbulk count string"},
	{name: "count line NUL", in: "*\x00\r\n" + strings.Repeat("a", 65536), err: "too big mbulk count string"},
	{name: "no bulk", in: "*1\r\nfoo\r\n", err: "expected '$', got 'f'"},
	{name: "no bulk, not known yet", in: "*1\r\nfoo", want: ""},
	{name: "no bulk but CR", in: "*1\r\n\r\n", err: "expected '$', got ' '"},
	{name: "no bulk but LF", in: "*1\r\n\n\r\n", err: "expected '$', got ' '"},
	{name: "bulk length negative", in: "*1\r\n$-10\r\n", err: "invalid bulk length"},
	{name: "bulk length minus one", in: "*1\r\n$-1\r\n", err: "invalid bulk length"},
	{name: "bulk length no number", in: "*1\r\n$blabla\r\n", err: "invalid bulk length"},
	{name: "bulk length missing", in: "*1\r\n$\r\n", err: "invalid bulk length"},
	{name: "bulk length leading zero", in: "*1\r\n$01\r\na\r\n", err: "invalid bulk length"},
	{name: "bulk length leading zeros", in: "*1\r\n$001\r\na\r\n", err: "invalid bulk length"},
	{name: "bulk length too large", in: "*1\r\n$536870913\r\n", err: "invalid bulk length"},
	{name: "bulk length largest", in: "*1\r\n$536870912\r\n", want: ""},
	{name: "bulk line too long", in: "*1\r\n$" + strings.Repeat("1", 65536), err: "too big bulk count string"},
	{name: "bulk line NUL", in: "*1\r\n\x00$3\r\n" + strings.Repeat("a", 65537), err: "too big bulk count string"},
	{name: "error behind requests", in: "PING\r\n*1\r\n$4\r\nPING\r\n*x\r\n", want: `["PING"]["PING"]`, err: "invalid multibulk length"},

	{name: "unauthenticated", unauth: true, in: "*10\r\n" + strings.Repeat("$1\r\na\r\n", 10), want: `["a" "a" "a" "a" "a" "a" "a" "a" "a" "a"]`},
	{name: "unauthenticated count", unauth: true, in: "*11\r\n", err: "unauthenticated multibulk length"},
	{name: "unauthenticated count too large for anybody", unauth: true, in: "*3000000000\r\n", err: "invalid multibulk length"},
	{name: "unauthenticated bulk", unauth: true, in: "*1\r\n$16385\r\n", err: "unauthenticated bulk length"},
	{name: "unauthenticated bulk largest", unauth: true, in: "*1\r\n$16384\r\n", want: ""},
	{name: "unauthenticated bulk too large for anybody", unauth: true, in: "*1\r\n$536870913\r\n", err: "invalid bulk length"},
}

func TestParser(t *testing.T) {
	for _, c := range parserCases {
		t.Run(c.name, func(t *testing.T) {
			limits := DefaultLimits()
			if c.unauth {
				limits = UnauthenticatedLimits()
			}
			got, err := parseAll(t, limits, []byte(c.in))
			text := ""
			for _, r := range got {
				text += fmt.Sprintf("%q", r.args)
			}
			if text != c.want {
				t.Errorf("requests %.200s, want %.200s", text, c.want)
			}
			if want := c.err; want == "" && err != nil || want != "" && errText(err) != "Protocol error: "+want {
				t.Errorf("error %q, want %q", errText(err), want)
			}
		})
	}
}

// TestParserSplit: wherever the input is cut, the requests and the error are the same.
func TestParserSplit(t *testing.T) {
	for _, c := range parserCases {
		limits := DefaultLimits()
		if c.unauth {
			limits = UnauthenticatedLimits()
		}
		in := []byte(c.in)
		step := 1 + len(in)/300
		want, wantErr := parseAll(t, limits, in)
		for a := 0; a <= len(in); a += step {
			sameParse(t, limits, in, want, wantErr, a)
		}
		all := make([]int, 0, len(in))
		for i := 0; i < len(in); i += step {
			all = append(all, i)
		}
		sameParse(t, limits, in, want, wantErr, all...)
	}
}

func sameParse(t *testing.T, limits Limits, in []byte, want []request, wantErr error, cuts ...int) {
	t.Helper()
	got, err := parseAll(t, limits, in, cuts...)
	if fmt.Sprint(got) != fmt.Sprint(want) || errText(err) != errText(wantErr) {
		t.Fatalf("%.100q cut at %d: %.200q, %v, want %.200q, %v", in, cuts, fmt.Sprint(got), err, fmt.Sprint(want), wantErr)
	}
}

// randomStream is a pipeline of random requests, mostly well formed.
func randomStream(r *rand.Rand) []byte {
	var s []byte
	for range 1 + r.IntN(8) {
		switch r.IntN(10) {
		case 0:
			s = append(s, `set "a \x41" 'b'`+"\r\n"...)
		case 1:
			s = append(s, "\r\n*0\r\n"...)
		case 2:
			s = append(s, fmt.Sprintf("*%d\r\n$%d\r\n", r.IntN(13)-1, r.IntN(12)-1)...)
		default:
			args := make([][]byte, 1+r.IntN(12))
			for i := range args {
				args[i] = bytes.Repeat([]byte{byte(r.IntN(256))}, r.IntN(1<<r.IntN(12)))
			}
			s = AppendCommand(s, args...)
		}
	}
	return s
}

// TestParserFastPath: the fast path finds what the slow path finds.
func TestParserFastPath(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	limits := Limits{MaxBulk: 700, MaxMultibulk: 8, MaxInline: 100}
	for range 20000 {
		in := randomStream(r)
		if r.IntN(4) == 0 {
			in[r.IntN(len(in))] = "$*\r\n09x\x00"[r.IntN(8)]
		}
		in = in[:r.IntN(len(in)+1)]
		fast, slow := NewParser(limits), NewParser(limits)
		args, n := fast.nextFast(in)
		wantArgs, wantN, err := slow.nextSlow(in)
		if n == 0 {
			continue
		}
		if err != nil || n != wantN || fmt.Sprintf("%q", args) != fmt.Sprintf("%q", wantArgs) {
			t.Fatalf("%q: fast path %q, %d; slow path %q, %d, %v", in, args, n, wantArgs, wantN, err)
		}
	}
}

// TestParserRandomCuts is TestParserSplit over random streams and cuts.
func TestParserRandomCuts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		in := randomStream(r)
		want, wantErr := parseAll(t, DefaultLimits(), in)
		var cuts []int
		for at := r.IntN(50); at < len(in); at += r.IntN(200) {
			cuts = append(cuts, at)
		}
		sameParse(t, DefaultLimits(), in, want, wantErr, cuts...)
	}
}

func TestParserNeed(t *testing.T) {
	p := NewParser(DefaultLimits())
	for _, c := range []struct {
		in   string
		need int
	}{
		{"", 1}, {"*1", 1}, {"*1\r\n$1", 1}, {"*1\r\n$1000\r\n", 1002}, {"*1\r\n$1000\r\nabc", 999},
		{"*1\r\n$1000\r\n" + strings.Repeat("x", 1001), 1},
	} {
		if _, n, err := p.Next([]byte(c.in)); n != 0 || err != nil {
			t.Fatalf("%.30q: n = %d, err = %v", c.in, n, err)
		}
		if p.Need() != c.need {
			t.Errorf("%.30q: Need() = %d, want %d", c.in, p.Need(), c.need)
		}
	}
}

// TestParserManyArguments: a request of a million arguments in small pieces is linear work, and its memory is let go.
func TestParserManyArguments(t *testing.T) {
	const count = 1_000_000
	in := fmt.Appendf(nil, "*%d\r\n", count)
	for range count {
		in = append(in, "$1\r\nx\r\n"...)
	}
	p := NewParser(DefaultLimits())
	work := 0
	for end := 0; ; end = min(end+1000, len(in)) {
		before := len(p.spans)
		args, n, err := p.Next(in[:end])
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			if len(args) != count || n != len(in) {
				t.Fatalf("%d arguments, n = %d", len(args), n)
			}
			break
		}
		work += len(p.spans) - before
	}
	if work > count {
		t.Errorf("%d arguments were parsed %d times", count, work)
	}
	if _, n, err := p.Next([]byte("*1\r\n$4\r\nPING\r\n")); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	if cap(p.args) > maxKeptArgs || cap(p.spans) > maxKeptArgs {
		t.Errorf("the parser keeps room for %d arguments and %d spans", cap(p.args), cap(p.spans))
	}
}

// TestParserRelease: when the input is used up, no argument holds on to it.
func TestParserRelease(t *testing.T) {
	for _, in := range []string{"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "*1\r\n$100000\r\n" + strings.Repeat("x", 100002), "a b\r\n"} {
		p := NewParser(DefaultLimits())
		args, n, err := p.Next([]byte(in))
		if len(args) == 0 || n != len(in) || err != nil {
			t.Fatal(args, n, err)
		}
		if _, n, err := p.Next(nil); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		for _, a := range append(p.small[:], p.args[:cap(p.args)]...) {
			if a != nil {
				t.Errorf("%.20q: argument %.20q is kept", in, a)
			}
		}
	}
}

func TestParserReset(t *testing.T) {
	p := NewParser(DefaultLimits())
	for _, in := range []string{"*2\r\n$3\r\nGE", "*x\r\n", "\x00", "unfinished", "*1\r\n\x00"} {
		p.Next([]byte(in))
		p.Reset()
		args, n, err := p.Next([]byte("*1\r\n$4\r\nPING\r\n"))
		if err != nil || n != 14 || len(args) != 1 {
			t.Errorf("after %q and Reset: %q, %d, %v", in, args, n, err)
		}
	}
}

func TestParserAllocs(t *testing.T) {
	in := AppendCommandStrings(nil, "SET", "key:000000000001", strings.Repeat("v", 64))
	long := AppendCommandStrings(nil, "SET", "key:000000000001", strings.Repeat("v", 2000))
	inline := []byte("set 'a b' c\r\n")
	p := NewParser(DefaultLimits())
	for _, in := range [][]byte{in, long, inline} {
		p.Next(in)
		if n := testing.AllocsPerRun(100, func() {
			if _, n, err := p.Next(in); n != len(in) || err != nil {
				t.Fatal(n, err)
			}
		}); n != 0 {
			t.Errorf("%.20q: %v allocations", in, n)
		}
	}
}

func FuzzParser(f *testing.F) {
	for _, c := range parserCases {
		if len(c.in) < 2000 {
			f.Add([]byte(c.in))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		limits := DefaultLimits()
		limits.MaxInline = 256 // within a fuzzer's reach
		requests, _ := parseAll(t, limits, in)
		for _, r := range requests {
			if len(r.args) == 0 {
				continue
			}
			again, err := parseAll(t, limits, AppendCommandStrings(nil, r.args...))
			if err != nil || len(again) != 1 || fmt.Sprintf("%q", again[0].args) != fmt.Sprintf("%q", r.args) {
				t.Fatalf("%q encoded and parsed: %v, %v", r.args, again, err)
			}
		}
	})
}

func FuzzParserSplit(f *testing.F) {
	for _, c := range parserCases {
		if len(c.in) < 2000 {
			f.Add([]byte(c.in), uint16(len(c.in)/2), uint16(1))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, cut, step uint16) {
		limits := DefaultLimits()
		limits.MaxInline = 64
		limits.MaxBulk = 2000
		want, wantErr := parseAll(t, limits, in)
		var cuts []int
		for at := int(cut); at < len(in); at += 1 + int(step) {
			cuts = append(cuts, at)
		}
		sameParse(t, limits, in, want, wantErr, cuts...)
	})
}
