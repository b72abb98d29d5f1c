package resp

import "bytes"

// nextInline reads an inline request: a line that ends in LF or CR LF.
func (p *Parser) nextInline(in []byte) (args [][]byte, n int, err error) {
	at := p.find(in, '\n')
	if at < 0 {
		p.tooLong = errBigInline
		return nil, 0, p.blocked(in)
	}
	line := in[:at]
	if at > 0 && line[at-1] == '\r' {
		line = line[:at-1]
	}
	if !p.split(line) {
		return nil, 0, errUnbalanced
	}
	args = p.args
	p.restart()
	return args, at + 1, nil
}

// split cuts an inline request into p.args by the rules of Redis' command line: arguments stand between blanks; a part in
// double quotes knows the escapes \n \r \t \b \a \xHH and takes any other escaped byte as it is; a part in single quotes
// knows only \'; a quoted part may follow unquoted text, but after its end there must be a blank. It reports whether
// the quotes are balanced. Arguments without quotes are views into line.
func (p *Parser) split(line []byte) bool {
	if bytes.IndexByte(line, '"') >= 0 || bytes.IndexByte(line, '\'') >= 0 {
		// Unquoting never lengthens: with this much room the scratch buffer does not move under earlier arguments.
		if cap(p.scratch) < len(line) {
			p.scratch = make([]byte, 0, len(line))
		}
		p.scratch = p.scratch[:0]
	}
	for {
		for len(line) > 0 && isSpace(line[0]) {
			line = line[1:]
		}
		if len(line) == 0 {
			return true
		}
		arg, rest, ok := p.cutArg(line)
		if !ok {
			return false
		}
		p.args = append(p.args, arg)
		line = rest
	}
}

// cutArg cuts the first argument off line, which does not start with a blank.
func (p *Parser) cutArg(line []byte) (arg, rest []byte, ok bool) {
	i := 0
	for i < len(line) && !endsArg(line[i]) && line[i] != '"' && line[i] != '\'' {
		i++
	}
	if i == len(line) || endsArg(line[i]) {
		return line[:i:i], line[i:], true
	}
	start := len(p.scratch)
	p.scratch = append(p.scratch, line[:i]...)
	unquote := p.unquoteSingle
	if line[i] == '"' {
		unquote = p.unquoteDouble
	}
	n, ok := unquote(line[i+1:])
	if !ok {
		return nil, nil, false
	}
	rest = line[i+1+n:]
	if len(rest) > 0 && !isSpace(rest[0]) {
		return nil, nil, false
	}
	return p.scratch[start:len(p.scratch):len(p.scratch)], rest, true
}

// unquoteSingle appends the text up to the next single quote to scratch and returns its length with the quote.
func (p *Parser) unquoteSingle(text []byte) (n int, ok bool) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\'':
			return i + 1, true
		case c == '\\' && i+1 < len(text) && text[i+1] == '\'':
			i++
			c = '\''
		}
		p.scratch = append(p.scratch, c)
	}
	return 0, false
}

// unquoteDouble appends the text up to the next double quote to scratch and returns its length with the quote.
func (p *Parser) unquoteDouble(text []byte) (n int, ok bool) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			return i + 1, true
		case c == '\\' && i+1 < len(text):
			i++
			if high, low, ok := hexPair(text[i:]); ok {
				c = high<<4 | low
				i += 2
			} else {
				c = unescape(text[i])
			}
		}
		p.scratch = append(p.scratch, c)
	}
	return 0, false
}

// hexPair reads "xHH" at the start of text.
func hexPair(text []byte) (high, low byte, ok bool) {
	if len(text) < 3 || text[0] != 'x' {
		return 0, 0, false
	}
	high, ok1 := hexDigit(text[1])
	low, ok2 := hexDigit(text[2])
	return high, low, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// unescape returns the byte that a backslash and c stand for.
func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'a':
		return '\a'
	}
	return c
}

// isSpace is C's isspace in the C locale: what may stand before an argument and after a quoted one.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// endsArg says which bytes end an unquoted argument: vertical tab and form feed do not.
func endsArg(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
