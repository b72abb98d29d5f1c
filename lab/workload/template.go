package workload

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// holder is what a placeholder stands for.
type holder byte

const (
	literal holder = iota
	holderKey
	holderNewKey
	holderSameKey
	holderN
	holderValue
	holderMember
	holderInt
	holderFloat
	holderSeq
	holderNow
	holderTTL
	holderPTTL
)

var holders = map[string]holder{"key": holderKey, "newkey": holderNewKey, "samekey": holderSameKey, "n": holderN, "value": holderValue, "member": holderMember,
	"int": holderInt, "float": holderFloat, "seq": holderSeq, "now": holderNow, "ttl": holderTTL, "pttl": holderPTTL}

// holderNames in the order in which a message lists them.
const holderNames = "{key} {newkey} {samekey} {n} {value} {member} {int} {float} {seq} {now} {ttl} {pttl}"

func (h holder) isKey() bool { return h == holderKey || h == holderNewKey || h == holderSameKey }

// piece is a stretch of an argument.
type piece struct {
	holder holder
	text   string // of a literal; the part after the colon of a placeholder
}

// splitArg cuts an argument at its placeholders. "{{" is a brace.
func splitArg(arg string) ([]piece, error) {
	var out []piece
	text := func(s string) {
		if n := len(out) - 1; n >= 0 && out[n].holder == literal {
			out[n].text += s
		} else if s != "" {
			out = append(out, piece{literal, s})
		}
	}
	for rest := arg; rest != ""; {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			text(rest)
			break
		}
		text(rest[:open])
		rest = rest[open:]
		if strings.HasPrefix(rest, "{{") {
			text("{")
			rest = rest[2:]
			continue
		}
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			return nil, fmt.Errorf("argument %.60q has an unmatched brace; write {{ for a brace that begins no placeholder", arg)
		}
		name, param, _ := strings.Cut(rest[1:end], ":")
		h, ok := holders[name]
		if !ok {
			return nil, fmt.Errorf("argument %.60q: unknown placeholder %.40s%s; known are %s, and {{ is a brace", arg, rest[:end+1], hint(name), holderNames)
		}
		if err := checkParam(h, param); err != nil {
			return nil, fmt.Errorf("argument %.60q: %w", arg, err)
		}
		out = append(out, piece{h, param})
		rest = rest[end+1:]
	}
	return out, nil
}

func hint(name string) string {
	if near := Nearest(name, Placeholders()); near != "" {
		return " (meant {" + near + "}?)"
	}
	return ""
}

// checkParam checks the part of a placeholder after its colon, as far as it does
// not depend on the Spec.
func checkParam(h holder, param string) error {
	if param == "" {
		return nil
	}
	switch h {
	case holderKey, holderNewKey, holderSameKey, holderN:
		return nil // the compiler knows the groups
	case holderValue:
		l, err := ParseLaw(param, Bytes)
		if err == nil && l.limit() > maxValueBytes {
			err = fmt.Errorf("%s: want at most %s", param, FormatSize(maxValueBytes))
		}
		return err
	case holderMember:
		_, err := parseBelow(param)
		return err
	case holderInt:
		_, _, err := parseIntRange(param)
		return err
	case holderFloat:
		_, _, err := parseFloatRange(param)
		return err
	case holderNow:
		if param == "s" || param == "ms" || param == "us" {
			return nil
		}
		return fmt.Errorf("{now:%s}: want s, ms or us", param)
	}
	return fmt.Errorf("a placeholder with %q after its colon takes none", param)
}

func parseBelow(param string) (int64, error) {
	n, err := ParseCount(param)
	if err != nil || n < 1 || n > maxMembers {
		return 0, fmt.Errorf("{member:%s}: want how many there are, 1 to %d", param, int64(maxMembers))
	}
	return int64(n), nil
}

// parseIntRange reads "A-B", both included. A may be negative.
func parseIntRange(param string) (low, high int64, err error) {
	a, b, ok := cutRange(param)
	x, errX := ParseCount(a)
	y, errY := ParseCount(b)
	if !ok || errX != nil || errY != nil || x > y || math.Abs(x) > lawMax || math.Abs(y) > lawMax {
		return 0, 0, fmt.Errorf("{int:%s}: want MIN-MAX", param)
	}
	return int64(x), int64(y), nil
}

func parseFloatRange(param string) (low, high float64, err error) {
	a, b, ok := cutRange(param)
	x, errX := ParseCount(a)
	y, errY := ParseCount(b)
	if !ok || errX != nil || errY != nil || x > y || math.Abs(x) > floatMax || math.Abs(y) > floatMax {
		return 0, 0, fmt.Errorf("{float:%s}: want MIN-MAX, each at most %g", param, floatMax)
	}
	return x, y, nil
}

// floatMax keeps a {float} with its six decimals within an integer.
const floatMax = 1e12

// cutRange cuts "A-B" at the dash that is not a sign.
func cutRange(s string) (a, b string, ok bool) {
	if s == "" {
		return "", "", false
	}
	a, b, ok = strings.Cut(s[1:], "-")
	return s[:1] + a, b, ok
}

// template is a request in wire form. Its constant bytes and the holes of fixed
// width are copied and patched; only arguments whose length changes are put
// together piece by piece.
type template struct {
	steps   []step
	replies int
	bytes   int // length of a request without its varying arguments
}

// step is a stretch of constant bytes with holes, and then at most one varying
// argument.
type step struct {
	bytes   []byte
	patches []patch
	varying []part
}

// patch is a hole of fixed width in the bytes of a step.
type patch struct {
	part
	at, width int
}

// part says what to write in one place.
type part struct {
	holder holder
	group  int32  // of the key, or of the key before it
	from   int32  // {samekey} and {n}: the group whose number they repeat
	text   string // of a literal
	width  int    // digits, or bytes of a value of fixed size; 0 varies
	// Of {int}: base and number of values. Of {float}: both in millionths. Of
	// {member}: span, 0 for as many as the key has. Of {now}: divisor of
	// microseconds.
	base int64
	span uint64
	size *drawer // of a value of varying size
	// perKey takes the size from the key instead of chance.
	perKey bool
}

// compiler turns the operations of a Spec into templates.
type compiler struct {
	groups []*group
	near   int32  // group of the last key placeholder
	keyed  bool   // there was one in this request
	drawn  []bool // the groups that had one
}

func (c *compiler) compile(op *Op) (template, error) {
	var t template
	c.near, c.keyed, c.drawn = 0, false, make([]bool, len(c.groups))
	var cur step
	for _, command := range op.All() {
		t.replies++
		cur.bytes = append(cur.bytes, '*')
		cur.bytes = strconv.AppendInt(cur.bytes, int64(len(command)), 10)
		cur.bytes = append(cur.bytes, "\r\n"...)
		for _, arg := range command {
			parts, width, err := c.parts(arg)
			if err != nil {
				return t, fmt.Errorf("operation %s: %w", op.Name, err)
			}
			cur.bytes = append(cur.bytes, '$')
			if width < 0 {
				cur.varying = parts
				t.steps = append(t.steps, cur)
				cur = step{}
			} else {
				cur.addFixed(parts, width)
			}
			cur.bytes = append(cur.bytes, "\r\n"...)
		}
	}
	t.steps = append(t.steps, cur)
	for i := range t.steps {
		t.bytes += len(t.steps[i].bytes)
	}
	return t, nil
}

// addFixed adds an argument of fixed width.
func (s *step) addFixed(parts []part, width int) {
	s.bytes = strconv.AppendInt(s.bytes, int64(width), 10)
	s.bytes = append(s.bytes, "\r\n"...)
	for _, p := range parts {
		if p.holder == literal {
			s.bytes = append(s.bytes, p.text...)
			continue
		}
		s.patches = append(s.patches, patch{p, len(s.bytes), p.width})
		s.bytes = append(s.bytes, strings.Repeat("0", p.width)...)
	}
}

// parts resolves the placeholders of an argument. width is that of all parts, or
// -1 if it varies.
func (c *compiler) parts(arg string) (out []part, width int, err error) {
	pieces, err := splitArg(arg)
	if err != nil {
		return nil, 0, err
	}
	for _, p := range pieces {
		if p.holder.isKey() {
			before := len(out)
			if out, err = c.key(out, p); err != nil {
				return nil, 0, err
			}
			for _, k := range out[before:] {
				width = addWidth(width, k)
			}
			continue
		}
		q := c.part(p)
		if p.holder == holderN {
			if q.from, err = c.source(p); err != nil {
				return nil, 0, err
			}
			q.width = c.groups[q.from].digits
		}
		out = append(out, q)
		width = addWidth(width, q)
		if q.holder == holderMember { // its name begins with a letter
			out = slices.Insert(out, len(out)-1, part{holder: literal, text: memberLetter})
			width = addWidth(width, out[len(out)-2])
		}
	}
	return out, width, nil
}

// addWidth adds the width of p, where -1 stands for one that varies.
func addWidth(width int, p part) int {
	switch {
	case width < 0:
		return width
	case p.holder == literal:
		return width + len(p.text)
	case p.width == 0 && (p.holder != holderValue || p.size != nil):
		return -1
	}
	return width + p.width
}

// find returns the group that a placeholder names.
func (c *compiler) find(name string) (int32, error) {
	if name == "" {
		return 0, nil
	}
	if i := slices.IndexFunc(c.groups, func(g *group) bool { return g.name == name }); i >= 0 {
		return int32(i), nil
	}
	return 0, fmt.Errorf("there is no group of keys %.60q", name)
}

// source is the group whose number {samekey:NAME} and {n:NAME} repeat: that one
// if this request has a key of it, else that of the last key.
func (c *compiler) source(p piece) (int32, error) {
	i, err := c.find(p.text)
	if err == nil && !c.keyed {
		err = fmt.Errorf("{samekey} and {n} need a {key} before them in the same request")
	}
	if p.text == "" || err == nil && !c.drawn[i] {
		return c.near, err
	}
	return i, err
}

// key adds the parts of a key: the group's text and its number.
func (c *compiler) key(out []part, p piece) ([]part, error) {
	i, err := c.find(p.text)
	if err != nil {
		return nil, err
	}
	num := part{holder: p.holder, group: i}
	if p.holder == holderSameKey {
		if num.from, err = c.source(p); err != nil {
			return nil, err
		}
		if p.text == "" {
			num.group, i = num.from, num.from
		}
	}
	g := c.groups[i]
	c.near, c.keyed, c.drawn[i] = i, true, true
	if g.before != "" {
		out = append(out, part{holder: literal, text: g.before})
	}
	num.width = g.digits
	out = append(out, num)
	if g.after != "" {
		out = append(out, part{holder: literal, text: g.after})
	}
	return out, nil
}

// part resolves any placeholder but a key. Its parameter was checked.
func (c *compiler) part(p piece) part {
	g := c.groups[c.near]
	q := part{holder: p.holder, group: c.near, text: p.text}
	switch p.holder {
	case holderValue:
		size, perKey := g.values.Size, g.values.PerKey && c.keyed
		if p.text != "" {
			size, _ = ParseLaw(p.text, Bytes)
		}
		if d := newDrawer(size); d.constant {
			q.width = int(d.base)
		} else {
			q.size, q.perKey = &d, perKey
		}
	case holderMember:
		q.width = g.memberDigits
		if p.text != "" {
			n, _ := parseBelow(p.text)
			q.span, q.width = uint64(n), max(q.width, digitsOf(n-1))
		} else if g.members == nil || !c.keyed {
			q.span = uint64(g.memberMost)
		}
	case holderInt:
		low, high := int64(0), c.groups[0].count-1
		if p.text != "" {
			low, high, _ = parseIntRange(p.text)
		}
		q.base, q.span = low, uint64(high-low)+1
	case holderFloat:
		low, high := 0.0, 1.0
		if p.text != "" {
			low, high, _ = parseFloatRange(p.text)
		}
		q.base = int64(math.Round(low * 1e6))
		q.span = uint64(int64(math.Round(high*1e6))-q.base) + 1
	case holderNow:
		q.base = map[string]int64{"": 1000, "ms": 1000, "s": 1_000_000, "us": 1}[p.text]
	}
	return q
}

// putDigits writes n right-aligned into b, with zeros on the left.
func putDigits(b []byte, n uint64) {
	i := len(b)
	for n >= 100 && i >= 2 {
		q := n / 100
		d := (n - q*100) * 2
		b[i-1], b[i-2] = pairs[d+1], pairs[d]
		i -= 2
		n = q
	}
	for n > 0 && i > 0 {
		i--
		b[i] = byte('0' + n%10)
		n /= 10
	}
	for i > 0 {
		i--
		b[i] = '0'
	}
}

// digitsOf is the number of decimal digits of n.
func digitsOf(n int64) int { return len(strconv.FormatInt(n, 10)) }

const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"

// Placeholders are the names of all placeholders, sorted.
func Placeholders() []string { return slices.Sorted(maps.Keys(holders)) }
