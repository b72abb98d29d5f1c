package compat

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A Template is a parsed pattern of random commands:
//
//	SET {k} {v} [NX|XX] [EX {sec}|PX {ms}|KEEPTTL]
//
// {name} is a generator's value, {name...} one to four of them; <a b> is the group one to four times; [a|b] is one of the
// alternatives or nothing; (a|b) is one of them. A value is always one word of its own, whatever bytes it has.
type Template struct{ seq []node }

type node struct {
	word string   // a literal, if nothing else is set
	gen  string   // a generator
	many bool     // gen or alts, one to four times
	alts [][]node // a choice
	opt  bool     // the choice may be nothing
}

// generators give the values of templates. They draw from g.Rand only, so that a seed gives the same history again.
type generators map[string]func(g *Gen) string

// A Gen makes random commands.
type Gen struct {
	*rand.Rand
	prefix string // preferred kind of key, set by the family of the operation
}

// ParseTemplate parses a pattern. It fails on unbalanced brackets and unknown generators.
func ParseTemplate(pattern string, gens generators) (Template, error) {
	for _, c := range "[]()|<>" {
		pattern = strings.ReplaceAll(pattern, string(c), " "+string(c)+" ")
	}
	p := templateParser{toks: strings.Fields(pattern), gens: gens}
	seq, err := p.seq("")
	if err != nil {
		return Template{}, fmt.Errorf("%s: %w", pattern, err)
	}
	return Template{seq[0]}, nil
}

type templateParser struct {
	toks []string
	gens generators
}

// seq parses alternatives up to the closing bracket, or up to the end if there is none.
func (p *templateParser) seq(closing string) ([][]node, error) {
	alts := [][]node{nil}
	for len(p.toks) > 0 {
		tok := p.toks[0]
		p.toks = p.toks[1:]
		last := len(alts) - 1
		switch {
		case tok == closing:
			return alts, nil
		case tok == "|" && closing != "":
			alts = append(alts, nil)
		case tok == "[" || tok == "(" || tok == "<":
			inner, err := p.seq(map[string]string{"[": "]", "(": ")", "<": ">"}[tok])
			if err != nil {
				return nil, err
			}
			alts[last] = append(alts[last], node{alts: inner, opt: tok == "[", many: tok == "<"})
		case strings.ContainsAny(tok, "[]()|<>"):
			return nil, fmt.Errorf("unexpected %q", tok)
		case strings.HasPrefix(tok, "{"):
			name, many := strings.CutSuffix(strings.Trim(tok, "{}"), "...")
			if p.gens[name] == nil {
				return nil, fmt.Errorf("unknown generator %q", name)
			}
			alts[last] = append(alts[last], node{gen: name, many: many})
		default:
			alts[last] = append(alts[last], node{word: tok})
		}
	}
	if closing != "" {
		return nil, fmt.Errorf("missing %q", closing)
	}
	return alts, nil
}

// Words makes one random command.
func (t Template) Words(g *Gen, gens generators) []string { return appendWords(nil, t.seq, g, gens) }

func appendWords(dst []string, seq []node, g *Gen, gens generators) []string {
	for _, n := range seq {
		times := 1
		if n.many {
			times = 1 + g.IntN(4)
		}
		for range times {
			switch {
			case n.alts != nil:
				if !n.opt || g.IntN(2) == 0 {
					dst = appendWords(dst, n.alts[g.IntN(len(n.alts))], g, gens)
				}
			case n.gen != "":
				dst = append(dst, gens[n.gen](g))
			default:
				dst = append(dst, n.word)
			}
		}
	}
	return dst
}
