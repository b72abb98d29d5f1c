package command

import (
	"strconv"
	"strings"

	"redline/resp"
)

// WrongArity answers with the error for a wrong number of arguments, for commands that find out late.
func (c *Call) WrongArity() {
	c.Reply.Error("ERR wrong number of arguments for '" + c.Spec.FullName + "' command")
}

// InvalidExpire answers with the error for a deadline that cannot be.
func (c *Call) InvalidExpire() {
	c.Reply.Error(strings.Replace(ErrInvalidExpire, "%s", c.Spec.FullName, 1))
}

// Is says whether an argument is a word, in any case.
func Is(arg []byte, lower string) bool { return equalFold(lower, arg) }

// Decimal formats a number as an argument of an effect.
func Decimal(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

// Help answers a HELP subcommand: the given lines between Redis' own head and tail.
func (c *Call) Help(name string, lines []string) {
	c.Reply.Array(len(lines) + 3)
	c.Reply.SimpleString(name + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, l := range lines {
		c.Reply.SimpleString(l)
	}
	c.Reply.SimpleString("HELP")
	c.Reply.SimpleString("    Prints this help.")
}

// Int returns an argument as an integer. For anything else it answers with an error, text or the usual one, and ok is
// false.
func (c *Call) Int(i int, text string) (n int64, ok bool) {
	if n, ok = resp.ParseInt(c.Args[i]); ok {
		return n, true
	}
	if text == "" {
		text = ErrNotInt
	}
	c.Reply.Error(text)
	return 0, false
}

// BadSubcommand answers with the error for a subcommand whose number of arguments is wrong in a way that its arity does
// not tell.
func (c *Call) BadSubcommand() {
	sub := c.Args[1]
	if len(sub) > 128 {
		sub = sub[:128]
	}
	name := c.Spec.Name
	if c.Spec.Parent != nil {
		name = c.Spec.Parent.Name
	}
	c.Reply.Error("ERR unknown subcommand or wrong number of arguments for '" + string(sub) + "'. Try " + strings.ToUpper(name) + " HELP.")
}
