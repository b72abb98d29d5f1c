package sortcmd

import (
	"bytes"

	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

// pattern is what BY or GET names: a key, in which * stands for the element, and perhaps a field of its hash.
type pattern struct {
	self           bool // GET #: the element itself
	none           bool // no *: it never finds anything
	before, behind []byte
	field          []byte // nil: the key's string value
}

// newPattern cuts prefix*suffix->field. A -> counts only behind the * and with something behind it.
func newPattern(text []byte) (p pattern) {
	if string(text) == "#" {
		return pattern{self: true}
	}
	star := bytes.IndexByte(text, '*')
	if star < 0 {
		return pattern{none: true}
	}
	p.before, p.behind = text[:star], text[star+1:]
	if arrow := bytes.Index(p.behind, []byte("->")); arrow >= 0 && arrow+2 < len(p.behind) {
		p.behind, p.field = p.behind[:arrow], p.behind[arrow+2:]
	}
	return p
}

// lookup returns what a pattern finds for an element. The bytes are valid until the next look-up.
func (p *pattern) lookup(c *command.Call, elem []byte, scratch *[]byte) (v []byte, ok bool) {
	switch {
	case p.self:
		return elem, true
	case p.none:
		return nil, false
	}
	name := append((*scratch)[:0], p.before...)
	name = append(name, elem...)
	name = append(name, p.behind...)
	n := len(name)
	*scratch = append(name, make([]byte, 20)...) // room for an integer's digits behind the name
	var k keyspace.Key
	c.Locate((*scratch)[:n], &k)
	it := c.FindKey(&k)
	digits := (*scratch)[n:n]
	switch {
	case !it.OK():
		return nil, false
	case p.field == nil:
		if it.Type() != keyspace.String {
			return nil, false
		}
		return it.Text(digits), true
	case it.Type() != keyspace.Hash:
		return nil, false
	}
	h := collection.OpenHash(c.DBOf(&k), &k, it, collection.HashLimits{})
	val, ok := h.Get(p.field)
	if !ok {
		return nil, false
	}
	return val.Bytes(digits), true
}
