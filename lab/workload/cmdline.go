package workload

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// SplitCommand cuts the text of a command into its arguments, as redis-cli does:
// at spaces, except within '...' and "..."; in the latter \n, \r, \t, \\, \" and
// \xHH are escapes.
func SplitCommand(text string) ([]string, error) {
	var args []string
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" {
			if len(args) == 0 {
				return nil, errors.New("the command is empty")
			}
			return args, nil
		}
		arg, rest, err := cutArg(text)
		if err != nil {
			return nil, err
		}
		args, text = append(args, arg), rest
	}
}

// cutArg cuts the first argument off text, which does not begin with a space.
func cutArg(text string) (arg, rest string, err error) {
	if text[0] != '\'' && text[0] != '"' {
		end := strings.IndexAny(text, " \t\r\n")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], nil
	}
	var b strings.Builder
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == quote:
			rest = text[i+1:]
			if rest != "" && strings.IndexByte(" \t\r\n", rest[0]) < 0 {
				return "", "", fmt.Errorf("there is %.10q right after a closing quote: put a space between", rest)
			}
			return b.String(), rest, nil
		case text[i] == '\\' && quote == '"' && i+1 < len(text):
			c, n := unescape(text[i+1:])
			b.WriteByte(c)
			i += n
		default:
			b.WriteByte(text[i])
		}
	}
	return "", "", fmt.Errorf("the quote that opens %.20s is not closed", text)
}

// unescape returns what stands after a backslash, and how many bytes it took.
func unescape(text string) (c byte, n int) {
	switch text[0] {
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'x':
		if len(text) >= 3 {
			if v, err := strconv.ParseUint(text[1:3], 16, 8); err == nil {
				return byte(v), 3
			}
		}
	}
	return text[0], 1
}

// JoinCommand is the text from which SplitCommand makes args.
func JoinCommand(args []string) string {
	out := make([]string, len(args))
	for i, arg := range args {
		out[i] = arg
		if arg == "" || arg[0] == '\'' || strings.ContainsFunc(arg, func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f || r == 0xfffd }) {
			out[i] = quoteArg(arg)
		}
	}
	return strings.Join(out, " ")
}

func quoteArg(arg string) string {
	b := []byte{'"'}
	for i := range len(arg) {
		switch c := arg[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c < ' ' || c >= 0x7f:
			b = fmt.Appendf(b, `\x%02x`, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}
