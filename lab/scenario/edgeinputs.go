package scenario

import (
	"fmt"
	"slices"
	"strings"

	"redline/resp"
)

// spec is what COMMAND tells of a command or subcommand ("client|kill").
type spec struct {
	name     string
	arity    int // as in COMMAND: negative is "at least"; the name counts
	first    int // of the keys among the arguments; 0 without
	last     int // negative counts from the end
	step     int
	blocking bool
}

// commands reads the server's command table.
func (b *bench) commands() ([]spec, error) {
	v, err := b.Client().Do("COMMAND")
	if err != nil {
		return nil, cannot("the server does not answer COMMAND: " + err.Error())
	}
	var out []spec
	for _, e := range v.Elems {
		c, ok := parseSpec(e)
		if !ok {
			continue
		}
		out = append(out, c)
		if len(e.Elems) > 9 { // since Redis 7
			for _, sub := range e.Elems[9].Elems {
				if s, ok := parseSpec(sub); ok {
					if !strings.Contains(s.name, "|") {
						s.name = c.name + "|" + s.name
					}
					out = append(out, s)
				}
			}
		}
	}
	if len(out) == 0 {
		return nil, cannot("the reply to COMMAND lists no commands")
	}
	slices.SortFunc(out, func(a, b spec) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

// parseSpec reads name, arity, flags, first key, last key and step.
func parseSpec(v resp.Value) (spec, bool) {
	if len(v.Elems) < 6 {
		return spec{}, false
	}
	c := spec{name: strings.ToLower(v.Elems[0].Text()), arity: int(v.Elems[1].Int), first: int(v.Elems[3].Int), last: int(v.Elems[4].Int),
		step: max(1, int(v.Elems[5].Int))}
	for _, f := range v.Elems[2].Elems {
		c.blocking = c.blocking || f.Text() == "blocking"
	}
	return c, c.name != "" && c.arity != 0
}

// edgeArgs are the values that stand for arguments that are no keys. The least
// integer is here and the one above it is not: it asks SRANDMEMBER for 2^63
// members, which Redis would try.
func edgeArgs(big string) []string {
	return []string{"", "text", "-1", "1.5", "nan", "inf", "-inf", "1e400", "0x10", " 1", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "99999999999999999999999999", "\x00\xff\r\n\x80", "*3\r\n$3\r\nSET\r\n", "(", "[", "+", "-", "$", big}
}

// inputs are argument lists for c: too few and too many arguments, and every
// odd value in every number of arguments from the least to two more, on keys of
// every type.
func (c spec) inputs(keys []string, big string) [][]string {
	least := max(c.arity, -c.arity)
	words := strings.Split(c.name, "|")
	least = max(least, len(words))
	var out [][]string
	for n := len(words); n < least; n++ {
		out = append(out, c.fill(words, n, keys[0], "text"))
	}
	if c.arity > 0 {
		out = append(out, c.fill(words, least+1, keys[0], "text"), c.fill(words, least+100, keys[0], "text"))
	}
	out = append(out, c.fill(words, least+1000, keys[0], "text"), []string{words[0] + "\r\n", ""})
	if c.first == 0 { // else the word would be a key
		out = append(out, []string{words[0], "no-such-subcommand", "1"})
	}
	for i, arg := range edgeArgs(big) {
		for extra := range 3 {
			n := least + extra
			if n == len(words) {
				n = len(words) + 1 // a command without arguments is valid
			}
			out = append(out, c.fill(words, n, keys[(i+extra)%len(keys)], arg))
			if c.arity > 0 {
				break // more arguments than that were tried
			}
		}
	}
	for _, key := range keys { // of the wrong type for most commands
		out = append(out, c.fill(words, max(least, len(words)+1), key, "1"))
	}
	return out
}

// fill makes n words: those of the name, then keys where the command has keys
// and arg elsewhere.
func (c spec) fill(words []string, n int, key, arg string) []string {
	out := slices.Clone(words)
	last := c.last
	if last < 0 {
		last += n
	}
	for i := len(words); i < n; i++ {
		if c.first > 0 && i >= c.first && i <= last && (i-c.first)%c.step == 0 {
			out = append(out, key)
			continue
		}
		out = append(out, arg)
	}
	return out
}

// violation is a broken stream of bytes and what it shows.
type violation struct {
	what  string
	bytes string
	// cut tells that the stream ends in the middle of a command, so that the
	// server rightly waits for more.
	cut bool
}

// violations are sent on a connection each.
func violations() []violation {
	long := strings.Repeat("x", 1<<20)
	return []violation{
		{"a multibulk length beyond all bounds", "*2147483648\r\n", false},
		{"a multibulk length of 20 digits", "*99999999999999999999\r\n", false},
		{"a negative multibulk length", "*-10\r\nPING\r\n", false},
		{"a multibulk length that is no number", "*x\r\n", false},
		{"a bulk length below zero", "*1\r\n$-5\r\n", false},
		{"a bulk length beyond all bounds", "*2\r\n$3\r\nGET\r\n$9223372036854775807\r\n", false},
		{"a bulk length that is no number", "*1\r\n$abc\r\n", false},
		{"an integer in place of a bulk string", "*1\r\n:5\r\n", false},
		{"an array within a command", "*1\r\n*1\r\n$4\r\nPING\r\n", false},
		{"a map, as in RESP3", "%1\r\n$1\r\na\r\n$1\r\nb\r\n", true},
		{"a reply in place of a command", "+OK\r\n", true},
		{"a line without an end", long, true},
		{"unbalanced quotes", "SET \"a b\r\n", false},
		{"an HTTP request", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", true},
		{"a TLS greeting", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + strings.Repeat("\x5a", 160) + "\r\n", true},
		{"bytes of all values", allBytes(), true},
		{"half a command", "*2\r\n$3\r\nGET\r\n$10\r\nabc", true},
		{"half a length", "*2\r\n$3", true},
		{"a bulk string that is longer than it says", "*1\r\n$4\r\nPINGPONG\r\n", true},
		{"an empty command", "*0\r\n", true},
		{"a command without a name", "*1\r\n$0\r\n\r\n", true},
		{"a thousand empty lines", strings.Repeat("\r\n", 1000), true},
		{"a million arguments announced, none sent", "*1000000\r\n", true},
		{"ten thousand commands at once", strings.Repeat("*1\r\n$4\r\nPING\r\n", 10_000), true},
	}
}

func allBytes() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b) + "\r\n"
}

func (v violation) String() string { return fmt.Sprintf("%s (%.40q)", v.what, v.bytes) }
