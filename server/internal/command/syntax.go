package command

import (
	"errors"
	"strings"
)

// Arg is one argument of a command, as COMMAND DOCS describes it.
type Arg struct {
	Name  string
	Type  string // string integer double key pattern unix-time pure-token oneof block
	Token string // the word that comes before it, or that it is
	Since string
	// Spec is the index of the key specification that finds it, -1 for what is no key.
	Spec          int
	Optional      bool
	Multiple      bool
	MultipleToken bool // the token is repeated as well
	Args          []Arg
}

// ParseSyntax reads the arguments of a command in the notation of the Redis manual:
//
//	KEEPTTL            a word in capitals, or without letters, is typed as it is: a token
//	seconds            a word in small letters stands for a value
//	EX seconds         a token binds the plain values behind it: one becomes the token's value, several a block
//	[...]              optional
//	<A | B>  [A | B]   one of several
//	key [key ...]      once or more: a group that ends with dots repeats what stands before it
//	[key ...]          any number of times
//
// and with these additions:
//
//	n:integer          gives a value its type, if the name does not: see typeOf
//	GET@6.2.0          tells since when there is the argument
//	order:[ASC | DESC] names a group; otherwise its name is usualNames', or its parts' joined by _. A named group right
//	                   behind a token is that token's value; order@6.2.0:[...] tells since when there is the group
//
// Values of type key are taken for the key specifications in order; the last specification takes all that follow.
func ParseSyntax(text string) ([]Arg, error) {
	words := lexSyntax(text)
	if len(words) == 0 {
		return nil, nil
	}
	// The whole is one group, which may be a choice.
	p := &syntaxParser{words: append(words, ">")}
	alts, err := p.alternatives(">")
	if err != nil {
		return nil, err
	}
	if p.at < len(p.words) {
		return nil, errors.New("unexpected " + p.words[p.at])
	}
	args := alts[0]
	if len(alts) > 1 {
		args = []Arg{choice(alts)}
	}
	spec := 0
	numberKeys(args, &spec)
	return args, nil
}

func numberKeys(args []Arg, next *int) {
	for i := range args {
		a := &args[i]
		a.Spec = -1
		if a.Type == "key" {
			a.Spec = *next
			*next++
		}
		numberKeys(a.Args, next)
	}
}

// lexSyntax cuts the text into words and the signs [ ] < > | and dots. A < that is part of a word stays.
func lexSyntax(text string) (words []string) {
	for _, w := range strings.Fields(text) {
		for w != "" {
			i := strings.IndexAny(w, "[]<>|")
			switch {
			case i < 0:
				words, w = append(words, w), ""
			case i == 0:
				words, w = append(words, w[:1]), w[1:]
			default:
				words, w = append(words, w[:i]), w[i:]
			}
		}
	}
	return words
}

type syntaxParser struct {
	words []string
	at    int
}

func (p *syntaxParser) peek() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

// item is an element of a sequence before tokens have taken their values.
type item struct {
	Arg
	begin int  // index of its first word
	plain bool // a value that a token may take
	named bool // a group with a name, which a token before it takes
	token bool
}

// sequence reads elements up to the end, a closing sign or a bar.
func (p *syntaxParser) sequence() ([]Arg, error) {
	var items []item
	for {
		w, begin := p.peek(), p.at
		switch {
		case w == "" || w == "]" || w == ">" || w == "|":
			return bind(items), nil
		case w == "[":
			n, from := p.repetition()
			if n > 0 {
				var err error
				if items, err = repeat(items, from); err != nil {
					return nil, err
				}
				p.at += n
				continue
			}
			fallthrough
		case w == "<" || strings.HasSuffix(w, ":"):
			g, err := p.group()
			if err != nil {
				return nil, err
			}
			items = append(items, item{Arg: g, begin: begin, named: strings.HasSuffix(w, ":")})
		case w == "...":
			return nil, errors.New("dots with nothing to repeat before them")
		default:
			p.at++
			it := item{begin: begin}
			it.token = isToken(w)
			it.plain = !it.token
			it.Arg = value(w)
			if p.peek() == "..." {
				p.at++
				it.Multiple = true
			}
			items = append(items, it)
		}
	}
}

// repetition looks at a group that opens here. If it only says that what stands before it is repeated, n is the number
// of its words and from the index of the first word that it repeats.
func (p *syntaxParser) repetition() (n, from int) {
	end := p.at + 1
	for end < len(p.words) && !strings.Contains("[]<>|", p.words[end]) {
		end++
	}
	inner := p.words[p.at+1 : min(end, len(p.words))]
	if end >= len(p.words) || p.words[end] != "]" || len(inner) == 0 || inner[len(inner)-1] != "..." {
		return 0, 0
	}
	n, inner = end+1-p.at, inner[:len(inner)-1]
	if len(inner) == 0 {
		return n, -1 // [...]: the last element
	}
	from = p.at - len(inner)
	if from < 0 {
		return 0, 0
	}
	for i, w := range inner {
		// Types and versions stand only where a word is first used.
		if plainWord(p.words[from+i]) != plainWord(w) {
			return 0, 0
		}
	}
	return n, from
}

func plainWord(w string) string {
	w, _, _ = strings.Cut(w, "@")
	if i := strings.LastIndexByte(w, ':'); i > 0 && argTypes[w[i+1:]] {
		w = w[:i]
	}
	return w
}

// repeat makes one element that occurs several times of all from a word on.
func repeat(items []item, from int) ([]item, error) {
	i := len(items) - 1
	for from >= 0 && i > 0 && items[i].begin > from {
		i--
	}
	if i < 0 || from >= 0 && items[i].begin != from {
		return nil, errors.New("dots repeat a part of an element")
	}
	it := items[i]
	it.Arg = one(bind(items[i:]))
	it.Multiple = true
	it.MultipleToken = it.token && len(items)-i > 1
	it.plain, it.token = it.plain && !it.token, false
	return append(items[:i], it), nil
}

// bind gives tokens the plain values behind them.
func bind(items []item) (args []Arg) {
	for i := 0; i < len(items); i++ {
		it := items[i]
		if !it.token {
			args = append(args, it.Arg)
			continue
		}
		var values []Arg
		if i+1 < len(items) && items[i+1].named {
			i++
			values = append(values, items[i].Arg)
		} else {
			for i+1 < len(items) && items[i+1].plain {
				i++
				values = append(values, items[i].Arg)
			}
		}
		if len(values) > 0 {
			v := one(values)
			v.Token, v.Since = it.Token, it.Since
			it.Arg = v
		}
		args = append(args, it.Arg)
	}
	return args
}

// one joins arguments into a block, unless there is only one.
func one(args []Arg) Arg {
	if len(args) == 1 {
		return args[0]
	}
	return Arg{Name: joined(args), Type: "block", Args: args}
}

func joined(args []Arg) string {
	names := make([]string, len(args))
	for i := range args {
		names[i] = args[i].Name
	}
	return strings.Join(names, "_")
}

// group reads [...] or <...>, with a name before it or not.
func (p *syntaxParser) group() (Arg, error) {
	name, labelled := strings.CutSuffix(p.peek(), ":")
	if labelled {
		p.at++
	}
	name, since, _ := strings.Cut(name, "@")
	open := p.peek()
	if open != "[" && open != "<" {
		return Arg{}, errors.New("a name without a group: " + name)
	}
	p.at++
	alts, err := p.alternatives(map[string]string{"[": "]", "<": ">"}[open])
	if err != nil {
		return Arg{}, err
	}
	g := one(alts[0])
	if len(alts) > 1 {
		g = choice(alts)
	}
	if labelled {
		g.Name = name
		if since != "" {
			g.Since = since
		}
	}
	g.Optional = g.Optional || open == "["
	return g, nil
}

// alternatives reads sequences that are separated by bars, up to a closing sign.
func (p *syntaxParser) alternatives(closing string) (alts [][]Arg, err error) {
	for closed := false; !closed; p.at++ {
		args, err := p.sequence()
		if err != nil {
			return nil, err
		}
		if len(args) == 0 {
			return nil, errors.New("an empty group")
		}
		alts = append(alts, args)
		switch p.peek() {
		case "|":
		case closing:
			closed = true
		default:
			return nil, errors.New("a group is not closed, or by the wrong sign")
		}
	}
	return alts, nil
}

// choice is one of several.
func choice(alts [][]Arg) Arg {
	args := make([]Arg, len(alts))
	for i := range alts {
		args[i] = one(alts[i])
	}
	g := Arg{Name: joined(args), Type: "oneof", Args: args}
	if usual := usualNames[g.Name]; usual != "" {
		g.Name = usual
	}
	return g
}

// usualNames are what the manual calls groups that occur often.
var usualNames = map[string]string{
	"nx_xx": "condition", "nx_xx_gt_lt": "condition", "asc_desc": "order", "min_max": "where", "left_right": "where",
	"seconds_milliseconds_unix-time-seconds_unix-time-milliseconds_keepttl": "expiration",
	"seconds_milliseconds_unix-time-seconds_unix-time-milliseconds_persist": "expiration",
}

func isToken(w string) bool { return strings.ToUpper(w) == w && !strings.Contains(w, ":") }

// value reads one word.
func value(w string) Arg {
	w, since, _ := strings.Cut(w, "@")
	if isToken(w) {
		return Arg{Name: strings.ToLower(w), Type: "pure-token", Token: w, Since: since}
	}
	a := Arg{Name: w, Since: since}
	if i := strings.LastIndexByte(w, ':'); i > 0 && argTypes[w[i+1:]] {
		a.Name, a.Type = w[:i], w[i+1:]
		return a
	}
	a.Type = typeOf(w)
	return a
}

var argTypes = map[string]bool{"string": true, "integer": true, "double": true, "key": true, "pattern": true, "unix-time": true}

// typeOf tells the type of a value whose name is the usual one for it; all others are strings.
func typeOf(name string) string {
	switch name {
	case "key", "newkey", "key1", "key2", "source", "destination":
		return "key"
	case "pattern":
		return "pattern"
	case "unix-time-seconds", "unix-time-milliseconds":
		return "unix-time"
	case "seconds", "milliseconds", "count", "offset", "start", "stop", "end", "index", "increment", "decrement", "db", "destination-db",
		"cursor", "numkeys", "len", "rank", "maxlen", "ms", "timeout", "id-count":
		return "integer"
	}
	return "string"
}
