package compat

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Limits of what is accepted from a server under test; a reply beyond them is a bug worth stopping at.
const (
	replyBytesMax = 1 << 30
	replyElemsMax = 1 << 22
	replyDepthMax = 64
)

// A Reply is one complete RESP2 or RESP3 reply as it came over the wire.
type Reply struct {
	Kind  byte    // the first byte: + - : $ * _ , # ! = ( % ~ > |
	Null  bool    // $-1, *-1 or _
	Text  []byte  // payload of a scalar
	Elems []Reply // elements of an aggregate; a map has its keys and values in turn
	Raw   []byte  // every byte, line ends included
}

// ReadReply reads one reply. A protocol violation by the server is an error that quotes the offending line.
func ReadReply(r *bufio.Reader) (Reply, error) { return readReply(r, 0) }

func readReply(r *bufio.Reader, depth int) (Reply, error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		if err == io.EOF && len(line) > 0 {
			return Reply{}, fmt.Errorf("connection closed inside a line %q", line)
		}
		return Reply{}, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return Reply{}, fmt.Errorf("not a RESP line: %q", line)
	}
	rep := Reply{Kind: line[0], Raw: line}
	text := line[1 : len(line)-2]
	switch rep.Kind {
	case '+', '-', ':', ',', '#', '(':
		rep.Text = text
		return rep, nil
	case '_':
		rep.Null = true
		return rep, nil
	case '$', '!', '=':
		return readBulk(r, rep, text)
	case '*', '~', '>', '%', '|':
		return readAggregate(r, rep, text, depth)
	}
	return Reply{}, fmt.Errorf("unknown reply type %q", line)
}

func readBulk(r *bufio.Reader, rep Reply, text []byte) (Reply, error) {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < -1 || n > replyBytesMax {
		return Reply{}, fmt.Errorf("bad length: %q", rep.Raw)
	}
	if n == -1 {
		rep.Null = true
		return rep, nil
	}
	body := make([]byte, n+2)
	if _, err := io.ReadFull(r, body); err != nil {
		return Reply{}, fmt.Errorf("inside a bulk of %d bytes: %w", n, err)
	}
	if body[n] != '\r' || body[n+1] != '\n' {
		return Reply{}, fmt.Errorf("bulk of %d bytes ends in %q", n, body[n:])
	}
	rep.Text = body[:n]
	rep.Raw = append(rep.Raw, body...)
	return rep, nil
}

func readAggregate(r *bufio.Reader, rep Reply, text []byte, depth int) (Reply, error) {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < -1 || n > replyElemsMax || depth > replyDepthMax {
		return Reply{}, fmt.Errorf("bad aggregate at depth %d: %q", depth, rep.Raw)
	}
	if n == -1 {
		rep.Null = true
		return rep, nil
	}
	if rep.Kind == '%' || rep.Kind == '|' {
		n *= 2
	}
	for range n {
		e, err := readReply(r, depth+1)
		if err != nil {
			return Reply{}, err
		}
		rep.Elems = append(rep.Elems, e)
		rep.Raw = append(rep.Raw, e.Raw...)
	}
	if rep.Kind == '|' { // attributes stand before the reply they belong to
		e, err := readReply(r, depth)
		if err != nil {
			return Reply{}, err
		}
		rep.Raw = append(rep.Raw, e.Raw...)
		e.Raw = rep.Raw
		return e, nil
	}
	return rep, nil
}

// IsError reports whether the reply is an error of either protocol.
func (r Reply) IsError() bool { return r.Kind == '-' || r.Kind == '!' }

// Strings gives the payloads of an aggregate's elements.
func (r Reply) Strings() []string {
	out := make([]string, len(r.Elems))
	for i, e := range r.Elems {
		out[i] = string(e.Text)
	}
	return out
}

// String shows the reply on one line, quoted, and shortened when it is long.
func (r Reply) String() string {
	const shown = 240
	q := strconv.Quote(string(r.Raw[:min(len(r.Raw), shown)]))
	if len(r.Raw) > shown {
		q += fmt.Sprintf("... (%d bytes)", len(r.Raw))
	}
	return q
}

// Mode says how two replies are compared. The zero Mode is byte for byte.
type Mode struct {
	Unordered bool    // the elements of every aggregate may come in any order
	Pairs     bool    // a flat array is a list of pairs, in any order
	Approx    float64 // numbers may differ by as much
	Shape     bool    // only types and lengths of aggregates count, not payloads
	Skip      bool    // replies are not compared at all
	Masks     []Mask  // text that is blotted out on both sides first
	Each      []Mode  // for the reply of EXEC: how each element is compared
}

// Equal compares two replies in that mode.
func (m Mode) Equal(a, b Reply) bool {
	switch {
	case m.Skip:
		return true
	case len(m.Each) > 0 && len(m.Each) == len(a.Elems) && len(m.Each) == len(b.Elems):
		for i, each := range m.Each {
			if !each.Equal(a.Elems[i], b.Elems[i]) {
				return false
			}
		}
		return a.Kind == b.Kind
	case len(m.Masks) > 0:
		a, b = m.mask(a), m.mask(b)
	}
	if !m.Unordered && !m.Pairs && m.Approx == 0 && !m.Shape && len(m.Masks) == 0 {
		return bytes.Equal(a.Raw, b.Raw)
	}
	return m.equal(a, b, true)
}

func (m Mode) equal(a, b Reply, top bool) bool {
	if a.Kind != b.Kind || a.Null != b.Null || len(a.Elems) != len(b.Elems) {
		return false
	}
	if len(a.Elems) == 0 {
		return m.equalText(a, b)
	}
	ea, eb := a.Elems, b.Elems
	switch {
	case a.Kind == '%' || m.Pairs && top && len(ea)%2 == 0:
		ea, eb = sortedPairs(ea), sortedPairs(eb)
	case m.Unordered:
		ea, eb = m.sorted(ea), m.sorted(eb)
	}
	for i := range ea {
		if !m.equal(ea[i], eb[i], false) {
			return false
		}
	}
	return true
}

func (m Mode) equalText(a, b Reply) bool {
	if m.Shape || bytes.Equal(a.Text, b.Text) {
		return true
	}
	if m.Approx > 0 {
		x, errx := strconv.ParseFloat(string(a.Text), 64)
		y, erry := strconv.ParseFloat(string(b.Text), 64)
		return errx == nil && erry == nil && math.Abs(x-y) <= m.Approx
	}
	return false
}

// sorted orders elements by their canonical bytes; nested aggregates are sorted first.
func (m Mode) sorted(elems []Reply) []Reply {
	out := slices.Clone(elems)
	slices.SortFunc(out, func(a, b Reply) int { return strings.Compare(m.canonical(a), m.canonical(b)) })
	return out
}

func (m Mode) canonical(r Reply) string {
	if len(r.Elems) == 0 {
		return string(r.Kind) + strconv.Quote(string(r.Text))
	}
	parts := make([]string, len(r.Elems))
	for i, e := range r.Elems {
		parts[i] = m.canonical(e)
	}
	slices.Sort(parts)
	return string(r.Kind) + "[" + strings.Join(parts, " ") + "]"
}

func sortedPairs(elems []Reply) []Reply {
	type pair struct{ key, value Reply }
	pairs := make([]pair, 0, len(elems)/2)
	for i := 0; i+1 < len(elems); i += 2 {
		pairs = append(pairs, pair{elems[i], elems[i+1]})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := bytes.Compare(a.key.Raw, b.key.Raw); c != 0 {
			return c
		}
		return bytes.Compare(a.value.Raw, b.value.Raw)
	})
	out := make([]Reply, 0, len(elems))
	for _, p := range pairs {
		out = append(out, p.key, p.value)
	}
	return out
}

// mask blots out what the masks match in every payload. Lengths in Raw no longer fit, so comparison goes by Text.
func (m Mode) mask(r Reply) Reply {
	text := r.Text
	for _, mk := range m.Masks {
		text = mk.re.ReplaceAll(text, []byte("***"))
	}
	out := Reply{Kind: r.Kind, Null: r.Null, Text: text, Raw: append([]byte{r.Kind}, text...)}
	for _, e := range r.Elems {
		out.Elems = append(out.Elems, m.mask(e))
	}
	return out
}
